"""Habits of report writers that are no reason to doubt, and those that take a stock back."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.model import Candidate
from backtest.params import Params
from backtest.reports.directory import Directory
from backtest.reports.model import ReportReading
from backtest.reports.read import judge_prices
from backtest.reports.verdict import Verdict
from tests.backtest.reports.pages import card, read

NAMES = {
    "IBM": "International Business Machines Corporation Common Stock",
    "INTC": "Intel Corporation Common Stock",
    "JPM": "JP Morgan Chase & Co. Common Stock",
    "MMM": "3M Company Common Stock",
    "MU": "Micron Technology Inc. Common Stock",
    "NVDA": "NVIDIA Corporation Common Stock",
    "ON": "ON Semiconductor Corporation Common Stock",
    "T": "AT&T Inc.",
    "TMUS": "T-Mobile US Inc. Common Stock",
    "HUBS": "HubSpot Inc. Common Stock",
    "PG": "Procter & Gamble Company (The) Common Stock",
    "RTX": "RTX Corporation Common Stock",
    "PPG": "PPG Industries Inc. Common Stock",
    "SFM": "Sprouts Farmers Market Inc. Common Stock",
    "SCHW": "Charles Schwab Corporation (The) Common Stock",
}
LISTED = Directory(NAMES, "0" * 64, date(2026, 2, 13))
PRICE = 1_402_000
STOCKS = (
    ("NVDA", "NVIDIA Corp", "A", 91),
    ("INTC", "Intel Corporation", "C", 61),
    ("MU", "Micron Technology", "B", 78),
)
ROW = "<tr><td>{t}</td><td>{n}</td><td>{g}</td><td>{s}</td><td>$140.20</td></tr>"
HEADER = "<tr><th>Ticker</th><th>Company</th><th>Grade</th><th>Score</th><th>Price</th></tr>"


def rows(row: str) -> str:
    return "".join(row.format(t=t, n=n, g=g, s=s) for t, n, g, s in STOCKS)


def judged(body: str, *, deviation: float = 0.01) -> ReportReading:
    market = round(PRICE * (1 + deviation))
    return judge_prices(read(body, directory=LISTED), Params(), LISTED, lambda _: market)


def verdict(reading: ReportReading, ticker: str) -> Verdict:
    return next(one.verdict for one in reading.candidates if one.ticker == ticker)


def whole(reading: ReportReading) -> list[Candidate]:
    assert [(one.ticker, one.grade, one.score, one.price) for one in reading.candidates] == [
        (ticker, grade, score, PRICE) for ticker, _, grade, score in STOCKS
    ]
    assert [one.problem for one in reading.candidates] == [None] * 3
    return list(reading.candidates)


@pytest.mark.parametrize(
    "style", ['style="text-decoration:line-through"', 'style="text-decoration-line: line-through"', 'class="old"']
)
def test_a_row_struck_through_is_left_out_and_told(style: str) -> None:
    body = rows(ROW).replace("<tr><td>MU", f"<tr {style}><td>MU")
    reading = judged(f"<style>.old{{color:#999;text-decoration: line-through}}</style><table>{HEADER}{body}</table>")
    assert [one.ticker for one in reading.candidates] == ["NVDA", "INTC"]
    assert "MU" in {one.ticker for one in reading.problems}


def test_of_a_value_struck_through_only_the_new_one_counts() -> None:
    row = ROW.replace("{s}", '<span style="text-decoration:line-through">12</span> {s}')
    whole(judged(f"<table>{HEADER}{rows(row)}</table>"))


@pytest.mark.parametrize(
    ("ticker", "name"), [("IBM", "IBM"), ("IBM", "IBM Corp."), ("SCHW", "Schwab"), ("JPM", "JPMorgan")]
)
def test_a_name_that_fits_in_part_needs_the_price_beside_it(ticker: str, name: str) -> None:
    other = card("NVDA") + card("INTC", company="Intel Corporation")
    body = other + card(company=name).replace("NVDA", f"{ticker} · {name}").replace(f"<p>{name}</p>", "")
    assert verdict(judged(body), ticker) is Verdict.CONFIRMED
    far = judged(body, deviation=0.2)
    assert verdict(far, ticker) is (Verdict.CONFIRMED if ticker == "JPM" else Verdict.DOUBTFUL)


def test_a_name_that_begins_with_the_ticker_is_read_whole() -> None:
    reading = judged(card("PPG").replace("<h3>PPG", "<h3>PPG Industries").replace("<p>Nvidia Corp</p>", ""))
    assert [(one.company_name, one.verdict) for one in reading.candidates] == [("PPG Industries", Verdict.CONFIRMED)]


def test_the_numbers_of_a_spreadsheets_rows_are_no_values() -> None:
    letters = "".join(f"<th>{letter}</th>" for letter in "ABCDE")
    lines = [f"<tr><th></th>{letters}</tr>", "<tr><th>1</th><td>Earnings 2026-02-17</td>" + "<td></td>" * 4 + "</tr>"]
    table = HEADER.replace("<tr>", "<tr><th>2</th>") + rows(ROW.replace("<tr>", "<tr><th>60</th>"))
    whole(judged(f"<table>{''.join(lines)}{table}</table>"))


def test_a_title_above_the_header_of_a_table_is_no_header() -> None:
    plain = HEADER.replace("th>", "td>")
    title = '<tr><td colspan="3">Sheet 2/17/2026</td><td></td><td></td></tr>'
    whole(judged(f"<table>{title}{plain}{rows(ROW.replace('$', ''))}</table>"))


def test_a_header_over_several_columns_belongs_to_those_below_it() -> None:
    upper = '<tr><th colspan="2">Security</th><th colspan="2">Rating</th><th>Market</th></tr>'
    whole(judged(f"<table>{upper}{HEADER}{rows(ROW.replace('$', ''))}</table>"))


def test_values_that_share_a_cell_go_with_the_labels_that_share_its_header() -> None:
    header = "<tr><th>Ticker</th><th>Company</th><th>Grade</th><th>Score / price</th></tr>"
    row = "<tr><td>{t}</td><td>{n}</td><td>{g}</td><td>{s}<br>$140.20</td></tr>"
    whole(judged(f"<table>{header}{rows(row)}</table>"))


def test_labels_of_text_columns_may_stand_one_blank_apart() -> None:
    head = f"{'TICKER COMPANY':<27}GRADE SCORE     PRICE"
    lines = [f"{t:<7}{n:<20}{g}    {s:>5}    140.20" for t, n, g, s in STOCKS]
    whole(judged("<pre>" + "\n".join([head, *lines, "-" * 50, "A: 1  B: 1  C: 1"]) + "</pre>"))


@pytest.mark.parametrize("score", ["{s}点 / 100点", "{s} (max. 100)", "{s} max 100"])
def test_what_a_score_is_out_of_is_no_other_score(score: str) -> None:
    block = f"<div><h3>{{t}} {{n}}</h3><p>Grade {{g}} Score {score} Price $140.20</p></div>"
    whole(judged(rows(block)))


def test_a_gap_in_percent_by_its_label_needs_no_sign() -> None:
    table = HEADER.replace("</tr>", "<th>gap_pct</th></tr>") + rows(ROW.replace("</tr>", "<td>6.80</td></tr>"))
    assert [one.gap_size for one in whole(judged(f"<table>{table}</table>"))] == [6.8] * 3


def test_links_above_the_list_and_the_days_own_date_head_no_other_list() -> None:
    links = '<div class="site-header"><a href="/">Notes</a> <a href="/about">About</a> <a href="/old">Archive</a></div>'
    block = "<div><h3>{t} {n}</h3><p>Grade {g} · Score {s} · Price $140.20</p></div>"
    whole(judged(f"{links}<h2>17 February 2026</h2>{rows(block)}"))


@pytest.mark.parametrize("grade", ["Qualität: C", "Mark - C", "<b>C</b>"])
def test_a_letter_that_was_not_read_is_not_replaced_by_one_worked_out_in_silence(grade: str) -> None:
    reading = judged(card().replace("Grade: A", grade))
    assert [(one.grade, one.grade_source) for one in reading.candidates if one.verdict is Verdict.CONFIRMED] in (
        [],
        [("C", "html")],
    )


@pytest.mark.parametrize("gap", ["(+5.2% gap)", "Gap → +5.2%", "Gap <b>→</b> +5.2%"])
def test_a_gap_may_be_named_behind_it_or_before_an_arrow(gap: str) -> None:
    reading = judged(card().replace("Gap: +5.2%", f"$140.20 {gap}" if gap[0] == "(" else gap))
    assert [(one.gap_size, one.verdict) for one in reading.candidates] == [(5.2, Verdict.CONFIRMED)]


LAST = ROW.format(t="MU", n="Micron Technology", g="B", s=78)
TWO = HEADER + "".join(ROW.format(t=t, n=n, g=g, s=s) for t, n, g, s in STOCKS[:2])


@pytest.mark.parametrize(
    "body",
    [
        f'<table>{TWO}</table><div style="opacity:0"><table>{HEADER}{LAST}</table></div>',
        f'<table>{TWO}</table><div style="height:0;overflow:hidden"><table>{HEADER}{LAST}</table></div>',
        f'<table>{TWO}</table><div style="position:absolute; left:-9999px"><table>{HEADER}{LAST}</table></div>',
        f'<table>{TWO}</table><div class="d-none"><table>{HEADER}{LAST}</table></div>',
        f"<table>{TWO}</table><h2>Sell today</h2><table>{HEADER}{LAST}</table>",
        f"<table>{TWO}</table><h2>Short candidates</h2><table>{HEADER}{LAST}</table>",
        f"<table>{TWO}</table><h2>Best of January</h2><table>{HEADER}{LAST}</table>",
        f"<table>{TWO}{LAST}</table><p>Rows in grey are not tradable: MU fails the liquidity test.</p>",
        f"<table>{TWO}{LAST}</table><p>MU is a placeholder.</p>",
        f"<table>{TWO}{LAST.replace('</tr>', '<td>withdrawn</td></tr>')}</table>",
        f"<table>{TWO}{LAST.replace('</tr>', '<td>rating is suspended</td></tr>')}</table>",
        f"<table>{TWO}{LAST.replace('</tr>', '<td>Grade no longer valid.</td></tr>')}</table>",
    ],
)
def test_what_the_page_does_not_show_or_takes_back_is_not_bought(body: str) -> None:
    reading = judged(body)
    assert [one.ticker for one in reading.candidates if one.verdict is Verdict.CONFIRMED] == ["NVDA", "INTC"]


def test_blocks_that_one_width_of_the_screen_hides_are_shown() -> None:
    whole(judged(f'<div class="hidden md:block"><table>{TWO}</table></div><table>{HEADER}{LAST}</table>'))


def test_of_two_values_with_an_arrow_the_second_counts() -> None:
    row = "<tr><td>{t}</td><td>{n}</td><td>B → {g}</td><td>77 → {s}</td><td>$99.99 → $140.20</td></tr>"
    whole(judged(f"<table>{HEADER}{rows(row)}</table>"))


def test_the_last_grade_and_the_last_score_are_earlier_ones() -> None:
    header = HEADER.replace("<th>Grade</th>", "<th>Last grade</th><th>Grade</th><th>Last score</th>")
    row = ROW.replace("<td>{g}</td>", "<td>B</td><td>{g}</td><td>77</td>")
    whole(judged(f"<table>{header}{rows(row)}</table>"))


def test_a_mail_column_whose_own_text_has_no_size_is_shown_for_its_parts_have_one() -> None:
    inner = f'<div style="font-size:18px"><table>{TWO}</table></div>'
    reading = judged(f'<div style="font-size:0;text-align:left;display:inline-block">{inner}</div>')
    assert [one.ticker for one in reading.candidates if one.verdict is Verdict.CONFIRMED] == ["NVDA", "INTC"]


@pytest.mark.parametrize("sign", [" · ", " / ", " — "])
def test_a_symbol_may_stand_behind_its_companys_name_and_a_letter_before_its_word(sign: str) -> None:
    row = (
        "<div><time>Thu, after close</time><h3>{n}"
        + sign
        + "{t}</h3><div>{g} grade, {s} points. Price $140.20</div></div>"
    )
    whole(judged(rows(row).replace("NVIDIA", "Nvidia")))
    foreign = judged(row.format(t="MU", n="Acme Widgets", g="A", s=90) + card())
    assert "MU" not in {one.ticker for one in foreign.tradable}


def test_the_heading_of_a_grade_may_say_what_to_do_about_it() -> None:
    group = "<h2>{icon} {g} — {advice}</h2><ul><li><b>{t}</b> {n} – {s} points – now $140.20</li></ul>"
    advice = (("🟢", "buy the gap"), ("🟡", "watch only"), ("🔵", "pass"))
    body = "".join(
        group.format(icon=icon, advice=words, t=t, n=n, g=g, s=s)
        for (icon, words), (t, n, g, s) in zip(advice, STOCKS, strict=True)
    )
    whole(judged(body))
    watched = "<h2>On watch</h2><ul><li><b>SCHW</b> Charles Schwab – 80 points – now $140.20</li></ul>"
    assert "SCHW" not in {one.ticker for one in judged(body + watched).tradable}


@pytest.mark.parametrize(
    "prices",
    [
        "<table><tr><td>Pre-Market</td><td>$140.20</td><td>Prev Close</td><td>$131.00</td></tr></table>",
        "<ul><li>Share price this morning: $140.20</li><li>52-week range: $99.10 to $150.20</li></ul>",
    ],
)
def test_other_amounts_beside_a_labelled_price_are_no_rivals(prices: str) -> None:
    whole(judged(rows("<div><h3>{t}</h3><p>{n}</p><p>{g}-Grade | {s} pts</p>" + prices + "</div>")))


def test_a_second_table_of_the_same_stocks_has_its_own_header() -> None:
    ratings = "<table><tr><th>Ticker<th>Company<th>Rating<th>Total score</tr>" + rows(
        "<tr><td>{t}<td>{n}<td>{g}<td>{s}</tr>"
    )
    market = "<table><tr><th>Ticker<th>Last<th>52w high</tr>" + rows("<tr><td>{t}<td>$140.20<td>$150.20</tr>")
    whole(judged(f"{ratings}</table><h2>Market data</h2>{market}</table>"))


def test_a_header_of_two_rows_may_name_days() -> None:
    header = (
        "<tr><th rowspan=2>Symbol<th rowspan=2>Company<th colspan=2>Price action<th rowspan=2>Vol 20/60"
        "<th colspan=2>Verdict</tr>"
        "<tr><th>Prior close<th>Now<th>Score<th>Grade</tr>"
    )
    body = rows("<tr><td>{t}<td>{n}<td>131.00<td>140.20<td>56%<td>{s}<td>{g}</tr>")
    whole(judged(f"<table>{header}{body}</table>"))


@pytest.mark.parametrize(("ticker", "name"), [("TGT", "Target Corporation"), ("BBY", "Best Buy Co.")])
def test_a_companys_name_is_no_label_of_the_total_below_it(ticker: str, name: str) -> None:
    tile = (
        "<div><h3>{t}</h3><span>{g}</span><p>{n}</p><div><b>{s}</b><small>/ 100</small></div><p>Last: $140.20</p></div>"
    )
    reading = judged(rows(tile) + tile.format(t=ticker, n=name, g="C", s=61))
    assert [one.score for one in reading.candidates] == [91, 61, 78, 61]


def test_a_name_may_say_that_the_stock_is_a_receipt() -> None:
    whole(judged(rows("<div><h2>{n} (ADR) ({t}) — Grade {g} — {s}/100</h2><p>Price: $140.20</p></div>")))


SAID = (
    "The quarter beat on every line that matters, and the tone of the call was confident about demand and prices. " * 2
)


@pytest.mark.parametrize(
    "row",
    [
        "<h3>{t} · {n}</h3><dl><dt>Grade</dt><dd>{g}</dd><dt>Total score</dt><dd>{s} points</dd><dt>Price</dt>"
        f"<dd>$140.20</dd><dt>Previous close</dt><dd>$131.25</dd><dt>Comment</dt><dd>{SAID}</dd></dl>",
        "<div><h2>4&#65039;&#8419; {n} <code>${t}</code></h2><p>Grade: <b>{g}</b> Score: <b>{s}</b>/100</p>"
        "<p>Price: $140.20</p></div>",
        "<li><b>{t}</b> – {n}. – {g} ({s} pts) – $140.20</li>",
        "<div><h3>{n} ({t})</h3><p>Note: {g}</p><p><span>Gesamtpunkte</span><b>{s} von 100</b></p>"
        "<p><span>Kurs</span><b>140,20 USD</b></p></div>",
        "<div><h5>{n}</h5><h6>{t}</h6><b>{g}</b><div><b>{s}</b><div>Total score</div></div>"
        "<div><b>$140.20</b><div>Price</div></div><p>Pre-market quote $141.10</p></div>",
    ],
    ids=["long definitions", "numbered by emoji", "one line", "German", "a quote beside the price"],
)
def test_a_stock_is_read_whole_and_not_doubted_as_a(row: str) -> None:
    whole(judged(rows(row)))


def test_earnings_a_share_in_a_row_of_pairs_are_no_price() -> None:
    card_ = (
        "<div><h3>{t}</h3><p>{n}</p><table><tr><td>Reported EPS</td><td>$1.07 (est. $0.99)</td>"
        "<td>Revenue surprise</td><td>+5.63%</td></tr></table><p>Total {s} points</p></div>"
    )
    whole(judged(f"<table>{HEADER}{rows(ROW)}</table>{rows(card_)}"))


@pytest.mark.parametrize(("name", "ticker"), [("NIKE, Inc.", "NKE"), ("McCormick & Company", "MKC"), ("CarMax", "KMX")])
def test_a_companys_name_may_look_like_a_symbol_or_hold_the_word_of_a_label(name: str, ticker: str) -> None:
    listed = Directory({**NAMES, ticker: f"{name} Common Stock"}, "0" * 64, date(2026, 2, 13))
    tile = "<div><h3>{t}</h3><div>{n}</div><p>{g}-Grade</p><p>{s} points</p></div>"
    item = "<ol><li><b>{t}</b> – {n} – {g} ({s} pts) – $140.20</ol>"
    for row in (tile, item):
        reading = read(row.format(t=ticker, n=name, g="B", s=77), directory=listed)
        assert [(one.ticker, one.grade, one.score) for one in reading.candidates] == [(ticker, "B", 77)]


@pytest.mark.parametrize(
    "row",
    [
        "<div><b>{n}</b><br><span>NASDAQ/NYSE: {t}</span><p>{g}-Grade</p><p>{s} points</p><p>Price: $140.20</p></div>",
        "<li><b>{t}</b> — {n} · {g}-Grade · {s} pts · $140.20<ul><li>The range is $96.51 to $155.98.</li></ul></li>",
        "<div><h3>{t}</h3><p>{n}</p><p>{g}-Grade | {s} pts</p><p>Price: $140.20</p><p>It made up for Q1.</p></div>",
    ],
    ids=["two exchanges", "a range in words", "a phrase"],
)
def test_a_stock_is_neither_lost_nor_doubted_by(row: str) -> None:
    whole(judged(rows(row)))


def test_rows_of_blocks_with_remarks_between_them_have_their_header() -> None:
    row = "<div><i>{}</i><i>{}</i><i>{}</i><i>{}</i><i>{}</i><i>{}</i></div>".replace("i>", "div>")
    header = row.format("Grade", "Score", "Ticker", "Company", "Prev close", "Price")
    stock = row.format("{g}", "{s}", "{t}", "{n}", "131.25", "140.20")
    whole(judged(f"<div>{header}{rows(stock + '<p>Guidance rose.</p>')}</div>"))


def test_a_table_that_only_lays_the_page_out_is_no_row_of_all_its_stocks() -> None:
    stock = "<h2>{n} ({t})</h2><p><b>{g}</b> grade | score <b>{s}</b>/100 | trading at <b>$140.20</b></p><hr>"
    whole(judged(f"<table><tr><td>{rows(stock)}</td></tr></table>"))


@pytest.mark.parametrize(
    "row",
    [
        "<li><div>{t}<sup>{g}</sup></div><div>{n}</div><div>Score {s}</div><div>Price $140.20</div></li>",
        "<div><b>{t}</b> {n}<p>{g}-Grade</p><p><b>$140.20</b> Price</p><p>Gap (score) <i>2</i></p>"
        "<p>{s} points</p></div>",
        "<div><h3>{t}</h3><p>{n}</p><p>{g}-Grade</p><p>{s} points</p><div><small>Latest</small><br>$140.20</div>"
        "<div><small>Pre-market high</small><br>$141.76</div></div>",
    ],
    ids=["raised letter", "element with a word in brackets", "high before the open"],
)
def test_the_second_reader_sees_what_is_printed_as_a(row: str) -> None:
    assert [one.problem for one in judged(rows(row)).candidates] == [None] * 3


def test_a_total_of_five_may_have_its_scale_outside_of_its_element() -> None:
    row = "<div><h3>{t}</h3><p>{n}</p><p>Grade <b>{g}</b></p><p>Score <b>{s}</b> of 5</p><p>Price $140.20</p></div>"
    body = "".join(row.format(t=t, n=n, g=g, s=f"{s / 20:.2f}") for t, n, g, s in STOCKS)
    whole(judged(body))


@pytest.mark.parametrize("heading", ["Tradeable ({g})", "In short", "Feature"])
def test_a_heading_may_be_one_of_todays_list(heading: str) -> None:
    (first, *others) = [card(t, grade=g, score=str(s), company=n) for t, n, g, s in STOCKS]
    reading = judged(f"<h2>Top candidates</h2>{first}<h2>{heading.format(g='B')}</h2>{''.join(others)}")
    assert [one.problem for one in reading.candidates] == [None] * 3


def test_a_letter_that_is_labelled_ticker_is_a_stock_nobody_passes_over() -> None:
    listed = Directory({**NAMES, "F": "Ford Motor Company Common Stock"}, "0" * 64, date(2026, 2, 13))
    pair = "<div><h3>Ford Motor Company</h3><div><span>Ticker</span><b>F</b><span>Grade</span><b>B</b></div></div>"
    reading = read(rows(f"<table>{HEADER}{ROW}</table>") + pair, directory=listed)
    assert "F" in {one.ticker for one in (*reading.candidates, *reading.problems)}


def test_a_remark_about_comparable_cases_excludes_no_stock() -> None:
    group = "<section><h2>{g} GRADE</h2><small>55-69% of comparable cases closed higher after five sessions</small>"
    stock = group + "<div><h3>{t} <small>{n}</small></h3><p>Score {s}</p><p>Price $140.20</p></div></section>"
    whole(judged(rows(stock)))


CARD = "<div><h3>{t}</h3><p>{n}</p><p>Grade {g}</p><p>Score {s}</p><p>Price $140.20</p></div>"


@pytest.mark.parametrize(
    "row",
    [
        CARD.replace("<p>Score {s}</p>", "<dl><dt>Quality score</dt><dd>{s} / 100</dd></dl>"),
        "<div><p><b>{t}</b> {n} <span>$140.20</span></p><p>Score {s}</p><p>Grade {g}</p></div>",
        "<div><p><b>{t}</b> {n}</p><table><tr><th>US price</th><th>Score</th><th>Grade</th><th>EPS</th></tr>"
        "<tr><td>$140.20</td><td>{s}</td><td>{g}</td><td>$18.52</td></tr></table></div>",
        "<div><span>{g} {s}</span><span>{n} ({t})</span><span>$140.20</span><p>Margins widened.</p></div>",
        "<section><div><b>{t}</b> / {n}</div><div>Price $140.20</div><div>Total: {s}% &rArr; {g}</div></section>",
        "<article><h2>{n} ({t})</h2><p><b>Verdict:</b> {g} &ndash; {s} out of 100</p><p><b>Price:</b> $140.20</p>"
        "<p>A fade below the open would weaken it. Valuation is rich against the five-year median.</p></article>",
        "<h2>{n} ({t})</h2><table><tr><th>Grade</th><td>{g}</td><th>Score</th><td>{s} of 100</td></tr>"
        "<tr><th>Price</th><td>$140.20</td><th>Gap</th><td>+5.2%</td></tr></table><h3>Plan</h3><p>Wait for it.</p>",
        "<div><div>{t} {n}</div><div>{g} / {s}</div><table><tr><th>OPEN</th><th>LAST</th><th>PREV</th></tr>"
        "<tr><td>$139.10</td><td>$140.20</td><td>$133.40</td></tr></table><p>It beat.</p></div>",
        "<div><h3>{t} <small>{n}</small></h3><p>{s} points, {g}-grade, $140.20, gap 8.0%</p></div>",
        "<div><h3>{n} <span>{t}</span></h3><p>Grade {g} &bull; $140.20 &bull; beat 10 of the last 12 quarters</p>"
        "<p>Score {s}</p></div>",
        "<section><h2>{t}: {n}</h2><p>$140.20 in the pre-market, gap 3%</p><table><tr><th>Factor</th><th>Mark</th></tr>"
        "<tr><td>Surprise</td><td>4</td></tr></table><p>Weighted result {s} of 100, grade {g}</p></section>",
        "<div><p>{s}</p><p><b>{n}</b> <i>{t}</i></p><p>Risk: it leans on one product.</p><div><p>$140.20</p><p>+5%</p>"
        "</div><p>Grade {g}</p></div>",
        "<div><p>Result 1 of 7</p><p><b>Ticker:</b> {t}</p><p><b>Company:</b> {n}</p><p><b>Quality score:</b> {s}</p>"
        "<p><b>Letter grade:</b> {g}</p><p><b>Current price:</b> $140.20</p></div>",
        "<section><h2>{n} ({t})</h2><p>Score {s}/100 | Grade {g} | $140.20 | Gap +5.2%</p></section>",
        "<div><h2>{n}</h2><span>(NYSE: {t})</span><div>{g}</div><div>{s} <span>out of 100</span></div><table><tr>"
        "<td>Stock price</td><td>$140.20</td><td>Opening gap</td><td>+5.2%</td></tr><tr><td>EPS</td><td>$2.10</td>"
        "<td>Volume</td><td>2.1x</td></tr></table></div>",
        "<div><p><b>{g}</b> <b>{t}</b> {n} <i>{s}/100</i></p><p>Now $140.20 | Gap +5.2% | Prior close $133.27</p>"
        "<div>Entry<br>$139.10 - $141.30</div><div>Stop<br>$131.50</div><div>Target 1<br>$150.00</div></div>",
        "<div><h2>{t}</h2><h3>{n}</h3><p>Price $140.20</p><table><tr><th>Factor</th><th>Points</th><th>Max.</th></tr>"
        "<tr><td>Gap Size</td><td>12</td><td>25</td></tr><tr><td>Total score</td><td>{s}</td><td>100</td></tr></table>"
        "<p>Grade: <b>{g}</b></p></div>",
        "<div><div>{n}</div><div>Ticker: {t}</div><div><b>{g} ({s})</b> <b>$140.20</b></div>"
        "<p>A close below $131.50 would end it.</p></div>",
        "<div><h3>{t} {n}</h3><p>Operating margin widened by 86 basis points on operating leverage.</p>"
        "<p>Grade {g}</p><p>Quality score: {s} pts</p><p>Price $140.20</p></div>",
        "<div><b>[{g}] {t}</b> {n}<br>score......... {s}<br>price......... 140.20 USD<br>gap........... +5.2%<br>"
        "rsi........... 64.9<br>rel volume.... 4.3x<p>The print was better than feared.</p></div>",
        "<table><caption>{n} (NYSE/NASDAQ: {t})</caption><tr><th>Grade</th><td>{g}</td><th>Score</th><td>{s}</td></tr>"
        "<tr><th>Share price</th><td>USD 140.20</td><th>Opening gap</th><td>+5.2%</td></tr>"
        "<tr><th>Prior close</th><td>USD 133.27</td><th>RSI</th><td>61</td></tr></table>",
        "<div><h3>{t}</h3><p>{n}</p><b>Grade {g}</b><p><i>{s}</i><u>/ 100</u></p><p>$140.20 <span>gap +5.6%</span></p>"
        "<p><span>EPS actual / est.</span><span>$3.26 / $2.46</span></p></div>",
        "<section><h2>{t}</h2><span>{n}</span><dl><dt>Quality grade</dt><dd>{g}</dd><dt>Quality score</dt><dd>{s}</dd>"
        "<dt>Last price</dt><dd>$140.20</dd></dl></section>",
        "<ul><li><b>{t} &mdash; {n}</b> at $140.20<br>Our verdict: <b>{g}</b> with <b>{s}</b> of 100 points</li></ul>",
        "<div><div><b>{t}</b> {n}</div><div>Score {s} <span>{g}</span></div><div>Price $140.20</div></div>",
        "<div><h3>{t}: {n}</h3><p>Final mark {s} of 100 &bull; price $140.20 &bull; gap +5%</p><p>Grade {g}</p></div>",
        "<div><b>{t}</b> <i>{n}</i> <b>{g}</b><p>$140.20 <i>+5.2%</i></p><p>Score: {s}</p>"
        "<p>Adjusted EPS of $0.47 (est. $0.44) and $10.4B in revenue.</p></div>",
        "<div><p><b>{t}</b><b>{s}</b></p><p>{n}</p><p>$140.20</p><p>Costs will rise, a point to watch in 2027.</p>"
        "<p>Grade {g}</p></div>",
        "<div><div>TICKET 001 &mdash; BUY {t}</div><div>{n}</div><p>Grade {g}</p><p>Score {s}</p>"
        "<p>Price $140.20</p></div>",
        "<h3>{t} · {n}</h3><table><tr><td><b>SCORE</b>{s}</td><td><b>GRADE</b>{g}</td></tr>"
        "<tr><td><b>PRICE</b>$140.20</td><td><b>GAP</b>+6.4%</td></tr></table>",
        "<table><caption>{n}</caption><tr><th>Ticker</th><td>{t}</td><th>Rating</th><td>{g}</td></tr>"
        "<tr><th>Composite score</th><td>{s}/100</td><th>Sector</th><td>Tech</td></tr>"
        "<tr><th>Price</th><td>$140.20</td><th>Gap</th><td>+14.7%</td></tr></table>",
        "<p>1. <u>{n} ({t})</u>. Score {s}, grade {g}. The shares last traded at $140.20. Gross margin expanded on "
        "mix, and the guide for the year was lifted; management was confident on the call, and brokers followed.</p>",
        "<div style='backface-visibility:hidden'><h3>{t}</h3><p>{n}</p><p>{g}</p><p>{s} points</p><p>$140.20</p></div>",
        "<div><span>&gt; {t}</span> <span>{n}</span><div>score.total = {s}</div><div>score.grade = {g}</div>"
        "<div>price = $140.20</div></div>",
        "<h3>3.1 {n} (Ticker: {t})</h3><table><tr><th>Price</th><th>Gap</th><th>Total score</th><th>Grade</th></tr>"
        "<tr><td>$140.20</td><td>+5%</td><td>{s}</td><td>{g}</td></tr></table><p>It beat.</p>",
        "<p>1.&nbsp;&nbsp; {n} - {t} - $140.20 - grade {g} ({s}). Comps were positive in all three months, and the "
        "guide was better than the whispers; they also kept the computing share, one of the better setups.</p>",
        "<p>Next comes <b>{n}</b> (ticker <b>{t}</b>). My model gives it <b>{s} points</b>, which is an <b>{g}</b>. It "
        "closed at $140.20 after opening +6% against the day before. Production was high, cash returns rose.</p>",
        "<div><h3>{t}</h3><p>{n}</p><p><b>{g}</b> — {s} points out of 100</p><p>$140.20</p></div>",
    ],
    ids=["a quality score", "a price beside the name", "a table of one stock", "a badge of both", "an arrow",
         "an article", "a plan below each stock", "the day's prices", "a letter with its word", "counts of quarters",
         "a weighted result", "a sentence before the values", "numbered records", "columns of a line",
         "a total over a table", "levels of a plan", "a table of points", "a total in brackets", "basis points",
         "leaders", "a currency first", "two values of a label", "quality grades",
         "a verdict", "a badge behind the score", "a final mark", "an estimate in brackets", "a point to watch",
         "a symbol behind other words", "labels inside of cells", "pairs of labels and values in rows",
         "a marked opening", "a card with a back", "a prompt",
         "a symbol with its word", "a paragraph in fields", "marked words of a sentence", "a dash before the total"],
)  # fmt: skip
def test_a_list_in_this_dress_is_read_whole(row: str) -> None:
    whole(judged(rows(row)))


def test_a_score_in_brackets_behind_its_grade_is_read() -> None:
    head = "<tr><th>Company</th><th>Grade (score)</th><th>Price</th></tr>"
    row = "<tr><th scope=row>{n} ({t})</th><td>{g} ({s})</td><td>$140.20</td></tr>"
    whole(judged(f"<table>{head}{rows(row)}</table>"))


def test_the_band_of_points_over_a_list_is_no_score_of_its_first_stock() -> None:
    lane = (
        "<div><h2>Grade {g}</h2><p>85 - 100 points</p><div><div><b>{t}</b><i>{s} pts</i></div><div>{n}</div>"
        "<div>Price $140.20</div></div></div>"
    )
    whole(judged(f"<div>{rows(lane)}</div>"))


@pytest.mark.parametrize(("ticker", "name"), [("MMM", "3M"), ("SFM", "Sprouts Farmers Market")])
def test_a_name_that_reads_like_a_number_or_a_label_is_a_name(ticker: str, name: str) -> None:
    row = "<tr><td>{n} ({t})</td><td>{n}</td><td>{g}</td><td>{s}</td><td>$140.20</td></tr>"
    below = "<tr><td>{t}<br><small>{n}</small></td><td></td><td>{g}</td><td>{s}</td><td>$140.20</td></tr>"
    for one in (row, below):
        body = rows(one) + one.format(t=ticker, n=name, g="B", s=74)
        reading = judged(f"<table>{HEADER}{body}</table>")
        assert verdict(reading, ticker) is Verdict.CONFIRMED


@pytest.mark.parametrize(
    "section",
    ["<h2>Market backdrop</h2><p>Asia closed mixed.</p>", "<h3>Legend</h3><p>A 92 is good, D 40 is weak.</p>"],
)
def test_a_section_that_is_complete_heads_nothing_below_it(section: str) -> None:
    market = f"<section>{section}</section>"
    row = "<section><div><b>{t}</b> {n}</div><div>Price $140.20</div><div>Score {s}</div></section>"
    assert [one.ticker for one in judged(market + rows(row)).candidates] == ["NVDA", "INTC", "MU"]


@pytest.mark.parametrize(
    "heading", ["Yesterday after the close", "All stocks that reported after the close on the previous session"]
)
def test_a_heading_may_say_that_todays_stocks_reported_yesterday(heading: str) -> None:
    whole(judged(f"<section><h2>{heading}</h2>{rows(CARD)}</section>"))
    whole(judged(f"<table><caption>{heading}</caption>{HEADER}{rows(ROW)}</table>"))


def test_entries_below_a_summary_of_all_stocks_give_its_prices_and_their_numbers_are_no_scores() -> None:
    summary = "<ul>" + rows("<li><strong>{t}</strong> ({g}, {s})</li>") + "</ul>"
    entry = "<h3>{i}. {t} - {n}</h3><ul><li>Grade: {g}</li><li>Score: {s}/100</li><li>Price: $140.20</li></ul>"
    entries = "".join(entry.format(i=i, t=t, n=n, g=g, s=s) for i, (t, n, g, s) in enumerate(STOCKS, 1))
    whole(judged(f"<h2>In short</h2>{summary}<h2>All stocks</h2>{entries}"))


def test_a_badge_out_of_ten_is_the_score() -> None:
    row = "<div><div>{t}</div><div>{n}</div><div>$140.20</div><p>It beat.</p><div>{s}</div><div>{g}</div></div>"
    body = "".join(row.format(t=t, n=n, g=g, s=f"{s / 10}/10") for t, n, g, s in STOCKS)
    whole(judged(body.replace("It beat.", "Several brokers like it now.")))


@pytest.mark.parametrize(
    ("ticker", "printed"),
    [
        ("ON", "<b>ON</b><p>onsemi</p>"),
        ("TMUS", "<h3>T-Mobile US <code>TMUS</code></h3>"),
        ("T", "<h3>AT&amp;T <span>T</span></h3>"),
    ],
)
def test_a_name_written_in_one_word_or_with_a_letter_first_is_the_companys(ticker: str, printed: str) -> None:
    body = rows(CARD) + f"<div>{printed}<p>Grade B</p><p>Score 74</p><p>Price $140.20</p></div>"
    assert verdict(judged(body), ticker) is Verdict.CONFIRMED


@pytest.mark.parametrize(
    ("ticker", "name"),
    [("HUBS", "HubSpot Inc."), ("SFM", "Sprouts Farmers Market Inc."), ("PG", "The Procter & Gamble Company")],
)
def test_a_name_with_a_word_of_labels_announces_no_number(ticker: str, name: str) -> None:
    row = "<div><p><b>${t}</b> <i>{n}</i> <i>{s} pts</i></p><p>Grade {g}</p><p>Price $140.20</p></div>"
    below = "<div><div><div>{t}</div>{n}</div><div><div>{g}</div>{s} pts</div><div>$140.20</div></div>"
    for one in (row, below):
        found = judged(rows(one) + one.format(t=ticker, n=name, g="B", s=74)).candidates
        assert [(one.score, one.problem) for one in found if one.ticker == ticker] == [(74.0, None)]


def test_a_total_out_of_ten_with_its_grade_behind_it_is_the_score() -> None:
    row = "<div><h3>{n} ({t})</h3><div>{s}<small> out of 10 (grade {g})</small></div><p>Price $140.20</p></div>"
    whole(judged("".join(row.format(t=t, n=n, g=g, s=s / 10) for t, n, g, s in STOCKS)))


def test_a_heading_of_priorities_is_todays() -> None:
    whole(judged(f"<h2>Grade list</h2>{CARD.format(t='NVDA', n='NVIDIA Corp', g='A', s=91)}<h2>Priority names</h2>"
                 + "".join(CARD.format(t=t, n=n, g=g, s=s) for t, n, g, s in STOCKS[1:])))  # fmt: skip


def test_what_a_move_is_not_yet_takes_no_stock_back() -> None:
    said = CARD.replace("</div>", "<p>RSI is 61, so the move is not yet stretched.</p></div>")
    first, *others = STOCKS
    cards = [
        style.format(t=t, n=n, g=g, s=s) for style, (t, n, g, s) in ((said, first), *((CARD, one) for one in others))
    ]
    whole(judged("".join(cards)))
    taken = said.replace("not yet stretched", "not yet confirmed").format(t="PPG", n="PPG Industries", g="B", s=74)
    assert verdict(judged(rows(CARD) + taken), "PPG") is Verdict.DOUBTFUL


def test_stocks_side_by_side_of_which_one_is_called_by_its_symbol_are_read() -> None:
    listed = (*STOCKS, ("RTX", "RTX", "B", 74))
    lines = zip(("", "Company", "Grade", "Score (0-100)"), zip(*listed, strict=True), strict=True)
    table = "".join(f"<tr><td>{label}</td>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for label, row in lines)
    price = "<tr><td>Price</td>" + "<td>$140.20</td>" * len(listed) + "</tr>"
    assert all(one.verdict is Verdict.CONFIRMED for one in judged(f"<table>{table}{price}</table>").candidates)


def test_a_stock_that_begins_a_caption_beside_its_rating_is_told() -> None:
    rating = "<p>Grade <b>C</b><br>Score <b>68</b></p>"
    figure = f"<figure><div>$85.65</div><figcaption>MU after a gap</figcaption>{rating}</figure>"
    reading = judged(rows(CARD).replace("MU", "PPG").replace("Micron Technology", "PPG Industries") + figure)
    assert "MU" in {one.ticker for one in (*reading.candidates, *reading.problems)}


def test_a_line_that_says_ahead_of_what_it_was_written_excludes_nothing() -> None:
    said = "<p>Friday, February 13, 2026 &mdash; ahead of the three-day weekend</p>"
    whole(judged(f"{said}<table>{HEADER}{rows(ROW)}</table>"))


def test_a_heading_with_its_number_of_stocks_is_one_of_todays_lists() -> None:
    groups = rows("<h2>{n} <small>(1)</small></h2>" + f"<table>{HEADER}{ROW}</table>")
    whole(judged(groups.replace("<h2>NVIDIA Corp", "<h2>Chips").replace("<h2>MU", "<h2>Memory")))


def test_the_labels_of_a_table_may_stand_at_its_bottom() -> None:
    values = "<tr><td>{s}</td><td>{g}</td><td>$140.20</td><td>62</td></tr>"
    labels = "<tr><th>Score</th><th>Grade</th><th>Price</th><th>RSI</th></tr>"
    name = "<figcaption><span>{t}</span><span>{n}</span></figcaption>"
    whole(judged(rows(f"<figure>{name}<table>{values}{labels}</table></figure>")))


def test_a_number_that_only_some_stocks_have_is_no_other_score() -> None:
    entries = rows("<div><h3>{t}</h3><p>{n}</p><p>{g}</p><p>{s}%</p><p>$140.20</p></div>").split("</div>")
    remark = "<p>The backlog is up 27% on orders.</p></div>"
    whole(judged("</div>".join(entries[:2]) + remark + entries[2] + "</div>"))


def test_a_column_that_goes_against_the_letters_or_the_order_is_no_other_score() -> None:
    entry = "<div><h3>{t}</h3><p>{n}</p><p>{g}</p><p>{s}%</p><p>$140.20</p><p>ADX {adx}%</p></div>"
    stocks = zip(STOCKS, (35, 62, 20), strict=True)
    whole(judged("".join(entry.format(t=t, n=n, g=g, s=s, adx=adx) for (t, n, g, s), adx in stocks)))


def test_points_that_something_was_are_no_score() -> None:
    card = "<div><h3>{t}</h3><p>{n}</p><p>Grade {g}</p><p>Total: {s} pts</p><p>$140.20</p>{{}}</div>"
    remark = "<p>FX was a headwind of about 2 points.</p>"
    whole(judged(rows(card).format(remark, remark, remark)))


@pytest.mark.parametrize(
    "row",
    [
        "<p>[18/02/2026, 16:30:00] Jonas: *{t}* {n}<br>Grade {g}<br>{s} pts<br>last $140.20</p>",
        "<p>[[{t}]] {n}</p><ul><li>grade:: {g}</li><li>score:: {s}</li><li>last:: $140.20</li></ul>",
        "<div><p>#1 &middot; {t} &middot; Grade {g} &middot; {s}/100 &middot; $140.20</p><p>{n}</p></div>",
        "<div><div>[ {t} ] {n}</div><div>Grade ..... {g}</div><div>Total points ..... {s}</div>"
        "<div>Last trade ..... $140.20</div></div>",
        "<h3>{n} ({t}) earns a {g}: score {s}</h3><p>It closed at $140.20.</p>",
        "<h3>Note: {n} ({t})</h3><p>Rated <b>{g}</b>, score {s}. Spot $140.20.</p>",
    ],
    ids=["a chat", "links of notes", "a rank", "symbols in brackets", "a verb", "a remark"],
)  # fmt: skip
def test_a_stock_of_this_export_or_prose_is_read_whole(row: str) -> None:
    whole(judged(rows(row)))


def test_the_numbers_of_a_sheets_rows_are_no_scores_and_their_header_counts() -> None:
    head = "<tr><th>4</th><td>#</td><td>Ticker</td><td>Company</td><td>Grade</td><td>Score</td><td>Price</td></tr>"
    row = "<tr><th>{i}</th><td>{j}</td><td>{t}</td><td>{n}</td><td>{g}</td><td>{s}</td><td>$140.20</td></tr>"
    stocks = enumerate(STOCKS, 5)
    body = "".join(row.format(i=i, j=i - 4, t=t, n=n, g=g, s=s) for i, (t, n, g, s) in stocks)
    whole(judged(f"<table>{head}{body}</table>"))


def test_the_only_score_of_a_page_is_its_total_whatever_it_is_called() -> None:
    head = "<tr><th>Stock</th><th>Name</th><th>Momentum score</th><th>Close</th></tr>"
    listed = [("NVDA", "Nvidia", 91), ("MU", "Micron", 78), ("INTC", "Intel", 61)]
    body = "".join(f"<tr><td>{t}</td><td>{n}</td><td>{s}</td><td>$140.20</td></tr>" for t, n, s in listed)
    found = judged(f"<table>{head}{body}</table>").candidates
    assert [(one.ticker, one.score, one.price) for one in found] == [(t, float(s), PRICE) for t, _, s in listed]


def test_a_stocks_rows_may_be_a_group_of_rows_of_its_own() -> None:
    head = "<thead><tr><th>Symbol</th><th>Name</th><th>Rating</th><th>Points</th><th>Pre-market</th></tr></thead>"
    row = "<tbody><tr><td>{t}</td><td>{n}</td><td>{g}</td><td>{s}</td><td>140.20</td></tr>"
    row += "<tr><td colspan=5>EPS 0.99 vs. 0.85 est.; resistance 199.13, support 60.22.</td></tr></tbody>"
    whole(judged(f"<table>{head}{rows(row)}</table>"))


def test_a_badge_at_the_beginning_of_a_heading_is_the_grade_of_its_group() -> None:
    groups = (
        "<div><h2>{g}<small>a position</small></h2><div><h3>{t} <em>{s}</em></h3><p>{n}</p><p>@ $140.20</p></div></div>"
    )
    whole(judged(rows(groups)))


def test_a_section_with_a_heading_of_its_own_heads_none_of_those_behind_it() -> None:
    slide = "<section><h2>{n}</h2><h4>{t}</h4><p>Score {s}, grade {g}</p><p>$140.20</p></section>"
    agenda = "<section><h2>Agenda</h2><ol><li>Three reporters</li><li>What comes next</li></ol></section>"
    whole(judged(agenda + rows(slide)))


def test_a_badge_beside_a_count_is_the_grade_of_its_column() -> None:
    tile = "<div><p><b>{t}</b><i>{s}</i></p><p>{n}</p><p>$140.20 <i>gap +8.0%</i></p></div>"
    column = "<div><div><span>{g}</span><span>2 stocks</span></div>{tiles}</div>"
    groups = {
        "A": (STOCKS[0], ("JPM", "JP Morgan Chase", "A", 88)),
        "B": (STOCKS[2], ("PPG", "PPG Industries", "B", 72)),
    }
    body = "".join(
        column.format(g=g, tiles="".join(tile.format(t=t, n=n, s=s) for t, n, _, s in stocks))
        for g, stocks in groups.items()
    )
    found = judged(f"<div>{body}</div>").tradable
    assert [(one.ticker, one.grade, one.grade_source) for one in found] == [
        (t, g, "html") for g, stocks in groups.items() for t, *_ in stocks
    ]


def test_rows_of_values_are_announced_by_the_rows_of_labels_below_them() -> None:
    tiles = "<div>{s}</div><div>{g}</div><div>$140.20</div><div>+5.8%</div><div>{rsi}</div>"
    tiles += "<div>total score</div><div>grade</div><div>price at close</div><div>gap</div><div>RSI</div>"
    tiles += "<div>1.00</div><div>$3.5B</div><div>EPS</div><div>revenue</div>"
    listed = [(*one, rsi) for one, rsi in zip(STOCKS, ("78.9", "63.7", "71.0"), strict=True)]
    body = "".join(f"<p>{n} <b>{t}</b></p><div>{tiles.format(g=g, s=s, rsi=rsi)}</div>" for t, n, g, s, rsi in listed)
    whole(judged(body))


@pytest.mark.parametrize("word", ["conviction", "strength"])
def test_a_total_of_any_name_may_stand_behind_the_companys(word: str) -> None:
    entry = f"<li><b>{{t}}</b> {{n}}: {word} {{s}}/100, grade {{g}}. Trading at $140.20 (+8.0% gap).</li>"
    whole(judged(f"<ul>{rows(entry)}</ul>"))


def test_a_closing_price_alone_is_the_price_and_none_beside_another() -> None:
    entry = "<div><h3>{t}</h3><p>{n}</p><p>Grade {g}</p><p>Score {s}</p>PRICES</div>"
    whole(judged(rows(entry.replace("PRICES", "<p>Closed at $140.20</p>"))))
    whole(judged(rows(entry.replace("PRICES", "<p>Previous close $133.40</p><p>Price $140.20</p>"))))


def test_stocks_may_be_the_columns_of_a_table() -> None:
    lines = (("Grade", 2), ("Score", 3))
    table = "<tr><th></th>" + "".join(f"<th>{one[0]}</th>" for one in STOCKS) + "</tr>"
    table += "<tr><th>Company</th>" + "".join(f"<td>{one[1]}</td>" for one in STOCKS) + "</tr>"
    for name, at in lines:
        table += f"<tr><th>{name}</th>" + "".join(f"<td>{one[at]}</td>" for one in STOCKS) + "</tr>"
    table += "<tr><th>Price action (max 35)</th><td>30</td><td>21</td><td>25</td></tr>"
    whole(judged(f"<table>{table}<tr><th>Closing price</th>{'<td>$140.20</td>' * 3}</tr></table>"))


@pytest.mark.parametrize("ticker", ["B", "C", "A", "F", "T"])
def test_a_letter_in_a_column_of_tickers_is_a_stock_though_no_name_is_printed(ticker: str) -> None:
    head = "<tr><th>Ticker</th><th>Company</th><th>Grade</th><th>Score</th><th>Price</th></tr>"
    row = "<tr><td>{}</td><td>N/A</td><td>{}</td><td>{}</td><td>$140.20</td></tr>"
    listed = [(ticker, "B", 78), ("NVDA", "A", 91), ("COG", "C", 61)]
    body = head + "".join(row.format(*one) for one in listed)
    found = read(f"<table>{body}</table>").candidates
    assert [(one.ticker, one.grade.value, one.score) for one in found] == [(t, g, float(s)) for t, g, s in listed]
    alone = read(f"<table>{head}{row.format(*listed[0])}</table>").candidates
    assert [(one.ticker, one.grade.value, one.score) for one in alone] == [(ticker, "B", 78.0)]
