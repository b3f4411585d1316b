"""The sections of a tear sheet that are charts: over the sessions, and of the returns of the trades."""

from __future__ import annotations

from backtest.pages.html import Child, Html, join, tag
from backtest.pages.parts import none, section
from backtest.tear_sheet.chart_time import Line, time_chart
from backtest.tear_sheet.chart_trades import score_chart, spread_chart
from backtest.tear_sheet.figures_sections import benchmark_words
from backtest.tear_sheet.group_sections import score_bands
from backtest.tear_sheet.sections import beside, name_of, slots_words
from backtest.tear_sheet.sheet_values import Sheet, SheetRun
from backtest.text import how_many


def time_section(sheet: Sheet) -> Html:
    """Return equity, drawdown and slots used over the sessions."""
    lines = [
        Line(
            one.name,
            one.curve,
            [point.cash for point in one.run.equity],
            [point.positions for point in one.run.equity],
            one.slots,
            one.worst,
        )
        for one in sheet.runs
    ]
    benchmark = max(sheet.runs, key=lambda one: len(one.curve.days)).benchmark
    if sheet.is_one:
        marks = [_key("mark", "equity"), _key("soft dashed", "cash"), _key("soft dotted", "capital")]
    else:
        marks = [tag("span", name_of(sheet, one), class_="key-of") for one in sheet.runs]
    if benchmark is not None:
        marks.append(_key("amber", sheet.benchmark))
    said = f"Equity, drawdown and slots used over the sessions {sheet.stretch}; the tables below have the numbers."
    spans = _spans(sheet)
    words = [
        tag("p", *([name_of(sheet, one), ": "] if not sheet.is_one else []), slots_words(one), class_="note")
        for one in sheet.runs
    ]
    if benchmark is not None and sheet.is_one:
        words.append(tag("p", benchmark_words(sheet.runs[0], sheet.benchmark), class_="note"))
    return section(
        "Equity", spans, _chart("time", time_chart(lines, benchmark), said, "tall"), *words, note=join(marks, " ")
    )


def _spans(sheet: Sheet) -> Html | None:
    """Return the buttons that show one year; none over less than two."""
    years = sorted({day.year for one in sheet.runs for day in one.curve.days})
    if len(years) < 2:
        return None
    buttons = [tag("button", "all", type="button", data_span="", aria_pressed="true")]
    buttons += [tag("button", str(year), type="button", data_span=year, aria_pressed="false") for year in years]
    return tag("div", *buttons, class_="spans", role="group", aria_label="years shown")


def returns_section(sheet: Sheet) -> Html:
    """Return how the returns of the trades are spread, and score against return."""
    return section(
        "Returns of the trades", beside(sheet, [_returns(one, place) for place, one in enumerate(sheet.runs)])
    )


def _returns(one: SheetRun, place: int) -> Html:
    if not one.run.trades:
        return none("No trade.")
    returns = [float(trade.return_pct) for trade in one.run.trades]
    said = f"Histogram of the returns of {how_many(len(returns), 'trade')}"
    scored = sum(trade.score is not None for trade in one.run.trades)
    spread = tag(
        "div",
        tag("h3", "Distribution ", tag("span", "line: mean, dashed: median", class_="note")),
        _chart(f"spread{place}", spread_chart(returns), said),
    )
    bands = score_bands(one)
    score = tag(
        "div",
        tag("h3", "Score against return ", tag("span", "bars: mean of a band of scores, 95 %", class_="note")),
        _chart(f"score{place}", score_chart(one.run.trades, bands), f"{scored} trades by score and return")
        if scored
        else none("No trade has a score."),
    )
    return tag("div", spread, score, class_="two")


def _chart(name: str, chart: str, said: str, kind: str = "") -> Html:
    return tag(
        "figure",
        tag("div", id=f"chart-{name}", class_="canvas", role="img", aria_label=said),
        data(f"data-{name}", chart),
        class_=f"chart {kind}".strip(),
        data_chart=name,
    )


def _key(kind: str, words: Child) -> Html:
    return tag("span", tag("span", class_=f"line {kind}"), words, class_="key-of")


def data(name: str, text: str) -> Html:
    """Return data for the page's script. text: JSON in which no sign can end the element."""
    return tag("script", Html(text), type="application/json", id=name)
