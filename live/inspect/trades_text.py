"""The closed trades for people: one a line, or one a group, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator

from backtest.measures.numbers import Number
from backtest.money import format_usd
from backtest.tables import Column
from backtest.text import how_many
from live.inspect.status_text import UNKNOWN, percent_text, price_text, signed_usd
from live.inspect.trades_values import ClosedTrade, Fees, Trades, TradeSum
from live.run.program import Run

TRADES = (
    Column("ticker"), Column("entered", 2), Column("entry", 1), Column("closed"), Column("exit"), Column("reason"),
    Column("shares", 3), Column("P&L", is_signed=True), Column("%", is_signed=True), Column("grade", 4),
    Column("score", 4), Column("days"),
)  # fmt: skip


def print_trades(run: Run, page: Trades) -> None:
    """Print the page."""
    console, total = run.console, page.total
    if page.strategy is not None:
        said = "a shadow: only watched, nothing of it was traded" if page.is_shadow else "traded in the account"
        console.say(f"{page.strategy}, {said}", "bold")
    if not total.trades:
        console.say(f"no closed trade{stretch_text(page.first, page.last) or ' yet'}", "bold")
    elif page.by is None and not console.as_json:  # with --json what was found stands on stdout
        console.table(TRADES, [_cells(one) for one in total.trades])
    elif page.by is not None:
        groups = (
            Column(str(page.by)), Column("trades"), Column("won %"), Column("profit factor"),
            Column("average %", is_signed=True), Column("P&L", is_signed=True),
        )  # fmt: skip
        rows = [_group_cells(name, one) for name, one in page.groups.items()]
        console.table(groups, rows, total=_group_cells("total", total))
    for line in _lines(page):
        console.prose(line)


def stretch_text(first: object | None, last: object | None) -> str:
    """Return the dates that were asked for, ` from … to …`; nothing where all were."""
    return f" from {first}" * (first is not None) + f" to {last}" * (last is not None)


def _cells(trade: ClosedTrade) -> tuple[str, ...]:
    row = trade.row
    return (
        row.ticker,
        str(row.entry_date),
        price_text(row.entry_price),
        str(trade.exit_date),
        price_text(row.exit_price),
        row.exit_reason or "",
        str(row.sold_shares),
        signed_usd(trade.pnl),
        percent_text(float(trade.return_pct), sign="+"),
        row.grade or "",
        "" if row.score is None else f"{row.score:g}",
        str(trade.holding_days),
    )


def _group_cells(name: str, found: TradeSum) -> tuple[str, ...]:
    numbers = found.numbers
    return (
        name,
        str(len(found.trades)),
        _number(numbers["win_rate_pct"], 1),
        _number(numbers["profit_factor"]),
        _number(numbers["average_return_pct"], sign="+"),
        signed_usd(found.pnl),
    )


def _lines(page: Trades) -> Iterator[str]:
    total = page.total
    if total.trades:
        numbers = total.numbers
        yield (
            f"{how_many(len(total.trades), 'closed trade')}{stretch_text(page.first, page.last)}: "
            f"{_number(numbers['win_rate_pct'], 1)} % won, profit factor {_number(numbers['profit_factor'])}"
        )
        yield f"P&L {format_usd(total.pnl)}{_fees_text(page.fees, total)}"
        yield (
            f"average {_number(numbers['expectancy_usd'])} "
            f"({_number(numbers['average_return_pct'], sign='+')} %), {_extremes(total)}"
        )
    if page.open_count:
        yield f"{how_many(page.open_count, 'open position')} not included"


def _fees_text(fees: Fees, total: TradeSum) -> str:
    if fees.missing == "none":
        return f"; fees: none, {fees.why}"
    if fees.missing is not None:
        return f" before fees; fees: {fees.missing}"
    return f", fees of the account {format_usd(fees.amount)}, after fees {format_usd(total.pnl - fees.amount)}"


def _extremes(total: TradeSum) -> str:
    win, loss = total.largest_win, total.largest_loss
    return f"largest win {_extreme(win)}, largest loss {_extreme(loss)}"


def _extreme(trade: ClosedTrade | None) -> str:
    return "none" if trade is None else f"{format_usd(trade.pnl)} {trade.row.ticker}"


def _number(value: Number, digits: int = 2, *, sign: str = "") -> str:
    return UNKNOWN if value is None else f"{float(value):{sign},.{digits}f}"
