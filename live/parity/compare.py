"""Two ledgers side by side: what the programs traded and what the simulator says they should have.

Pure. Rows are matched by what cannot differ without being another trade (ticker and entry date; for a
skip trade date and ticker); every field of a matched pair is compared exactly, prices to 1/10,000 USD.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from backtest.model import ExitReason, Price, SkipReason
from backtest.money import format_price


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One position. Prices, shares and stop are in units of the exit day; the last four are None while open.

    pnl: 1/10,000 USD.
    """

    ticker: str
    report_date: date
    entry_date: date
    shares: int
    entry_price: Price
    stop_price: Price
    exit_date: date | None
    exit_price: Price | None
    exit_reason: ExitReason | None
    pnl: Price | None


@dataclass(frozen=True, slots=True)
class SkipRow:
    """One candidate that did not become a position, by the trade date it belonged to."""

    trade_date: date
    ticker: str
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything one side did with one strategy's candidates."""

    trades: tuple[LedgerRow, ...]
    skips: tuple[SkipRow, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing the sides disagree about. field: "trade" or "skip" when a whole row stands on one side only."""

    strategy: str
    ticker: str
    day: date
    field: str
    live: str
    simulated: str

    def sentence(self) -> str:
        return f"{self.day} {self.ticker} {self.strategy} {self.field}: live {self.live}, simulator {self.simulated}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The proof, or what is missing of it."""

    strategy: str
    trades_compared: int
    skips_compared: int
    differences: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        return not self.differences


ABSENT = "none"


def compare(strategy: str, live: Ledger, simulated: Ledger) -> Comparison:
    """Compare two ledgers of one strategy; differences are ordered by day, then ticker."""
    trades = _compare_trades(strategy, live.trades, simulated.trades)
    skips = _compare_skips(strategy, live.skips, simulated.skips)
    ordered = sorted([*trades, *skips], key=lambda d: (d.day, d.ticker, d.field))
    return Comparison(strategy, len(simulated.trades), len(simulated.skips), tuple(ordered))


def _compare_trades(strategy: str, live: Sequence[LedgerRow], simulated: Sequence[LedgerRow]) -> Iterable[Difference]:
    ours = {(row.entry_date, row.ticker): row for row in live}
    theirs = {(row.entry_date, row.ticker): row for row in simulated}
    yield from _repeated(strategy, "live", Counter((r.entry_date, r.ticker) for r in live))
    yield from _repeated(strategy, "simulator", Counter((r.entry_date, r.ticker) for r in simulated))
    for key in sorted(ours.keys() | theirs.keys()):
        left, right = ours.get(key), theirs.get(key)
        if left is None or right is None:
            yield Difference(strategy, key[1], key[0], "trade", _trade_text(left), _trade_text(right))
            continue
        for name in (f.name for f in fields(LedgerRow)):
            ours_value, theirs_value = getattr(left, name), getattr(right, name)
            if ours_value != theirs_value:
                yield Difference(
                    strategy, key[1], key[0], name, _value_text(name, ours_value), _value_text(name, theirs_value)
                )


def _compare_skips(strategy: str, live: Sequence[SkipRow], simulated: Sequence[SkipRow]) -> Iterable[Difference]:
    ours = Counter(live)
    theirs = Counter(simulated)
    for row in sorted((ours - theirs), key=lambda r: (r.trade_date, r.ticker)):
        yield Difference(strategy, row.ticker, row.trade_date, "skip", row.reason, _reasons(row, theirs))
    for row in sorted((theirs - ours), key=lambda r: (r.trade_date, r.ticker)):
        if _reasons(row, ours) == ABSENT:
            yield Difference(strategy, row.ticker, row.trade_date, "skip", ABSENT, row.reason)


def _reasons(row: SkipRow, others: Counter[SkipRow]) -> str:
    same = [o.reason for o in others if (o.trade_date, o.ticker) == (row.trade_date, row.ticker)]
    return ", ".join(sorted(same)) or ABSENT


def _repeated(strategy: str, side: str, counts: Counter[tuple[date, str]]) -> Iterable[Difference]:
    for (day, ticker), count in counts.items():
        if count > 1:
            text = f"{count} positions on the side of the {side}"
            yield Difference(strategy, ticker, day, "trade", text, text)


def _trade_text(row: LedgerRow | None) -> str:
    if row is None:
        return ABSENT
    bought = f"{row.shares} at {format_price(row.entry_price)}"
    return f"{bought}, {row.exit_reason} on {row.exit_date}" if row.exit_date else f"{bought}, open"


def _value_text(name: str, value: object) -> str:
    if value is None:
        return "open"
    return format_price(value) if name.endswith(("_price", "pnl")) and isinstance(value, int) else str(value)
