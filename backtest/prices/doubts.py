"""What an answer of a remote source leaves doubtful: who has no bars, and where a plan seems to cut the past. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date

from backtest.model import Split
from backtest.prices.examined import jumps
from backtest.prices.provider import PriceData
from backtest.sessions import Sessions
from backtest.text import how_many

SHOWN = 8
CUT_AFTER_SESSIONS = 5
"""Bars that begin so much later than they were asked for may have been cut."""


def doubts(data: PriceData, tickers: Collection[str], start: date, sessions: Sessions) -> list[str]:
    """Return a sentence each. tickers: those that were asked for. start: the first day that was asked for."""
    found = []
    series = data.series
    without = sorted(set(tickers) - series.keys())
    if without:
        found.append(f"{how_many(len(without), 'symbol')} without any bar: {listed(without)}")
    splits: dict[str, list[Split]] = {}
    for split in data.splits:
        splits.setdefault(split.ticker, []).append(split)
    jumped = [jump for ticker, one in sorted(series.items()) for jump in jumps(one, splits.get(ticker, ()))]
    if jumped:
        shown = "; ".join(f"{jump.ticker} {jump.day} ({jump.what})" for jump in jumped[:3])
        found.append(
            f"{how_many(len(jumped), 'open')} as after a split, or a split without one: {shown}; see backtest quality"
        )
    firsts = Counter(one.days[0].item() for one in series.values())
    if firsts:
        day, count = firsts.most_common(1)[0]
        if count * 2 > len(series) > 1 and len(sessions.between(start, day)) > CUT_AFTER_SESSIONS:
            found.append(
                f"the bars of {count} of {len(series)} symbols begin on {day}, not on {start}: a plan may reach no "
                "further back; indicators see fewer weeks until then"
            )
    return found


def listed(names: Collection[str]) -> str:
    """Return the first few names, and how many more there are."""
    shown = sorted(names)[:SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
