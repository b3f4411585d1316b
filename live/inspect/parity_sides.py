"""Both sides of `parity` as trades: the account's positions, and what the portfolio simulator makes of those days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from backtest.candidates import entry_session
from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.params import Params
from backtest.portfolio_simulator import Ledger, simulate_portfolio
from backtest.session_step import last_price
from live.inspect.parity_told import Told, recorded_filters
from live.inspect.parity_values import OnRecord, Side, Traded
from live.parity.ledgers import position_row, trade_row
from live.state_db.rows import PositionRow


def account_side(positions: Sequence[PositionRow], history: PriceHistory, first: date, last: date) -> Side:
    """Return the positions entered from `first` to `last`, as they stood after the close of `last`."""
    return Side.of(_traded(row, history, last) for row in positions if first <= row.entry_date <= last)


def simulator_side(
    candidates: Sequence[Candidate], history: PriceHistory, first: date, last: date, params: Params
) -> Side:
    """Return what a backtest trades."""
    return _side(simulate_portfolio(candidates, history, first, last, params), history, params)


def told_side(
    candidates: Sequence[Candidate], history: PriceHistory, first: date, last: date, params: Params, record: OnRecord
) -> Side:
    """Return what the simulator trades when it is told what is on record."""
    told = Told(record, history.with_filters(recorded_filters(record)))
    run = simulate_portfolio(candidates, history, first, last, params, decide=told.decide, settle=told.settle)
    return _side(run, history, params)


def _side(run: Ledger, history: PriceHistory, params: Params) -> Side:
    trades = (Traded(trade_row(one), one.exit_price, one.pnl, one.reference_price) for one in run.trades)
    skips = {
        (entry_session(one.candidate.report_date, params.entry_mode, history.sessions), one.ticker): one.reason
        for one in run.skipped
    }
    return Side.of(trades, skips)


def _traded(row: PositionRow, history: PriceHistory, last: date) -> Traded:
    ledger = position_row(row)
    if row.exit_date is not None and row.exit_price is not None and row.pnl is not None and row.exit_date <= last:
        return Traded(ledger, row.exit_price, row.pnl)
    held = replace(ledger, exit_date=None, exit_price=None, exit_reason=None, pnl=None)
    mark = last_price(row.as_holding(), history.bars_on(last, [row.ticker]), history.market(last))
    proceeds = row.proceeds if row.is_open else 0  # what was sold afterwards was held
    return Traded(held, mark, proceeds + mark * held.shares - row.invested)
