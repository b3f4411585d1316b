"""Layouts written after the first tuning and not looked at before the end."""

from __future__ import annotations

from datetime import date
from random import Random

from tests.report_layouts.stocks import (
    Layout,
    Stock,
    by_grade,
    de,
    legend,
    market,
    other_tickers,
    page,
    past,
    plain,
    upcoming,
)


def letter_first_rows(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<div class='r'><div class='g'>{s.grade}</div><div class='m'><div><b>{s.ticker}</b></div><div>{s.company_name}</div></div>"
        f"<div class='n'>{plain(s.score)}<small>/100</small></div><div><span>{s.usd}</span><span>{s.gap} gap</span></div></div>"
        for s in stocks
    )
    return page("Rows", day, f"<div>{rows}</div>{legend()}")


def dutch_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{s.company_name}</td><td>{s.ticker}</td><td>{de(s.score, 1)}</td><td>{s.grade}</td><td>$ {de(s.price)}</td>"
        f"<td>{de(s.gap_size, 2, signed=True)}%</td></tr>"
        for s in stocks
    )
    head = "".join(f"<th>{h}</th>" for h in ("Bedrijf", "Symbool", "Score", "Klasse", "Koers", "Koersgat"))
    return page(
        "Overzicht", day, f"<table><tr>{head}</tr>{rows}</table>", head=f"<h1>Overzicht</h1><p>{day:%d-%m-%Y}</p>"
    )


def picks_repeat(stocks: list[Stock], rng: Random, day: date) -> str:
    picks = "".join(
        f"<li><b>{s.ticker}</b> ({s.grade}, {plain(s.score)}) - entry ${s.price * 99 / 100:,.2f}, stop ${s.price * 9 / 10:,.2f}, target ${s.price * 2:,.2f}</li>"
        for s in stocks[:3]
    )
    sizes = "".join(f"<tr><td>{s.ticker}</td><td>100</td><td>${s.price * 100:,.0f}</td></tr>" for s in stocks[:3])
    cards = "".join(
        f"<div><h3>{s.ticker}</h3><p><em>{s.company_name}</em></p><table><tr><td>Letter</td><td>{s.grade}</td></tr>"
        f"<tr><td>Overall</td><td>{plain(s.score)}</td></tr><tr><td>Quote</td><td>{s.usd}</td></tr><tr><td>Gap</td><td>{s.gap}</td></tr></table></div>"
        for s in stocks
    )
    body = f"<h2>Top picks</h2><ul>{picks}</ul><h2>All stocks</h2>{cards}"
    table = f"<table><tr><th>Ticker</th><th>Shares</th><th>Value</th></tr>{sizes}</table>"
    return page("Picks", day, f"{body}<h2>Position sizing</h2>{table}")


def stars_and_bars(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<article><header>{s.stars} <h3>{s.ticker} <small>{s.company_name}</small></h3></header><p><mark>{s.grade}</mark></p>"
        f"<progress value='{plain(s.score)}' max='100'></progress><p>Weighted score <strong>{s.score / 20:.3f}/5.000</strong> ({plain(s.score)}%)</p>"
        f"<dl><dt>Price</dt><dd>{s.usd}</dd><dt>Opening gap</dt><dd>{s.gap}</dd><dt>20-day trend</dt><dd>+7.7%</dd></dl></article>"
        for s in stocks
    )
    return page("Stars", day, cards + upcoming(rng, stocks))


def two_row_records(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td><b>{s.ticker}</b></td><td>{s.company_name}</td><td>Grade {s.grade}</td><td>{plain(s.score)} pts</td></tr>"
        f"<tr><td colspan='4'>Price: {s.usd} | Gap: {s.gap} | Prev close: ${s.price * 9 / 10:,.2f}</td></tr>"
        for s in stocks
    )
    return page("Pairs", day, f"<table>{rows}</table>{market()}")


def portuguese(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<section><h3>{s.ticker} · {s.company_name}</h3><p>Classe <b>{s.grade}</b></p><p>Pontuação total: <b>{de(s.score, 1)} pontos</b></p>"
        f"<p>Preço atual: <b>US$ {de(s.price)}</b></p><p>Gap: <b>{de(s.gap_size, 2, signed=True)}%</b></p><p>Preço-alvo: US$ {de(s.price * 2)}</p></section>"
        for s in stocks
    )
    head = f"<h1>Relatório</h1><p>Data do relatório: {day:%d/%m/%Y}</p>"
    return page("Relatório", day, f"{cards}<h2>Próximos resultados</h2><p>QQX, ZZT</p>", head=head)


def tabs(stocks: list[Stock], rng: Random, day: date) -> str:
    names = "".join(f"<a href='#{g}'>{g} ({len(group)})</a>" for g, group in by_grade(stocks))
    panes = []
    for grade, group in by_grade(stocks):
        cards = "".join(
            f"<div><a href='https://example.com/{s.ticker}'>{s.ticker}</a><div>{s.company_name}</div><div>Score</div><div>{plain(s.score)}</div>"
            f"<div>Price</div><div>{s.usd}</div><div>Gap</div><div>{s.gap}</div><div>Float</div><div>120M</div></div>"
            for s in group
        )
        panes.append(f"<div id='{grade}'><div class='head'><strong>Tier {grade}</strong></div>{cards}</div>")
    return page("Tabs", day, f"<nav>{names}</nav>{''.join(panes)}{past(rng, stocks)}")


def peers_inside(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><div><span>{s.ticker}</span></div><div>{s.company_name}</div><div><span>Grade</span><span>{s.grade}</span></div>"
        f"<div><span>Score</span><span>{plain(s.score)}</span></div><div><span>Price</span><span>{s.usd}</span></div>"
        f"<div><span>Gap</span><span>{s.gap}</span></div><div>Peers: {''.join(f'<i>{t}</i> ' for t in other_tickers(rng, stocks, 2))}</div></div>"
        for s in stocks
    )
    return page("Peers", day, f"<div>{cards}</div>")


def numbered_headings(stocks: list[Stock], rng: Random, day: date) -> str:
    body = "".join(
        f"<h4>{i}. {s.company_name} ({s.ticker}) &ndash; Grade {s.grade}</h4><p>Score: {plain(s.score)}/100 | Price: {s.usd} | Gap: {s.gap}</p>"
        f"<p>Analysts at Big Bank lifted their target to ${s.price * 2:,.2f}; the consensus is $1.20 a share.</p>"
        for i, s in enumerate(stocks, 1)
    )
    return page("Numbered", day, body + legend())


def chinese_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{s.ticker}</td><td>{s.company_name}</td><td>{s.grade}级</td><td>{plain(s.score)}分</td><td>${s.price:,.2f}</td><td>{s.gap}</td></tr>"
        for s in stocks
    )
    head = "".join(f"<th>{h}</th>" for h in ("代码", "公司", "评级", "总分", "股价", "跳空"))
    title = f"<h1>财报分析</h1><p>{day.year}年{day.month}月{day.day}日</p>"
    return page("分析", day, f"<table><tr>{head}</tr>{rows}</table>", head=title)


HELD_OUT = (
    Layout("letter first rows", letter_first_rows),
    Layout("dutch table", dutch_table),
    Layout("picks repeat", picks_repeat),
    Layout("stars and bars", stars_and_bars),
    Layout("two row records", two_row_records),
    Layout("portuguese", portuguese),
    Layout("tabs", tabs),
    Layout("peers inside", peers_inside),
    Layout("numbered headings", numbered_headings),
    Layout("chinese table", chinese_table),
)
