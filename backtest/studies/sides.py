"""What is compared, read: two folders of runs, or two strategies run over the same inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backtest.engine.prepared import Prepared, prepare
from backtest.manifest import data_content
from backtest.model import Price
from backtest.params import CandidateSource, Params
from backtest.portfolio_simulator import EquityPoint, Ledger
from backtest.runs.inputs import Source, load_each
from backtest.runs.read import StoredRun, read_run
from backtest.runs.recorded import RecordedSkip, RecordedTrade
from backtest.selection.recording import record_runs
from backtest.selection.trials import default_trials
from backtest.strategies import as_executed
from backtest.studies.files import asked_of
from backtest.studies.pairs import Side
from backtest.workers.choice import Choice
from backtest.workers.mapping import map_tasks

IN_PROCESS = Choice(1)


@dataclass(frozen=True, slots=True)
class Sides:
    """The two, what they depend on (plain JSON values), and notes for the user."""

    first: Side
    second: Side
    asked: Mapping[str, object]
    notes: tuple[str, ...] = ()


def of_runs(first: Path, second: Path) -> Sides:
    """Read two folders of runs. Raises InputError (7)."""
    runs = read_run(first), read_run(second)
    names = _names(first, second)
    one, other = (side_of(run, name) for run, name in zip(runs, names, strict=True))
    asked: dict[str, object] = {"study": "compare"}
    asked["runs"] = [run.manifest["data"] | {"parameters": dict(run.parameters)} for run in runs]
    return Sides(one, other, asked, tuple(_notes(runs[0], runs[1])))


def of_strategies(
    source: Source,
    params: Params,
    strategies: tuple[str, str],
    trials: Path | None = None,
    choice: Choice = IN_PROCESS,
) -> Sides:
    """Run two strategies of the parameters over the same inputs. Raises what `load_inputs` and `map_tasks` raise.

    trials: the ledger that counts both as tried; None: the user's. choice: who runs them.
    """
    executed = [as_executed(params, strategy) for strategy in strategies]
    loaded = load_each(source, params, executed)
    prepared = {one: prepare(inputs) for one, (_, inputs) in loaded.items()}
    ledgers = map_tasks(choice, _ledger, prepared, executed)
    sides = []
    for own, ledger in zip(executed, ledgers, strict=True):
        sides.append(side_of_ledger(own.primary.strategy_id, ledger, own.capital_units))
    notes: dict[str, None] = {}
    for one, (read, inputs) in loaded.items():
        ran = [(own, ledger.equity) for own, ledger in zip(executed, ledgers, strict=True) if own.source == one]
        lost = record_runs(trials or default_trials(), read, inputs, ran, "compare", "portfolio")
        notes |= dict.fromkeys(inputs.notes if lost is None else (*inputs.notes, lost))
    first, *more = (inputs for _, inputs in loaded.values())
    other = {"other_data": [data_content(one.data) for one in more]} if more else {}
    asked = asked_of("compare", first, params, strategies=list(strategies), **other)
    return Sides(sides[0], sides[1], asked, tuple(notes))


def _ledger(prepared: Mapping[CandidateSource, Prepared], params: Params) -> Ledger:
    return prepared[params.source].ledger(params)


def side_of_ledger(name: str, ledger: Ledger, capital: Price) -> Side:
    """Return a simulation as one of the two. capital: 1/10,000 USD before the first session."""
    skips = {(skip.ticker, skip.candidate.report_date): skip.reason.value for skip in ledger.skipped}
    return Side(name, ledger.trades, skips, ledger.equity, capital)


def _names(first: Path, second: Path) -> tuple[str, str]:
    """Return the folders' own names, or their paths where these are the same."""
    short = first.absolute().name, second.absolute().name
    return short if short[0] != short[1] else (str(first), str(second))


def side_of(run: StoredRun, name: str) -> Side:
    """Return a run as one of the two. Raises InputError (7) when this version does not know one of its parameters."""
    return side_of_record(name, run.trades, run.skipped, run.equity, run.params().capital_units)


def side_of_record(
    name: str,
    trades: Sequence[RecordedTrade],
    skipped: Iterable[RecordedSkip],
    equity: Sequence[EquityPoint],
    capital: Price,
) -> Side:
    """Return what a run recorded as one of the two. capital: 1/10,000 USD before the first session."""
    skips = {(skip.ticker, skip.report_date): skip.reason.value for skip in skipped}
    return Side(name, tuple(trades), skips, tuple(equity), capital)


def _notes(first: StoredRun, second: StoredRun) -> list[str]:
    """Say what besides the results is not the same: parameters, stretch, bars, candidates."""
    notes = []
    one, other = first.parameters, second.parameters
    changed = [
        f"{name} {one.get(name)} / {other.get(name)}" for name in {**one, **other} if one.get(name) != other.get(name)
    ]
    notes.append("parameters that differ: " + (", ".join(changed) if changed else "none"))
    if first.mode != second.mode:
        notes.append(
            f"the modes differ: {first.mode} / {second.mode}; in mode trade no slot and no money limits the entries, "
            "so that its account says little"
        )
    is_same_stretch = (first.first, first.last) == (second.first, second.last)
    if not is_same_stretch:
        stretches = " / ".join(f"{run.first} to {run.last}" for run in (first, second))
        notes.append(f"the stretches differ: {stretches}; compared is what they share")
    data = [run.manifest["data"] for run in (first, second)]
    if is_same_stretch and data[0].get("fingerprint") != data[1].get("fingerprint"):
        notes.append("the bars differ: what is not the same may come from them")
    if data[0].get("candidates_sha256") != data[1].get("candidates_sha256"):
        notes.append("the candidates differ: what is not the same may come from them")
    return notes
