"""`slippage`: what the account's orders filled at, against what the backtest assumes; from the state DB alone."""

from __future__ import annotations

from collections import Counter
from datetime import date

from backtest.params import Params
from backtest.strategies import watched_strategies
from live.inspect.opened import open_stored
from live.inspect.slippage_json import FILL_COLUMNS, fill_json, slippage_json
from live.inspect.slippage_text import print_slippage
from live.inspect.slippage_values import OnRecord, Slippage, kind_of, measure
from live.run.csv_lines import csv_lines
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.db import StateDB
from live.state_db.fills import decided_exits, foreign_fill_days, own_fills, simulated_entries, simulated_sales


def show_slippage(
    run: Run, options: RunOptions, runtime: Runtime | None, *, first: date | None, last: date | None, as_csv: bool
) -> None:
    """Print the fills of the days from `first` to `last`. Raises ConfigError (6) and StateDBError (13)."""
    opened = open_stored(run, options, runtime)
    page = read_slippage(opened.db, opened.config.strategy, first, last)
    if as_csv:
        for line in csv_lines(FILL_COLUMNS, map(fill_json, page.fills)):
            run.console.data(line)
        return
    if options.as_json:
        run.report |= slippage_json(page)
    print_slippage(run, page)


def read_slippage(db: StateDB, params: Params, first: date | None = None, last: date | None = None) -> Slippage:
    """Measure the own fills of the days from `first` to `last`. params: what the backtest assumes."""
    begin, end = first or date.min, last or date.max
    connection = db.connection
    fills = [one for one in own_fills(connection, first) if begin <= one.day <= end]
    day = min((one.day for one in fills), default=begin)
    trade_date = min((one.trade_date for one in fills), default=begin)
    record = OnRecord(
        simulated_entries(connection, day),
        simulated_sales(connection, day),
        decided_exits(connection, trade_date),
        {params.primary.strategy_id: params, **watched_strategies(params)},
    )
    measured = [(one, measure(one, record, params)) for one in fills]
    return Slippage(
        first=first,
        last=last,
        fills=tuple(found for _, found in measured if found is not None),
        unmeasured=Counter(kind_of(one) for one, found in measured if found is None),
        foreign=sum(begin <= day <= end for day in foreign_fill_days(db.connection)),
        params=params,
    )
