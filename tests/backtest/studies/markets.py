"""A small rough market that the tests of the studies share, in memory and as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.sessions import Sessions, load_sessions
from demo.market import SyntheticMarket
from tests.parity.markets import Roughness, rough_market, write_market

FIRST, LAST = date(2016, 1, 4), date(2016, 6, 30)


@dataclass(frozen=True, slots=True)
class Small:
    """Sixteen tickers over half a year with splits, holes, delistings and ties."""

    market: SyntheticMarket
    sessions: Sessions

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.market.candidates

    def history(self) -> PriceHistory:
        return PriceHistory(self.market.series, self.sessions, self.market.splits)


@cache
def small_market() -> Small:
    sessions = load_sessions(LAST)
    history, traded = sessions.between(date(2014, 10, 1), date(2015, 12, 31)), sessions.between(FIRST, LAST)
    rough = Roughness(report=0.12)
    return Small(rough_market(sessions, history, traded, seed=11, roughness=rough), sessions)


def source_arguments(folder: Path) -> list[str]:
    """Write the market into a folder and return the options that name it."""
    prices, candidates = write_market(small_market().market, folder)
    stretch = ["--from", FIRST.isoformat(), "--to", LAST.isoformat()]
    return ["--candidates", str(candidates), "--prices", str(prices), *stretch]
