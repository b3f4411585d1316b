"""Layouts as a report writer would make them: cards, badges, metric grids, five-factor rows, calendars, picks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
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

_FACTORS = (("Gap Size", 25), ("Pre-Earnings Trend", 30), ("Volume Trend", 20), ("MA200 Position", 15), ("MA50", 10))
_NAMES = {"A": "Excellent", "B": "Good", "C": "Fair", "D": "Weak"}
_BANDS = {"A": "85-100", "B": "70-84", "C": "55-69", "D": "Below 55"}


def _points(rng: Random) -> list[int]:
    return [rng.randint(1, 5) for _ in _FACTORS]


def _previous(stock: Stock) -> Decimal:
    return (stock.price / (1 + stock.gap_size / 100)).quantize(Decimal("0.01"))


def tailwind_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        factors = "".join(
            f'<div class="flex justify-between text-xs"><span class="text-slate-400">{name}</span><span class="font-mono">{p}/5</span></div>'
            for (name, _), p in zip(_FACTORS, _points(rng), strict=True)
        )
        cards += f"""<div class="rounded-xl bg-slate-800 p-6 border border-slate-700">
<div class="flex items-start justify-between mb-4"><div><div class="flex items-center gap-2"><span class="text-2xl font-bold text-white">{s.ticker}</span>
<span class="px-2 py-1 rounded bg-emerald-900 text-xs">Grade {s.grade} ({_NAMES[s.grade]})</span></div>
<p class="text-sm text-slate-400">{s.company_name}</p><p class="text-xs text-slate-500">{s.sector} &bull; BMO</p></div>
<div class="text-right"><div class="text-3xl font-black">{plain(s.score)}</div><div class="text-xs uppercase">out of 100</div></div></div>
<div class="grid grid-cols-3 gap-4"><div><div class="text-lg">{s.usd}</div><div class="text-xs">Price</div></div>
<div><div class="text-lg text-green-400">{s.gap}</div><div class="text-xs">Gap</div></div>
<div><div class="text-lg">{rng.randint(1, 9)}.4x</div><div class="text-xs">Rel. Volume</div></div></div>
<div class="mt-4 space-y-1">{factors}</div>
<p class="mt-4 text-sm">Strong beat with EPS of $1.42 vs $1.20 expected. Management raised FY guidance by 4%.</p></div>"""
    body = f'<div class="grid md:grid-cols-2">{cards}</div>{upcoming(rng, stocks)}{legend()}'
    return page("Earnings Gap Report", day, body)


def exchange_heading(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for number, s in enumerate(stocks, 1):
        body += f"""<article class="stock"><h3>{number}. {s.company_name} ({rng.choice(["NYSE", "NASDAQ"])}: {s.ticker})</h3>
<p class="meta">{s.sector} | Market Cap: ${rng.randint(2, 90)}.4B | Reported: Before Open</p>
<ul><li><strong>Grade:</strong> {s.grade}</li><li><strong>Total Score:</strong> {plain(s.score)}/100</li>
<li><strong>Price:</strong> {s.usd} (prev ${_previous(s):,.2f})</li><li><strong>Gap Up:</strong> {s.gap_size:.2f}%</li>
<li><strong>EPS:</strong> $0.88 vs. $0.81 est. (+8.6%)</li><li><strong>Revenue:</strong> $1.21B vs. $1.15B est. (+5.2%)</li></ul>
<p><em>Trade idea:</em> entry above ${s.price * 101 / 100:,.2f}, stop ${s.price * 92 / 100:,.2f}, target ${s.price * 115 / 100:,.2f}.</p></article>"""
    summary = (
        f"<section><h2>Executive Summary</h2><p>{len(stocks)} stocks gapped after earnings. {stocks[0].ticker} leads with a score of"
        f" {plain(stocks[0].score)} points and a gap of {stocks[0].gap}.</p></section>"
    )
    return page("Post-Earnings Report", day, f"{summary}<h2>Stock analysis</h2>{body}{market()}")


def emoji_lines(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        cards += f"""<div class="pick"><div class="pick-title">📈 <b>{s.ticker}</b> — {s.company_name}</div>
<div class="pick-row">🏆 Grade: <b>{s.grade}</b></div><div class="pick-row">⭐ Score: <b>{plain(s.score)} pts</b></div>
<div class="pick-row">💰 Price: <b>{s.usd}</b></div><div class="pick-row">🚀 Gap: <b>{s.gap}</b></div>
<div class="pick-row">📊 Volume: <b>{rng.randint(2, 30)}.1M</b> (310% of average)</div><div class="pick-row">🎯 Target: <b>${s.price * 5 / 4:,.2f}</b></div>
<div class="pick-row">🛑 Stop: <b>${s.price * 9 / 10:,.2f}</b></div></div>"""
    return page("🔥 Earnings Momentum", day, f"<div class='list'>{cards}</div>{past(rng, stocks)}")


def pipe_lines(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for grade, group in by_grade(stocks):
        body += f'<h2 class="tier">{grade}-Grade Setups ({_BANDS[grade]} points) — {_NAMES[grade]}</h2>'
        for s in group:
            body += (
                f"<div class='s'><p><strong>{s.ticker}</strong> | {s.company_name} | {s.sector}</p>"
                f"<p>Score {plain(s.score)}/100 | Price {s.usd} | Gap {s.gap} | RSI {rng.randint(40, 80)}.2 | RVOL 3.1x</p></div>"
            )
    return page("Daily setups", day, body + upcoming(rng, stocks))


def dl_article(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        factors = "".join(
            f"<dt>{name} ({w}%)</dt><dd>{p} / 5</dd>" for (name, w), p in zip(_FACTORS, _points(rng), strict=True)
        )
        cards += f"""<article><header><hgroup><h3>{s.ticker}</h3><p>{s.company_name}</p></hgroup><span class="badge">{s.grade}-Grade</span></header>
<dl class="facts"><dt>Composite score</dt><dd>{s.score / 20:.3f} / 5.00 ({plain(s.score)}%)</dd><dt>Last price</dt><dd>{s.usd}</dd>
<dt>Earnings gap</dt><dd>{s.gap}</dd><dt>Market cap</dt><dd>$4.2B</dd><dt>Sector</dt><dd>{s.sector}</dd></dl>
<details><summary>Factor breakdown</summary><dl>{factors}</dl></details></article>"""
    return page("Gap scan", day, f"<main>{cards}</main><aside>{legend()}</aside>")


def upper_cards_lower_table(stocks: list[Stock], rng: Random, day: date) -> str:
    cards, rows = "", ""
    for s in stocks:
        if s.grade in "AB":
            cards += f"""<div class="card"><div class="card-top"><div class="sym">{s.ticker}<span class="pill pill-{s.grade.lower()}">{s.grade}</span></div>
<div class="nm">{s.company_name}</div></div><div class="kpis"><div class="kpi"><span class="k">Score</span><span class="v">{plain(s.score)}</span></div>
<div class="kpi"><span class="k">Price</span><span class="v">{s.usd}</span></div><div class="kpi"><span class="k">Gap %</span><span class="v">{s.gap}</span></div>
<div class="kpi"><span class="k">EPS Surprise</span><span class="v">+12.4%</span></div><div class="kpi"><span class="k">1W Change</span><span class="v">+3.8%</span></div></div>
<div class="why"><h4>Why it matters</h4><ul><li>Record free cash flow of $412M</li><li>Raised outlook to $5.10 per share</li></ul></div></div>"""
        else:
            rows += (
                f"<tr><td><strong>{s.ticker}</strong></td><td>{s.company_name}</td><td><span class='pill'>{s.grade}</span></td>"
                f"<td>{plain(s.score)}</td><td>{s.usd}</td><td>{s.gap}</td><td>Weak trend, volume below average</td></tr>"
            )
    table = (
        "<section><h2>C &amp; D grade stocks (avoid or monitor)</h2><table><thead><tr><th>Ticker</th><th>Company</th><th>Grade</th><th>Score</th>"
        f"<th>Price</th><th>Gap</th><th>Notes</th></tr></thead><tbody>{rows}</tbody></table></section>"
    )
    head = "<section><h2>Top opportunities</h2>" + cards + "</section>" if cards else ""
    return page("Report", day, head + (table if rows else "") + legend())


def sectioned_grid(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for grade, group in by_grade(stocks):
        cards = ""
        for s in group:
            cards += f"""<div class="tile"><div class="row1"><span class="t">${s.ticker}</span><span class="p">{s.usd}</span></div>
<div class="row2"><span class="c">{s.company_name}</span><span class="g">{s.gap} gap</span></div>
<div class="bar"><div style="width:{plain(s.score)}%"></div></div><div class="row3"><span>{plain(s.score)}/100</span><span>{s.sector}</span></div></div>"""
        body += f'<section><header><span class="dot">{grade}</span><h2>Grade {grade} — {_NAMES[grade]}</h2><span>{len(group)} stocks</span></header><div class="tiles">{cards}</div></section>'
    return page("Board", day, market() + body)


def markdown_bold(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for s in stocks:
        body += f"""<h3>{s.ticker} – {s.company_name}</h3>
<p><strong>Grade {s.grade}</strong> · <strong>{plain(s.score)} points</strong> · {s.usd} · gap {s.gap}</p>
<ul><li>EPS beat by 12.3%; revenue up 8.1% year over year</li><li>20-day trend before earnings: +6.4%</li><li>Trades {rng.randint(2, 30)}.5% above its 200-day average</li></ul>
<p>Volume came in at 2.4x the 20-day average, and two brokers lifted their targets, the highest to ${s.price * 3 / 2:,.2f}.</p>"""
    return page("Notes", day, f"<h2>Earnings winners</h2>{body}<h2>Disclaimer</h2><p>Not advice.</p>")


def header_strip(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        rows = "".join(
            f'<div class="factor"><span>{name}</span><span class="w">{w}%</span><div class="track"><i style="width:{p * 20}%"></i></div><b>{p}/5</b></div>'
            for (name, w), p in zip(_FACTORS, _points(rng), strict=True)
        )
        cards += f"""<div class="stock-block"><div class="strip"><div class="left"><div class="logo">{s.ticker[0]}</div><div><div class="symbol">{s.ticker}</div><div class="corp">{s.company_name}</div></div></div>
<div class="mid"><div class="px">{s.usd}</div><div class="chg">Gap {s.gap}</div></div><div class="right"><div class="letter">{s.grade}</div><div class="total">{plain(s.score)}/100</div></div></div>
<div class="factors"><h4>Five-factor score</h4>{rows}</div></div>"""
    return page("Strip", day, cards + upcoming(rng, stocks))


def news_style(stocks: list[Stock], rng: Random, day: date) -> str:
    items = "".join(
        f"<li><p><b>{s.company_name}</b> ({s.ticker}) gapped {'up' if s.gap_size >= 0 else 'down'} {abs(s.gap_size):.2f}% to {s.usd}."
        f" Overall score: {plain(s.score)} of 100, grade {s.grade}.</p></li>"
        for s in stocks
    )
    return page("Digest", day, f"<h2>Today's movers</h2><ol>{items}</ol>{past(rng, stocks)}")


def wide_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = ""
    for number, s in enumerate(stocks, 1):
        factors = "".join(f"<td>{p}</td>" for p in _points(rng))
        rows += (
            f"<tr><td>{number}</td><td><div class='tk'>{s.ticker}</div><div class='co'>{s.company_name}</div></td><td>{s.grade}</td><td>{plain(s.score)}</td>"
            f"{factors}<td>{s.usd}</td><td>${_previous(s):,.2f}</td><td>{s.gap}</td><td>+7.7%</td></tr>"
        )
    head = "".join(
        f"<th>{h}</th>"
        for h in (
            "#",
            "Stock",
            "Grade",
            "Score",
            "Gap",
            "Trend",
            "Vol",
            "MA200",
            "MA50",
            "Price",
            "Prev Close",
            "Gap %",
            "EPS Surp.",
        )
    )
    return page("Ranking", day, f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{legend()}")


def badge_first(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        cards += f"""<section class="panel"><div class="ribbon">{s.stars} {s.grade} GRADE</div><h3>{s.company_name} <span>{s.ticker}</span></h3>
<table class="mini"><tr><td>Score</td><td>{plain(s.score)}</td><td>Price</td><td>{s.usd}</td></tr><tr><td>Gap</td><td>{s.gap}</td><td>Volume</td><td>3.1M</td></tr>
<tr><td>RSI</td><td>61.3</td><td>Sector</td><td>{s.sector}</td></tr></table><p>Buyers stepped in early.</p></section>"""
    return page("Panels", day, cards)


def usd_prefix(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        cards += f"""<div class="c"><div class="h"><span>{s.ticker}</span> <span>{s.company_name}</span></div>
<div class="m"><div>Current price<br><b>USD {s.price:,.2f}</b></div><div>Gap at open<br><b>{s.gap}</b></div><div>Rating<br><b>{s.grade}</b></div>
<div>Total<br><b>{plain(s.score)} / 100</b></div></div><div class="n">Next support USD {s.price * 9 / 10:,.2f}, resistance USD {s.price * 11 / 10:,.2f}</div></div>"""
    return page("Cards", day, cards + market())


def details_accordion(stocks: list[Stock], rng: Random, day: date) -> str:
    body = ""
    for s in stocks:
        rows = "".join(
            f"<tr><td>{name}</td><td>{p}/5</td><td>{w}%</td><td>{p * w / 5:.1f}</td></tr>"
            for (name, w), p in zip(_FACTORS, _points(rng), strict=True)
        )
        body += f"""<details open><summary><b>{s.ticker}</b> {s.company_name} <span class="b">{s.grade}</span> <span class="sc">{plain(s.score)}</span></summary>
<p>Price: <b>{s.usd}</b></p><p>Gap: <b>{s.gap}</b></p><table><tr><th>Factor</th><th>Score</th><th>Weight</th><th>Weighted</th></tr>{rows}
<tr><td>Total</td><td></td><td>100%</td><td>{plain(s.score)}</td></tr></table></details>"""
    return page("Accordion", day, body)


def stacked_metrics(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        cards += f"""<div class="stock-card"><div class="stock-header"><h2>{s.ticker} <span class="grade">{s.grade}</span></h2><div class="company">{s.company_name} | {s.sector}</div></div>
<div class="score-circle"><div class="num">{plain(s.score)}</div><div class="lbl">SCORE</div></div><div class="metrics"><div class="metric"><div class="val">{s.usd}</div><div class="lbl">CURRENT PRICE</div></div>
<div class="metric"><div class="val">{s.gap}</div><div class="lbl">GAP SIZE</div></div><div class="metric"><div class="val">+11.2%</div><div class="lbl">PRE-EARNINGS TREND</div></div>
<div class="metric"><div class="val">142%</div><div class="lbl">VOLUME RATIO</div></div><div class="metric"><div class="val">$1.88</div><div class="lbl">EPS ACTUAL</div></div></div>
<div class="peers"><b>Peers:</b> {", ".join(other_tickers(rng, stocks, 3))}</div></div>"""
    return page("Gap-ups", day, f"<div class='grid'>{cards}</div>{legend()}")


def inferred_percent(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div class='w'><div><strong>{s.ticker}</strong> <em>{s.company_name}</em></div><div>Backtest score: {plain(s.score)}%</div>"
        f"<div>Trading at {s.usd} ({s.gap} gap)</div><div>EPS +14.1%, revenue +3.2%</div></div>"
        for s in stocks
    )
    return page("Plain", day, cards)


def two_columns(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        cards += f"""<div class="item"><div class="col-a"><a href="#{s.ticker}">{s.ticker}</a><br><small>{s.company_name}</small><br><small>{s.sector} · AMC</small></div>
<div class="col-b"><div><span>Grade</span> <span>{s.grade}</span></div><div><span>Points</span> <span>{plain(s.score)}</span></div></div>
<div class="col-c"><div><span>Px</span> <span>{s.usd}</span></div><div><span>Gap</span> <span>{s.gap}</span></div><div><span>5D</span> <span>+9.1%</span></div></div></div>"""
    picks = "".join(f"<li>{s.ticker} – {s.grade}, {plain(s.score)} points</li>" for s in stocks[:3])
    return page(
        "Two columns", day, f"<h2>Top picks</h2><ol>{picks}</ol><h2>Full list</h2>{cards}{upcoming(rng, stocks)}"
    )


def grade_in_middle(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = ""
    for s in stocks:
        cards += f"""<div class="entry"><div class="top"><span class="tick">{s.ticker}</span><span class="sep">/</span><span class="name">{s.company_name}</span></div>
<div class="line">{s.grade}-Grade | {plain(s.score)} pts | {_NAMES[s.grade]} setup</div><div class="line">Price {s.usd} (Pre-Close ${_previous(s):,.2f})</div>
<div class="line">Gap Up {s.gap}</div><div class="chips"><span>Gap: 3/5</span><span>Trend: 4/5</span><span>Volume: 2/5</span><span>MA200: 5/5</span><span>MA50: 3/5</span></div></div>"""
    return page("Entries", day, f"{cards}<h2>Risk notes</h2><p>Keep positions small. SPY and QQQ are extended.</p>")


REALISTIC = [
    Layout("tailwind cards", tailwind_cards),
    Layout("exchange heading", exchange_heading),
    Layout("emoji lines", emoji_lines),
    Layout("pipe lines", pipe_lines),
    Layout("dl article", dl_article),
    Layout("upper cards, lower table", upper_cards_lower_table),
    Layout("sectioned grid", sectioned_grid),
    Layout("markdown bold", markdown_bold),
    Layout("header strip", header_strip),
    Layout("news style", news_style),
    Layout("wide table", wide_table),
    Layout("badge first", badge_first),
    Layout("usd prefix", usd_prefix),
    Layout("details accordion", details_accordion),
    Layout("stacked metrics", stacked_metrics),
    Layout("inferred percent", inferred_percent, ALL - {"grade"}, "inferred"),
    Layout("two columns", two_columns),
    Layout("grade in the middle", grade_in_middle),
]
