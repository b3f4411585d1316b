"""A synthetic daily market made from a seed: made when it runs, never committed, no real prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.bars import BarSeries
from backtest.model import Candidate, Split


@dataclass(frozen=True, slots=True)
class SyntheticMarket:
    """Bars as traded and splits of invented tickers, plus the report-like candidates their gap days offer."""

    series: Mapping[str, BarSeries]
    splits: tuple[Split, ...]
    candidates: tuple[Candidate, ...]

    def write(self, folder: Path, *, parquet: bool = False) -> Path:
        """Write `bars.csv` (or `bars.parquet`) in long format and `splits.csv`; return the folder."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class PrintedPrice:
    """A price that a report printed for a ticker on its date (1/10,000 USD), None where it printed none."""

    ticker: str
    day: date
    price: int | None


def make_market(sessions: Sequence[date], *, seed: int = 1, tickers: int = 60) -> SyntheticMarket:
    """Return a market with trends, earnings gaps, stop-outs, a halt, a split and a delisting over the sessions given."""
    raise NotImplementedError


def walk_through(printed: Sequence[PrintedPrice], sessions: Sequence[date], *, seed: int = 1) -> SyntheticMarket:
    """Return a seeded walk of every printed ticker through its printed prices (50 where none), same disturbances."""
    raise NotImplementedError
