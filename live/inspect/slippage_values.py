"""What `slippage` shows: fills against the prices they are measured by, and against what the backtest assumes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from backtest.ledger import return_pct
from backtest.measures.numbers import mean, median
from backtest.model import ExitReason, Price
from backtest.money import BASIS, buy_fill, ceil_to_tick, floor_to_tick, sell_fill, to_price
from backtest.params import Params
from live.orders import Intent
from live.state_db.fills import DecidedExit, OwnFill, SimulatedEntry, SimulatedSale
from live.state_db.transition import notional_of


class FillKind(StrEnum):
    """What the backtest tells apart: entries, market sells, and stops with the sells in the place of one."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"


class Benchmark(StrEnum):
    """The price that a fill is measured by.

    open: of the session, where a shadow traded the same stock at it; of a stop only where it lies below the stop.
    reference price: the entry's in its signal file. last close: of the session before its trade date. stop: the
    order's, or the position's for a market sell in place of one.
    """

    OPEN = "open"
    REFERENCE_PRICE = "reference price"
    LAST_CLOSE = "last close"
    STOP = "stop"


OVERNIGHT = (Benchmark.REFERENCE_PRICE, Benchmark.LAST_CLOSE)
"""Older than the open: the move until then is in what is measured by them."""


@dataclass(frozen=True)
class Measured:
    """One fill with its benchmark. price: the broker's average. benchmark_price: 1/10,000 USD.

    assumed: what the backtest would make of a benchmark like this.
    """

    day: date
    ticker: str
    kind: FillKind
    benchmark: Benchmark
    shares: int
    price: Decimal
    benchmark_price: Price
    assumed: Price
    reason: ExitReason | None = None

    @cached_property
    def notional(self) -> Price:
        return notional_of(self.price, self.shares)

    @cached_property
    def slippage_pct(self) -> Decimal:
        """How much worse than the benchmark it filled, in percent of that; below 0: better."""
        return return_pct(self._worse_by(self.benchmark_price), self.benchmark_price * self.shares)

    @cached_property
    def against_assumed(self) -> Price:
        """What it brought more (below 0: less) than a fill at the assumed price, 1/10,000 USD."""
        return -self._worse_by(self.assumed)

    def _worse_by(self, price: Price) -> Price:
        more = self.notional - price * self.shares
        return more if self.kind is FillKind.ENTRY else -more


@dataclass(frozen=True)
class SlippageSum:
    """Fills of one kind with one benchmark. assumed_pct: what the strategy says of that kind."""

    kind: FillKind
    benchmark: Benchmark
    fills: tuple[Measured, ...]
    assumed_pct: Decimal

    @cached_property
    def _slippages(self) -> list[float]:
        return [float(one.slippage_pct) for one in self.fills]

    @property
    def mean_pct(self) -> float:
        return mean(self._slippages) or 0.0

    @property
    def median_pct(self) -> float:
        return median(self._slippages) or 0.0

    @property
    def worst_pct(self) -> float:
        return max(self._slippages)

    @property
    def against_assumed(self) -> Price:
        return sum(one.against_assumed for one in self.fills)

    @property
    def sentence(self) -> str:
        """`stops filled 0.21 % below the stop on average; the backtest assumes 0.50 %`."""
        above = self.mean_pct if self.kind is FillKind.ENTRY else -self.mean_pct
        size, side = f"{abs(above):.2f}", "above" if above > 0 else "below"
        distance = f"at the {self.benchmark}" if size == "0.00" else f"{size} % {side} the {self.benchmark}"
        return f"{_PLURAL[self.kind]} filled {distance} on average; the backtest assumes {self.assumed_pct:.2f} %"


_PLURAL = {FillKind.ENTRY: "entries", FillKind.EXIT: "exits", FillKind.STOP: "stops"}


@dataclass(frozen=True)
class Slippage:
    """Everything the page shows. first, last: the days that were asked for, None: all.

    unmeasured: fills without a benchmark on record, by kind. foreign: executions of orders that are not ours.
    """

    first: date | None
    last: date | None
    fills: tuple[Measured, ...]
    unmeasured: Mapping[FillKind, int]
    foreign: int
    params: Params

    @cached_property
    def sums(self) -> tuple[SlippageSum, ...]:
        """One of each kind and benchmark that there is."""
        found: dict[tuple[FillKind, Benchmark], list[Measured]] = {}
        for one in self.fills:
            found.setdefault((one.kind, one.benchmark), []).append(one)
        return tuple(
            SlippageSum(kind, benchmark, tuple(found[kind, benchmark]), assumed_pct(kind, self.params))
            for kind in FillKind
            for benchmark in Benchmark
            if (kind, benchmark) in found
        )


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the state DB knows of prices, by day and ticker.

    paid, sold: by shadows. said: of exits, by their trade date. assumed: what each strategy has as slippage, by its id;
    of one that is not in it nobody knows, and its prices say nothing of an open.
    """

    paid: Mapping[tuple[date, str], tuple[SimulatedEntry, ...]]
    sold: Mapping[tuple[date, str], tuple[SimulatedSale, ...]]
    said: Mapping[tuple[date, str], DecidedExit]
    assumed: Mapping[str, Params]


def measure(fill: OwnFill, record: OnRecord, params: Params) -> Measured | None:
    """Return a fill with the best benchmark there is, None without any and of a sale by hand: that assumes nothing."""
    if fill.reason is ExitReason.MANUAL:
        return None
    kind = kind_of(fill)
    found = _benchmark(kind, fill, record)
    if found is None:
        return None
    benchmark, price = found
    is_entry = kind is FillKind.ENTRY
    assumed = buy_fill(price, params.entry_slippage_bp) if is_entry else sell_fill(price, params.slippage_bp)
    reason = ExitReason.STOP_LOSS if kind is FillKind.STOP else fill.reason
    return Measured(fill.day, fill.ticker, kind, benchmark, fill.shares, fill.fill_price, price, assumed, reason)


def kind_of(fill: OwnFill) -> FillKind:
    """Return what the backtest would call a fill: the market sell of a passed stop is one of a stop."""
    if fill.intent is Intent.ENTRY:
        return FillKind.ENTRY
    is_stop = fill.intent is Intent.STOP or fill.reason is ExitReason.STOP_LOSS
    return FillKind.STOP if is_stop else FillKind.EXIT


def assumed_pct(kind: FillKind, params: Params) -> Decimal:
    """Return the slippage that the backtest assumes, in percent."""
    return params.entry_slippage_pct if kind is FillKind.ENTRY else params.slippage_pct


def _benchmark(kind: FillKind, fill: OwnFill, record: OnRecord) -> tuple[Benchmark, Price] | None:
    open_ = _open(kind, fill, record)
    if open_ is not None:
        return Benchmark.OPEN, open_
    if kind is FillKind.ENTRY:
        other, price = Benchmark.REFERENCE_PRICE, fill.reference
    elif kind is FillKind.STOP:
        other, price = Benchmark.STOP, fill.stop
    else:
        other, price = Benchmark.LAST_CLOSE, _last_close(fill, record.said.get((fill.trade_date, fill.ticker)))
    return None if price is None else (other, price)


def _open(kind: FillKind, fill: OwnFill, record: OnRecord) -> Price | None:
    """Return the open that a shadow traded the stock at: the first whose slippage is known, and says it."""
    key = fill.day, fill.ticker
    opens: Iterable[Price | None]
    if kind is FillKind.ENTRY:
        paid = (one for one in record.paid.get(key, ()) if one.strategy in record.assumed)
        opens = (_open_of_entry(one.price, record.assumed[one.strategy].entry_slippage_bp) for one in paid)
    else:
        sold = (one for one in record.sold.get(key, ()) if one.strategy in record.assumed)
        opens = (_open_of_sale(kind, one, record.assumed[one.strategy].slippage_bp, fill.stop) for one in sold)
    return next((one for one in opens if one is not None), None)


def _open_of_entry(paid: Price, slippage_bp: int) -> Price:
    """Return the open that `buy_fill` made the price of, to the tick."""
    return floor_to_tick(paid * BASIS // (BASIS + slippage_bp))


def _open_of_sale(kind: FillKind, sale: SimulatedSale, slippage_bp: int, stop: Price | None) -> Price | None:
    """Return the open that `sell_fill` made the price of; None of a sale that was not at the open.

    stop: of the fill. An open between it and the shadow's, where that one is tighter, is none a stop of ours fills at.
    """
    if sale.reason in _NOT_AT_THE_OPEN:
        return None
    is_stop = sale.reason is ExitReason.STOP_LOSS
    if is_stop != (kind is FillKind.STOP) or (is_stop and sale.price >= sell_fill(sale.stop, slippage_bp)):
        return None
    open_ = ceil_to_tick(-(-sale.price * BASIS // (BASIS - slippage_bp)))
    return None if is_stop and stop is not None and open_ >= stop else open_


_NOT_AT_THE_OPEN = (ExitReason.DELISTED, ExitReason.END_OF_DATA)


def _last_close(fill: OwnFill, said: DecidedExit | None) -> Price | None:
    """The judged close is the last one only of an exit that was decided at the session before its trade date."""
    if said is None:
        return None
    is_decided_last = said.judged_close is not None and fill.exit_since == said.as_of
    close = said.judged_close if said.last_close is None and is_decided_last else said.last_close
    return None if close is None else to_price(close)
