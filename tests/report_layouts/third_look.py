"""Layouts looked at once, after everything else: what a report writer would do when told to be brief or thorough."""

from __future__ import annotations

from datetime import date
from random import Random

from tests.report_layouts.stocks import (
    ALL,
    Layout,
    Stock,
    by_grade,
    legend,
    market,
    other_tickers,
    page,
    past,
    plain,
    upcoming,
)


def summary_then_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(f"<tr><td>{s.ticker}</td><td>{s.grade}</td><td>{plain(s.score)}</td></tr>" for s in stocks)
    table = f"<h2>Summary</h2><table><tr><th>Ticker</th><th>Grade</th><th>Score</th></tr>{rows}</table>"
    cards = "".join(
        f"""<div class="card"><div class="card-head"><span class="sym">{s.ticker}</span> <span class="co">{s.company_name}</span><span class="chip">Grade {s.grade}</span></div>
<div class="quote"><b>{s.usd}</b> <span>{s.gap} gap</span></div><div class="scoreline">Backtest Score: <b>{plain(s.score)}</b>/100</div></div>"""
        for s in stocks
    )
    return page("Full report", day, f"{table}<h2>Details</h2>{cards}{legend()}")


def list_with_dashes(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for grade, group in by_grade(stocks):
        items = "".join(
            f"<li><b>{s.ticker}</b> ({s.company_name}) – {plain(s.score)} pts – {s.usd} – gap {s.gap}</li>"
            for s in group
        )
        body += f"<h3>Grade {grade}</h3><ul>{items}</ul>"
    return page("List", day, body + upcoming(rng, stocks))


def exchange_badge(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<div class="box"><div class="hd"><span class="exch">NASDAQ</span><span class="tk">{s.ticker}</span><span class="gr">{s.grade}</span></div><div class="nm">{s.company_name}</div>
<table><tr><th>Score</th><td>{plain(s.score)}/100</td></tr><tr><th>Price</th><td>{s.usd}</td></tr><tr><th>Gap</th><td>{s.gap}</td></tr><tr><th>Beta</th><td>1.2</td></tr></table></div>"""
        for s in stocks
    )
    return page("Boxes", day, cards)


def change_and_gap(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<div class="p-4 border"><div class="flex"><h2>{s.company_name}</h2><span class="mono">{s.ticker}</span></div>
<div class="flex gap-2"><span>{s.usd}</span><span class="text-green">+{rng.randint(1, 9)}.1% today</span></div>
<dl class="grid gap-4"><div><dt>Gap</dt><dd>{s.gap}</dd></div><div><dt>Grade</dt><dd>{s.grade}</dd></div><div><dt>Score</dt><dd>{plain(s.score)} / 100</dd></div><div><dt>Rev. surprise</dt><dd>+2.0%</dd></div></dl></div>"""
        for s in stocks
    )
    return page("Movers", day, cards + past(rng, stocks))


def table_with_notes(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for grade, group in by_grade(stocks):
        rows = "".join(
            f"<tr><td>{s.ticker}</td><td>{s.company_name}</td><td>{plain(s.score)}</td><td>{s.price:,.2f}</td><td>{s.gap_size:+.2f}</td><td>4/5</td><td>2/5</td></tr>"
            f"<tr><td colspan='7'>Revenue up 12% to $410M; guidance raised. Peer {other_tickers(rng, stocks, 1)[0]} reports next.</td></tr>"
            for s in group
        )
        head = "".join(
            f"<th>{h}</th>" for h in ("Symbol", "Company", "Total", "Price ($)", "Gap (%)", "Trend", "Volume")
        )
        body += f"<h2>{grade} Grade</h2><table><tr>{head}</tr>{rows}</table>"
    return page("Tables", day, body + market())


def star_rating(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<div class="rec"><div class="r1"><b>{s.ticker}</b><i>{s.stars}</i></div><div class="r2">{s.company_name}</div><div class="r3">Grade: <b>{s.grade}</b> Score: <b>{plain(s.score)}%</b></div>
<div class="r4">Price <b>{s.usd}</b> Gap <b>{s.gap}</b></div><div class="r5">Support ${s.price * 9 / 10:,.2f} / Resistance ${s.price * 11 / 10:,.2f}</div></div>"""
        for s in stocks
    )
    return page("Stars", day, cards + legend())


def jumped_prose(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<h3>{s.company_name} ({s.ticker})</h3><p>Grade {s.grade} – Score {plain(s.score)}/100</p><p>The stock gapped {'up' if s.gap_size >= 0 else 'down'} {abs(s.gap_size):.2f}%"
        f" before the open after a solid quarter; it is now trading at {s.usd}, well above its 50-day average of ${s.price * 9 / 10:,.2f}.</p>"
        for s in stocks
    )
    return page("Stories", day, cards)


THIRD_LOOK = [
    Layout("summary, then cards", summary_then_cards),
    Layout("list with dashes", list_with_dashes),
    Layout("exchange badge", exchange_badge),
    Layout("change and gap", change_and_gap),
    Layout("table with notes", table_with_notes),
    Layout("star rating", star_rating),
    Layout("stories", jumped_prose, ALL),
]
