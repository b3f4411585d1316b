"""Bars and strategy files for the tests of candidate sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from backtest.bars import BarSeries
from backtest.market import PriceHistory
from backtest.model import Split
from backtest.params import CandidateSource, Params, Variant
from backtest.sessions import Sessions, load_sessions
from backtest.sources.resolve import complete

SESSIONS = load_sessions(date(2016, 12, 30))
FIRST = date(2015, 1, 2)


def sessions_from(count: int, first: date = FIRST, sessions: Sessions = SESSIONS) -> tuple[date, ...]:
    """Return `count` sessions from the first on."""
    start = sessions.index(first)
    return sessions.days[start : start + count]


def series(
    ticker: str, closes: Sequence[float], days: Sequence[date], factors: Sequence[float] | None = None
) -> BarSeries:
    """Return bars that open, rise and fall around their closes, USD."""
    close = np.array([round(one * 10_000) for one in closes], dtype=np.int64)
    return BarSeries(
        ticker,
        np.array(days, dtype="datetime64[D]"),
        close - 100,
        close + 200,
        close - 300,
        close,
        np.full(len(days), 1_000, dtype=np.int64),
        np.ones(len(days)) if factors is None else np.array(factors),
    )


def history(closes: Mapping[str, Sequence[float]], splits: Sequence[Split] = ()) -> PriceHistory:
    """Return the history of symbols whose bars begin with the first session."""
    bars = {ticker: series(ticker, some, sessions_from(len(some))) for ticker, some in closes.items()}
    return PriceHistory(bars, SESSIONS, splits)


def strategy_file(folder: Path, name: str = "own", body: str = "return []", **meta: object) -> Path:
    """Write a strategy file with a literal and a function of this body; return the folder."""
    folder.mkdir(exist_ok=True)
    literal = {
        "id": name,
        "name": "Own",
        "version": "3",
        "features": ["daily_bars"],
        "warm_up": 5,
        "parameters": {},
        **meta,
    }
    text = (
        "from datetime import date, timedelta\n"
        "from backtest.sources.values import Proposal\n"
        f"STRATEGY_META = {literal!r}\n"
        f"def propose(history, params):\n    {body}\n"
    )
    (folder / f"{name}.py").write_text(text)
    return folder


def params_with(
    source_id: str, symbols: Sequence[str], folder: Path, strategies: Path | None = None, **parameters: int
) -> Params:
    """Return resolved parameters whose executed strategy scans these symbols."""
    file = folder / "symbols.txt"
    file.write_text("\n".join(symbols) + "\n")
    source = CandidateSource(source_id, tuple(sorted(parameters.items())), symbols_file=str(file))
    return Params(primary=Variant("weekly_ema", 10, source=complete(source, strategies)))
