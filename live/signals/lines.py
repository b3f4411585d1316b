"""The lines of a signal file: what is sold, bought, skipped and kept, and what was read about each candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from backtest.model import ExitReason, Grade, GradeSource, Price, ReferenceSource
from backtest.money import format_price
from backtest.reports.verdict import Verdict

MAX_LINES = 200
"""The most entries, and the most exits, a file may list."""
MAX_HOLDINGS = 1_000
"""The most holdings a file lists."""
MAX_CANDIDATES = 1_000
"""The most candidates whose readings a file lists."""
MAX_PROBLEM = 1_000
MAX_NOTE = 200
"""Characters of a candidate's doubts."""


@dataclass(frozen=True, slots=True)
class ExitLine:
    """A position to be sold. shares: held when it was decided; the executor sells what the broker holds.

    last_close: of a rotation, what the shares are counted at when its replacement is funded.
    """

    position_id: int
    ticker: str
    shares: int
    reason: ExitReason
    entry_price: Price
    why: Mapping[str, str | int] = field(default_factory=dict)
    last_close: Price | None = None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A stock to be bought, best first. stop_price: the provisional stop, on the tick and below the reference.

    limit_price: the most it may cost a share, on the tick and not below the stop; None, and not in the file: no limit.
    """

    rank: int
    ticker: str
    shares: int
    reference_price: Price
    reference_source: ReferenceSource
    stop_price: Price
    replaces: str | None
    score: float | None
    grade: Grade
    grade_source: GradeSource
    report_date: date
    company_name: str | None
    gap_size: float | None
    why: Mapping[str, str | int] = field(default_factory=dict)
    limit_price: Price | None = None


@dataclass(frozen=True, slots=True)
class SkipLine:
    """A candidate that will not be bought, and why."""

    ticker: str
    reason: str
    score: float | None = None
    why: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HoldingLine:
    """A position that stays, with the numbers it was judged by; prices in units of the trade date.

    position_id: None for one of a shadow's whose sessions wait for bars. last_close: the newest up to
    the as-of session. week_end: the last session of the newest week that ended since the entry; None: none has.
    week_close, indicator: of that week; None without bars in it, the indicator with too few weeks. weeks: that began
    after the entry date and have ended. low, high: of all sessions since the entry; None where the bars do not reach
    back to it. sessions_held: up to the as-of session, that of the entry included. figures: what a trailing exit that
    is judged at every close said of the as-of session, as in an exit's `why`; its id alone without a bar, or of `none`;
    empty of a weekly one. Of a daily one indicator is the price that the close is compared with, if there is one.
    """

    position_id: int | None
    ticker: str
    shares: int
    entry_price: Price
    stop_price: Price
    last_close: Price | None
    week_end: date | None
    week_close: Price | None
    indicator: Price | None
    weeks: int
    low: Price | None
    high: Price | None
    sessions_held: int
    figures: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """A candidate as it was read, and what the reading was worth. report: the name of its file, or the source's id.

    price: as printed. verdict: when it was decided. confirmed_by: `name` or `price`; None: not confirmed, or not a
    page's. problem: every doubt about it. note: why its source proposed it.
    """

    ticker: str
    report: str
    report_date: date
    grade: Grade
    grade_source: GradeSource
    score: float | None
    price: Price | None
    gap_size: float | None
    company_name: str | None
    verdict: Verdict
    confirmed_by: str | None = None
    problem: str | None = None
    note: str | None = None


Line: TypeAlias = ExitLine | EntryLine | SkipLine | HoldingLine | CandidateLine
_PRICES = frozenset(
    {
        "entry_price", "stop_price", "reference_price", "limit_price", "last_close", "week_close", "indicator", "low",
        "high", "price",
    }
)  # fmt: skip
_LEFT_OUT = frozenset({"limit_price", "note", "figures"})
"""Fields that stand in a file only where they say something."""


def line_json(line: Line) -> dict[str, Any]:
    """Return a line as it stands in a file: its fields in their order, prices and dates as text."""
    kind: type = type(line)
    found = {}
    for name in _names(kind):
        value = getattr(line, name)
        if value or name not in _LEFT_OUT:
            found[name] = _plain(name, value)
    return found


@lru_cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _PRICES:
        return format_price(value)
    if name == "score":
        return int(value) if value == int(value) else value  # 88, not 88.0
    if name == "gap_size":
        return format(Decimal(repr(float(value))).normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value
