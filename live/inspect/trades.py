"""`trades`: every closed trade of the account with its numbers, or the same by groups; as text, JSON or CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from backtest.errors import UsageError
from live.inspect.fees import NO_TRADE, OF_A_SHADOW, OF_ONE_STRATEGY, OFFLINE, ask_fees
from live.inspect.opened import open_stored
from live.inspect.status_values import Role, strategy_lines
from live.inspect.trade_groups import GroupBy
from live.inspect.trades_json import TRADE_COLUMNS, trade_json, trades_json
from live.inspect.trades_text import print_trades
from live.inspect.trades_values import ClosedTrade, Trades, TradeSum
from live.run.csv_lines import csv_lines
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened
from live.state_db.books import executed_books, shadow_books
from live.state_db.db import StateDB
from live.state_db.rows import PositionRow, ShadowRow, ShadowStatus


def show_trades(
    run: Run,
    options: RunOptions,
    runtime: Runtime | None,
    *,
    first: date | None,
    last: date | None,
    by: GroupBy | None,
    strategy: str | None,
    offline: bool,
    as_csv: bool,
) -> None:
    """Print the trades that were closed from `first` to `last`.

    strategy: the only one shown, a shadow too; None: all of the account.
    Raises UsageError (2) for a strategy without a book, ConfigError (6) and StateDBError (13).
    """
    opened = open_stored(run, options, runtime)
    db = opened.db
    is_shadow = strategy is not None and _is_shadow(opened, strategy)
    if is_shadow and strategy is not None:
        rows: Sequence[PositionRow | ShadowRow] = db.shadow.ledger(strategy)
        closed, held = [row for row in rows if row.status is ShadowStatus.CLOSED], _held(rows)
        trades = _between(sorted(closed, key=lambda row: (row.exit_date or date.max, row.position_id)), first, last)
    else:
        trades = closed_trades(db, first, last, strategy)
        held = sum(row.strategy == (strategy or row.strategy) for row in db.positions.open_positions())
    if as_csv:
        for line in csv_lines(TRADE_COLUMNS, map(trade_json, trades)):
            run.console.data(line)
        return
    fees = OF_A_SHADOW if is_shadow else OF_ONE_STRATEGY if strategy is not None else OFFLINE if offline else NO_TRADE
    if trades and not offline and strategy is None:
        since = first or min(one.row.entry_date for one in trades)
        fees = ask_fees(run, opened, options, runtime, since, last)
    page = Trades(first, last, TradeSum(trades), held, fees, by, strategy, is_shadow=is_shadow)
    if options.as_json:
        run.report |= trades_json(page)
    print_trades(run, page)


def closed_trades(
    db: StateDB, first: date | None = None, last: date | None = None, strategy: str | None = None
) -> tuple[ClosedTrade, ...]:
    """Return the account's closed trades with an exit date from `first` to `last`, newest last. strategy: None: all."""
    rows = db.positions.closed_since(first or date.min)
    return _between([row for row in rows if strategy in (None, row.strategy)], first, last)


def _between(rows: Iterable[PositionRow | ShadowRow], first: date | None, last: date | None) -> tuple[ClosedTrade, ...]:
    begin, end = first or date.min, last or date.max
    return tuple(ClosedTrade(row) for row in rows if row.exit_date is not None and begin <= row.exit_date <= end)


def _held(rows: Iterable[PositionRow | ShadowRow]) -> int:
    return sum(row.status is ShadowStatus.OPEN for row in rows)


def _is_shadow(opened: Opened, strategy: str) -> bool:
    """Return whether it is a shadow; what the account has traded is none. Raises UsageError (2) for neither."""
    params, connection = opened.config.strategy, opened.db.connection
    lines = strategy_lines(params, executed_books(connection), shadow_books(connection))
    roles = {one.strategy: one.role for one in reversed(lines)}  # the executed one is the first of its name
    if strategy not in roles:
        raise UsageError(f"strategy not known: {strategy} (expected one of {', '.join(reversed(roles))})")
    return roles[strategy] in (Role.SHADOW, Role.FORMER_SHADOW)
