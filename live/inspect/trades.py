"""`trades`: every closed trade of the account with its numbers, or the same by groups; as text, JSON or CSV."""

from __future__ import annotations

from datetime import date

from live.inspect.fees import NO_TRADE, OFFLINE, ask_fees
from live.inspect.opened import open_stored
from live.inspect.trade_groups import GroupBy
from live.inspect.trades_json import TRADE_COLUMNS, trade_json, trades_json
from live.inspect.trades_text import print_trades
from live.inspect.trades_values import ClosedTrade, Trades, TradeSum
from live.run.csv_lines import csv_lines
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.db import StateDB


def show_trades(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    *,
    first: date | None,
    last: date | None,
    by: GroupBy | None,
    offline: bool,
    as_csv: bool,
) -> None:
    """Print the trades that were closed from `first` to `last`. Raises ConfigError (6) and StateDBError (13)."""
    opened = open_stored(run, options, runtime)
    trades = closed_trades(opened.db, first, last)
    if as_csv:
        for line in csv_lines(TRADE_COLUMNS, map(trade_json, trades)):
            run.console.data(line)
        return
    fees = OFFLINE if offline else NO_TRADE
    if trades and not offline:
        since = first or min(one.row.entry_date for one in trades)
        fees = ask_fees(run, opened, options, runtime, since, last)
    page = Trades(first, last, TradeSum(trades), len(opened.db.positions.open_positions()), fees, by)
    if options.as_json:
        run.report |= trades_json(page)
    print_trades(run, page)


def closed_trades(db: StateDB, first: date | None = None, last: date | None = None) -> tuple[ClosedTrade, ...]:
    """Return the closed trades with an exit date from `first` to `last`, newest last."""
    rows = db.positions.closed_since(first or date.min)
    return tuple(ClosedTrade(row) for row in rows if row.exit_date is not None and row.exit_date <= (last or date.max))
