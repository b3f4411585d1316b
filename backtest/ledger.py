"""Closed trades: what a ledger row says, and the numbers computed from entry and exit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from backtest.model import ExitReason, Grade, Holding, Price
from backtest.money import Units, pnl
from backtest.params import Params


@dataclass(frozen=True, slots=True)
class Trade:
    """One position from entry to exit. Prices, shares and stop are in units of the exit day.

    pnl: 1/10,000 USD, fees taken off. return_pct: pnl in percent of what was invested, four decimals.
    stop_price: the protective stop of the entry fill, even if the provisional one fired.
    """

    ticker: str
    report_date: date
    score: float | None
    grade: Grade | None
    entry_date: date
    entry_price: Price
    reference_price: Price | None
    stop_price: Price
    exit_date: date
    exit_price: Price
    shares: int
    pnl: Price
    return_pct: Decimal
    exit_reason: ExitReason

    @property
    def holding_days(self) -> int:
        """Calendar days from entry to exit; 0 when stopped out on the entry day."""
        return (self.exit_date - self.entry_date).days


def closed_trade(holding: Holding, exit_date: date, exit_price: Price, reason: ExitReason, params: Params) -> Trade:
    """Return the ledger row of a holding sold at `exit_price` (the fill, slippage included)."""
    profit = pnl(holding.entry_price, exit_price, holding.shares, round_trip_fees(holding.shares, params))
    return Trade(
        ticker=holding.ticker,
        report_date=holding.report_date,
        score=holding.score,
        grade=holding.grade,
        entry_date=holding.entry_date,
        entry_price=holding.entry_price,
        reference_price=holding.reference_price,
        stop_price=holding.stop_price,
        exit_date=exit_date,
        exit_price=exit_price,
        shares=holding.shares,
        pnl=profit,
        return_pct=return_pct(profit, holding.entry_price * holding.shares),
        exit_reason=reason,
    )


def order_fees(shares: Units, params: Params) -> Units:
    """Return the commission of one order in 1/10,000 USD: per order plus per share."""
    return params.commission_per_order_units + params.commission_per_share_units * shares


def round_trip_fees(shares: Units, params: Params) -> Units:
    """Return the commissions of entry and exit together, both for the shares sold."""
    return 2 * order_fees(shares, params)


def return_pct(profit: Price, invested: Price) -> Decimal:
    """Return profit in percent of what was invested, half-even to four decimals; 0 when nothing was invested."""
    if invested == 0:
        return Decimal("0.0000")
    return (Decimal(round(Fraction(profit * 1_000_000, invested))) / 10_000).quantize(Decimal("0.0001"))
