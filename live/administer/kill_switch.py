"""`kill-switch on | off | status`: works without keys, without a broker and without a state DB."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from backtest.errors import ConfigError
from live.clock import SystemClock, iso_utc
from live.config import LiveConfig, Paths
from live.config_file import load_config
from live.redaction import Secret
from live.run.environment import check_environment
from live.run.notify import Notifier, parse_command
from live.run.options import RunOptions
from live.run.program import Run
from live.run.startup import kill_switch_text, require_kill_switch_off
from live.state_db.kill_switch import kill_file_of, read_kill_switch, turn_kill_switch_off, turn_kill_switch_on
from live.state_db.records import KillSwitch

OFF = "kill switch is off"


def switch_on(run: Run, options: RunOptions, reason: str) -> None:
    """Turn it on: the flag in the state DB, or the KILL file beside it when there is no usable DB; notify."""
    path, config = _find_state_db(run, options)
    switch = turn_kill_switch_on(path, reason, who_is_asking(), SystemClock())
    _print_switch(run, path, switch)
    if config is not None:
        _notify(run, config, switch)
    run.console.say("No entry and no exit goes out any more; protective stops stay where they are.")


def switch_off(run: Run, options: RunOptions) -> None:
    """Turn it off, flag and KILL file. Raises KillSwitchError (3) when something still keeps it on."""
    path, _ = _find_state_db(run, options)
    before = read_kill_switch(path)
    if before.on:
        run.console.say(f"was: {kill_switch_text(before)}")
    switch = turn_kill_switch_off(path, who_is_asking(), SystemClock())
    _print_switch(run, path, switch)
    require_kill_switch_off(switch)


def switch_status(run: Run, options: RunOptions) -> None:
    """Say whether it is on. Raises KillSwitchError (3) when it is, so that a script can ask."""
    path, _ = _find_state_db(run, options)
    switch = read_kill_switch(path)
    if not path.exists():
        run.console.say(f"there is no state DB at {path} yet")
    _print_switch(run, path, switch)
    require_kill_switch_off(switch)


def kill_switch_json(switch: KillSwitch) -> dict[str, object]:
    """Return the switch as plain values."""
    since = None if switch.since is None else iso_utc(switch.since)
    return {"on": switch.on, "why": switch.why, "since": since, "who": switch.who, "source": switch.source}


def _find_state_db(run: Run, options: RunOptions) -> tuple[Path, LiveConfig | None]:
    """Return the state DB's path; an unreadable configuration must not keep the switch from being turned on."""
    try:
        check_environment(os.environ)
    except ConfigError as error:
        run.console.warn(f"{error.what}; going on without it")
    try:
        config = load_config(options.config, options.settings)
    except ConfigError as error:
        path = options.state_db or Paths().state_db
        run.console.warn(f"{error.what}; going on without it, with the state DB {path}")
        return path, None
    return options.state_db or config.paths.state_db, config


def _print_switch(run: Run, path: Path, switch: KillSwitch) -> None:
    run.console.say(kill_switch_text(switch) if switch.on else OFF, "red" if switch.on else "green")
    run.report["kill_switch"] = {
        **kill_switch_json(switch),
        "state_db": str(path),
        "kill_file": str(kill_file_of(path)),
    }


def _notify(run: Run, config: LiveConfig, switch: KillSwitch) -> None:
    for url in config.notify.urls:
        run.redactor.add(Secret(url))
    try:
        notifier = Notifier(parse_command(config.notify.command), config.notify.urls)
    except ValueError:
        run.console.warn("notify.command cannot be read; nobody was notified")
        return
    notifier.send("earnings-drift: kill switch on", kill_switch_text(switch))


def who_is_asking() -> str:
    """Return the name of the person at the keyboard, as far as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
