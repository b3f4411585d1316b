"""An invented market on disk, small enough for a run of well under a second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.runs.inputs import Source
from backtest.sessions import load_sessions
from demo.market import make_market
from tests.parity.markets import write_candidates

FIRST, LAST = date(2016, 2, 1), date(2016, 6, 30)


@dataclass(frozen=True, slots=True)
class InventedMarket:
    """Its files, and what names them."""

    source: Source

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a command that reads it."""
        return (
            *("--candidates", str(self.source.candidates), "--prices", self.source.prices),
            *("--from", str(FIRST), "--to", str(LAST)),
        )


def write_invented_market(folder: Path) -> InventedMarket:
    """Write bars and candidates of 100 tickers; the run's stretch is five months of 2016."""
    sessions = load_sessions(LAST).between(date(2015, 1, 2), LAST)
    market = make_market(sessions, FIRST, seed=3, tickers=100)
    prices, candidates = market.write(folder / "prices", parquet=True), folder / "candidates.csv"
    return InventedMarket(Source(str(prices), FIRST, LAST, candidates=write_candidates(market.candidates, candidates)))
