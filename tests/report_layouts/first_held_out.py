"""Layouts written with the tuned ones, held out of the first tuning, then tuned to."""

from __future__ import annotations

from datetime import date
from random import Random

from tests.report_layouts.stocks import (
    Layout,
    Stock,
    by_grade,
    counts,
    de,
    fr,
    legend,
    market,
    page,
    past,
    plain,
    upcoming,
    watch_list,
)


def italian_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><h3>{s.ticker}</h3><p>{s.company_name}</p><p>Classe: {s.grade}</p><p>Punteggio totale: {de(s.score, 1)} punti</p>"
        f"<p>Prezzo: {de(s.price)} $</p><p>Gap: {de(s.gap_size, 2, signed=True)}%</p><p>Obiettivo: {de(s.price * 3)} $</p></div>"
        for s in stocks
    )
    head = f"<h1>Rapporto trimestrali</h1><p>{day:%d/%m/%Y}</p>"
    return page("Rapporto", day, f"<div>{cards}</div><h2>In arrivo</h2><ul><li>QQX</li><li>ZZT</li></ul>", head=head)


def grouped_rows(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = []
    for grade, group in by_grade(stocks):
        rows.append(f"<tr><td colspan='4'><b>Grade {grade}</b></td></tr>")
        rows += [
            f"<tr><td><b>{s.ticker}</b><br><small>{s.company_name}</small></td><td>{plain(s.score)}</td><td>{s.usd}</td><td>{s.gap}</td></tr>"
            for s in group
        ]
    head = "<tr><th>Stock</th><th>Score</th><th>Price</th><th>Gap</th></tr>"
    return page("Grouped", day, f"<table>{head}{''.join(rows)}</table>{watch_list(rng, stocks)}")


def ruled_paragraphs(stocks: list[Stock], rng: Random, day: date) -> str:
    body = "".join(
        f"<p><b>{s.ticker}</b> | {s.company_name}</p><p>Grade: <b>{s.grade}</b>; Score: <b>{plain(s.score)}</b></p>"
        f"<p>Price {s.usd}, gap {s.gap}</p><p><i>Target ${s.price * 2:,.2f}</i></p><hr>"
        for s in stocks
    )
    return page("Ruled", day, body + legend())


def nested_lists(stocks: list[Stock], rng: Random, day: date) -> str:
    items = "".join(
        f"<li>{s.company_name} ({s.ticker})<ul><li>Rated {s.grade}</li><li>{plain(s.score)} out of 100</li><li>Last: {s.usd}</li>"
        f"<li>Gapped {s.gap}</li><li>Beat EPS by 11%</li></ul></li>"
        for s in stocks
    )
    return page("Nested", day, f"<h2>Today's candidates</h2><ol>{items}</ol>{upcoming(rng, stocks)}")


def custom_elements(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<stock-card><sym>{s.ticker}</sym><firm>{s.company_name}</firm><badge>{s.grade}</badge><metric><k>Score</k><v>{plain(s.score)}</v></metric>"
        f"<metric><k>Price</k><v>{s.usd}</v></metric><metric><k>Gap</k><v>{s.gap}</v></metric><metric><k>Beta</k><v>1.21</v></metric></stock-card>"
        for s in stocks
    )
    return page("Elements", day, f"<stock-list>{cards}</stock-list>{legend()}")


def german_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    parts = []
    for grade, group in by_grade(stocks):
        cards = "".join(
            f"<div><div><strong>{s.ticker}</strong></div><div>{s.company_name}</div><div>{de(s.score, 1)} Punkte</div>"
            f"<div><span>Aktueller Kurs</span> <span>USD {de(s.price)}</span></div>"
            f"<div><span>Eröffnungslücke</span> <span>{de(s.gap_size, 2, signed=True)} %</span></div>"
            f"<div><span>Vortagesschluss</span> <span>USD {de(s.price)}</span></div></div>"
            for s in group
        )
        parts.append(f"<div><h2>Klasse {grade}</h2>{cards}</div>")
    head = f"<h1>Tagesbericht</h1><p>Berichtsdatum: {day.day}. {_MONATE[day.month - 1]} {day.year}</p>"
    return page("Bericht", day, "".join(parts) + "<h2>Legende</h2><p>A ab 85 Punkte</p>", head=head)


_MONATE = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]


def unclosed_tags(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<TR><TD><FONT COLOR=blue>{s.ticker}</FONT><TD>{s.company_name}<TD>{s.grade}<TD>{plain(s.score)}<TD>{s.usd}<TD>{s.gap}"
        for s in stocks
    )
    head = "<TR><TD>Ticker<TD>Company<TD>Grade<TD>Score<TD>Price<TD>Gap"
    return page("Old", day, f"<TABLE BORDER=1>{head}{rows}</TABLE><UL><LI>one note<LI>another note</UL>")


def grade_columns(stocks: list[Stock], rng: Random, day: date) -> str:
    columns = []
    for grade, group in by_grade(stocks):
        items = "".join(
            f"<div><div><b>{s.ticker}</b> {plain(s.score)} pts</div><div>{s.company_name}</div><div>{s.usd} · gap {s.gap}</div></div>"
            for s in group
        )
        columns.append(f"<div><div><b>{grade}-Grade</b></div>{items}</div>")
    return page("Columns", day, f"<div style='display:flex'>{''.join(columns)}</div>{market()}")


def captioned_tables(stocks: list[Stock], rng: Random, day: date) -> str:
    tables = []
    for grade, group in by_grade(stocks):
        rows = "".join(
            f"<tr><td>{s.company_name}</td><td>{s.ticker}</td><td>{s.usd}</td><td>{s.gap}</td><td>{plain(s.score)}/100</td></tr>"
            for s in group
        )
        head = "<tr><td><b>Company</b></td><td><b>Symbol</b></td><td><b>Price</b></td><td><b>Gap</b></td><td><b>Total</b></td></tr>"
        tables.append(f"<table><caption>{grade}-rated stocks, Grade {grade}</caption>{head}{rows}</table>")
    return page("Captions", day, "".join(tables) + past(rng, stocks))


def icons(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><p>🏷️ <b>{s.ticker}</b></p><p>{s.company_name}</p><p>🎓 Grade {s.grade}</p><p>🏆 Score {plain(s.score)}/100</p><p>💰 Price {s.usd}</p>"
        f"<p>📈 Gap {s.gap}</p><p>🎯 Target ${s.price * 3 / 2:,.2f}</p><p>🛑 Stop ${s.price * 9 / 10:,.2f}</p></div>"
        for s in stocks
    )
    return page("Icons", day, f"<div>{cards}</div>{legend()}")


def japanese_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><h3>{s.ticker}（{s.company_name}）</h3><p>ランク：{s.grade}</p><p>総合点：{plain(s.score)}点</p><p>現在値：${s.price:,.2f}</p>"
        f"<p>ギャップ率：{s.gap_size:+.2f}%</p><p>目標株価：${s.price * 2:,.2f}</p></div>"
        for s in stocks
    )
    head = f"<h1>本日の候補</h1><p>分析日：{day.year}年{day.month}月{day.day}日</p>"
    return page("候補", day, f"<div>{cards}</div><h2>免責事項</h2><p>投資は自己責任で。</p>", head=head)


def company_headings(stocks: list[Stock], rng: Random, day: date) -> str:
    body = "".join(
        f"<section><h3>{s.company_name} (NYSE: {s.ticker})</h3><p>Rating: {s.grade} &mdash; Score: {plain(s.score)}</p>"
        f"<p>Price: {s.usd} &mdash; Gap: {s.gap}</p><p>Previous close: ${s.price * 9 / 10:,.2f}</p></section>"
        for s in stocks
    )
    return page("Companies", day, body + legend())


def spanish_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{i}</td><td>{s.ticker}</td><td>{s.company_name}</td><td>{s.grade}</td><td>{de(s.score, 1)}</td><td>$ {de(s.price)}</td>"
        f"<td>{de(s.gap_size, 2, signed=True)} %</td><td>N/D</td></tr>"
        for i, s in enumerate(stocks, 1)
    )
    head = "".join(
        f"<th>{h}</th>" for h in ("N°", "Símbolo", "Empresa", "Clase", "Puntaje", "Precio", "Brecha", "Volumen")
    )
    title = f"<h1>Acciones tras resultados</h1><p>Fecha: {day:%d/%m/%Y}</p>"
    return page("Acciones", day, f"<table><tr>{head}</tr>{rows}</table>", head=title)


def piped_lines(stocks: list[Stock], rng: Random, day: date) -> str:
    lines = ["<div>Ticker | Company | Grade | Score | Price | Gap</div>"]
    lines += [
        f"<div>{s.ticker} | {s.company_name} | {s.grade} | {plain(s.score)} | {s.usd} | {s.gap}</div>" for s in stocks
    ]
    return page("Lines", day, f"<div>{''.join(lines)}</div>{upcoming(rng, stocks)}")


def bold_in_sentence(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><p><a href='#'>{s.ticker}</a> <span>{s.company_name}</span></p><p>Letter grade <b>{s.grade}</b></p><p>Score <b>{plain(s.score)}</b> of 100</p>"
        f"<p>Now at <b>{s.usd}</b> (price)</p><p>Gap <b>{s.gap}</b></p><p>Revenue surprise <b>+4.4%</b></p></div>"
        for s in stocks
    )
    return page("Sentences", day, f"<div>{cards}</div>{past(rng, stocks)}")


def french_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{s.ticker}</td><td>{s.company_name}</td><td>{s.grade}</td><td>{fr(s.score, 1)}</td><td>{fr(s.price)}\u00a0$</td>"
        f"<td>{fr(s.gap_size, 2, signed=True)}\u00a0%</td></tr>"
        for s in stocks
    )
    head = "".join(f"<th>{h}</th>" for h in ("Symbole", "Société", "Note", "Score", "Cours", "Gap"))
    title = f"<h1>Valeurs du jour</h1><p>{day.day} {_MOIS[day.month - 1]} {day.year}</p>"
    return page("Valeurs", day, f"<table><tr>{head}</tr>{rows}</table><h2>Calendrier</h2><p>QQX lundi</p>", head=title)


_MOIS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


def dashboard(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><div><div>{s.ticker}</div><div>{s.company_name}</div></div><div><div>{s.grade}</div><div>{s.stars}</div></div>"
        f"<div><div>Composite</div><div>{plain(s.score)}</div></div><div><div>Prev. close</div><div>${s.price * 9 / 10:,.2f}</div></div>"
        f"<div><div>Price</div><div>{s.usd}</div></div><div><div>Target</div><div>${s.price * 2:,.2f}</div></div>"
        f"<div><div>Gap</div><div>{s.gap}</div></div><div><div>YTD</div><div>+44.10%</div></div></div>"
        for s in stocks
    )
    return page("Dashboard", day, f"{counts(stocks)}<div>{cards}</div>{upcoming(rng, stocks)}{legend()}")


FIRST_HELD_OUT = (
    Layout("italian cards", italian_cards),
    Layout("grouped rows", grouped_rows),
    Layout("ruled paragraphs", ruled_paragraphs),
    Layout("nested lists", nested_lists),
    Layout("custom elements", custom_elements),
    Layout("german cards", german_cards),
    Layout("unclosed tags", unclosed_tags),
    Layout("grade columns", grade_columns),
    Layout("captioned tables", captioned_tables),
    Layout("icons", icons),
    Layout("japanese cards", japanese_cards),
    Layout("company headings", company_headings),
    Layout("spanish table", spanish_table),
    Layout("piped lines", piped_lines),
    Layout("bold in sentence", bold_in_sentence),
    Layout("french table", french_table),
    Layout("dashboard", dashboard),
)
