"""Runs of the state DB as plain values for `--json`."""

from __future__ import annotations

from live.inspect.json_values import moment_json
from live.inspect.status_json import run_json
from live.state_db.records import RunRow


def stored_run_json(row: RunRow) -> dict[str, object]:
    """Return a run with everything that its row says. summary: how it ended, as its own `--json` had it."""
    return {
        **run_json(row),
        "finished_at": moment_json(row.finished_at),
        "summary": dict(row.summary),
        "settings": None if row.settings is None else {name: dict(values) for name, values in row.settings.items()},
    }
