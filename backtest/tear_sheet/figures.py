"""What all charts have in common: Bokeh figures without a colour of their own.

A chart names tones, not colours: each stands in it as a colour that no chart uses otherwise, and the page's script puts
the reader's in its place, light or dark, from the style sheet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from backtest.errors import ConfigError

FONT = '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif'
TONES: Mapping[str, str] = {
    name: f"#0000{place:02x}"
    for place, name in enumerate(
        ("ink", "soft", "rule", "gain", "loss", "mark", "amber", "zone", "s1", "s2", "s3", "s4", "s5", "s6"), 1
    )
}
"""Variable of the style sheet → what stands for it in a chart."""
SERIES = ("s1", "s2", "s3", "s4", "s5", "s6")
"""The tones of several runs, in their order; a seventh run begins again."""
INSTALL = "python -m pip install 'earnings-drift[report]'"


def require_bokeh() -> ModuleType:
    """Return Bokeh. Raises ConfigError (6) without the extra."""
    try:
        import bokeh
    except ImportError:
        raise ConfigError("bokeh is not installed (expected the extra report)", next_step=INSTALL) from None
    return bokeh  # type: ignore[no-any-return]


def tone_of(place: int) -> str:
    """Return the tone of the run at a place."""
    return TONES[SERIES[place % len(SERIES)]]


def bokeh_script() -> str:
    """Return Bokeh's script: it draws, loads nothing, and is embedded once."""
    from bokeh.resources import Resources

    return str(Resources(mode="inline", components=["bokeh"]).js_raw[0])


def plot(height: int, *, days: bool = False, **more: Any) -> Any:
    """Return an empty figure as wide as its place. days: its x axis is one of dates."""
    from bokeh.plotting import figure

    made = figure(
        height=height,
        sizing_mode="stretch_width",
        x_axis_type="datetime" if days else "linear",
        tools="xbox_zoom,reset",
        active_drag=None,  # a finger scrolls the page
        active_scroll=None,
        toolbar_location=None,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=58,
        min_border_right=12,
        min_border_top=8,
        **more,
    )
    for axis in (*made.xaxis, *made.yaxis):
        axis.axis_line_color = TONES["rule"]
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_color = TONES["soft"]
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = "11px"
        axis.axis_label_text_color = TONES["soft"]
        axis.axis_label_text_font = FONT
        axis.axis_label_text_font_size = "11px"
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_standoff = 6
    made.yaxis.axis_line_color = None
    made.xgrid.grid_line_color = None
    made.ygrid.grid_line_color = TONES["rule"]
    if days:
        made.xaxis.formatter = _dates()
    return made


def titled(made: Any, words: str) -> None:
    """Give a chart a small heading above it."""
    made.title.text = words
    made.title.text_color = TONES["soft"]
    made.title.text_font = FONT
    made.title.text_font_size = "12px"
    made.title.text_font_style = "normal"
    made.title.offset = -46


def hover(rows: Sequence[tuple[str, str]], renderers: Sequence[Any], *, along: bool = False) -> Any:
    """Return a tool that says what is under the pointer. along: everything at its place on the x axis."""
    from bokeh.models import HoverTool

    return HoverTool(
        tooltips=list(rows),
        renderers=list(renderers),
        formatters={"@day": "datetime", "@entry": "datetime", "@exit": "datetime"},
        mode="vline" if along else "mouse",
        line_policy="nearest",
        visible=False,
    )


def source_of(columns: dict[str, Any]) -> Any:
    """Return columns as Bokeh draws from them."""
    from bokeh.models import ColumnDataSource

    return ColumnDataSource(columns)


def item(chart: Any) -> str:
    """Return a chart as JSON that may stand in an HTML page."""
    from bokeh.embed import json_item

    return safe_json(json_item(chart))


def safe_json(value: object) -> str:
    """Return JSON in which no sign can end the element it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _dates() -> Any:
    from bokeh.models import DatetimeTickFormatter

    # hide_repeats: some of Bokeh's tickers give the first of January twice
    return DatetimeTickFormatter(days="%d %b", months="%b %Y", years="%Y", hide_repeats=True)
