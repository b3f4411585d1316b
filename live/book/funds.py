"""What entries may cost, what the account has for them, and which of a day's entries that covers; pure.

The generator forecasts with it, the executor accepts a plan and sends entries by it. Amounts are in 1/10,000 USD.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from backtest.model import ExitReason, Price
from backtest.money import BASIS, format_usd, to_price
from live.broker import Account
from live.config import Execution
from live.config import Funds as FundsSource
from live.orders import Intent, OrderStatus
from live.signals.file import SignalFile
from live.signals.lines import EntryLine, ExitLine
from live.state_db.rows import EntryDetails, OrderRow

HEADROOM_BP = 10_500
"""A market buy is held to cost 5 % more than its reference (docs/broker.md: the broker values it above the market)."""
SALE_BP = 9_500
"""The sell of a rotation is held to bring 5 % less than its last close."""


def entry_need(reference: Price, shares: int, limit: Price | None = None) -> Price:
    """Return what an entry must find uncommitted: limit × shares; without one reference × shares × 1.05, rounded up."""
    return -(-reference * shares * HEADROOM_BP // BASIS) if limit is None else limit * shares


def need_of(entry: EntryDetails, shares: int) -> Price:
    """Return what so many shares of a planned entry must find uncommitted."""
    return entry_need(entry.reference_price, shares, entry.limit_price)


def sale_proceeds(last_close: Price, shares: int) -> Price:
    """Return what the sell of a rotation is counted to bring: last close × shares × 0.95, rounded down."""
    return last_close * shares * SALE_BP // BASIS


@dataclass(frozen=True, slots=True)
class Funds:
    """What is left for entries, and what must stay untouched."""

    left: Price
    minimum: Price

    def less(self, need: Price) -> Funds:
        return replace(self, left=self.left - need)

    def covers(self, need: Price) -> bool:
        return self.left - need >= self.minimum


def funds_for_entries(account: Account, execution: Execution, unfinished: Iterable[OrderRow]) -> Funds:
    """Return the funds that entries may use, before the first of them.

    unfinished: our orders that are not over. `cash` is less what our open buys still take, `buying_power` is not: the
    broker has taken them off already.
    """
    if execution.funds is FundsSource.BUYING_POWER:
        left = to_price(account.buying_power)
    else:
        buys = (row for row in unfinished if row.intent is Intent.ENTRY and row.status is not OrderStatus.PLANNED)
        needs = (need_of(row.entry, row.remaining_qty) for row in buys if row.entry is not None)
        left = to_price(account.cash) - sum(needs)
    return Funds(left, to_price(execution.min_buying_power))


@dataclass(frozen=True, slots=True)
class EntryNeed:
    """One decided entry: what it needs; for a rotation the holding that it replaces and what its sell is to bring."""

    ticker: str
    need: Price
    replaces: str | None = None
    proceeds: Price = 0


@dataclass(frozen=True, slots=True)
class UnfundedRotation:
    """A rotation that funds do not cover, its sell included: nothing is bought, nothing sold. left: before it."""

    entry: EntryNeed
    left: Funds

    @property
    def words(self) -> str:
        """What is missing, for people."""
        entry, left = self.entry, self.left
        return (
            f"{entry.ticker} needs {format_usd(entry.need)} USD; the sell of {entry.replaces} is counted to bring "
            f"{format_usd(entry.proceeds)}, {format_usd(left.left)} are left, of which {format_usd(left.minimum)} must "
            "stay untouched"
        )


def unfunded_rotations(funds: Funds, entries: Sequence[EntryNeed]) -> tuple[UnfundedRotation, ...]:
    """Return the rotations of a plan that funds do not cover, what each brings itself included.

    entries: in rank order; those before a rotation have their need reserved, whether it is covered or not, for they
    wait for the same sells.
    """
    found: list[UnfundedRotation] = []
    for entry in entries:
        if entry.replaces is None:
            funds = funds.less(entry.need)
        elif funds.covers(entry.need - entry.proceeds):
            funds = funds.less(entry.need - entry.proceeds)
        else:
            found.append(UnfundedRotation(entry, funds))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Forecast:
    """For which entries funds last, by ticker. funds: before the first. lasts: covered now; waits: for a sell;
    short: not covered, nothing to wait for."""

    funds: Funds
    lasts: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    unfunded: tuple[UnfundedRotation, ...] = ()

    @property
    def entries(self) -> int:
        """How many entries were decided."""
        return len(self.lasts) + len(self.waits) + len(self.short) + len(self.unfunded)


def forecast_funds(funds: Funds, entries: Sequence[EntryNeed], exits: Collection[str]) -> Forecast:
    """Return how far funds last for the entries of a day, in rank order, as the executor will see it.

    exits: the tickers to be sold; an entry that is not covered waits while one of them is on its way, and keeps its
    reservation.
    """
    unfunded = unfunded_rotations(funds, entries)
    given_up = {one.entry.ticker for one in unfunded}
    has_sells = bool(set(exits) - {one.entry.replaces for one in unfunded})
    lasts: list[str] = []
    waits: list[str] = []
    short: list[str] = []
    left = funds
    for entry in entries:
        if entry.ticker in given_up:
            continue
        is_covered = left.covers(entry.need)
        (lasts if is_covered else waits if has_sells else short).append(entry.ticker)
        if is_covered or has_sells:
            left = left.less(entry.need)
    return Forecast(funds, tuple(lasts), tuple(waits), tuple(short), unfunded)


def needs_of(signal: SignalFile, *, vetoed: Collection[str] = (), closed: Collection[int] = ()) -> list[EntryNeed]:
    """Return what the entries of a signal file need, in rank order.

    vetoed: tickers that are not bought, so that they need nothing. closed: position ids that are sold already; what
    they brought is in the account.
    """
    exits = {line.ticker: line for line in signal.exits if line.reason is ExitReason.ROTATED_OUT}
    entries = (line for line in signal.entries if line.ticker not in vetoed)
    return [_need_of(line, exits.get(line.replaces or ""), closed) for line in entries]


def _need_of(line: EntryLine, sold: ExitLine | None, closed: Collection[int]) -> EntryNeed:
    need = entry_need(line.reference_price, line.shares, line.limit_price)
    if sold is None:
        return EntryNeed(line.ticker, need)
    proceeds = 0 if sold.position_id in closed else sale_proceeds(sold.last_close or 0, sold.shares)
    return EntryNeed(line.ticker, need, sold.ticker, proceeds)
