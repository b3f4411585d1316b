"""A tear sheet as a whole HTML document. Everything it shows and every script is in it; nothing is loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from backtest.measures.groups import GroupBy
from backtest.pages.document import base_style, whole
from backtest.pages.html import Html, join, tag
from backtest.tear_sheet.chart_sections import data, returns_section, time_section
from backtest.tear_sheet.figures import TONES, bokeh_script, safe_json
from backtest.tear_sheet.figures_sections import formulas_section, head_section
from backtest.tear_sheet.group_sections import groups_section, skips_section
from backtest.tear_sheet.manifest_section import manifest_section
from backtest.tear_sheet.sections import calendar_section, episodes_section
from backtest.tear_sheet.sheet_values import Sheet
from backtest.tear_sheet.trades_data import lives_data, trades_data
from backtest.tear_sheet.trades_section import trades_section
from backtest.text import how_many
from backtest.version import __version__


def sheet_html(sheet: Sheet) -> str:
    """Return the whole document. Needs Bokeh."""
    scripts = [bokeh_script(), _own("trades.js"), _own("charts.js")]
    body = tag(
        "main",
        _header(sheet),
        head_section(sheet),
        time_section(sheet),
        episodes_section(sheet),
        calendar_section(sheet),
        returns_section(sheet),
        groups_section(sheet, GroupBy.EXIT_REASON),
        groups_section(sheet, GroupBy.GRADE),
        skips_section(sheet),
        trades_section(sheet),
        formulas_section(sheet),
        manifest_section(sheet),
        _footer(),
    )
    embedded = [
        data("trades", safe_json(trades_data(sheet))),
        data("lives", safe_json(lives_data(sheet))),
        data("tones", safe_json({color: name for name, color in TONES.items()})),
    ]
    skip = tag("a", "to the trades", href="#trades-table", class_="skip")
    content = [skip, body, *embedded, *(tag("script", Html(text)) for text in scripts)]
    return whole(_title(sheet), _policy(scripts), [tag("style", _style())], content)


def _policy(scripts: Sequence[str]) -> str:
    """Return what a browser may do with the page: run these very scripts and show it; ask nobody for anything."""
    sums = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") for text in scripts)
    allowed = " ".join(f"'sha256-{one}'" for one in sums)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _style() -> Html:
    return join([base_style(), Html(_own("sheet.css"))])


def _own(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _title(sheet: Sheet) -> str:
    first = sheet.runs[0]
    what = first.run.strategy_id if sheet.is_one else how_many(len(sheet.runs), "run")
    return f"{what} {sheet.stretch}"


def _header(sheet: Sheet) -> Html:
    one = sheet.runs[0]
    if sheet.is_one:
        what, where = one.run.strategy_id, str(one.run.folder)
    else:
        what = ", ".join(run.name for run in sheet.runs)
        where = how_many(len(sheet.runs), "run")
    return tag(
        "header",
        tag("div", tag("div", "earnings-drift · tear sheet of a backtest", class_="kicker"), tag("h1", what)),
        tag("div", sheet.stretch, tag("br"), where, class_="meta"),
    )


def _footer() -> Html:
    words = (
        f"Made by earnings-drift {__version__} from the files of the runs; nothing is loaded from anywhere. A "
        "simulation of past sessions, no advice. A dash is a number that is not known."
    )
    return tag("footer", words)
