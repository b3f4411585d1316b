"""How layouts are read back: which pages exactly, and above all whether anything wrong is confirmed or missing untold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from backtest.errors import InputError
from backtest.model import Candidate, Price
from backtest.params import Params
from backtest.reports.directory import Directory
from backtest.reports.model import ReportReading
from backtest.reports.read import judge_prices, read_html
from tests.report_layouts.stocks import Layout, Stock, random_stocks

DAY = date(2026, 2, 17)
BADGES = {
    "A": "Agilent Technologies Inc.",
    "B": "Barrick Mining Corp",
    "RSI": "Rush Street Interactive",
    "BMO": "Bank Of Montreal",
}
"""Listed symbols that pages use for something else."""

NOT_READ = {"header strip", "mini tables", "news style"}
"""Layouts of which some stocks are only in doubt, or told: a logo is a letter like a grade; labels stand above the values
of a card; sentences tell more than the values."""


@dataclass
class Marks:
    """Results over several pages. silent: wrong values confirmed, or stocks that are missing and not told."""

    pages: int = 0
    exact: int = 0
    right: int = 0
    in_doubt: int = 0
    refused: int = 0
    silent: list[str] = field(default_factory=list)


def examine(layout: Layout, seeds: range, *, sizes: tuple[int, ...] = (1, 2, 3, 7, 16)) -> Marks:
    """Render random lists through a layout and read them back."""
    marks = Marks()
    for seed in seeds:
        rng = Random(seed)
        stocks = random_stocks(rng, sizes[seed % len(sizes)])
        compare(layout, stocks, layout.render(stocks, rng, DAY), marks)
    return marks


def compare(layout: Layout, stocks: Sequence[Stock], html: str, marks: Marks) -> None:
    """Read a page with a directory and the market's prices at hand, and mark what came back."""
    marks.pages += 1
    names = BADGES | {stock.ticker: f"{stock.company_name} Common Stock" for stock in stocks}
    prices = {stock.ticker: round(stock.price * 10_000) for stock in stocks}
    listed = Directory(names, "0" * 64, DAY)

    def market_price(one: Candidate) -> Price | None:
        return prices.get(one.ticker)

    try:
        page = read_html(Path(f"earnings_trade_analysis_{DAY}.html"), html.encode(), directory=listed)
    except InputError:
        marks.refused += 1
        return
    _mark(layout, stocks, judge_prices(page, Params(), listed, market_price), marks)


def _mark(layout: Layout, stocks: Sequence[Stock], reading: ReportReading, marks: Marks) -> None:
    printed = {stock.ticker: stock for stock in stocks}
    told = {problem.ticker for problem in reading.problems}
    confirmed = {one.ticker for one in reading.tradable}
    found = {one.ticker: one for one in reading.candidates}
    wrong = {ticker: _differences(layout, printed.get(ticker), one) for ticker, one in found.items()}
    missing = printed.keys() - found.keys()
    marks.exact += not missing and not any(wrong.values())
    marks.silent += [f"{ticker}: {wrong[ticker]}" for ticker in confirmed if wrong[ticker]]
    marks.silent += [f"{ticker} is missing and not told" for ticker in missing - told]
    right = {ticker for ticker in found if not wrong[ticker]}
    marks.right += len(right)
    marks.in_doubt += len(right - confirmed)


def _differences(layout: Layout, stock: Stock | None, one: Candidate) -> list[str]:
    """Return what was read of score, grade and price differently from what was printed."""
    if stock is None:
        return ["invented"]
    pairs = []
    if "grade" in layout.shows and layout.grade_source == "html":
        pairs.append((one.grade.value, stock.grade))
    if "score" in layout.shows:
        pairs.append((str(one.score), str(float(stock.score))))
    if "price" in layout.shows and one.price is not None:
        pairs.append((str(one.price), str(round(stock.price * 10_000))))
    return [f"read {read}, printed {shown}" for read, shown in pairs if read != shown]
