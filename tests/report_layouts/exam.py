"""How well layouts are read back: one mark a page and field, and what went wrong in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from backtest.errors import InputError
from backtest.model import Candidate
from backtest.reports.read import read_html
from tests.report_layouts.stocks import Layout, Stock, random_stocks

DAY = date(2026, 2, 17)


@dataclass
class Marks:
    """Results over several pages of one layout."""

    pages: int = 0
    exact: int = 0
    fields: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)


def examine(layout: Layout, seeds: range, *, sizes: tuple[int, ...] = (1, 2, 3, 7, 16)) -> Marks:
    """Render random lists through a layout and read them back."""
    marks = Marks()
    for seed in seeds:
        rng = Random(seed)
        stocks = random_stocks(rng, sizes[seed % len(sizes)])
        html = layout.render(stocks, rng, DAY)
        problems = compare(layout, stocks, html, marks)
        marks.pages += 1
        marks.exact += not problems
        marks.wrong += [f"seed {seed}: {problem}" for problem in problems]
    return marks


def compare(layout: Layout, stocks: list[Stock], html: str, marks: Marks | None = None) -> list[str]:
    """Return what was read differently from what was printed."""
    marks = marks or Marks()
    try:
        reading = read_html(Path(f"earnings_trade_analysis_{DAY}.html"), html.encode())
    except InputError as error:
        return [f"refused: {error.what}"]
    found = {candidate.ticker: candidate for candidate in reading.candidates}
    wanted = {stock.ticker for stock in stocks}
    problems = []
    if set(found) != wanted:
        problems.append(f"extra {sorted(set(found) - wanted)}, missing {sorted(wanted - set(found))}")
    for stock in stocks:
        if stock.ticker in found:
            problems += _differences(layout, stock, found[stock.ticker], marks)
    return problems


def _differences(layout: Layout, stock: Stock, candidate: Candidate, marks: Marks) -> list[str]:
    inferred = layout.grade_source == "inferred"
    shown = {
        "grade": stock.grade if "grade" in layout.shows and not inferred else None,
        "grade_source": layout.grade_source,
        "score": float(stock.score) if "score" in layout.shows else None,
        "price": round(stock.price * 10_000) if "price" in layout.shows else None,
        "gap_size": float(stock.gap_size) if "gap_size" in layout.shows else None,
        "company_name": stock.company_name if "company_name" in layout.shows else None,
    }
    problems = []
    for name, value in shown.items():
        if name == "grade" and inferred:
            continue
        got = getattr(candidate, name)
        same = abs(got - value) < 1e-6 if isinstance(got, float) and isinstance(value, float) else got == value
        marks.fields += 1
        marks.right += same
        if not same:
            problems.append(f"{stock.ticker}.{name}: read {got!r}, printed {value!r}")
    return problems
