"""Asks a candidate source, and makes candidates of what it answers; an answer that is not usable buys nothing."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from numbers import Real
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from backtest.errors import InputError
from backtest.model import Candidate, Grade, GradeSource, Price
from backtest.params import REPORTS, EntryMode, Params
from backtest.plugin_parameters import PluginValue
from backtest.plugins import Origin
from backtest.reports.verdict import Verdict
from backtest.sources.registry import FUNCTION, Strategy, find_strategy, read_source
from backtest.sources.resolve import complete
from backtest.sources.symbols_file import read_symbols_file
from backtest.sources.values import History, Proposal

if TYPE_CHECKING:
    from backtest.reports.directory import Directory

Propose: TypeAlias = Callable[[History, Mapping[str, PluginValue]], Iterable[Proposal]]
_MOST_USD = 10_000_000.0
_LONGEST_NOTE = 200
_SCORE_DECIMALS = 8
"""As many as a file of candidates holds."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A candidate source ready to be asked; a value that can be sent to another process. symbols: in their order."""

    strategy: Strategy
    values: Mapping[str, PluginValue]
    symbols: tuple[str, ...]


def scan_of(params: Params) -> Scan | None:
    """Return the scan that gives the executed strategy its candidates; None: they come from reports.

    params: as `resolve` returned them. Raises ConfigError (6), InputError (7) for what is not as it was then.
    """
    source = params.source
    if source.id == REPORTS:
        return None
    folder = None if source.folder is None else Path(source.folder)
    now = complete(source, folder)
    for what, before, found in (
        (f"candidate source {source.id}", source.version, now.version),
        (f"symbols file {source.symbols_file}", source.symbols_sha256, now.symbols_sha256),
    ):
        if before is not None and before != found:
            raise InputError(f"{what} changed while the program ran (expected the one it started with)")
    symbols = read_symbols_file(source.symbols_file or "").tickers
    return Scan(find_strategy(source.id, folder), dict(now.parameters), symbols)


def proposed(
    scan: Scan, history: History, trade_date: date, entry_mode: EntryMode, directory: Directory | None = None
) -> tuple[Candidate, ...]:
    """Return the candidates of `trade_date` in the order of the answer.

    history: what the source may know, `Windows.history` of that trade date. directory: who is listed; without one
    nobody is doubted, as with the candidates of a file. Raises InputError (7), with the strategy's name, when it cannot
    be asked or one proposal is not usable.
    """
    answer = _ask(scan, history)
    seen: set[str] = set()
    found = []
    for one in answer:
        _check(scan, one, history, seen)
        seen.add(one.ticker)
        found.append(_candidate(one, history.as_of if entry_mode is EntryMode.NEXT_DAY_OPEN else trade_date, directory))
    return tuple(found)


def without_bar(scan: Scan, history: History) -> tuple[str, ...]:
    """Return the symbols that the source is not asked about, for they have no bar in the as-of session."""
    return tuple(one for one in scan.symbols if one not in history.symbols)


def _ask(scan: Scan, history: History) -> Sequence[Proposal]:
    propose = _function(scan)
    try:
        with redirect_stdout(sys.stderr):  # what a strategy prints is no result of the program
            return tuple(propose(history, MappingProxyType(dict(scan.values))))
    except (Exception, SystemExit) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_NOTE]
        raise _unusable(scan, history.as_of, f"it ended with {why}") from error


def _function(scan: Scan) -> Propose:
    plugin = scan.strategy.plugin
    try:
        with redirect_stdout(sys.stderr):
            if plugin.origin is Origin.FOLDER:
                found = getattr(_loaded(plugin.path, read_source(plugin)), FUNCTION)
            else:
                found = getattr(importlib.import_module(plugin.module), FUNCTION)
    except (Exception, SystemExit) as error:
        if isinstance(error, InputError):
            raise
        why = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_NOTE]
        raise InputError(f"candidate source {plugin.id} unusable in {plugin.path}: importing it: {why}") from error
    return cast(Propose, found)


@lru_cache(maxsize=16)
def _loaded(path: Path, content: bytes) -> ModuleType:
    """Run a file of the user's folder as a module: those very bytes, whose hash is recorded."""
    module = ModuleType(f"earnings_drift_strategies.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses of it look for their module by name
    exec(compile(content, str(path), "exec"), module.__dict__)
    return module


def _check(scan: Scan, one: Any, history: History, seen: set[str]) -> None:
    """Raise InputError (7) unless a proposal is one that can be traded as it stands."""
    why = _why_unusable(scan, one, history, seen)
    if why is not None:
        raise _unusable(scan, history.as_of, why)


def _why_unusable(scan: Scan, one: Any, history: History, seen: set[str]) -> str | None:
    if not isinstance(one, Proposal):
        return f"it answered {type(one).__name__} (expected backtest.sources.values.Proposal)"
    if not isinstance(one.ticker, str) or one.ticker not in history.symbols:
        known = "it has no bar then" if one.ticker in scan.symbols else "that is none of its symbols"
        return f"it proposed {str(one.ticker)[:20]!r}: {known}"
    if one.ticker in seen:
        return f"it proposed {one.ticker} twice"
    if one.grade not in tuple(Grade):
        return f"{one.ticker} has the grade {one.grade!r} (expected A, B, C or D)"
    if one.score is not None and not _is_number(one.score, 0, 100):
        return f"{one.ticker} has the score {one.score!r} (expected a number from 0 to 100, or None)"
    if one.price is not None and not (_is_number(one.price, 0, _MOST_USD) and _units(one.price) > 0):
        return f"{one.ticker} has the price {one.price!r} (expected USD, more than 0, or None)"
    if one.day is not None and (type(one.day) is not date or one.day > history.as_of):
        return f"{one.ticker} rests on {one.day} (expected no day after {history.as_of})"
    if not isinstance(one.note, str) or len(one.note) > _LONGEST_NOTE or not one.note.isprintable():
        return f"{one.ticker} has a note that is no line of at most {_LONGEST_NOTE} characters"
    return None


def _is_number(value: object, low: float, high: float) -> bool:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and math.isfinite(cast(float, value)) and low <= cast(float, value) <= high


def _units(price: float) -> Price:
    return round(float(price) * 10_000)


def _unusable(scan: Scan, as_of: date, why: str) -> InputError:
    return InputError(
        f"candidate source {scan.strategy.id} gave no usable answer for the close of {as_of}: {why}",
        next_step="Nothing was bought on it; correct the strategy, or propose from another one.",
    )


def _candidate(one: Proposal, report_date: date, directory: Directory | None) -> Candidate:
    is_listed = directory is None or one.ticker in directory.names
    return Candidate(
        ticker=one.ticker,
        report_date=report_date,
        grade=Grade(one.grade),
        grade_source=GradeSource.INFERRED,
        score=None if one.score is None else round(float(one.score), _SCORE_DECIMALS),
        price=None if one.price is None else _units(one.price),
        company_name=(directory.names.get(one.ticker) or None) if directory is not None else None,
        problem=None if is_listed else f"{one.ticker} is not in the directory",
        verdict=Verdict.CONFIRMED if is_listed else Verdict.DOUBTFUL,
        note=one.note or None,
    )
