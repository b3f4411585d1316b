"""The equity curve → numbers; a year has 252 sessions. Formulas and sources: `measures.registry`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backtest.measures.drawdowns import drawdowns
from backtest.measures.numbers import Number, mean, rounded
from backtest.measures.yearly import SESSIONS_A_YEAR, compound_growth, session_returns, yearly_sharpe
from backtest.model import Price
from backtest.money import format_price
from backtest.portfolio_simulator import EquityPoint


def account_metrics(equity: Sequence[EquityPoint], capital: Price, bought: Price = 0) -> dict[str, Number]:
    """Return the numbers of an equity curve, by the names of `measures.registry`.

    capital: before the first session. bought: what all entries of the stretch cost; both in 1/10,000 USD.
    """
    if not equity:
        return {"sessions": 0}
    curve = [capital, *(point.equity for point in equity)]
    returns = session_returns(curve).tolist()
    growth = curve[-1] / capital
    falls = drawdowns(capital, [point.day for point in equity], curve[1:])
    cagr = compound_growth(growth, len(equity))
    deepest = falls[0].depth if falls else 0.0
    average = math.fsum(curve[1:]) / len(equity)
    return {
        "sessions": len(equity),
        "start_usd": format_price(capital),
        "end_usd": format_price(curve[-1]),
        "total_return_pct": rounded(100 * (growth - 1)),
        "cagr_pct": None if cagr is None else rounded(100 * cagr),
        "volatility_pct": _yearly(deviation(returns), 100),
        "sharpe": sharpe(returns),
        "sortino": sortino(returns),
        "calmar": rounded(cagr / deepest) if cagr is not None and deepest > 0 else None,
        "max_drawdown_pct": rounded(100 * deepest),
        "max_drawdown_usd": format_price(falls[0].fall if falls else 0),
        "max_drawdown_sessions": falls[0].sessions if falls else 0,
        "max_drawdown_recovered": not falls or falls[0].recovered is not None,
        "longest_drawdown_sessions": max((one.sessions for one in falls), default=0),
        "exposure_pct": mean([100 * (p.equity - p.cash) / p.equity for p in equity if p.equity > 0]),
        "turnover": rounded(bought / average * SESSIONS_A_YEAR / len(equity)) if average > 0 else None,
        "average_positions": mean([float(point.positions) for point in equity]),
        "peak_positions": max(point.positions for point in equity),
    }


def sharpe(returns: Sequence[float]) -> float | None:
    """Return the yearly Sharpe ratio of session returns; None when there is no spread to divide by."""
    spread = deviation(returns)
    return rounded(yearly_sharpe(math.fsum(returns) / len(returns) / spread)) if spread else None


def sortino(returns: Sequence[float]) -> float | None:
    """Return the yearly Sortino ratio of session returns, target 0; None when no session lost."""
    if not returns:
        return None
    downside = math.sqrt(math.fsum(min(one, 0.0) ** 2 for one in returns) / len(returns))
    return rounded(math.fsum(returns) / len(returns) / downside * math.sqrt(SESSIONS_A_YEAR)) if downside else None


def deviation(returns: Sequence[float]) -> float | None:
    """Return the standard deviation (n - 1); None of fewer than two."""
    if len(returns) < 2:
        return None
    average = math.fsum(returns) / len(returns)
    return math.sqrt(math.fsum((one - average) ** 2 for one in returns) / (len(returns) - 1))


def _yearly(spread: float | None, times: float) -> float | None:
    return None if spread is None else rounded(times * spread * math.sqrt(SESSIONS_A_YEAR))
