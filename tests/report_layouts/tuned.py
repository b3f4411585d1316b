"""Layouts the reader was tuned on. None of them looks like the samples."""

from __future__ import annotations

from datetime import date
from random import Random

from tests.report_layouts.stocks import (
    ALL,
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


def table_only(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{i}</td><td>{s.ticker}</td><td>{s.company_name}</td><td>{s.grade}</td><td>{plain(s.score)}</td>"
        f"<td>{s.price:,.2f}</td><td>{s.gap}</td><td>{s.sector}</td></tr>"
        for i, s in enumerate(stocks, 1)
    )
    head = "".join(f"<th>{h}</th>" for h in ("#", "Symbol", "Name", "Grade", "Score", "Last", "Gap", "Sector"))
    return page(
        "Gappers",
        day,
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{past(rng, stocks)}{market()}",
    )


def german_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td><b>{s.ticker}</b></td><td>{s.company_name}</td><td>{s.grade}</td><td>{de(s.score, 1)}</td><td>{de(s.price)} $</td>"
        f"<td>{de(s.gap_size, 2, signed=True)} %</td><td>{de(s.price * 2)} $</td></tr>"
        for s in stocks
    )
    names = ("Kürzel", "Unternehmen", "Note", "Punkte", "Kurs", "Kurslücke", "Kursziel")
    head = "".join(f"<td><b>{h}</b></td>" for h in names)
    title = f"<h1>Analyse nach Quartalszahlen</h1><p>Stand: {day.day}.{day.month}.{day.year}</p>"
    termine = "<h2>Termine nächste Woche</h2><ul><li>QQX – Montag</li><li>ZZT – Dienstag</li></ul>"
    return page("Analyse", day, f"<table><tr>{head}</tr>{rows}</table>{termine}", head=title)


def definition_list(stocks: list[Stock], rng: Random, day: date) -> str:
    items = "".join(
        f"<dt>{s.ticker} — {s.company_name}</dt><dd>Grade: {s.grade}</dd><dd>Total score: {plain(s.score)} points</dd>"
        f"<dd>Price: {s.usd}</dd><dd>Gap: {s.gap}</dd><dd>Stop: ${s.price * 9 / 10:.2f}</dd>"
        for s in stocks
    )
    return page("Earnings gaps", day, f"{counts(stocks)}<dl>{items}</dl>{legend()}")


def nested_grid(stocks: list[Stock], rng: Random, day: date) -> str:
    head = "".join(f"<span>{h}</span>" for h in ("Ticker", "Company", "Grade", "Total", "Price", "Gap %", "Vol"))
    rows = "".join(
        f"<div><span>{s.ticker}</span><span>{s.company_name}</span><span>{s.grade}</span><span>{plain(s.score)}</span>"
        f"<span>{s.usd}</span><span>{s.gap}</span><span>1.4x</span></div>"
        for s in stocks
    )
    return page("Grid", day, f"<div><div>{head}</div><div>{rows}</div></div>{upcoming(rng, stocks)}")


def flat_grid(stocks: list[Stock], rng: Random, day: date) -> str:
    cells = ["Symbol", "Grade", "Score", "Company", "Price", "Gap"]
    for s in stocks:
        cells += [s.ticker, s.grade, f"{plain(s.score)}/100", s.company_name, s.usd, s.gap]
    body = "".join(f"<div>{cell}</div>" for cell in cells)
    return page("Flat", day, f"<div style='display:grid;grid-template-columns:repeat(6,1fr)'>{body}</div>{legend()}")


def sections_out_of_five(stocks: list[Stock], rng: Random, day: date) -> str:
    parts = []
    for grade, group in by_grade(stocks):
        cards = "".join(
            f"<article><header><b>{s.ticker}</b><i>{s.company_name}</i></header><p>Overall {s.score / 20:.3f} / 5</p>"
            f"<p>Gap 3/5</p><p>Trend 4/5</p><p>Volume 2/5</p><ul><li>Last price {s.usd}</li><li>Gap up {s.gap}</li></ul></article>"
            for s in group
        )
        parts.append(f"<section><h2>Grade {grade}</h2>{cards}</section>")
    return page("By grade", day, market() + "".join(parts) + watch_list(rng, stocks))


def markdown(stocks: list[Stock], rng: Random, day: date) -> str:
    parts = []
    for grade, group in by_grade(stocks):
        parts.append(f"<h2>Grade {grade} setups</h2>")
        for s in group:
            parts.append(
                f"<h3>{s.ticker} – {s.company_name}</h3><ul><li><strong>Score:</strong> {plain(s.score)}/100</li>"
                f"<li><strong>Price:</strong> {s.usd}</li><li><strong>Gap:</strong> {s.gap}</li>"
                f"<li><strong>Previous close:</strong> ${s.price * 95 / 100:.2f}</li></ul>"
                f"<p>{s.company_name} beat estimates by 12% and raised guidance to $3.40 a share.</p>"
            )
    rest = "<h2>Methodology</h2><p>Scores run from 0 to 100.</p><h2>Upcoming</h2><h3>ZZQ – Later Corp</h3><p>Reports Monday, score pending.</p>"
    return page("Daily notes", day, "".join(parts) + rest)


def mail(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        "<tr><td><table width='100%'><tr><td colspan='2'><font size='4'><b>"
        f"{s.ticker}</b></font> &nbsp; {s.company_name}</td></tr>"
        f"<tr><td>Grade</td><td><b>{s.grade}</b></td></tr><tr><td>Score</td><td>{plain(s.score)}</td></tr>"
        f"<tr><td>Price</td><td>{s.usd}</td></tr><tr><td>Gap</td><td>{s.gap}</td></tr>"
        f"<tr><td>EPS surprise</td><td>+14.2%</td></tr></table></td></tr>"
        for s in stocks
    )
    return page("Mail", day, f"<table><tr><td><table>{cards}</table></td></tr></table>")


def glued_badges(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        "<div style='border:1px solid #ccc'><div style='font-size:20px'>"
        f"{s.ticker}<span style='background:#0a0'>{s.grade}</span></div><div>{s.company_name}</div>"
        f"<div style='font-size:30px'>{plain(s.score)}</div><div>{s.usd}</div>"
        f"<div>Gap: {s.gap}</div><div>1W: +9.90%</div><div>Trend 18.0 / 25</div></div>"
        for s in stocks
    )
    return page("Inline", day, f"<div>{cards}</div>{legend()}")


def one_line_items(stocks: list[Stock], rng: Random, day: date) -> str:
    items = "".join(
        f"<li>{s.ticker} ({s.company_name}) · Grade {s.grade} · Score {plain(s.score)}/100 · Price {s.usd} · Gap {s.gap}</li>"
        for s in stocks
    )
    return page("List", day, f"<ol>{items}</ol>{past(rng, stocks)}")


def french_cards(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><h3>{s.company_name} ({s.ticker})</h3><p>Note&nbsp;: <b>{s.grade}</b></p>"
        f"<div><span>Score total</span><span>{fr(s.score, 1)} sur 100</span></div>"
        f"<div><span>Cours</span><span>{fr(s.price)}&nbsp;$</span></div>"
        f"<div><span>Écart d’ouverture</span><span>{fr(s.gap_size, 2, signed=True)}&nbsp;%</span></div>"
        f"<div><span>Objectif</span><span>{fr(s.price * 2)}&nbsp;$</span></div></div>"
        for s in stocks
    )
    title = f"<h1>Analyse des publications</h1><p>Date du rapport : {day.day:02}/{day.month:02}/{day.year}</p>"
    later = "<h2>À venir la semaine prochaine</h2><ul><li>QQX</li><li>ZZT</li></ul>"
    return page("Analyse", day, f"<div>{cards}</div>{later}", head=title)


def japanese_table(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{s.ticker}</td><td>{s.company_name}</td><td>{s.grade}</td><td>{plain(s.score)}点</td><td>${s.price:,.2f}</td>"
        f"<td>{s.gap_size:+.2f}％</td><td>5/5</td></tr>"
        for s in stocks
    )
    head = "".join(
        f"<th>{h}</th>" for h in ("銘柄コード", "会社名", "評価", "総合スコア", "株価", "ギャップ", "出来高")
    )
    title = f"<h1>決算後ギャップ分析</h1><p>{day.year}年{day.month}月{day.day}日</p>"
    return page("分析", day, f"<table><tr>{head}</tr>{rows}</table><h2>来週の決算予定</h2><p>QQX、ZZT</p>", head=title)


def spanish_list(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<li><strong>{s.ticker}</strong> – {s.company_name}<dl><dt>Calificación</dt><dd>{s.grade}</dd>"
        f"<dt>Puntuación total</dt><dd>{de(s.score, 1)} puntos</dd><dt>Precio actual</dt><dd>{de(s.price)} USD</dd>"
        f"<dt>Hueco de apertura</dt><dd>{de(s.gap_size, 2, signed=True)}%</dd><dt>Cierre anterior</dt><dd>{de(s.price)} USD</dd></dl></li>"
        for s in stocks
    )
    title = f"<h1>Informe de resultados</h1><p>{day.day} de {_MESES[day.month - 1]} de {day.year}</p>"
    return page("Informe", day, f"<ul>{cards}</ul><h2>Próximos resultados</h2><p>QQX, ZZT</p>", head=title)


_MESES = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]


def two_columns(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><div><h4>{s.ticker}</h4><small>{s.company_name} | {s.sector}</small></div><div>{s.stars}</div><div>{s.grade}-Grade</div>"
        f"<div><div>{plain(s.score)}</div><div>points</div></div>"
        f"<div><div><b>{s.usd}</b><i>Price</i></div><div><b>{s.gap}</b><i>Gap</i></div><div><b>62%</b><i>Probability</i></div></div></div>"
        for s in stocks
    )
    side = upcoming(rng, stocks) + market() + "<h3>Peers</h3><p>AMD, INTC</p>"
    return page("Two columns", day, f"<main>{cards}</main><aside>{side}</aside>")


def preformatted(stocks: list[Stock], rng: Random, day: date) -> str:
    lines = ["| Ticker | Grade | Score | Price | Gap % | Company |", "|---|---|---|---|---|---|"]
    lines += [f"| {s.ticker} | {s.grade} | {plain(s.score)} | {s.usd} | {s.gap} | {s.company_name} |" for s in stocks]
    return page("Text", day, "<pre>" + "\n".join(lines) + "</pre>" + legend())


def exchange_prefix(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<article><h2>{s.company_name}</h2><p>{rng.choice(['NYSE', 'NASDAQ'])}: {s.ticker}</p>"
        f"<table><tr><th>Rating</th><td>{s.grade}</td><th>Composite score</th><td>{plain(s.score)}</td></tr>"
        f"<tr><th>Share price</th><td>{s.price:,.2f} USD</td><th>Gap</th><td>{s.gap}</td></tr></table></article>"
        for s in stocks
    )
    return page("Profiles", day, cards + legend())


def cards_then_table(stocks: list[Stock], rng: Random, day: date) -> str:
    body = []
    for grade, group in by_grade(stocks):
        if grade in "AB":
            body.append(f"<div><h2>{grade}-Grade ideas</h2>")
            body += [
                f"<div><p><b>${s.ticker}</b></p><p>{s.company_name}</p><p>Score: {plain(s.score)}</p><p>Price: {s.usd}</p><p>Gap: {s.gap}</p></div>"
                for s in group
            ]
            body.append("</div>")
        else:
            rows = "".join(
                f"<tr><td>{s.ticker}</td><td>{s.company_name}</td><td>{plain(s.score)} pts</td><td>{s.usd}</td><td>{s.gap}</td></tr>"
                for s in group
            )
            head = "<tr><th>Ticker</th><th>Company</th><th>Score</th><th>Price</th><th>Gap</th></tr>"
            body.append(f"<div><h2>{grade}-Grade (lower priority)</h2><table>{head}{rows}</table></div>")
    ranks = "".join(f"<tr><td>{s.ticker}</td><td>{s.grade}</td><td>{plain(s.score)}</td></tr>" for s in stocks)
    body.append(f"<h2>Summary</h2><table><tr><th>Ticker</th><th>Grade</th><th>Score</th></tr>{ranks}</table>")
    return page("Mixed", day, "".join(body))


def turned_table(stocks: list[Stock], rng: Random, day: date) -> str:
    tables = []
    for start in range(0, len(stocks), 4):
        group = stocks[start : start + 4]
        fields = [
            ("", [s.ticker for s in group]), ("Company", [s.company_name for s in group]), ("Grade", [s.grade for s in group]),
            ("Score", [plain(s.score) for s in group]), ("Price", [s.usd for s in group]), ("Gap", [s.gap for s in group]),
            ("RSI", ["61.2" for s in group]),
        ]  # fmt: skip
        rows = "".join(f"<tr><th>{name}</th>{''.join(f'<td>{v}</td>' for v in values)}</tr>" for name, values in fields)
        tables.append(f"<table>{rows}</table>")
    return page("Side by side", day, "".join(tables) + legend())


def percent_totals(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<section><div><strong>{s.ticker}</strong> <em>{s.company_name}</em> <span>Grade {s.grade}</span></div>"
        f"<div><label>Total Score</label><span>{plain(s.score)}%</span></div><div><label>Success rate</label><span>61%</span></div>"
        f"<div><label>Price</label><span>{s.usd}</span></div><div><label>Target</label><span>${s.price * 2:,.2f}</span></div>"
        f"<div><label>Stop loss</label><span>${s.price * 9 / 10:,.2f}</span></div><div><label>Gap</label><span>{s.gap}</span></div>"
        "<div><label>Gap score</label><span>3/5</span></div><div><label>Volume score</label><span>18/25</span></div></section>"
        for s in stocks
    )
    return page("Percent", day, f"<div>{cards}</div>")


def prose(stocks: list[Stock], rng: Random, day: date) -> str:
    items = "".join(
        f"<p><strong>{s.ticker}</strong> ({s.company_name}) earns grade {s.grade} with a total score of {plain(s.score)} after strong results. "
        f"The stock trades at {s.usd} after gapping up {s.gap} on heavy volume.</p>"
        for s in stocks
    )
    return page("Prose", day, items + legend())


def mini_tables(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><h3>{s.ticker}: {s.company_name}</h3><table><tr><th>Grade</th><th>Score</th><th>Price</th><th>Gap</th><th>RSI</th></tr>"
        f"<tr><td>{s.grade}</td><td>{plain(s.score)}</td><td>{s.usd}</td><td>{s.gap}</td><td>63.1</td></tr></table><p>Solid quarter.</p></div>"
        for s in stocks
    )
    return page("Mini", day, cards + market())


def upper_case_flat(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><b>{s.ticker}</b><br><span>{s.company_name}</span><br><span>GRADE</span> <span>{s.grade}</span> <span>SCORE</span> "
        f"<span>{plain(s.score)}</span> <span>PRICE</span> <span>{s.usd}</span> <span>GAP</span> <span>{s.gap}</span> <span>RSI</span> <span>58</span></div>"
        for s in stocks
    )
    return page("Upper", day, f"<div>{cards}</div>{past(rng, stocks)}")


def details(stocks: list[Stock], rng: Random, day: date) -> str:
    items = "".join(
        f"<details><summary>{s.ticker} | {s.company_name} | {s.grade}</summary><p>Total: {plain(s.score)} / 100</p>"
        f"<p>Current price {s.usd}</p><p>Gap size {s.gap}</p><p>Entry zone $10-12, stop $9.50</p></details>"
        for s in stocks
    )
    return page("Accordion", day, items + upcoming(rng, stocks))


def value_first_tiles(stocks: list[Stock], rng: Random, day: date) -> str:
    cards = "".join(
        f"<div><div><h5>{s.company_name}</h5><h6>{s.ticker}</h6></div><div><p>{s.grade}</p><p>Grade</p></div>"
        f"<div><p>{plain(s.score)}</p><p>Points</p></div><div><p>${s.price * 97 / 100:,.2f}</p><p>Prev close</p></div>"
        f"<div><p>{s.usd}</p><p>Current price</p></div><div><p>{s.gap}</p><p>Gap</p></div><div><p>+3.30%</p><p>1D Change</p></div></div>"
        for s in stocks
    )
    return page("Tiles", day, f"{counts(stocks)}<div>{cards}</div>{legend()}")


def no_letters(stocks: list[Stock], rng: Random, day: date) -> str:
    rows = "".join(
        f"<tr><td>{s.ticker}</td><td>{s.company_name}</td><td>{plain(s.score)}</td><td>{s.usd}</td><td>N/A</td></tr>"
        for s in stocks
    )
    return page(
        "No letters",
        day,
        f"<table><tr><th>Ticker</th><th>Company</th><th>Score</th><th>Price</th><th>Gap</th></tr>{rows}</table>",
    )


TUNED = (
    Layout("table only", table_only),
    Layout("german table", german_table),
    Layout("definition list", definition_list),
    Layout("nested grid", nested_grid),
    Layout("flat grid", flat_grid),
    Layout("sections, totals out of five", sections_out_of_five),
    Layout("markdown", markdown),
    Layout("mail", mail),
    Layout("glued badges", glued_badges),
    Layout("one line items", one_line_items),
    Layout("french cards", french_cards),
    Layout("japanese table", japanese_table),
    Layout("spanish list", spanish_list),
    Layout("two columns", two_columns),
    Layout("preformatted", preformatted),
    Layout("exchange prefix", exchange_prefix),
    Layout("cards then table", cards_then_table),
    Layout("turned table", turned_table),
    Layout("percent totals", percent_totals),
    Layout("prose", prose),
    Layout("mini tables", mini_tables),
    Layout("upper case, flat", upper_case_flat),
    Layout("details", details),
    Layout("value first tiles", value_first_tiles),
    Layout("no letters", no_letters, ALL - {"gap_size"}, "inferred"),
)
