"""`python -m backtest run`: candidates and prices in, ledger, metrics and manifest out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from backtest.engine.prepared import Prepared, prepare
from backtest.errors import ConfigError
from backtest.manifest import AskedGit, RunFacts, manifest_bytes
from backtest.measures.whole import compute_metrics, split_metrics
from backtest.params import Params
from backtest.portfolio_simulator import Ledger
from backtest.runs.files import (
    EQUITY,
    MANIFEST,
    METRICS,
    SKIPPED,
    TRADES,
    equity_csv,
    json_bytes,
    publish,
    require_folder,
    skipped_csv,
    trades_csv,
)
from backtest.runs.inputs import Inputs, Source, load_each
from backtest.runs.measured import require_split
from backtest.runs.overwriting import require_own_place
from backtest.runs.recorded import RecordedSkip, RecordedTrade, recorded, recorded_skip
from backtest.selection.recording import record_runs
from backtest.selection.trials import default_trials
from backtest.strategies import PRIMARY, as_executed


@dataclass(frozen=True, slots=True)
class RunDone:
    """What a finished run returns: its strategy, folder, ledger, metrics, and notes for the user.

    split: its metrics before and from a date, where one was asked for.
    """

    strategy: str
    out: Path
    ledger: Ledger
    metrics: dict[str, Any]
    notes: tuple[str, ...]
    split: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulation gave, measured. trades, skipped: as they are written."""

    ledger: Ledger
    trades: tuple[RecordedTrade, ...]
    skipped: tuple[RecordedSkip, ...]
    metrics: dict[str, Any]


def run(source: Source, params: Params, out: Path, mode: str = "portfolio", *, force: bool = False) -> RunDone:
    """Run the backtest and write its files into `out`; nothing is written when it does not finish.

    force: write over another run. Raises DriftError subclasses: 2 usage, 6 configuration, 7 unreadable or unusable
    input, or a folder that holds another run, 8 price source.
    """
    return run_strategies(source, params, (PRIMARY,), out, mode, force=force)[0]


def run_strategies(
    source: Source,
    params: Params,
    strategies: Sequence[str],
    out: Path,
    mode: str = "portfolio",
    *,
    split: date | None = None,
    force: bool = False,
    trials: Path | None = None,
) -> tuple[RunDone, ...]:
    """Run strategies of the configuration (`primary`, `shadow`) over the same inputs; see `run`.

    A single one is written into `out`, several into a folder each beneath it, named by their ids. trials: the ledger
    that keeps what was tried, the user's own by default; a note says so when it cannot be written.
    """
    if split is not None:
        require_split(source.first, source.last, split)
    places = _places(params, strategies, out)
    for place in places:
        require_folder(place)
    loaded = load_each(source, params, tuple(places.values()))
    if not force:
        for place, own in places.items():
            require_own_place(place, own, loaded[own.source][1].data, mode)
    git = AskedGit()
    prepared = {one: prepare(inputs) for one, (_, inputs) in loaded.items()}
    outcomes = {
        place: evaluate(loaded[own.source][1], prepared[own.source], own, mode) for place, own in places.items()
    }
    sha = git.sha()
    for place, outcome in outcomes.items():
        read, inputs = loaded[places[place].source]
        write_run(place, read, places[place], inputs, outcome, mode, force=True, git_sha=sha)
    lost = {}
    for one, (read, inputs) in loaded.items():
        ran = [(own, outcomes[place].ledger.equity) for place, own in places.items() if own.source == one]
        lost[one] = record_runs(trials or default_trials(), read, inputs, ran, "run", mode)
    done = []
    for place, outcome in outcomes.items():
        own = places[place]
        halves = None
        if split is not None:
            halves = split_metrics(outcome.trades, outcome.ledger.equity, own.capital_units, split)
        inputs, why = loaded[own.source][1], lost[own.source]
        notes = _notes(inputs) if why is None else (*_notes(inputs), why)
        done.append(RunDone(own.primary.strategy_id, place, outcome.ledger, outcome.metrics, notes, halves))
    return tuple(done)


def evaluate(inputs: Inputs, prepared: Prepared, params: Params, mode: str = "portfolio") -> Outcome:
    """Simulate and measure; nothing is written. prepared: the inputs, which any number of runs share."""
    ledger = prepared.ledger(params, mode)
    trades = recorded(ledger.trades, inputs, params)
    skipped = tuple(recorded_skip(skip) for skip in ledger.skipped)
    return Outcome(ledger, trades, skipped, compute_metrics(trades, skipped, ledger.equity, params.capital_units))


def write_run(
    place: Path,
    source: Source,
    params: Params,
    inputs: Inputs,
    outcome: Outcome,
    mode: str,
    *,
    force: bool,
    git_sha: str | None = None,
) -> None:
    """Write the files of a run into a folder, all together or none. Raises InputError (7)."""
    require_folder(place)
    if not force:
        require_own_place(place, params, inputs.data, mode)
    facts = RunFacts(inputs.data, _counts(outcome.ledger, inputs), outcome.metrics, mode, _named(source), git_sha)
    publish(place, _files(params, facts, outcome))


def _places(params: Params, strategies: Sequence[str], out: Path) -> Mapping[Path, Params]:
    chosen = [as_executed(params, name) for name in strategies]
    if len(chosen) == 1:
        return {out: chosen[0]}
    places = {out / own.primary.strategy_id: own for own in chosen}
    if len(places) < len(chosen):
        raise ConfigError(
            f"primary and shadow are the same strategy, {chosen[0].primary.strategy_id} (expected two that differ)",
            next_step="Set shadow.trailing_stop or shadow.period, or run one of them.",
        )
    return places


def _files(params: Params, facts: RunFacts, outcome: Outcome) -> dict[str, bytes]:
    return {
        TRADES: trades_csv(outcome.trades),
        SKIPPED: skipped_csv(outcome.skipped),
        EQUITY: equity_csv(outcome.ledger.equity),
        METRICS: json_bytes(outcome.metrics),
        MANIFEST: manifest_bytes(params, facts),
    }


def _notes(inputs: Inputs) -> tuple[str, ...]:
    refused = (f"{inputs.refused_bars} bars refused by the price check",) if inputs.refused_bars else ()
    return (*inputs.notes, *refused)


def _counts(ledger: Ledger, inputs: Inputs) -> dict[str, int]:
    return {
        "sessions": ledger.sessions,
        "candidates": ledger.candidates,
        "trades": len(ledger.trades),
        "skipped": len(ledger.skipped),
        "refused_bars": inputs.refused_bars,
    }


def _named(source: Source) -> dict[str, str]:
    """Return where a run's inputs lay, as they were named."""
    named = {"prices": source.prices, "reports": source.reports, "candidates": source.candidates}
    return {what: str(path) for what, path in (named | {"assets": source.assets}).items() if path is not None}
