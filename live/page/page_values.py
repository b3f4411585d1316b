"""What the daily page shows: one day of the account as frozen values; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from backtest.model import Price
from live.clock import NEW_YORK
from live.inspect.shadows_values import Comparison
from live.inspect.slippage_values import Slippage
from live.inspect.status_check import PROTECT
from live.inspect.status_values import PositionLine
from live.run.entry_control_text import entries_off_text, veto_text
from live.run.kill_switch_text import kill_switch_text
from live.run.startup import SWITCH_OFF
from live.signals.file import SignalFile
from live.state_db.outbox import OutboxState
from live.state_db.records import AccountBinding, ByHand, EquityRow, KillSwitch, RunRow
from live.state_db.rows import OrderRow, PositionRow

URGENT = frozenset({1, 3, 4, 11, 12, 13})
"""The exit codes that must not wait until the next run."""


@dataclass(frozen=True, slots=True)
class Hand:
    """One thing that needs a person. where: who says so. next_step: what to do, "" when nobody knows."""

    what: str
    where: str
    next_step: str = ""
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What holds at the newest moment, and so stands on the newest page only."""

    kill_switch: KillSwitch
    entries_off: ByHand | None = None
    notifier: OutboxState = field(default_factory=OutboxState)
    failed_runs: int = 0


@dataclass(frozen=True, slots=True)
class DayPage:
    """One day. runs: those of the day, oldest first. last_runs: the newest of all programs, newest first.

    state: None on a page of an earlier day, whose book is as its rows stand now. signal: the decisions of the executed
    strategy for this trade date. orders: those of that plan. lines: what was held at the end. prices_at: when the
    broker said the prices in it. closed: of the day; closed_this_week: since Monday. equity: the last of each day up to
    this one, oldest first. slippage: of the weeks before it. unreadable: what could not be
    read, in words.
    """

    day: date
    executed: str
    account: AccountBinding | None
    runs: tuple[RunRow, ...]
    last_runs: tuple[RunRow, ...]
    state: State | None
    signal: SignalFile | None
    vetoes: Mapping[str, ByHand]
    orders: tuple[OrderRow, ...]
    lines: tuple[PositionLine, ...]
    prices_at: datetime | None
    closed_this_week: tuple[PositionRow, ...]
    realized: Price
    equity: tuple[EquityRow, ...]
    comparisons: tuple[Comparison, ...] = ()
    slippage: Slippage | None = None
    max_positions: int | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def as_of(self) -> datetime | None:
        """When the last run of the day ended, or began where it has no end."""
        if not self.runs:
            return None
        last = self.runs[-1]
        return last.finished_at or last.started_at

    @property
    def closed(self) -> tuple[PositionRow, ...]:
        return tuple(row for row in self.closed_this_week if row.exit_date == self.day)

    @property
    def names(self) -> Mapping[int, str | None]:
        """The companies of what is held or was closed this week, by position id."""
        rows = (*(line.row for line in self.lines), *self.closed_this_week)
        return {row.position_id: row.company_name for row in rows}

    @property
    def open_pnl(self) -> Price | None:
        """The P&L of what is held, None while the price of one is not known."""
        profits = [line.unrealized for line in self.lines]
        return None if any(one is None for one in profits) else sum(one or 0 for one in profits)

    @property
    def last_of_each(self) -> tuple[RunRow, ...]:
        """The last run of the day of each program: an earlier one of the same program may be out of date."""
        return tuple({run.program: run for run in self.runs}.values())

    @property
    def hands(self) -> tuple[Hand, ...]:
        """Everything that needs a person, what is urgent first, each once."""
        found = [*self._of_the_state(), *(Hand(words, "this page") for words in self.unreadable)]
        for run in self.last_of_each:
            found += _of_a_run(run)
        seen: dict[str, Hand] = {}
        for hand in found:
            seen.setdefault(hand.what, hand)
        return tuple(sorted(seen.values(), key=lambda hand: not hand.is_urgent))

    @property
    def by_hand(self) -> tuple[str, ...]:
        """What a person has said of entries; it needs nobody."""
        off = self.state.entries_off if self.state is not None else None
        words = [] if off is None else [entries_off_text(off)]
        return (*words, *(veto_text(ticker, self.day, said) for ticker, said in sorted(self.vetoes.items())))

    def _of_the_state(self) -> list[Hand]:
        state = self.state
        if state is None:
            return []
        naked = [line for line in self.lines if line.naked]
        found = [
            Hand(
                f"{line.row.ticker}: {line.naked} shares without a live stop",
                "state DB",
                f"Give them their stops: {PROTECT}",
                is_urgent=True,
            )
            for line in naked
        ]
        if state.kill_switch.on:
            words = kill_switch_text(state.kill_switch)
            found.append(Hand(words, "kill switch", SWITCH_OFF, is_urgent=True))
        if state.notifier.has_failed:
            found.append(Hand(f"the notifier failed: {state.notifier.sentence()}", "notifications"))
        if state.failed_runs > 1:
            found.append(Hand(f"{state.failed_runs} failed runs in a row", "runs", is_urgent=True))
        return found


@dataclass(frozen=True, slots=True)
class Drawdown:
    """How far equity lies below its peak, in percent: at the end, and at worst, and on which day."""

    now: float
    worst: float
    worst_day: date


def drawdown_pct(row: EquityRow) -> float:
    """Return how far a snapshot lies below the peak that it knows, in percent; 0 at the peak."""
    return float(max(Decimal(0), (row.peak - row.equity) / row.peak * 100)) if row.peak > 0 else 0.0


def drawdown_of(rows: Sequence[EquityRow]) -> Drawdown | None:
    """Return the drawdown of the snapshots, None without one."""
    if not rows:
        return None
    worst = max(rows, key=drawdown_pct)
    return Drawdown(drawdown_pct(rows[-1]), drawdown_pct(worst), worst.day)


def program_of(run: RunRow) -> str:
    """Return a run's program and phase for people: `executor place`."""
    has_phase = run.phase is not None and not run.program.startswith("admin")
    return f"{run.program} {run.phase}" if has_phase else run.program


def where_of(run: RunRow) -> str:
    """Return who says something: `executor place, 09:20`."""
    return f"{program_of(run)}, {run.started_at.astimezone(NEW_YORK):%H:%M}"


def _of_a_run(run: RunRow) -> list[Hand]:
    where = where_of(run)
    if run.exit_code is None:
        words = "is running" if run.finished_at is None else "was killed"
        return [Hand(f"{program_of(run)} has no end on record: it {words}", where)]
    endings = _endings(run)
    found = [Hand(what, where, next_step, is_urgent=code in URGENT) for code, what, next_step in endings]
    if run.exit_code and not found:
        found.append(Hand(run.last_line or f"ended {run.exit_code}", where, is_urgent=run.exit_code in URGENT))
    closing = run.summary.get("closing")
    words = str(closing.get("needs_hand", "nothing")) if isinstance(closing, Mapping) else "nothing"
    said = {what for _, what, _ in endings}
    if words != "nothing" and not {*words.split("; ")} <= said and words not in said:
        found.append(Hand(words, where))
    return found


def _endings(run: RunRow) -> list[tuple[int, str, str]]:
    """Return code, words and next step of every problem of a run, as far as its row can be read."""
    endings = run.summary.get("endings")
    if not isinstance(endings, list):
        return []
    return [
        (int(one["code"]), str(one["what"]), str(one.get("next_step", "")))
        for one in endings
        if isinstance(one, Mapping) and isinstance(one.get("code"), int) and "what" in one
    ]
