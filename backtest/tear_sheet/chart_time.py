"""The chart over the sessions: equity, drawdown and slots used, one below the other on one axis of dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from backtest.measures.drawdowns import Drawdown
from backtest.model import Price
from backtest.money import UNITS_PER_USD
from backtest.tear_sheet.curve import Curve, below_peak
from backtest.tear_sheet.figures import TONES, hover, item, plot, source_of, titled, tone_of

HEIGHTS = (290, 130, 120)
BENCHMARK_TONE = "amber"


@dataclass(frozen=True, slots=True)
class Line:
    """One run over its sessions. cash: not invested, 1/10,000 USD like the curve. slots: how many it has, None: any.

    worst: the falls that have their number in the chart.
    """

    name: str
    curve: Curve
    cash: Sequence[Price]
    positions: Sequence[int]
    slots: int | None
    worst: Sequence[Drawdown] = ()


def time_chart(lines: Sequence[Line], benchmark: Curve | None = None) -> str:
    """Return the chart as JSON: of one run in USD with its cash, of several in percent of what each began with."""
    from bokeh.layouts import column

    is_one = len(lines) == 1
    panels = _panels(lines, is_one=is_one)
    equity, falls, slots = panels
    if benchmark is not None:
        held = {"day": _moments(benchmark), "worth": _worth(benchmark, is_one=is_one)}
        tone = TONES[BENCHMARK_TONE]
        equity.line("day", "worth", source=source_of(held), line_color=tone, line_width=1.5)
    drawn: tuple[list[Any], ...] = ([], [], [])
    for place, line in enumerate(lines):
        source = source_of(_columns(line, benchmark, is_one=is_one))
        tone = TONES["mark"] if is_one else tone_of(place)
        if is_one:
            equity.line("day", "cash", source=source, line_color=TONES["soft"], line_width=1.2, line_dash=[4, 3])
            falls.varea("day", y1=0, y2="fall", source=source, fill_color=TONES["loss"], fill_alpha=0.2)
            slots.varea_step("day", y1=0, y2="used", source=source, fill_color=tone, fill_alpha=0.15, step_mode="after")
        drawn[0].append(equity.line("day", "worth", source=source, line_color=tone, line_width=2))
        fall = TONES["loss"] if is_one else tone
        drawn[1].append(falls.line("day", "fall", source=source, line_color=fall, line_width=1.3))
        drawn[2].append(slots.step("day", "used", source=source, line_color=tone, line_width=1.3, mode="after"))
    if is_one:
        _add_numbers(falls, lines[0].worst)
    _add_levels(equity, slots, lines, is_one=is_one)
    rows = _said(benchmark is not None and is_one, is_one=is_one)
    for panel, renderers in zip(panels, drawn, strict=True):
        panel.add_tools(hover(rows, renderers, along=True))
    return item(column(list(panels), sizing_mode="stretch_width", spacing=2))


def _panels(lines: Sequence[Line], *, is_one: bool) -> tuple[Any, Any, Any]:
    from bokeh.models import NumeralTickFormatter

    equity = plot(HEIGHTS[0], days=True, x_range=_range(lines), window_axis="x")
    falls = plot(HEIGHTS[1], days=True, x_range=equity.x_range, window_axis="x")
    slots = plot(HEIGHTS[2], days=True, x_range=equity.x_range)
    titled(equity, "equity and cash, USD" if is_one else "equity, % since the start")
    titled(falls, "below the highest equity, %")
    titled(slots, "slots used")
    equity.yaxis.formatter = NumeralTickFormatter(format="0,0" if is_one else "0,0.[0]")
    equity.y_range.default_span = lines[0].curve.start / UNITS_PER_USD / 10 if is_one else 10  # of a flat line
    slots.y_range.start = 0
    slots.yaxis.ticker.min_interval = 1
    if not any(used for line in lines for used in line.positions):
        slots.y_range.end = max([line.slots or 1 for line in lines])
    falls.y_range.end, falls.y_range.range_padding = 0, 0.35  # room for the numbers
    for panel in (equity, falls):
        panel.xaxis.major_label_text_font_size = "0px"
        panel.xaxis.major_label_standoff = 0
    slots.yaxis.ticker.desired_num_ticks = falls.yaxis.ticker.desired_num_ticks = 4
    return equity, falls, slots


def _range(lines: Sequence[Line]) -> Any:
    from bokeh.models import Range1d

    first = min(line.curve.days[0] for line in lines)
    last = max(line.curve.days[-1] for line in lines)
    room = max((last - first).days // 100, 1)
    return Range1d(
        datetime.combine(first - timedelta(days=room), time()), datetime.combine(last + timedelta(days=room), time())
    )


def _columns(line: Line, benchmark: Curve | None, *, is_one: bool) -> dict[str, Any]:
    count = len(line.curve.days)
    columns = {
        "day": _moments(line.curve),
        "worth": _worth(line.curve, is_one=is_one),
        "cash": np.array(line.cash, dtype=np.float64) / UNITS_PER_USD,
        "fall": np.array(below_peak(line.curve), dtype=np.float64),
        "used": np.array(line.positions, dtype=np.float64),
        "run": [line.name] * count,
    }
    if benchmark is not None and is_one:
        columns["held"] = _worth(benchmark, is_one=True)
    return columns


def _said(has_benchmark: bool, *, is_one: bool) -> list[tuple[str, str]]:
    if not is_one:
        worth = [("run", "@run"), ("equity", "@worth{0,0.0} %")]
    else:
        worth = [("equity", "@worth{0,0}"), ("cash", "@cash{0,0}")]
        worth += [("benchmark", "@held{0,0}")] if has_benchmark else []
    return [("", "@day{%F}"), *worth, ("below peak", "@fall{0.0} %"), ("slots used", "@used{0}")]


def _add_levels(equity: Any, slots: Any, lines: Sequence[Line], *, is_one: bool) -> None:
    """Draw what each began with, and how many slots there are."""
    from bokeh.models import Span

    start = lines[0].curve.start / UNITS_PER_USD if is_one else 0.0
    levels = [(equity, start)] + [(slots, limit) for limit in {one.slots for one in lines} if limit is not None]
    for panel, level in levels:
        panel.add_layout(Span(location=level, dimension="width", line_color=TONES["soft"], line_dash="dotted"))


def _add_numbers(falls: Any, worst: Sequence[Drawdown]) -> None:
    places = {
        "day": np.array([one.trough for one in worst], dtype="datetime64[ms]"),
        "fall": [-100 * one.depth for one in worst],
        "number": [str(number) for number in range(1, len(worst) + 1)],
    }
    falls.text(
        "day", "fall", "number", source=source_of(places), text_color=TONES["ink"], text_font_size="11px",
        text_align="center", text_baseline="top", y_offset=2,
    )  # fmt: skip


def _moments(curve: Curve) -> Any:
    return np.array(curve.days, dtype="datetime64[ms]")


def _worth(curve: Curve, *, is_one: bool) -> Any:
    values = np.array(curve.values, dtype=np.float64)
    return values / UNITS_PER_USD if is_one else 100 * (values / curve.start - 1)
