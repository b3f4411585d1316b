"""Which candidates may be offered at all: trade date, eligibility, one a ticker, filters, ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from backtest.model import TICKER_PATTERN, Candidate, Grade, Skip, SkipReason
from backtest.money import to_decimal
from backtest.params import Accept, EntryMode, Params
from backtest.reports.verdict import Verdict
from backtest.sessions import Sessions

NO_VALUE = "none"
"""What stands for the value of a series that has no row for the as-of session."""


def entry_session(report_date: date, entry_mode: EntryMode, sessions: Sessions) -> date:
    """Return the trade date a report belongs to.

    `report_open`: the first session on or after it (honest only for reports made before that open);
    `next_day_open`: the first session after it.
    """
    if entry_mode is EntryMode.REPORT_OPEN:
        return sessions.on_or_after(report_date)
    return sessions.next(report_date)


def find_entry_session(report_date: date, entry_mode: EntryMode, sessions: Sessions) -> date | None:
    """Return the trade date a report belongs to; None where the calendar does not reach so far."""
    if not sessions.first <= report_date < sessions.last:
        return None
    return entry_session(report_date, entry_mode, sessions)


@dataclass(frozen=True, slots=True)
class Screened:
    """Candidates that may be offered, in rank order; the others with their reason; notes for the user."""

    eligible: tuple[Candidate, ...]
    skipped: tuple[Skip, ...]
    notes: tuple[str, ...] = ()


def screen(candidates: Iterable[Candidate], params: Params, refusal: Mapping[str, str] | None = None) -> Screened:
    """Apply eligibility and filters to one trade date's candidates, given in report order, and rank the rest.

    refusal: why the market filter lets none pass (`market_refusal`); None: it does, or is not asked.

    One candidate per (report_date, ticker) is offered: at the first's place, but a scored one stands in for an
    unscored one. A field a filter asks for and the report lacks lets the candidate pass, with a note.
    """
    skipped: list[Skip] = []
    places: dict[tuple[date, str], Candidate] = {}
    for candidate in candidates:
        reason = why_not_eligible(candidate, params.min_grade, params.accept)
        if reason is not None:
            skipped.append(_skip(candidate, reason))
            continue
        key = (candidate.report_date, candidate.ticker)
        first = places.get(key)
        if first is None:
            places[key] = candidate
        elif first.score is None and candidate.score is not None:
            places[key] = candidate  # a dict keeps the first's place
            skipped.append(Skip(first, SkipReason.DUPLICATE_IN_REPORT))
        else:
            skipped.append(Skip(candidate, SkipReason.DUPLICATE_IN_REPORT))
    eligible: list[Candidate] = []
    notes: list[str] = []
    for candidate in places.values():
        reason = why_filtered(candidate, params)
        if reason is None and refusal is not None:
            skipped.append(Skip(candidate, SkipReason.FILTERED_MARKET, refusal))
        elif reason is None:
            eligible.append(candidate)
            notes += _unfiltered(candidate, params)
        else:
            skipped.append(_skip(candidate, reason))
    return Screened(rank(eligible), tuple(skipped), tuple(notes))


def rank(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return candidates by score, best first, None last; ties by report date, then as given."""
    return tuple(sorted(candidates, key=lambda one: (one.score is None, -(one.score or 0.0), one.report_date)))


def why_not_eligible(candidate: Candidate, min_grade: Grade, accept: Accept) -> SkipReason | None:
    """Return why a candidate may not be traded at all, judged by itself alone."""
    if not TICKER_PATTERN.fullmatch(candidate.ticker):
        return SkipReason.INVALID_TICKER
    if not is_accepted(candidate, accept):
        return SkipReason.PROBLEM_IN_REPORT
    if not candidate.grade.is_no_worse_than(min_grade):
        return SkipReason.BELOW_MIN_GRADE
    return None


def is_accepted(candidate: Candidate, accept: Accept) -> bool:
    """Tell whether a candidate's verdict lets it be traded. A problem without a verdict counts as refused."""
    if candidate.verdict is Verdict.DOUBTFUL:
        return accept is Accept.DOUBTFUL
    return candidate.verdict is Verdict.CONFIRMED and candidate.problem is None


def why_filtered(candidate: Candidate, params: Params) -> SkipReason | None:
    """Return the first optional filter that refuses a candidate; both ends are inside, a missing field passes."""
    for reason, value, low, high in _filters(candidate, params):
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            return reason
    return None


def market_refusal(params: Params, value_of: Callable[[str], Decimal | None]) -> Mapping[str, str] | None:
    """Return `why_market_filtered` of the value at the as-of session, which `value_of` gives for a series' file."""
    file = params.market_filter.file
    return None if file is None else why_market_filtered(value_of(file), params)


def why_market_filtered(value: Decimal | None, params: Params) -> Mapping[str, str] | None:
    """Return the numbers by which the market filter refuses every candidate of a trade date; None: it lets them pass.

    value: of the filter's series at the as-of session. Without one nothing passes.
    """
    most = params.market_filter.max
    if most is None or (value is not None and value <= most):
        return None
    return {"market_value": NO_VALUE if value is None else plain_number(value), "market_max": plain_number(most)}


def exact(number: float) -> Decimal:
    """Return a float as the decimal it was written as: 70.1 is 70.1, not 70.09999…"""
    return Decimal(repr(number))


def plain_number(number: Decimal) -> str:
    """Return a number as text, without exponent and without zeros at its end."""
    return format(number.normalize() + 0, "f")


def _filters(
    candidate: Candidate, params: Params
) -> Iterator[tuple[SkipReason, Decimal | None, Decimal | None, Decimal | None]]:
    """Yield the filters that have a limit: reason, the candidate's value, lowest, highest."""
    if params.min_score is not None or params.max_score is not None:
        score = None if candidate.score is None else exact(candidate.score)
        yield SkipReason.FILTERED_SCORE, score, params.min_score, params.max_score
    if params.min_gap is not None or params.max_gap is not None:
        gap = None if candidate.gap_size is None else exact(candidate.gap_size)
        yield SkipReason.FILTERED_GAP, gap, params.min_gap, params.max_gap
    if params.min_price is not None or params.max_price is not None:
        price = None if candidate.price is None else to_decimal(candidate.price)
        yield SkipReason.FILTERED_PRICE, price, params.min_price, params.max_price


def _unfiltered(candidate: Candidate, params: Params) -> list[str]:
    return [
        f"{candidate.ticker}: no {reason.value.removeprefix('filtered_')} in the report, the filter lets it pass"
        for reason, value, _, _ in _filters(candidate, params)
        if value is None
    ]


def _skip(candidate: Candidate, reason: SkipReason) -> Skip:
    why = {"problem": candidate.problem} if reason is SkipReason.PROBLEM_IN_REPORT and candidate.problem else {}
    return Skip(candidate, reason, why)
