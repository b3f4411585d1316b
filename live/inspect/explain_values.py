"""What `explain` shows of one ticker and trade date: report, decision, orders, fills, position, exit; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backtest.model import Candidate, Price
from backtest.reports.model import Evidence
from live.orders import Intent
from live.signals.file import ReportRef, SignalFile
from live.signals.lines import CandidateLine, EntryLine, ExitLine, HoldingLine, SkipLine
from live.state_db.records import ByHand, EventRow, ForeignFill, PlanRow, RunRow, SignalFileRow
from live.state_db.rows import OrderRow, PositionRow, Via

BY_HAND = "an order that is not ours"
CHANGES = frozenset(
    {"position.entry_price_corrected", "position.exit_price_corrected", "position.stop_breached", "position.split",
     "position.renamed", "position.closed_without_fill", "position.repaired", "position.shares_set",
     "position.exit_decided", "sync.difference_explained"}
)  # fmt: skip
"""Events that say more of a position than its orders and fills do."""


class Kind(StrEnum):
    """What a signal file decided about a ticker. STAY: it is held and not sold."""

    BUY = "buy"
    SELL = "sell"
    SKIP = "skip"
    STAY = "stay"
    UNRESOLVED = "unresolved"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about a ticker; the line that is set fits `kind`.

    strategy, trade_date, as_of: of the signal file. holding: None for one that stays in a file that lists none.
    entries: how many it has. rotation: the other line of a rotation,
    what is bought in the place of what is sold.
    """

    kind: Kind
    strategy: str
    trade_date: date
    as_of: date
    entry: EntryLine | None = None
    exit: ExitLine | None = None
    skip: SkipLine | None = None
    holding: HoldingLine | None = None
    entries: int = 0
    rotation: EntryLine | ExitLine | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """A signal file as the state DB keeps it, what it holds, and the plan that accepted it.

    settings: section → key → value of the run that made it; None: not recorded. made_by, accepted_by: those runs.
    """

    row: SignalFileRow
    signal: SignalFile
    plan: PlanRow | None = None
    settings: Mapping[str, Mapping[str, Any]] | None = None
    made_by: RunRow | None = None
    accepted_by: RunRow | None = None

    @property
    def strategy(self) -> Mapping[str, Any]:
        """The parameters of the rules by their dotted names; empty: not recorded."""
        return {} if self.settings is None else self.settings.get("strategy", {})


@dataclass(frozen=True, slots=True)
class ReportSeen:
    """A report that a signal file was made of, and what its file says of the ticker now.

    path: the file of that name, None: not there. why_not: why nothing was read from it. candidate: as it is read now;
    evidence: where each field stands.
    """

    ref: ReportRef
    path: str | None = None
    why_not: str | None = None
    candidate: Candidate | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        return self.path is not None and self.why_not is None


@dataclass(frozen=True, slots=True)
class Fill:
    """Shares filled at once. price: the average of all that the order had filled by then. order: None by hand.

    name: of the order for people.
    """

    order: str | None
    name: str
    side: str
    shares: int
    price: Decimal
    at: datetime
    filled: int
    of: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order, its events oldest first, and the runs they name."""

    row: OrderRow
    events: tuple[EventRow, ...] = ()
    runs: Mapping[str, RunRow] = field(default_factory=dict)

    def run_of(self, run_id: str | None) -> RunRow | None:
        """Return a run, None when it is not on record."""
        return None if run_id is None else self.runs.get(run_id)

    @property
    def name(self) -> str:
        """The client_order_id; a leg's is the broker's, so it is named by its parent."""
        row = self.row
        return f"the stop leg of {row.parent_client_order_id}" if row.via is Via.LEG else row.client_order_id

    @property
    def sent(self) -> tuple[EventRow, ...]:
        """Each time the request left."""
        return tuple(event for event in self.events if event.name == "order.sent")

    @property
    def fills(self) -> Iterator[Fill]:
        """What was filled, as it was booked; the broker's moment where all was filled at once."""
        booked = [event for event in self.events if event.name == "order.fill"]
        for event in booked:
            said, row = event.payload, self.row
            at = row.filled_at if len(booked) == 1 and row.filled_at is not None else event.ts
            price = Decimal(said["fill_price"])
            shares, filled, qty = said["shares"], said["filled_qty"], said["qty"]
            yield Fill(row.client_order_id, self.name, said["side"], shares, price, at, filled, qty)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything on record of a ticker on one trade date.

    executed: the strategy that was executed then. filed: its file; None: none was issued. decided: what it says of the
    ticker, the candidate's line first. position: that was entered, sold or held. entered, left: the decisions that
    opened and closed it, where they are of other trade dates; entered_by: the file of the first. reports: of the file
    that had the ticker as a candidate. position_events: of the position. vetoed: what a person said of its entry.
    """

    ticker: str
    trade_date: date
    executed: str = ""
    filed: Filed | None = None
    decided: tuple[Decided, ...] = ()
    entered: Decided | None = None
    entered_by: Filed | None = None
    left: Decided | None = None
    reports: tuple[ReportSeen, ...] = ()
    orders: tuple[Ordered, ...] = ()
    by_hand: tuple[ForeignFill, ...] = ()
    position: PositionRow | None = None
    position_events: tuple[EventRow, ...] = ()
    vetoed: ByHand | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.decided or self.position or self.orders)

    @property
    def candidate(self) -> Decided | None:
        """The decision about it as a report's candidate: of this trade date, else the one that opened the position."""
        mine = (one for one in self.decided if one.kind in (Kind.BUY, Kind.SKIP))
        return next(mine, self.entered)

    @property
    def read_by(self) -> Filed | None:
        """The file that names the reports of the candidate."""
        return self.entered_by if self.candidate is self.entered else self.filed

    @property
    def read(self) -> CandidateLine | None:
        """The candidate as it was read, where the file has it; of several the one that was decided about."""
        decided, filed = self.candidate, self.read_by
        if decided is None or filed is None:
            return None
        line = decided.entry or decided.skip
        lines = [one for one in filed.signal.candidates if one.ticker == self.name_in_report]
        return next((one for one in lines if line is not None and one.score == line.score), next(iter(lines), None))

    @property
    def name_in_report(self) -> str:
        """The ticker that the report has; the position may have been renamed since."""
        line = None if self.candidate is None else self.candidate.entry or self.candidate.skip
        return self.ticker if line is None else line.ticker

    @property
    def named_in(self) -> ReportSeen | None:
        """The report that has the ticker as a candidate, where it could be read again."""
        return next((seen for seen in self.reports if seen.candidate is not None), None)

    @property
    def provisional_stop(self) -> Price | None:
        """The stop of the entry before it had filled."""
        entries = (one.row for one in self.orders if one.row.intent is Intent.ENTRY)
        return next((row.planned_stop_price for row in entries), None)

    @property
    def changes(self) -> tuple[EventRow, ...]:
        """What changed the position beside its orders and fills."""
        return tuple(event for event in self.position_events if event.name in CHANGES)

    @property
    def fills(self) -> tuple[Fill, ...]:
        """Everything that was filled, oldest first."""
        own = [fill for order in self.orders for fill in order.fills]
        foreign = [Fill(None, BY_HAND, one.side, one.qty, one.price, one.at, one.qty, one.qty) for one in self.by_hand]
        return tuple(sorted([*own, *foreign], key=lambda one: one.at))


@dataclass(frozen=True, slots=True)
class Nearest:
    """The trade dates before and after one on which a ticker is on record."""

    before: date | None = None
    after: date | None = None


def decided_in(signal: SignalFile, ticker: str) -> tuple[Decided, ...]:
    """Return what a signal file says of a ticker: as a candidate, then as a holding."""
    said: list[Decided] = []

    def add(kind: Kind, **line: Any) -> None:
        said.append(Decided(kind, signal.strategy, signal.trade_date, signal.as_of_session, **line))

    for entry in signal.entries:
        if entry.ticker == ticker:
            sold = next((one for one in signal.exits if one.ticker == entry.replaces), None)
            add(Kind.BUY, entry=entry, entries=len(signal.entries), rotation=sold)
    for skip in signal.skipped:
        if skip.ticker == ticker:
            add(Kind.SKIP, skip=skip)
    for exit_ in signal.exits:
        if exit_.ticker == ticker:
            bought = next((one for one in signal.entries if one.replaces == ticker), None)
            add(Kind.SELL, exit=exit_, rotation=bought)
    for holding in signal.holdings:
        if holding.ticker == ticker:
            add(Kind.STAY, holding=holding)
    if ticker in signal.unresolved:
        add(Kind.UNRESOLVED)
    if ticker in signal.frozen:
        add(Kind.FROZEN)
    return tuple(said)


def held_on(rows: Sequence[PositionRow], day: date) -> PositionRow | None:
    """Return the newest of a ticker's positions that was held on a trade date, that of its exit included."""
    held = (row for row in rows if row.trade_date <= day and (row.exit_date is None or day <= row.exit_date))
    return max(held, key=lambda row: row.position_id, default=None)
