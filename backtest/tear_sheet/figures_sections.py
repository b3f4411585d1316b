"""The figures of a tear sheet: the ones a person decides by at its head, all of them with their formulas at its end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from backtest.errors import InputError
from backtest.measures.account import account_metrics
from backtest.measures.bootstrap import SEED
from backtest.measures.registry import ACCOUNT_INTERVAL, MEASURES, TRADE_INTERVAL
from backtest.pages.html import Child, Html, join, tag
from backtest.pages.parts import UNKNOWN, figures, section
from backtest.portfolio_simulator import EquityPoint
from backtest.runs.figures import ACCOUNT, CLOSED, EVERYTHING, OPEN, SUMMARY, Section, figure_text, interval_text
from backtest.runs.measured import verdict
from backtest.studies.compare_text import sentence
from backtest.studies.comparison import compare_sides
from backtest.studies.sides import side_of
from backtest.tear_sheet.curve import Curve
from backtest.tear_sheet.sections import name_of
from backtest.tear_sheet.sheet_values import Sheet, SheetRun

_HELD = ("total_return_pct", "cagr_pct", "sharpe", "max_drawdown_pct")
"""What is also told of the benchmark."""


def head_section(sheet: Sheet) -> Html:
    """Return the figures to decide by: large ones of one run, a table of several."""
    if sheet.is_one:
        one = sheet.runs[0]
        return tag("div", _large(one), tag("p", _minus(verdict(one.run.metrics)), class_="verdict"))
    bodies = [_body(sheet, part, has_formulas=False) for part in SUMMARY]
    if sheet.benchmark:
        bodies.append(_benchmark_body(sheet))
    made = tag("table", _head(sheet), *bodies, class_="plain dense compared")
    said = [
        tag("p", name_of(sheet, one), ": ", _minus(verdict(one.run.metrics)), class_="verdict") for one in sheet.runs
    ]
    return section("Side by side", made, *said, *_differences(sheet))


def _differences(sheet: Sheet) -> list[Html]:
    """Say of each other run whether the first is better, as `backtest compare` does."""
    first, *others = (side_of(one.run, one.name) for one in sheet.runs)
    said = []
    for other in others:
        try:
            words = sentence(compare_sides(first, other, SEED))
        except InputError:
            words = f"{first.name} and {other.name} share no session: they cannot be compared."
        said.append(tag("p", _minus(words), class_="verdict"))
    return said


def formulas_section(sheet: Sheet) -> Html:
    """Return every figure of every run, with its interval, formula, source and what its days are."""
    bodies = [_body(sheet, part, has_formulas=True) for part in EVERYTHING]
    intervals = [
        tag("p", f"{one.title}: {one.formula}. {one.source}; {one.days}.", class_="note")
        for one in (TRADE_INTERVAL, ACCOUNT_INTERVAL)
    ]
    kind = "plain dense formulas" + (" one" if sheet.is_one else "")
    made = tag("table", _head(sheet, "formula"), *bodies, class_=kind)
    return section("All figures and their formulas", made, *intervals)


def _large(one: SheetRun) -> Html:
    account, closed, still = (one.run.metrics.get(part, {}) for part in (ACCOUNT, CLOSED, OPEN))
    reach: Mapping[str, Any] = one.run.metrics.get("intervals", {})
    items: list[tuple[str, Child, Child]] = [
        ("Total return", _number("total_return_pct", account, " %"), f"{_text('end_usd', account)} USD at the end"),
        ("CAGR", _number("cagr_pct", account, " %"), _range("cagr_pct", reach, " %")),
        ("Sharpe ratio", _number("sharpe", account), _range("sharpe", reach)),
        ("Max drawdown", _number("max_drawdown_pct", account, " %", is_loss=True), _fall(account)),
        ("Exposure", _number("exposure_pct", account, " %", is_plain=True), _positions(account)),
        ("P&L, closed by the rules", _number("pnl_usd", closed), f"USD, {_text('count', closed)} trades"),
        ("Profit factor", _number("profit_factor", closed, is_plain=True), _range("profit_factor", reach)),
        ("Win rate", _number("win_rate_pct", closed, " %", is_plain=True), _range("win_rate_pct", reach, " %")),
        ("Average return", _number("average_return_pct", closed, " %"), _range("average_return_pct", reach, " %")),
        ("P&L, still open", _number("pnl_usd", still), f"USD, {_text('count', still)} positions at the end"),
    ]
    return figures(items)


def _head(sheet: Sheet, *more: str) -> Html:
    names: list[Child] = ["" if sheet.is_one else name_of(sheet, one) for one in sheet.runs]
    heads = [tag("th", "figure", scope="col"), *(tag("th", name, scope="col", class_="n") for name in names)]
    return tag("thead", tag("tr", *heads, *(tag("th", words, scope="col") for words in more)))


def _body(sheet: Sheet, part: Section, *, has_formulas: bool) -> Html:
    width = len(sheet.runs) + 1 + has_formulas
    rows = [tag("tr", tag("th", part.heading, colspan=width, scope="rowgroup", class_="part"))]
    for name in part.names:
        measure = MEASURES[name]
        cells = [tag("td", _with_interval(one.run.metrics, part, name), class_="n") for one in sheet.runs]
        if has_formulas:
            said = "; ".join(filter(None, (measure.formula, measure.source, measure.days)))
            cells.append(tag("td", said, class_="text"))
        rows.append(tag("tr", tag("td", measure.heading, class_="key"), *cells))
    return tag("tbody", *rows)


def _benchmark_body(sheet: Sheet) -> Html:
    rows = [tag("tr", tag("th", sheet.benchmark, colspan=len(sheet.runs) + 1, scope="rowgroup", class_="part"))]
    held = [{} if one.benchmark is None else _account_of(one.benchmark) for one in sheet.runs]
    for name in _HELD:
        cells = [tag("td", _text(name, one), class_="n") for one in held]
        rows.append(tag("tr", tag("td", MEASURES[name].heading, class_="key"), *cells))
    return tag("tbody", *rows)


def _with_interval(metrics: Mapping[str, Any], part: Section, name: str) -> Html:
    """Return a figure, with its interval where it has one."""
    shown = _text(name, metrics.get(part.key, {}))
    interval = metrics.get("intervals", {}).get(name) if part.has_intervals else None
    if not interval:
        return join([shown])
    return join([shown, tag("span", _minus(interval_text(interval)), class_="interval")], " ")


def benchmark_words(one: SheetRun, name: str) -> str:
    """Return what the same money would have brought in the benchmark over a run's sessions."""
    held = {} if one.benchmark is None else _account_of(one.benchmark)
    return f"{name}: " + ", ".join(f"{MEASURES[what].heading} {_text(what, held)}" for what in _HELD)


def _account_of(curve: Curve) -> Mapping[str, Any]:
    points = [EquityPoint(day, value, 0, 1) for day, value in zip(curve.days, curve.values, strict=True)]
    return account_metrics(points, curve.start)


def _fall(account: Mapping[str, Any]) -> str | None:
    parts = []
    if account.get("max_drawdown_usd") is not None:
        parts.append(f"{_text('max_drawdown_usd', account)} USD")
    if account.get("max_drawdown_sessions") is not None:
        parts.append(f"{_text('max_drawdown_sessions', account)} sessions")
    return ", ".join(parts) or None


def _positions(account: Mapping[str, Any]) -> str | None:
    if account.get("average_positions") is None:
        return None
    most = account.get("peak_positions")
    return f"{_text('average_positions', account)} positions" + ("" if most is None else f", {most} at most")


def _range(name: str, reach: Mapping[str, Any], unit: str = "") -> str | None:
    interval: Sequence[float] | None = reach.get(name)
    return f"95 %: {_minus(interval_text(interval))}{unit}" if interval else None


def _number(
    name: str, found: Mapping[str, Any], unit: str = "", *, is_plain: bool = False, is_loss: bool = False
) -> Child:
    """Return a figure large, in the colour of its sign. is_plain: without one. is_loss: above 0 is bad."""
    value = found.get(name)
    if value is None:
        return UNKNOWN
    size = float(value)
    kind = None if is_plain or not size else "loss" if (size < 0) != is_loss else "gain"
    return tag("span", _text(name, found) + unit, class_=kind)


def _text(name: str, found: Mapping[str, Any]) -> str:
    value = found.get(name)
    return UNKNOWN if value is None else _minus(figure_text(name, value))


def _minus(text: str) -> str:
    """Return a text whose negative numbers have the minus sign that is as wide as a digit."""
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text)
