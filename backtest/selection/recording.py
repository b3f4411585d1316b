"""What the ledger of trials is told of a run: which configuration, on which data, with which returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from backtest.errors import InputError
from backtest.measures.yearly import session_returns
from backtest.params import Params
from backtest.portfolio_simulator import EquityPoint
from backtest.selection.moments import Moments, known_moments
from backtest.selection.trials import Trial, TrialData, record
from backtest.settings import PlainValue, params_to_plain

if TYPE_CHECKING:
    from backtest.runs.inputs import Inputs, Source

Ran: TypeAlias = tuple[Params, Sequence[EquityPoint]]
"""A configuration with the account it gave."""


def trial_of(params: Params, data: TrialData, mode: str, moments: Moments | None, command: str, when: str) -> Trial:
    """Return one configuration's line of the ledger."""
    return Trial(changed_parameters(params), data, mode, moments, when, command)


def trial_data(source: Source, inputs: Inputs, params: Params) -> TrialData:
    """Return what the ledger calls the inputs of a run. params: what was run; it may propose its own candidates."""
    own = params.source.symbols_file
    named = Path(own) if own is not None else source.candidates or source.reports
    place = str(named.resolve()) if named is not None else ""
    return TrialData(inputs.data.candidates_sha256, place, inputs.data.fingerprint, inputs.first, inputs.last)


def changed_parameters(params: Params) -> dict[str, PlainValue]:
    """Return the parameters that differ from the defaults; those of the shadow do not act and are left out."""
    defaults = params_to_plain(Params())
    plain = params_to_plain(replace(params, shadows=Params().shadows))
    return {name: value for name, value in plain.items() if name not in defaults or value != defaults[name]}


def record_runs(path: Path, source: Source, inputs: Inputs, runs: Iterable[Ran], command: str, mode: str) -> str | None:
    """Record what a command ran; return why it could not, for its notes: a run is no worse for it."""
    when, trials = now(), []
    for params, equity in runs:
        data = trial_data(source, inputs, params)
        moments = known_moments(session_returns([params.capital_units, *(point.equity for point in equity)]))
        trials.append(trial_of(params, data, mode, moments, command, when))
    try:
        record(path, trials)
    except InputError as error:
        return f"{error.what}; later studies will not count this run"
    return None


def now() -> str:
    """Return this moment as the ledger writes it: UTC, ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
