"""More layouts in the manner of `realistic.py`, written after it was tuned to and looked at once before their own."""

from __future__ import annotations

from datetime import date
from random import Random

from tests.report_layouts.stocks import ALL, Layout, Stock, by_grade, legend, market, page, past, plain, upcoming

_WORDS = {"A": "Strong Buy", "B": "Buy", "C": "Hold", "D": "Avoid"}
_LABELS = ("Gap", "Pre-Trend", "Volume", "MA200", "MA50")


def hero_and_rows(stocks: list[Stock], rng: Random, day: date) -> str:
    first = stocks[0]
    hero = f"<div class='hero'><h2>🥇 Top pick: {first.ticker}</h2><p>{first.company_name} scores {plain(first.score)}/100 (Grade {first.grade})</p></div>"
    rows = "".join(
        f"""<li class="row"><div class="who"><strong>{s.ticker}</strong><span>{s.company_name}</span></div><div class="badge">{s.grade}</div>
<div class="cell"><label>Score</label><span>{plain(s.score)}/100</span></div><div class="cell"><label>Price</label><span>{s.usd}</span></div>
<div class="cell"><label>Gap</label><span>{"▲" if s.gap_size > 0 else ""} {s.gap}</span></div><div class="cell"><label>Mkt Cap</label><span>$12.4B</span></div></li>"""
        for s in stocks
    )
    return page("Morning list", day, f"{hero}<ul class='rows'>{rows}</ul>{legend()}")


def price_beside_ticker(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<div class="card"><div class="head"><h3>{s.ticker} <span class="price">{s.usd}</span> <span class="gap">(+{abs(s.gap_size):.2f}%)</span></h3>
<p>{s.company_name}</p></div><div class="body"><span class="tag">Grade: {s.grade}</span><span class="tag">Score: {plain(s.score)}</span><span class="tag">{s.sector}</span></div>
<ul>{"".join(f"<li>{name}: {rng.randint(1, 5)}/5</li>" for name in _LABELS)}</ul></div>"""
        for s in stocks
    )
    return page("Cards", day, cards + upcoming(rng, stocks))


def label_colon_grid(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for grade, group in by_grade(stocks):
        cards = "".join(
            f"""<div class="bg-white shadow rounded-lg p-4"><h4 class="font-bold">{s.company_name}</h4><p class="text-gray-500">{s.ticker} • {s.sector}</p>
<div class="grid grid-cols-2"><div>Score:</div><div>{plain(s.score)}</div><div>Price:</div><div>{s.usd}</div><div>Gap:</div><div>{s.gap}</div><div>EPS surprise:</div><div>+4.4%</div></div></div>"""
            for s in group
        )
        body += f'<div class="mb-8"><h3>Grade {grade} ({len(group)})</h3><p>{_WORDS[grade]} candidates</p><div class="grid">{cards}</div></div>'
    return page("Grid", day, market() + body)


def verdict_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{s.ticker}<br><small>{s.company_name}</small></td><td>{s.grade} ({_WORDS[s.grade]})</td><td>{plain(s.score)}/100</td>"
        f"<td>{s.usd}<br><small>prev. {s.price * 9 / 10:,.2f}</small></td><td>{s.gap}</td><td>${rng.randint(2, 80)}B</td></tr>"
        for s in stocks
    )
    head = "".join(f"<th>{h}</th>" for h in ("Ticker / Company", "Grade", "Total Score", "Price", "Gap", "Mkt Cap"))
    return page("Table", day, f"<table><tr>{head}</tr>{rows}</table>{past(rng, stocks)}")


def kv_pipes_in_card(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<section><h3>#{i} {s.ticker}: {s.company_name}</h3><p>Grade: {s.grade} | Score: {plain(s.score)}/100 | Gap: {s.gap} | Price: {s.usd}</p>
<p>Factors: Gap 3/5, Trend 4/5, Volume 2/5, MA200 5/5, MA50 4/5</p><p>Entry zone: ${s.price:,.2f} – ${s.price * 102 / 100:,.2f}; stop-loss ${s.price * 9 / 10:,.2f} (-10%)</p></section>"""
        for i, s in enumerate(stocks, 1)
    )
    return page("Ranked", day, cards)


def gauge_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<div class="card"><div class="gauge"><span class="big">{plain(s.score)}</span><span class="of">/100</span></div>
<div class="title"><div class="tk">{s.ticker}</div><div class="nm">{s.company_name}</div><div class="gr">Grade {s.grade} · {_WORDS[s.grade]}</div></div>
<div class="stats"><div><small>Price</small><strong>{s.usd}</strong></div><div><small>Gap</small><strong>{s.gap}</strong></div><div><small>RVOL</small><strong>2.2x</strong></div>
<div><small>52W High</small><strong>${s.price * 6 / 5:,.2f}</strong></div></div></div>"""
        for s in stocks
    )
    return page("Gauges", day, cards + legend())


def nested_tables_mail(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<table width="600"><tr><td style="font-size:18px"><b>{s.ticker}</b> &nbsp; {s.company_name}</td><td align="right"><span style="background:#0a0">{s.grade}</span></td></tr>
<tr><td colspan="2"><table><tr><td>Score<br><b>{plain(s.score)}</b></td><td>Price<br><b>{s.usd}</b></td><td>Gap<br><b>{s.gap}</b></td><td>Volume<br><b>3.4M</b></td></tr></table></td></tr></table>"""
        for s in stocks
    )
    return page("Mail", day, f"<table><tr><td>{cards}</td></tr></table>")


def catalysts(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<article class="analysis"><div class="top"><div><h3>{s.company_name}</h3><div class="sub">NYSE: {s.ticker}</div></div><div class="grade-box"><div class="letter">{s.grade}</div><div class="pts">{plain(s.score)} pts</div></div></div>
<div class="nums"><p>Price at report: <b>{s.usd}</b></p><p>Gap up: <b>{s.gap}</b></p><p>Market cap: <b>$8.8B</b></p></div>
<h4>Catalysts</h4><ul><li>Q4 EPS of $2.11 beat by $0.14</li><li>Guidance raised to $9.00-$9.20</li></ul><h4>Risks</h4><ul><li>Trades at 31x forward earnings</li></ul></article>"""
        for s in stocks
    )
    return page("Analyses", day, cards + upcoming(rng, stocks))


def sentence_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><h3>{s.ticker} | {s.company_name}</h3><p><b>{s.grade}</b> grade with a total score of <b>{plain(s.score)}</b>. Gap: <b>{s.gap}</b>. Price: <b>{s.usd}</b>.</p>"
        f"<p>Shares are {rng.randint(2, 30)}% above the 50-day average after five up days in a row.</p></div>"
        for s in stocks
    )
    return page("Sentences", day, cards)


def progress_meta(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"""<div class="stock"><div class="stock-id"><span class="ticker-lg">{s.ticker}</span><span class="grade-chip">{s.grade}-Grade • {plain(s.score)}/100</span></div><div class="stock-co">{s.company_name} — {s.sector}</div>
<div class="pm"><span>Last: {s.usd}</span><span>Gap: {s.gap}</span><span>Avg Vol: 1.2M</span></div>
<div class="f">{"".join(f"<div><span>{n}</span><progress max=5 value={rng.randint(1, 5)}></progress><span>{rng.randint(1, 5)}.0</span></div>" for n in _LABELS)}</div></div>"""
        for s in stocks
    )
    return page("Progress", day, cards + market())


SECOND_LOOK = [
    Layout("hero and rows", hero_and_rows),
    Layout("price beside the ticker", price_beside_ticker, ALL - {"gap_size"}),
    Layout("label colon grid", label_colon_grid),
    Layout("verdict table", verdict_table),
    Layout("pipes in cards", kv_pipes_in_card),
    Layout("gauge cards", gauge_cards),
    Layout("nested mail tables", nested_tables_mail),
    Layout("catalysts", catalysts),
    Layout("sentence cards", sentence_cards),
    Layout("progress rows", progress_meta),
]
