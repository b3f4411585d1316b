"""What a simulated configuration is handed over as: columns for studies, a ledger for a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from backtest.engine.account import account
from backtest.engine.book import NO_PRICE_DATA, NONE, OUTCOMES, TAKEN, ZERO_SHARES
from backtest.engine.price_table import PriceTable
from backtest.engine.result import EXIT_REASONS, SKIP_REASONS, Result, SkipColumns, TradeColumns
from backtest.engine.simulation import Simulated
from backtest.ledger import Trade, closed_trade, round_trip_fees
from backtest.model import Candidate, Holding, Skip
from backtest.money import pnl
from backtest.params import Params
from backtest.portfolio_simulator import EquityPoint, Ledger, check_conservation
from backtest.slots import full_book_why
from backtest.splits import holding_after
from backtest.weekly_bars import EPOCH_ORDINAL

_SKIP_REASON = np.array([-1 if reason is None else SKIP_REASONS.index(reason) for reason in OUTCOMES], np.int64)
"""By outcome of the walk, its place in SKIP_REASONS."""


def result_from(simulated: Simulated, table: PriceTable, params: Params) -> Result:
    """Return a simulated configuration as columns."""
    positions, offers = simulated.positions, simulated.offers
    state = account(positions, table, params)
    order, exit_session = _in_ledger_order(simulated, table)
    days = (table.days - EPOCH_ORDINAL).astype("datetime64[D]")
    price, shares = (column[order] for column in positions.at_end())
    exit_price = positions.exit_price[order]
    trades = TradeColumns(
        candidate=offers.candidate[positions.offer[order]],
        entry_day=days[positions.session[order]],
        exit_day=days[exit_session],
        entry_price=price,
        exit_price=exit_price,
        shares=shares,
        pnl=pnl(price, exit_price, shares, round_trip_fees(shares, params)),
        reason=positions.reason[order],
    )
    skipped, place = _skipped(simulated)
    candidate = np.concatenate((offers.refused_candidate, offers.candidate[skipped]))[place]
    reason = np.concatenate((offers.refused_reason, _SKIP_REASON[simulated.outcome[skipped]]))[place].astype(np.int8)
    return Result(
        params.capital_units, days, state.equity, state.cash, state.positions, trades, SkipColumns(candidate, reason)
    )


def ledger_from(simulated: Simulated, candidates: Sequence[Candidate], table: PriceTable, params: Params) -> Ledger:
    """Return a simulated configuration as the ledger of a run."""
    days = [date.fromordinal(day) for day in table.days.tolist()]
    state = account(simulated.positions, table, params)
    columns = (state.equity.tolist(), state.cash.tolist(), state.positions.tolist())
    ledger = Ledger(
        trades=tuple(_trades(simulated, candidates, table, days, params)),
        skipped=tuple(_skips(simulated, candidates)),
        equity=tuple(EquityPoint(*point) for point in zip(days, *columns, strict=True)),
        candidates=len(candidates),
        sessions=len(days),
    )
    check_conservation(ledger)
    return ledger


def _in_ledger_order(simulated: Simulated, table: PriceTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return positions by exit session, entry session, ticker (rows are in that order); and the exit sessions."""
    positions = simulated.positions
    last = np.minimum(positions.sold, table.sessions - 1)
    order = np.lexsort((positions.row, positions.session, last))
    return order, last[order]


def _trades(
    simulated: Simulated, candidates: Sequence[Candidate], table: PriceTable, days: Sequence[date], params: Params
) -> list[Trade]:
    positions, offers = simulated.positions, simulated.offers
    order, exit_session = _in_ledger_order(simulated, table)
    rows = zip(
        order.tolist(),
        offers.candidate[positions.offer[order]].tolist(),
        positions.session[order].tolist(),
        positions.entry_price[order].tolist(),
        positions.shares[order].tolist(),
        simulated.stop[order].tolist(),
        offers.reference[positions.offer[order]].tolist(),
        exit_session.tolist(),
        positions.exit_price[order].tolist(),
        positions.reason[order].tolist(),
        strict=True,
    )
    trades = []
    for position, place, session, price, shares, stop, reference, sold, exit_price, reason in rows:
        one, day = candidates[place], days[session]
        holding = Holding(
            one.ticker, day, price, shares, stop, day, one.report_date, one.score, one.grade, reference_price=reference
        )
        if position in positions.splits:
            first, row = len(positions.splits[position]), int(positions.row[position])
            start = int(table.splits.first_after(np.array([row]), np.array([session]))[0])
            holding = holding_after(holding, table.splits.split[start : start + first])
        trades.append(closed_trade(holding, days[sold], exit_price, EXIT_REASONS[reason], params))
    return trades


def _skipped(simulated: Simulated) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the offers skipped, and how skips refused before any book and these are ordered in the ledger."""
    offers, outcome = simulated.offers, simulated.outcome
    skipped = np.flatnonzero(outcome != TAKEN)
    at_open = (outcome[skipped] >= NO_PRICE_DATA) & (outcome[skipped] <= ZERO_SHARES)
    place = np.where(at_open, offers.order_at_open[skipped], offers.order[skipped])
    return skipped, np.argsort(np.concatenate((offers.refused_order, place)))


def _skips(simulated: Simulated, candidates: Sequence[Candidate]) -> list[Skip]:
    offers = simulated.offers
    skipped, place = _skipped(simulated)
    found = list(offers.refused)
    columns = (offers.candidate, simulated.outcome, simulated.weakest, simulated.unrealized)
    for candidate, outcome, weakest, unrealized in zip(*(c[skipped].tolist() for c in columns), strict=True):
        reason = OUTCOMES[outcome]
        assert reason is not None
        why = {}
        if weakest != NONE:
            why = full_book_why(candidates[offers.candidate[weakest]].ticker, unrealized)
        found.append(Skip(candidates[candidate], reason, why))
    return [found[one] for one in place.tolist()]
