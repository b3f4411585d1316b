"""What a day is bound to: the strategy of its accepted plan. `execution` and `safety` bind nothing (F109).

Each run reads those two afresh, records all three sections with itself, and reports what differs from the plan's.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from backtest.earlier_versions import ADDED_PARAMETERS
from backtest.errors import ManifestMismatchError
from backtest.trailing_exits.registry import DAY, trailing_exits
from backtest.typed_settings import say
from backtest.variant_settings import is_recorded
from live.config import LiveConfig
from live.config_file import settings_of
from live.errors import SignalFileError
from live.run.options import RunOptions
from live.run.program import Run
from live.run.startup import Opened, check_manifest
from live.state_db.db import StateDB
from live.state_db.runs import Settings

SECTIONS = ("strategy", "execution", "safety")


def check_bound_manifest(run: Run, opened: Opened, options: RunOptions) -> str:
    """Step 5 of a run that carries plans out: as `check_manifest`, but a plan that is not finished is named.

    A new manifest would only lead to the refusal of that plan; one of an earlier version will do, as far as it goes.
    Raises ManifestMismatchError, SignalFileError (5).
    """
    try:
        run.manifest_sha256 = check_manifest(opened.config, options.manifest, options.settings, ADDED_PARAMETERS)
        return run.manifest_sha256
    except ManifestMismatchError:
        plan = opened.db.plans.unfinished()  # whether its date is today is known once the broker has been asked
        if plan is not None:
            refuse_other_strategy(run, opened, options, plan.trade_date)
        raise


def refuse_other_strategy(run: Run, opened: Opened, options: RunOptions, trade_date: date) -> None:
    """Raise SignalFileError (5) when the plan accepted for a date was made by another strategy than the one in force.

    The error names each difference, and the commands that finish that day with the plan's.
    """
    plan = opened.db.plans.of_date(trade_date)
    if plan is None:
        return
    before = opened.db.runs.settings_of(plan.run_id)
    found = changes(before, settings_of(opened.config), ("strategy",))
    if not found and plan.strategy == opened.config.strategy.primary.strategy_id:
        return
    words = "; ".join(one.text for one in found) or f"{plan.strategy} made it"
    raise SignalFileError(
        f"the strategy was changed after the plan of {trade_date} was accepted: {words} "
        f"(expected the plan's until that day is over)",
        next_step=_way_out(run, opened, options, trade_date, found),
    )


def strategy_changes(db: StateDB, run_id: str, config: LiveConfig) -> str:
    """Return in words how the strategy differs from the one in force in an earlier run."""
    found = changes(db.runs.settings_of(run_id), settings_of(config), ("strategy",))
    return "; ".join(one.text for one in found)


def note_changes(run: Run, db: StateDB, config: LiveConfig, trade_date: date) -> None:
    """Report what differs from the settings under which a day's plan was accepted; before it, its signal file made."""
    plan = db.plans.of_date(trade_date)
    file = db.signal_files.latest(config.strategy.primary.strategy_id, trade_date)
    if plan is not None:
        since, made_by = f"plan of {trade_date} was accepted", plan.run_id
    elif file is not None:
        since, made_by = f"signal file of {trade_date} was made", file.run_id
    else:
        return
    found = changes(db.runs.settings_of(made_by), settings_of(config))
    if found:
        run.note(f"changed since the {since}: {'; '.join(one.text for one in found)}")


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that is not what it was. name: with its section; values as `--set` takes them."""

    name: str
    before: str
    now: str

    @property
    def text(self) -> str:
        return f"{self.name} is {self.now}, was {self.before}"


def changes(before: Settings | None, now: Settings, sections: Sequence[str] = SECTIONS) -> tuple[Change, ...]:
    """Return what differs between two runs' settings; nothing where the earlier run recorded none.

    A setting that only one of them has came or went with a version of the programs and is none, unless it is a
    parameter of the trailing exit that was in force.
    """
    recorded = before or {}
    found = {
        f"{section}.{key}": Change(f"{section}.{key}", _text(recorded[section][key]), _text(value))
        for section in sections
        for key, value in now[section].items()
        if key in recorded.get(section, {}) and recorded[section][key] != value
    }
    if "strategy" in sections:
        for one in _of_exits(recorded.get("strategy", {}), now["strategy"]):
            found.setdefault(one.name, one)
    return tuple(found.values())


def _of_exits(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what an exit had that was exchanged for another: whoever puts it back has to give these, too."""
    for place in ("primary", "shadow"):
        was, is_ = (trailing_exits().get(one.get(f"{place}.trailing_stop", "")) for one in (before, now))
        if was is None or is_ is None or was.id == is_.id:
            continue
        period = ["period"] if DAY in (was.judged, is_.judged) and was.period is not None else []
        for key in (f"{place}.{name}" for name in (*period, *was.parameters)):
            if key in before:
                yield Change(f"strategy.{key}", _text(before[key]), _text(now.get(key)))


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "[]"
    return value if isinstance(value, str) else say(value)


def _way_out(run: Run, opened: Opened, options: RunOptions, trade_date: date, found: Sequence[Change]) -> str:
    """Return the commands that finish the day with the plan's strategy; no setting puts a changed file back."""
    if not found or any(is_recorded(one.name) for one in found):
        return "Put it back until that day is over; python -m live.executor --phase protect goes on meanwhile."
    manifest = options.manifest or opened.config.paths.manifest
    of_day = manifest.with_name(f"{manifest.stem}_{trade_date}{manifest.suffix}")
    plans = [f"{one.name}={one.before}" for one in found]
    of_strategy = [one.removeprefix("strategy.") for one in (*options.settings, *plans) if one.startswith("strategy.")]
    make = ["backtest", "manifest", "--config", str(options.config), *_sets(of_strategy), "--out", str(of_day)]
    phase = ["--phase", run.phase] if run.phase else []
    finish = ["live.executor", *phase, "--manifest", str(of_day), *_sets(plans)]
    commands = " && ".join(f"python -m {shlex.join(words)}" for words in (make, finish))
    return f"Put it back, or finish that day with the plan's: {commands}"


def _sets(settings: Sequence[str]) -> list[str]:
    return [part for one in settings for part in ("--set", one)]
