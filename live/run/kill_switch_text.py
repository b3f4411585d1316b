"""The kill switch for people and for `--json`: whether it is on, since when, why and who."""

from __future__ import annotations

from live.clock import iso_utc, new_york_text
from live.state_db.records import KillSwitch

OFF = "kill switch is off"


def kill_switch_text(switch: KillSwitch) -> str:
    """Return a switch that is on for people: since when, why, and who turned it on."""
    since = new_york_text(switch.since) if switch.since else "unknown"
    return f"kill switch is ON since {since}, why: {switch.why or 'not given'}, who: {switch.who or 'not given'}"


def kill_switch_json(switch: KillSwitch) -> dict[str, object]:
    """Return the switch as plain values."""
    since = None if switch.since is None else iso_utc(switch.since)
    return {"on": switch.on, "why": switch.why, "since": since, "who": switch.who, "source": switch.source}
