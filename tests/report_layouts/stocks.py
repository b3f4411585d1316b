"""Random candidate lists, and the parts of a report that must be read past: market, legend, calendar, past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

ALL = frozenset({"grade", "score", "price", "gap_size", "company_name"})

_FIRST = "Apex Borea Cindra Delphi Ember Fennel Gravity Harbor Iris Juno Kestrel Lumen Maris Norden Oakhurst Pylon Quartz Ridge Sable Tarn Umbra Vale Wren Xenia Yarrow Zephyr".split()  # noqa: SIM905
_SECOND = [
    "Systems",
    "Therapeutics",
    "Energy",
    "Foods",
    "Bancorp",
    "Software",
    "Materials",
    "Air Lines",
    "Networks",
    "Health",
]
_LAST = ["Inc", "Corp", "Ltd", "plc", "Group", "Holdings Inc", "Co", "Technologies", "S.A.", "N.V."]
_SECTORS = ["Technology", "Healthcare", "Financial", "Industrials", "Energy", "Consumer Cyclical", "Basic Materials"]
_SPECIAL = ["C", "F", "T", "V", "BRK.B", "BF.B", "ALL", "NOW", "GOLD", "PM", "AI", "ON", "IT", "BE", "H"]


@dataclass(frozen=True)
class Stock:
    """What a layout prints about one candidate."""

    ticker: str
    grade: str
    score: Decimal
    price: Decimal
    gap_size: Decimal
    company_name: str
    sector: str

    @property
    def usd(self) -> str:
        return f"${self.price:,.2f}"

    @property
    def gap(self) -> str:
        return f"{self.gap_size:+.2f}%"

    @property
    def stars(self) -> str:
        return "★" * {"A": 5, "B": 4, "C": 3, "D": 2}[self.grade]


@dataclass(frozen=True)
class Layout:
    """A template: how it renders, which fields it shows, what it does to them."""

    name: str
    render: Callable[[list[Stock], Random, date], str]
    shows: frozenset[str] = ALL
    grade_source: str = "html"


def random_stocks(rng: Random, count: int, *, special: bool = True) -> list[Stock]:
    """Return candidates in falling order of grade; tickers are unique, some of them awkward."""
    stocks: list[Stock] = []
    seen: set[str] = set()
    while len(stocks) < count:
        ticker = rng.choice(_SPECIAL) if special and rng.random() < 0.12 else _ticker(rng)
        company = f"{rng.choice(_FIRST)} {rng.choice(_SECOND)} {rng.choice(_LAST)}"
        if ticker in seen or company in seen:
            continue
        seen.update((ticker, company))
        grade = rng.choice("AABBBCCCDD")
        low, high = {"A": (82, 98), "B": (66, 86), "C": (52, 72), "D": (30, 57)}[grade]
        score = Decimal(rng.randint(low * 2, high * 2)) / 2
        price = (
            Decimal(rng.choice([rng.randint(75, 900), rng.randint(900, 25_000), rng.randint(100_000, 433_000)])) / 100
        )
        gap = Decimal(rng.choice([0, rng.randint(-400, -1), *[rng.randint(5, 3_800)] * 8])) / 100
        stocks.append(Stock(ticker, grade, score, price, gap, company, rng.choice(_SECTORS)))
    return sorted(stocks, key=lambda stock: (stock.grade, -stock.score))


def _ticker(rng: Random) -> str:
    length = rng.choice([2, 3, 3, 4, 4, 4, 5])
    return "".join(rng.choice("BCDFGHJKLMNPQRSTVWXYZAEIO") for _ in range(length))


def by_grade(stocks: list[Stock]) -> list[tuple[str, list[Stock]]]:
    return [(g, [s for s in stocks if s.grade == g]) for g in "ABCD" if any(s.grade == g for s in stocks)]


def de(value: Decimal, places: int = 2, *, signed: bool = False) -> str:
    """1.025,53"""
    text = f"{value:+,.{places}f}" if signed else f"{value:,.{places}f}"
    return text.replace(",", " ").replace(".", ",").replace(" ", ".")


def fr(value: Decimal, places: int = 2, *, signed: bool = False) -> str:
    """1 025,53 with no-break spaces"""
    text = f"{value:+,.{places}f}" if signed else f"{value:,.{places}f}"
    return text.replace(",", "\u202f").replace(".", ",")


def plain(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def page(title: str, day: date, body: str, *, head: str = "") -> str:
    """Wrap a body; the date stands under the title."""
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title><style>.x{{color:red}}</style></head>"
        f"<body>{head or f'<h1>{title}</h1><p>{day:%B} {day.day}, {day.year}</p>'}{body}"
        "<footer><p>For information only. Past performance does not guarantee future results.</p></footer></body></html>"
    )


def other_tickers(rng: Random, stocks: list[Stock], count: int) -> list[str]:
    known = {stock.ticker for stock in stocks}
    found: list[str] = []
    while len(found) < count:
        ticker = _ticker(rng)
        if ticker not in known and ticker not in found:
            found.append(ticker)
    return found


def legend() -> str:
    rows = [
        ("A", "85+ points", "70%+"),
        ("B", "70-84 points", "55-69%"),
        ("C", "55-69 points", "40-54%"),
        ("D", "&lt;55 points", "&lt;40%"),
    ]
    items = "".join(f"<div><span>{g}</span> <span>{p}</span> <span>{s} success</span></div>" for g, p, s in rows)
    return f"<section><h2>How we score</h2>{items}<p>Gap Size 25% | Pre-Earnings Trend 30% | Volume 20%</p></section>"


def market() -> str:
    return (
        "<section><h2>Market Overview</h2><table><tr><th>Index</th><th>Price</th><th>Change</th></tr>"
        "<tr><td>SPY</td><td>$673.22</td><td>+0.02%</td></tr><tr><td>QQQ</td><td>$611.35</td><td>-0.01%</td></tr></table></section>"
    )


def upcoming(rng: Random, stocks: list[Stock]) -> str:
    items = "".join(f"<li><b>{t}</b> Some Company Inc – after close</li>" for t in other_tickers(rng, stocks, 5))
    return f"<section><h2>Upcoming earnings next week</h2><ul>{items}</ul></section>"


def past(rng: Random, stocks: list[Stock]) -> str:
    rows = "".join(
        f"<tr><td>{t}</td><td>A</td><td>88</td><td>$41.10</td><td>+6.1%</td><td>+12.4%</td></tr>"
        for t in other_tickers(rng, stocks, 3)
    )
    return (
        "<section><h2>Last week's picks: how they did</h2><table><tr><th>Ticker</th><th>Grade</th><th>Score</th><th>Price</th>"
        f"<th>Gap</th><th>Return</th></tr>{rows}</table></section>"
    )


def watch_list(rng: Random, stocks: list[Stock]) -> str:
    items = "".join(f"<div><h4>{t}</h4><p>Score 48, price $12.10</p></div>" for t in other_tickers(rng, stocks, 3))
    return f"<section><h2>Watch list</h2>{items}</section>"


def counts(stocks: list[Stock]) -> str:
    tiles = "".join(
        f"<div><b>{sum(s.grade == g for s in stocks)}</b><span>{g}-Grade Stocks</span></div>" for g in "ABCD"
    )
    return f"<div><div><b>{len(stocks)}</b><span>Stocks Analyzed</span></div>{tiles}</div>"
