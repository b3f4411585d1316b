"""Small drawings as inline SVG: a position between stop and price, lines over days. Colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backtest.pages.html import Html, tag
from backtest.pages.parts import price
from live.inspect.status_values import PositionLine

MOST_POINTS = 250
WIDTH, HEIGHT = 1000, 200
_LEAST, _MOST = 15.0, 60.0
"""How far above the entry price the scale of the book reaches at least and at most, in percent."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What all bars of a book have in common: percent of the entry price, from `low` to `high`."""

    low: float
    high: float

    def at(self, percent: float) -> float:
        """Return where a value lies, in percent of the width; what lies outside stands at the edge."""
        inside = min(max(percent, self.low), self.high)
        return round(100 * (inside - self.low) / (self.high - self.low), 2)


def scale_of(lines: Sequence[PositionLine]) -> Scale:
    """Return the scale on which every stop and, up to a limit, every price of a book can be seen."""
    stops = [_beyond_entry(line, line.row.stop_price) for line in lines]
    gains = [line.unrealized_pct for line in lines if line.unrealized_pct is not None]
    low = min([*stops, *(max(gain, -_MOST) for gain in gains), -5.0])
    high = min(max([*gains, _LEAST]), _MOST)
    return Scale(low * 1.06, high * 1.03)


def position_bar(line: PositionLine, scale: Scale) -> Html:
    """Return one position: its stop, its entry price and how far the price lies from that."""
    stop = scale.at(_beyond_entry(line, line.row.stop_price))
    entry = scale.at(0.0)
    now = line.unrealized_pct
    shapes = [
        tag("rect", x=0, y=3, width=f"{stop}%", height=10, class_="zone"),
        tag("line", x1=0, x2="100%", y1=8, y2=8, class_="axis"),
    ]
    if now is not None:
        at = scale.at(now)
        left, width = min(at, entry), round(abs(at - entry), 2)
        kind = "up" if now >= 0 else "down"
        shapes.append(tag("rect", x=f"{left}%", y=5, width=f"{width}%", height=6, class_=kind))
        shapes.append(tag("circle", cx=f"{at}%", cy=8, r=4, class_=kind))
    shapes.append(_tick(entry, "entry"))
    if line.judged.indicator is not None:
        shapes.append(_tick(scale.at(_beyond_entry(line, line.judged.indicator)), "indicator"))
    shapes.append(_tick(stop, "stop"))
    row = line.row
    said = f"stop {price(row.stop_price)}, entry {price(row.entry_price)}, price {price(line.price)}"
    return tag("svg", *shapes, role="img", aria_label=said)


def _tick(at: float, kind: str) -> Html:
    return tag("line", x1=f"{at}%", x2=f"{at}%", y1=1, y2=15, class_=kind)


def _beyond_entry(line: PositionLine, value: int) -> float:
    return 100 * (value - line.row.entry_price) / line.row.entry_price


def legend(*, has_indicator: bool) -> Html:
    """Return what the ticks of the bars mean."""
    marks = ["stop", "entry", *(["indicator"] if has_indicator else [])]
    parts = [
        part
        for kind in marks
        for part in (tag("svg", _tick(50, kind), class_="key-line", viewBox="0 0 20 16", aria_hidden="true"), kind)
    ]
    dot = tag("svg", tag("circle", cx=10, cy=8, r=5, class_="up"), class_="key-line", viewBox="0 0 20 16",
              aria_hidden="true")  # fmt: skip
    return tag("span", *parts, dot, "price", class_="note")


def thinned(values: Sequence[float]) -> list[float]:
    """Return at most `MOST_POINTS` of the values, evenly taken, the last one always."""
    if len(values) <= MOST_POINTS:
        return list(values)
    step = (len(values) - 1) / (MOST_POINTS - 1)
    return [values[round(i * step)] for i in range(MOST_POINTS)]


def line_chart(*series: Sequence[float], said: str, has_area: bool = False, zero: bool = False) -> Html:
    """Return one line, or two of which the second is dashed, over the same stretch. said: what a blind person hears.

    zero: draw a line at 0.
    """
    drawn = [thinned(one) for one in series]
    everything = [value for one in drawn for value in one] + ([0.0] if zero else [])
    low, high = min(everything), max(everything)
    spread = (high - low) or abs(high) or 1.0
    low, high = low - spread * 0.06, high + spread * 0.06
    shapes = [_level(1 - at) for at in (0.0, 0.5, 1.0)]
    if zero:
        shapes.append(_level((high - 0.0) / (high - low)))
    for number, one in enumerate(drawn):
        points = _points(one, low, high)
        if has_area and not number:
            shapes.append(tag("polygon", points=f"0,{HEIGHT} {points} {WIDTH},{HEIGHT}", class_="area"))
        shapes.append(tag("polyline", points=points, class_="other" if number else "line"))
    return _chart(shapes, said)


def fall_chart(values: Sequence[float], said: str) -> Html:
    """Return how far something lies below its peak, as an area that hangs down. values: percent, 0 or more."""
    drawn = thinned(values)
    points = _points([-value for value in drawn], -max([*drawn, 1.0]) * 1.05, 0.0)
    shapes = [_level(0.0), tag("polygon", points=f"0,0 {points} {WIDTH},0", class_="fall")]
    return _chart(shapes, said, "chart low")


def _points(values: Sequence[float], low: float, high: float) -> str:
    if len(values) == 1:
        values = [values[0], values[0]]
    step = WIDTH / (len(values) - 1)
    return " ".join(f"{i * step:.1f},{HEIGHT * (high - value) / (high - low):.1f}" for i, value in enumerate(values))


def _level(share: float) -> Html:
    y = round(HEIGHT * share, 1)
    return tag("line", x1=0, x2=WIDTH, y1=y, y2=y, class_="grid")


def _chart(shapes: Sequence[Html], said: str, kind: str = "chart") -> Html:
    box = f"0 0 {WIDTH} {HEIGHT}"
    return tag("svg", *shapes, class_=kind, viewBox=box, preserveAspectRatio="none", role="img", aria_label=said)
