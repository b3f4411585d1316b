"""The words of the strategy as values: what a report offers, what is held, what was decided.

Plain frozen dataclasses and enums without I/O and without pandas, so that every program here, the
executor included, can import them at no cost. Prices are integers of 1/10,000 USD (`Price`), dates
are session dates in America/New_York, shares are whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from backtest.reports.verdict import Verdict

Price: TypeAlias = int
"""1/10,000 USD: 1402000 is $140.20."""

TICKER_PATTERN = re.compile(r"[A-Z][A-Z0-9]{0,5}(\.[A-Z]{1,2})?", re.ASCII)
"""A canonical ticker; always used with `fullmatch`."""


class Grade(StrEnum):
    """A report's grade; `min_grade` D lets every grade pass."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    def is_no_worse_than(self, other: Grade) -> bool:
        return self.value <= other.value


class GradeSource(StrEnum):
    """Where a grade came from: the page, its JSON twin, or the points (85 A, 70 B, 55 C, else D)."""

    HTML = "html"
    JSON = "json"
    INFERRED = "inferred"


class ExitReason(StrEnum):
    """Why a position ended; one spelling for code, database, files and reports. TAKE_PROFIT: of a backtest only."""

    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TREND_BREAK = "trend_break"
    MAX_HOLDING = "max_holding"
    ROTATED_OUT = "rotated_out"
    DELISTED = "delisted"
    END_OF_DATA = "end_of_data"
    MANUAL = "manual"


class SkipReason(StrEnum):
    """Why a candidate did not become a position. The last six can only happen live."""

    INVALID_TICKER = "invalid_ticker"
    BELOW_MIN_GRADE = "below_min_grade"
    DUPLICATE_IN_REPORT = "duplicate_in_report"
    FILTERED_SCORE = "filtered_score"
    FILTERED_GAP = "filtered_gap"
    FILTERED_PRICE = "filtered_price"
    FILTERED_MARKET = "filtered_market"
    EXITED_TODAY = "exited_today"
    DUPLICATE_TICKER = "duplicate_ticker"
    DAILY_LIMIT = "daily_limit"
    CAPACITY_FULL = "capacity_full"
    ZERO_SHARES = "zero_shares"
    PRICE_MISMATCH = "price_mismatch"
    NO_PRICE_DATA = "no_price_data"
    STALE_PRICE = "stale_price"
    ABOVE_LIMIT = "above_limit"
    PROBLEM_IN_REPORT = "problem_in_report"
    AFTER_CUTOFF = "after_cutoff"
    NOT_TRADABLE = "not_tradable"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    BELOW_STOP = "below_stop"
    FROZEN = "frozen"
    VETOED = "vetoed"
    ENTRIES_OFF = "entries_off"


class ReferenceSource(StrEnum):
    """Which price sized an entry. Simulators only know the last close."""

    LATEST_TRADE = "latest_trade"
    QUOTE_MIDPOINT = "quote_midpoint"
    LAST_CLOSE = "last_close"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One stock a report offers for entry: what the report said, nothing computed.

    score: 0 to 100; None when the report gives none (ranked last, never read as 0).
    price: 1/10,000 USD a share as printed. gap_size: percent, 4.2 means up 4.2 %.
    verdict: what the reading is worth; only an accepted one is traded (else `problem_in_report`).
    problem: every doubt about it in one sentence. note: what a candidate source says of its proposal, for people.
    """

    ticker: str
    report_date: date
    grade: Grade
    grade_source: GradeSource = GradeSource.HTML
    score: float | None = None
    price: Price | None = None
    gap_size: float | None = None
    company_name: str | None = None
    problem: str | None = None
    verdict: Verdict = Verdict.CONFIRMED
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One session of one ticker as traded: integer prices, volume in shares."""

    day: date
    open: Price
    high: Price
    low: Price
    close: Price
    volume: int = 0


@dataclass(frozen=True, slots=True)
class RefusedBar:
    """A bar that was not taken, and why; it counts as missing."""

    ticker: str
    day: date
    why: str


@dataclass(frozen=True, slots=True)
class Split:
    """A split before the open of `ex_date`: `ratio` new shares for one old (4 for 4:1, 1/10 for a reverse)."""

    ticker: str
    ex_date: date
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class Reference:
    """The price that sizes an entry and sets its provisional stop."""

    price: Price
    source: ReferenceSource


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position as the rules see it.

    stop_price: the protective stop of the entry fill. target_price: its take profit, None without one.
    decided_through: the last session whose close has been judged. pending_exit_reason: an exit already decided and not
    yet sold. reference_price: what sized the entry, for the ledger.
    """

    ticker: str
    entry_date: date
    entry_price: Price
    shares: int
    stop_price: Price
    decided_through: date
    report_date: date
    score: float | None = None
    grade: Grade | None = None
    pending_exit_reason: ExitReason | None = None
    pending_exit_since: date | None = None
    position_id: int | None = None
    reference_price: Price | None = None
    target_price: Price | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """One portfolio before the open of a trade date: at most one holding a ticker."""

    holdings: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class Exit:
    """A holding to be sold at the open of the trade date.

    decided_on: the session whose close said so (the as-of session for a rotation). last_close: of a rotation, what its
    shares are counted at when its replacement is funded.
    why: the numbers behind it, ready to print and to write into the signal file.
    """

    ticker: str
    shares: int
    reason: ExitReason
    entry_price: Price
    decided_on: date
    position_id: int | None = None
    why: Mapping[str, str | int] = field(default_factory=dict)
    last_close: Price | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A candidate to be bought at the open of the trade date.

    rank: 1 for the best of the day's entries. stop_price: the provisional stop, valid until the
    true-up to the fill. replaces: the ticker rotated out for it. limit_price: the most it may cost a share,
    None: whatever the open is.
    """

    rank: int
    candidate: Candidate
    shares: int
    reference: Reference
    stop_price: Price
    replaces: str | None = None
    why: Mapping[str, str | int] = field(default_factory=dict)
    limit_price: Price | None = None

    @property
    def ticker(self) -> str:
        return self.candidate.ticker


@dataclass(frozen=True, slots=True)
class Skip:
    """A candidate that will not be bought, and the first reason that refused it."""

    candidate: Candidate
    reason: SkipReason
    why: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def ticker(self) -> str:
        return self.candidate.ticker


@dataclass(frozen=True, slots=True)
class Decisions:
    """Everything decided for one trade date.

    Every candidate is in `entries` or in `skipped`, exactly once. unresolved: held tickers whose
    exit check could not be answered (never read as "hold": the run ends 9).
    notes: sentences for the user (a missing bar judged around, a filter without its field).
    as_of_empty: no ticker asked had a bar in the as-of session; the decisions stand, a live run ends 9.
    """

    trade_date: date
    as_of: date
    exits: tuple[Exit, ...] = ()
    entries: tuple[Entry, ...] = ()
    skipped: tuple[Skip, ...] = ()
    unresolved: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    as_of_empty: bool = False
