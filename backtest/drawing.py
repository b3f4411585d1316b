"""Pictures of the studies as plain SVG: bars, lines and a heat map in panels side by side. Pure: values in, text out.

One file that every browser opens, without a script and without a request. Light or dark by the reader's preference.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

Value = float | None
"""None: there is no such number; nothing is drawn in its place."""

WIDTH, HEIGHT = 420, 260
"""Of one panel, in the units of the picture."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 36, 34, 40
_LINE = 18
_CHARACTERS = 62
"""How much text fits beside each other over the width of one panel."""
_STYLE = """
svg { background: #ffffff; font: 12px system-ui, sans-serif; --ink: #1a1c1e; --soft: #5c6166; --grid: #dfe3e6;
  --one: #1f6fb2; --two: #c2571a; --three: #2f7d4f; --four: #7a4fa3; --low: #c2571a; --high: #1f6fb2; --none: #eef0f2; }
@media (prefers-color-scheme: dark) { svg { background: #16181a; --ink: #e8eaec; --soft: #a3a9af; --grid: #33383d;
  --one: #6db3ee; --two: #f0975f; --three: #79c99a; --four: #c3a0e6; --low: #f0975f; --high: #6db3ee;
  --none: #24282c; } }
text { fill: var(--ink); } .soft { fill: var(--soft); } .head { font-weight: 600; } .title { font-size: 16px; }
.grid { stroke: var(--grid); } .zero { stroke: var(--soft); } .whisker { stroke: var(--ink); }
.bar { fill: var(--one); } .below { fill: var(--two); } polyline { fill: none; stroke-width: 1.6; }
.s0 { stroke: var(--one); } .s1 { stroke: var(--two); } .s2 { stroke: var(--three); } .s3 { stroke: var(--four); }
.low { fill: var(--low); } .high { fill: var(--high); } .none { fill: var(--none); }
.best { fill: none; stroke: var(--ink); stroke-width: 2; }
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing of a picture, `WIDTH` by `HEIGHT`. said: what it shows, for who cannot see it."""

    title: str
    said: str
    shapes: tuple[str, ...]


def picture(title: str, panels: Sequence[Panel], *, columns: int = 2, notes: Sequence[str] = ()) -> bytes:
    """Return an SVG file: a title, the panels in rows of `columns`, and notes below them."""
    columns = max(1, min(columns, len(panels)))
    rows = math.ceil(len(panels) / columns)
    lines = [line for note in notes for line in _broken(note, _CHARACTERS * columns)]
    width, height = columns * WIDTH, 40 + rows * HEIGHT + _LINE * len(lines) + 8
    parts = [_text(title, 12, 26, "head title")]
    for place, panel in enumerate(panels):
        x, y = place % columns * WIDTH, 40 + place // columns * HEIGHT
        head = _text(panel.title, _LEFT, 20, "head")
        inside = "".join([_tag("title", escape(panel.said)), head, *panel.shapes])
        parts.append(_tag("g", inside, role="img", transform=f"translate({x} {y})"))
    parts += [_text(line, 12, 40 + rows * HEIGHT + _LINE * (1 + i), "soft") for i, line in enumerate(lines)]
    body = "\n".join([_tag("title", escape(title)), _tag("style", _STYLE), *parts])
    svg = _tag("svg", f"\n{body}\n", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}")
    return f"{svg}\n".encode()


def bar_panel(
    title: str,
    labels: Sequence[str],
    values: Sequence[Value],
    *,
    intervals: Sequence[tuple[float, float] | None] = (),
    unit: str = "",
) -> Panel:
    """Return one bar a label, from zero; intervals: a whisker a bar, where there is one."""
    known = [value for value in values if value is not None]
    known += [end for interval in intervals if interval is not None for end in interval]
    scale = _scale_of([*known, 0.0])
    step = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    shapes = [*_levels(scale, unit), *_labels(labels, step, step / 2)]
    zero = scale.y(0.0)
    for place, value in enumerate(values):
        middle = _LEFT + step * (place + 0.5)
        if value is not None:
            top, bottom = sorted((scale.y(value), zero))
            kind = "bar" if value >= 0 else "below"
            x, wide = _r(middle - 0.36 * step), _r(0.72 * step)
            shapes.append(_tag("rect", x=x, y=_r(top), width=wide, height=_r(bottom - top), class_=kind))
        interval = intervals[place] if place < len(intervals) else None
        if interval is not None:
            low, high = (scale.y(end) for end in interval)
            shapes.append(_tag("line", x1=_r(middle), x2=_r(middle), y1=_r(low), y2=_r(high), class_="whisker"))
    pairs = zip(labels, values, strict=True)
    said = f"{title}: " + ", ".join(f"{label} {'none' if v is None else f'{v:.3g}{unit}'}" for label, v in pairs)
    return Panel(title, said, tuple(shapes))


def line_panel(title: str, labels: Sequence[str], series: Mapping[str, Sequence[Value]], *, unit: str = "") -> Panel:
    """Return up to four lines over the same labels, by name; a missing value breaks its line."""
    scale = _scale_of([value for values in series.values() for value in values if value is not None] or [0.0])
    step = (WIDTH - _LEFT - _RIGHT) / max(len(labels) - 1, 1)
    shapes = [*_levels(scale, unit), *_labels(labels, step, 0.0)]
    x = _LEFT + 4
    for place, (name, values) in enumerate(series.items()):
        kind = f"s{place % 4}"
        for run in _runs(values):
            points = " ".join(f"{_r(_LEFT + step * i)},{_r(scale.y(value))}" for i, value in run)
            shapes.append(_tag("polyline", points=points, class_=kind))
        if len(series) > 1:
            shapes.append(_tag("line", x1=x, x2=x + 14, y1=_TOP + 5, y2=_TOP + 5, class_=kind))
            shapes.append(_text(name, x + 18, _TOP + 9, "soft"))
        x += 28 + 7 * len(name)
    said = f"{title}: " + "; ".join(f"{name} {_ends(values, unit)}" for name, values in series.items())
    return Panel(title, said, tuple(shapes))


def range_panel(
    title: str, labels: Sequence[str], spans: Sequence[tuple[Value, float, Value] | None], *, marked: float
) -> Panel:
    """Return a line a label from its low to its high, with a dot between; spans: low, middle, high; None: no value.

    Without low and high there is the dot alone. marked: a value that all are compared with, drawn through all lines.
    """
    known = [value for span in spans if span is not None for value in span if value is not None]
    scale = _scale_of([*known, marked, 0.0])
    left, tall = (
        8 + 7 * max((len(label) for label in labels), default=0),
        (HEIGHT - _TOP - _BOTTOM) / max(len(labels), 1),
    )

    def x(value: float) -> float:
        return left + (WIDTH - left - 2 * _RIGHT) * (value - scale.low) / (scale.high - scale.low)

    every = max(1, math.ceil(len(scale.ticks) / max((WIDTH - left) // 64, 1)))
    shapes = []
    for i, tick in enumerate(scale.ticks):
        kind = "zero" if tick == 0 else "grid"
        shapes.append(_tag("line", x1=_r(x(tick)), x2=_r(x(tick)), y1=_TOP, y2=HEIGHT - _BOTTOM, class_=kind))
        if not i % every:
            shapes.append(_text(f"{tick:,.6g}", x(tick), HEIGHT - _BOTTOM + 16, "soft", "middle"))
    shapes.append(_tag("line", x1=_r(x(marked)), x2=_r(x(marked)), y1=_TOP, y2=HEIGHT - _BOTTOM, class_="s1"))
    for place, (label, span) in enumerate(zip(labels, spans, strict=True)):
        y = _TOP + tall * (place + 0.5)
        shapes.append(_text(label, 8, y + 4, "soft"))
        if span is None:
            continue
        low, middle, high = span
        if low is not None and high is not None:
            shapes.append(_tag("line", x1=_r(x(low)), x2=_r(x(high)), y1=_r(y), y2=_r(y), class_="s0", stroke_width=3))
        shapes.append(_tag("circle", cx=_r(x(middle)), cy=_r(y), r=4, class_="bar"))
    pairs = zip(labels, spans, strict=True)
    said = f"{title}: " + ", ".join(f"{label} {'none' if s is None else f'{s[1]:,.6g}'}" for label, s in pairs)
    return Panel(title, said, tuple(shapes))


def heat_panel(
    title: str,
    columns: Sequence[str],
    rows: Sequence[str],
    values: Sequence[Sequence[Value]],
    *,
    marked: tuple[int, int] | None = None,
    unit: str = "",
    names: tuple[str, str] = ("", ""),
) -> Panel:
    """Return a table of coloured cells; values: by row, then column. marked: row and column of a cell with a frame.

    names: of what the columns are, and of what the rows are.
    """
    known = [value for row in values for value in row if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    left = max(_LEFT, 12 + 7 * max(map(len, rows), default=0))
    wide, tall = (WIDTH - left - _RIGHT) / max(len(columns), 1), (HEIGHT - _TOP - _BOTTOM) / max(len(rows), 1)
    shapes = list(_labels(columns, wide, left - _LEFT + wide / 2))
    shapes += [
        _text(names[0], WIDTH - _RIGHT, HEIGHT - 6, "soft", "end"),
        _text(names[1], WIDTH - _RIGHT, 20, "soft", "end"),
    ]
    for i, row in enumerate(rows):
        y = _TOP + tall * i
        shapes.append(_text(row, left - 6, y + tall / 2 + 4, "soft", "end"))
        for j, value in enumerate(values[i]):
            box = {"x": _r(left + wide * j + 0.5), "y": _r(y + 0.5), "width": _r(wide - 1), "height": _r(tall - 1)}
            shapes.append(_cell(value, low, high, box, unit))
            if wide >= 44 and tall >= 16 and value is not None:
                shapes.append(_text(f"{value:.3g}", left + wide * (j + 0.5), y + tall / 2 + 4, "", "middle"))
            if marked == (i, j):
                shapes.append(_tag("rect", **box, class_="best"))
    said = f"{title}: {len(rows)} by {len(columns)} cells" + (
        f" from {low:.3g}{unit} to {high:.3g}{unit}" if known else ", none with a value"
    )
    return Panel(title, said, tuple(shapes))


def _cell(value: Value, low: float, high: float, box: Mapping[str, object], unit: str) -> str:
    """Return a cell: the further from the middle of all values, the stronger its colour."""
    if value is None:
        return _tag("rect", **box, class_="none")
    middle, half = (low + high) / 2, (high - low) / 2 or 1.0
    strength = (value - middle) / half
    kind = "high" if strength >= 0 else "low"
    return _tag(
        "rect", _tag("title", f"{value:.4g}{unit}"), **box, class_=kind, fill_opacity=_r(0.08 + 0.72 * abs(strength))
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    ticks: tuple[float, ...]

    def y(self, value: float) -> float:
        return _TOP + (HEIGHT - _TOP - _BOTTOM) * (self.high - value) / (self.high - self.low)


def _scale_of(values: Sequence[float]) -> _Scale:
    """Return a scale whose ends and ticks are round numbers."""
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) or 1.0
    raw = spread / 4
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= raw)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        last += 1
    return _Scale(first * step, last * step, tuple(step * i for i in range(first, last + 1)))


def _levels(scale: _Scale, unit: str) -> list[str]:
    shapes = []
    for tick in scale.ticks:
        y, kind = _r(scale.y(tick)), "zero" if tick == 0 else "grid"
        shapes.append(_tag("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_=kind))
        shapes.append(_text(f"{tick:,.6g}{unit}", _LEFT - 6, scale.y(tick) + 4, "soft", "end"))
    return shapes


def _labels(labels: Sequence[str], step: float, offset: float) -> list[str]:
    """Return the labels below a panel, as many as fit beside each other."""
    longest = max((len(label) for label in labels), default=1)
    every = max(1, math.ceil((7 * longest + 8) / max(step, 1e-9)))
    y = HEIGHT - _BOTTOM + 16
    return [
        _text(label, _LEFT + offset + step * i, y, "soft", "middle") for i, label in enumerate(labels) if not i % every
    ]


def _runs(values: Sequence[Value]) -> list[list[tuple[int, float]]]:
    """Return the stretches without a missing value, each as places and values."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _ends(values: Sequence[Value], unit: str) -> str:
    known = [value for value in values if value is not None]
    return f"from {known[0]:.3g}{unit} to {known[-1]:.3g}{unit}" if known else "none"


def _broken(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width) or [""]


def _text(text: str, x: float, y: float, kind: str = "", anchor: str = "start") -> str:
    return _tag("text", escape(text), x=_r(x), y=_r(y), class_=kind, text_anchor=anchor)


def _tag(name: str, inside: str = "", /, **attributes: object) -> str:
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(str(v))}" for key, v in attributes.items() if v != ""
    )
    return f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>"


def _r(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
