"""Layouts put together at random: containers, order, wording, units, sections and decoys all vary."""

from __future__ import annotations

from datetime import date
from random import Random

from tests.report_layouts.stocks import (
    ALL,
    Layout,
    Stock,
    by_grade,
    counts,
    legend,
    market,
    page,
    past,
    plain,
    upcoming,
    watch_list,
)

_LABELS = {
    "grade": ["Grade", "Letter grade", "Grade", "Rating"],
    "score": ["Score", "Total Score", "Total", "Backtest Score", "Composite score", "Overall score", "Points"],
    "price": ["Price", "Current Price", "Last Price", "Share price", "Stock Price"],
    "gap_size": ["Gap", "Gap %", "Gap Size", "Gap Up", "Opening gap"],
    "company_name": ["Company", "Name", "Company name"],
    "ticker": ["Ticker", "Symbol", "Stock"],
}
_NOISE = [
    ("EPS Surprise", "+12.5%"), ("Rel Volume", "2.31x"), ("RSI", "61.4"), ("MA200", "+31.2%"), ("Market Cap", "$9.2B"), ("Success rate", "62%"),
    ("1W Change", "+4.40%"), ("Sector", "Technology"), ("Beta", "1.31"), ("Prev close", "$11.11"), ("Target", "$99.50"), ("Stop loss", "$10.10"),
    ("Gap score", "3/5"), ("Volume Trend", "2/5"), ("20D Trend", "+8.8%"), ("52W High", "$120.00"),
]  # fmt: skip


def make(seed: int) -> Layout:
    """Return one random layout; the same seed gives the same layout."""
    rng = Random(seed)
    shows = {"score", "price", "gap_size", "company_name", "grade"}
    for name, chance in (("price", 0.12), ("gap_size", 0.15), ("company_name", 0.1)):
        if rng.random() < chance:
            shows.discard(name)
    by_sections = rng.random() < 0.4
    style = rng.choice(["table", "cards", "cards", "cards", "flat", "lines", "rows"])
    wording = {name: rng.choice(options) for name, options in _LABELS.items()}
    noise = rng.sample(_NOISE, rng.randint(0, 5))
    score_form = rng.choice(["{}", "{}", "{}/100", "{} / 100", "{} pts", "{} points", "{}%"])
    price_form = rng.choice(["${:,.2f}", "${:,.2f}", "{:,.2f} USD", "US${:,.2f}", "$ {:,.2f}"])
    minus = rng.choice(["-", "-", "\u2212", "\u2013"])
    order = ["grade", "score", "price", "gap_size"]
    rng.shuffle(order)
    fields = [name for name in order if name in shows and not (name == "grade" and by_sections)]
    decoys = rng.sample([legend, market], rng.randint(0, 2))
    tail = rng.sample([past, upcoming, watch_list], rng.randint(0, 2))
    tile = rng.choice(["label first", "value first", "inline", "inline bold"])
    tag, inner = rng.choice(
        [
            ("div", "div"),
            ("div", "p"),
            ("article", "div"),
            ("section", "div"),
            ("li", "p"),
            ("div", "li"),
            ("div", "span"),
        ]
    )
    show_counts = rng.random() < 0.3
    grade_form = rng.choice(["{}", "{}", "{}-Grade", "Grade {}"])
    section_form = rng.choice(["{}-Grade Stocks", "Grade {}", "{} Grade (best first)", "Grade {}: candidates"])
    heading = rng.choice(["h2", "h3", "h2"])

    def text_of(stock: Stock, name: str, labelled: bool) -> str:
        if name == "grade":
            return stock.grade if labelled else grade_form.format(stock.grade)
        if name == "score":
            return score_form.format(plain(stock.score))
        if name == "price":
            return price_form.format(stock.price)
        if name == "gap_size":
            return f"{stock.gap_size:+.2f}%".replace("-", minus)
        return stock.company_name

    def tiles(stock: Stock) -> str:
        parts = [(wording[name], text_of(stock, name, True)) for name in fields]
        parts += noise
        Random(seed).shuffle(parts)
        return "".join(_tile(label, value, tile, inner) for label, value in parts)

    def head(stock: Stock) -> str:
        name = stock.company_name if "company_name" in shows else ""
        form = Random(seed + 1).choice(["two", "two", "dash", "brackets", "after", "dollar"])
        if form == "two" or not name:
            return f"<h4>{stock.ticker}</h4><div>{name}</div>"
        if form == "dash":
            return f"<h4>{stock.ticker} - {name}</h4>"
        if form == "brackets":
            return f"<h4>{name} ({stock.ticker})</h4>"
        if form == "dollar":
            return f"<h4>${stock.ticker}</h4><p>{name}</p>"
        return f"<div><b>{stock.ticker}</b> <span>{name}</span></div>"

    def one(stock: Stock) -> str:
        if style == "flat":
            return head(stock).replace("<div>", "<p>").replace("</div>", "</p>") + "".join(
                f"<p>{wording[name]}: {text_of(stock, name, True)}</p>" for name in fields
            )
        if style == "lines":
            company = f" ({stock.company_name})" if "company_name" in shows else ""
            rest = " · ".join(f"{wording[name]} {text_of(stock, name, True)}" for name in fields)
            return f"<li><b>{stock.ticker}</b>{company} · {rest}</li>"
        if style == "rows":
            rows = "".join(f"<tr><td>{wording[name]}</td><td>{text_of(stock, name, True)}</td></tr>" for name in fields)
            return f"<div>{head(stock)}<table>{rows}</table></div>"
        return f"<{tag}>{head(stock)}<div>{tiles(stock)}</div></{tag}>"

    def table(stocks: list[Stock]) -> str:
        names = ["ticker", *(["company_name"] if "company_name" in shows else []), *fields]
        top = "".join(f"<th>{wording[name]}</th>" for name in names) + "".join(
            f"<th>{label}</th>" for label, _ in noise
        )
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{stock.ticker if name == 'ticker' else text_of(stock, name, True)}</td>" for name in names)
            + "".join(f"<td>{value}</td>" for _, value in noise)
            + "</tr>"
            for stock in stocks
        )
        return f"<table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>"

    def group(stocks: list[Stock]) -> str:
        if style == "table":
            return table(stocks)
        body = "".join(one(stock) for stock in stocks)
        return (
            body if style == "flat" else f"<ul>{body}</ul>" if style == "lines" or tag == "li" else f"<div>{body}</div>"
        )

    def render(stocks: list[Stock], rng: Random, day: date) -> str:
        body = counts(stocks) if show_counts else ""
        body += "".join(decoy() for decoy in decoys)
        if by_sections:
            body += "".join(
                f"<{heading}>{section_form.format(g)}</{heading}>{group(part)}" for g, part in by_grade(stocks)
            )
        else:
            body += f"<h2>Today's candidates</h2>{group(stocks)}"
        body += "".join(part(rng, stocks) for part in tail)
        return page("Earnings gaps", day, body)

    return Layout(
        f"random {seed} ({style}, {tile}, {'sections' if by_sections else 'one list'})", render, ALL & frozenset(shows)
    )


def _tile(label: str, value: str, form: str, tag: str) -> str:
    if form == "label first":
        return f"<div><{tag}>{label}</{tag}><{tag}>{value}</{tag}></div>"
    if form == "value first":
        return f"<div><{tag}>{value}</{tag}><{tag}>{label}</{tag}></div>"
    if form == "inline bold":
        return f"<{tag}>{label}: <b>{value}</b></{tag}>" if tag != "span" else f"<div>{label}: <b>{value}</b></div>"
    return f"<{tag}>{label}: {value}</{tag}>" if tag != "span" else f"<div>{label}: {value}</div>"
