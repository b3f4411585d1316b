"""The charts over the trades of a run: how their returns are spread, and score against return."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtest.ledger import Trade
from backtest.tear_sheet.figures import TONES, hover, item, plot, source_of

HEIGHT = 260
FEWEST_BARS, MOST_BARS = 8, 48
_STEPS = (0.5, 1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0)


@dataclass(frozen=True, slots=True)
class Band:
    """The trades within a range of scores: their mean return and its 95 % interval, in percent."""

    low: float
    high: float
    mean: float
    interval: tuple[float, float] | None


def spread_chart(returns: Sequence[float]) -> str:
    """Return the histogram of returns in percent. The lowest and the highest bar hold what lies beyond, too."""
    from bokeh.models import Span

    made = plot(HEIGHT)
    edges, counts = histogram(returns)
    for is_gain, tone in ((False, "loss"), (True, "gain")):
        some = [i for i in range(len(counts)) if (edges[i] >= 0) == is_gain]
        columns = {
            "left": [edges[i] for i in some],
            "right": [edges[i + 1] for i in some],
            "count": [counts[i] for i in some],
        }
        bars = made.quad(
            left="left", right="right", bottom=0, top="count", source=source_of(columns),
            fill_color=TONES[tone], fill_alpha=0.75, line_color=None,
        )  # fmt: skip
        made.add_tools(hover([("return", "@left{0.[0]} to @right{0.[0]} %"), ("trades", "@count")], [bars]))
    if returns:
        for value, dash in ((float(np.mean(returns)), "solid"), (float(np.median(returns)), "dashed")):
            made.add_layout(Span(location=value, dimension="height", line_color=TONES["ink"], line_dash=dash))
    made.y_range.start = 0
    made.xaxis.axis_label = "return of a trade, %"
    made.yaxis.ticker.desired_num_ticks = 5
    made.yaxis.ticker.min_interval = 1
    return item(made)


def histogram(returns: Sequence[float]) -> tuple[list[float], list[int]]:
    """Return the edges of bars of one round width, one of them at 0, and how many returns lie in each.

    A return on an edge counts to the right. Beyond the 0.5th and 99.5th percentile all are counted in the outer bars.
    """
    if not returns:
        return [], []
    low, high = np.percentile(returns, [0.5, 99.5])
    low, high = min(low, 0.0), max(high, 0.0)
    bars = min(max(2 * math.sqrt(len(returns)), FEWEST_BARS), MOST_BARS)
    step = next((one for one in _STEPS if (high - low) / one <= bars), (high - low) / bars)
    first, last = math.floor(low / step), max(math.floor(high / step), math.floor(low / step)) + 1
    places = np.clip(np.floor(np.array(returns) / step).astype(int), first, last - 1) - first
    counts = np.bincount(places, minlength=last - first)
    return [step * place for place in range(first, last + 1)], [int(count) for count in counts]


def score_chart(trades: Sequence[Trade], bands: Sequence[Band]) -> str:
    """Return every trade by score and return, and the means of the bands with their intervals.

    What lies above the 98th percentile stands at the upper edge as a triangle, so that the rest can be told apart.
    """
    from bokeh.models import Range1d, Span

    scored = [one for one in trades if one.score is not None]
    returns = [float(one.return_pct) for one in scored]
    ends = [end for one in bands for end in one.interval or ()]
    low, high = min([*returns, *ends, -1.0]), max([float(np.percentile(returns, 98)), *ends, 1.0])
    room = 0.05 * (high - low)
    made = plot(HEIGHT, y_range=Range1d(low - room, high + room))
    made.add_layout(Span(location=0, dimension="width", line_color=TONES["soft"], line_dash="dotted"))
    alpha = 0.45 if len(trades) < 2000 else 0.2
    dots = []
    for is_gain, is_beyond in ((False, False), (True, False), (True, True)):
        pairs = zip(scored, returns, strict=True)
        some = [(one, value) for one, value in pairs if (value > 0) == is_gain and (value > high) == is_beyond]
        dots.append(
            made.scatter(
                "score", "at", source=source_of(_dots(some, high)), size=7 if is_beyond else 5, line_color=None,
                marker="triangle" if is_beyond else "circle", fill_color=TONES["gain" if is_gain else "loss"],
                fill_alpha=alpha,
            )
        )  # fmt: skip
    said = [("", "@ticker"), ("score", "@score"), ("return", "@return{0.0} %"), ("entry", "@entry{%F}")]
    made.add_tools(hover([*said, ("exit", "@exit{%F}")], dots))
    _add_bands(made, bands)
    made.xaxis.axis_label, made.yaxis.axis_label = "score", "return, %"
    return item(made)


def _dots(some: Sequence[tuple[Trade, float]], high: float) -> dict[str, Any]:
    return {
        "score": [one.score for one, _ in some],
        "return": [value for _, value in some],
        "at": [min(value, high) for _, value in some],
        "ticker": [one.ticker for one, _ in some],
        "entry": np.array([one.entry_date for one, _ in some], dtype="datetime64[ms]"),
        "exit": np.array([one.exit_date for one, _ in some], dtype="datetime64[ms]"),
    }


def _add_bands(made: Any, bands: Sequence[Band]) -> None:
    columns = {
        "low": [one.low for one in bands],
        "high": [one.high for one in bands],
        "middle": [(one.low + one.high) / 2 for one in bands],
        "mean": [one.mean for one in bands],
        "from": [one.mean if one.interval is None else one.interval[0] for one in bands],
        "to": [one.mean if one.interval is None else one.interval[1] for one in bands],
    }
    source = source_of(columns)
    made.segment("low", "mean", "high", "mean", source=source, line_color=TONES["ink"], line_width=2)
    made.segment("middle", "from", "middle", "to", source=source, line_color=TONES["ink"], line_width=1.4)
