"""Each candidate alone, through the same rules: eligibility, entry and exits; no slots, no rotation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.params import Params
from backtest.portfolio_simulator import Ledger, simulate_portfolio
from backtest.rules import decide_each


def simulate_trades(
    candidates: Iterable[Candidate], history: PriceHistory, first: date, last: date, params: Params
) -> Ledger:
    """Run every candidate as if it were alone and return the ledger; a ticker may be held several times at once."""
    return simulate_portfolio(candidates, history, first, last, params, decide=decide_each)
