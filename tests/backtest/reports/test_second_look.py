"""Whole pages of classes that a first reader gets wrong: nothing wrong is confirmed, and nobody is missing untold."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.errors import InputError
from backtest.params import Params
from backtest.reports.directory import Directory
from backtest.reports.model import ReportReading
from backtest.reports.read import judge_prices
from backtest.reports.verdict import Verdict
from tests.backtest.reports.pages import read

NAMES = {
    "AMD": "Advanced Micro Devices Inc. Common Stock",
    "AMC": "AMC Entertainment Holdings Inc. Class A Common Stock",
    "AMCX": "AMC Networks Inc. Class A Common Stock",
    "AVGO": "Broadcom Inc. Common Stock",
    "C": "Citigroup Inc. Common Stock",
    "DAL": "Delta Air Lines Inc. Common Stock",
    "INTC": "Intel Corporation Common Stock",
    "KO": "Coca-Cola Company (The) Common Stock",
    "MU": "Micron Technology Inc. Common Stock",
    "NVDA": "NVIDIA Corporation Common Stock",
    "ROKU": "Roku Inc. Class A Common Stock",
    "RSI": "Rush Street Interactive Inc. Class A Common Stock",
}
LISTED = Directory(NAMES, "0" * 64, date(2026, 2, 13))
STOCKS = (
    ("NVDA", "NVIDIA Corp", "A", 91, "190.25"),
    ("INTC", "Intel Corporation", "C", 61, "38.40"),
    ("MU", "Micron Technology", "B", 78, "311.05"),
    ("DAL", "Delta Air Lines", "A", 88, "71.35"),
    ("KO", "Coca-Cola Co", "D", 44, "69.80"),
)
RIGHT = {ticker: (grade, score, round(float(price) * 10_000)) for ticker, _, grade, score, price in STOCKS}
CARD = "<div><h3>{t}</h3><p>{n}</p><p>Grade: {g}</p><p>Score: {s}</p><p>Price: ${p}</p></div>"
AMD = CARD.format(t="AMD", n="Advanced Micro Devices", g="A", s=90, p="210.00")
ROW = "<tr><td>{t}</td><td>{n}</td><td>{g}</td><td>{s}</td><td>{p}</td></tr>"
HEADS = "<tr><th>Ticker</th><th>Company</th><th>Grade</th><th>Score</th><th>Price</th></tr>"


def each(dress: str) -> str:
    return "".join(dress.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS)


def judged(body: str) -> ReportReading:
    return judge_prices(read(body, directory=LISTED), Params(), LISTED, None)


def confirmed(reading: ReportReading) -> dict[str, tuple[str, float | None, int | None]]:
    return {one.ticker: (one.grade.value, one.score, one.price) for one in reading.tradable}


@pytest.mark.parametrize(
    "dress",
    [
        CARD,
        "<p><code>{t}</code> {n} – <b>{s}</b> / 100 – grade {g} – ${p}</p>",
        "<div><h3>{n} (NASDAQ: {t})</h3><p>Grade {g}, score {s}, price ${p}. Peers: AMD, AVGO</p></div>",
        "<div><h3>{t} {n}</h3><p>Grade {g}</p><p>{s} points</p><p>Price ${p}, prev. close $10.00</p></div>",
        "<div><h3>#{t}</h3><p>{n}</p><p>Grade {g}</p><p>{s}/100</p><p>${p}</p></div>",
        "<div><h3>{t}.US</h3><p>{n}</p><p>Grade {g}</p><p>Score {s}</p><p>${p}</p></div>",
        "<div><h3>{t}</h3><p>{n}</p><ul><li><b>{s}</b><i>Score of 100</i></li><li><b>{g}</b><i>Grade</i></li>"
        "<li><b>${p}</b><i>Price</i></li></ul></div>",
        "<div><h4>Grade: {g}</h4><p><b>{t}</b>, {n}</p><p>Score: {s}</p><p>Price: ${p}</p><p>S&amp;P credit rating: A-</p></div>",  # noqa: E501
        "<figure><svg><text>{s}/100</text><text>{g}</text></svg><figcaption><b>{t}</b><br>{n}<br>${p}</figcaption></figure>",
    ],
)
def test_common_dresses_are_read_exactly_and_confirmed(dress: str) -> None:
    assert confirmed(judged(each(dress))) == RIGHT


def test_tables_are_read_as_a_browser_lays_them_out() -> None:
    spans = (
        "<tr><th rowspan=2>Ticker</th><th rowspan=2>Company</th><th rowspan=2>Grade</th><th colspan=2>Score</th>"
        "<th colspan=2>Quote (USD)</th></tr><tr><th>Trend /25</th><th>Total</th><th>Prev</th><th>Now</th></tr>"
    )
    row = "<tr><td>{t}</td><td>{n}</td><td>{g}</td><td>20</td><td>{s}</td><td>12.34</td><td>{p}</td></tr>"
    assert confirmed(judged(f"<table>{spans}{each(row)}</table>")) == RIGHT
    turned = "".join(
        f"<tr><th>{label}</th>{each(f'<td>{field}</td>')}</tr>"
        for label, field in (
            ("Ticker", "{t}"),
            ("Company", "{n}"),
            ("Grade", "{g}"),
            ("Score", "{s}"),
            ("Price", "{p}"),
        )
    )
    assert confirmed(judged(f"<table>{turned}</table>")) == RIGHT
    text = "TICK  COMPANY            GRADE  SCORE  PRICE\n" + each("{t:<6}{n:<19}{g}      {s}     {p}\n")
    assert confirmed(judged(f"<pre>{text}</pre>")) == RIGHT


@pytest.mark.parametrize(
    "body",
    [
        each(CARD) + "<h2>Still in our book from January</h2>" + AMD,
        each(CARD) + "<h2>Names of Friday</h2>" + AMD,
        each(CARD) + "<p>And from our January list:</p>" + AMD,
        each(CARD) + f"<aside class=promo>{AMD}</aside>",
        each(CARD) + f"<details><summary>Peers</summary>{AMD}</details>",
        each(CARD) + AMD.replace("<p>Grade", "<p>Reports tonight</p><p>Grade"),
        each(CARD) + AMD.replace("<p>Score: 90</p>", ""),
        f"<table>{HEADS}{each(ROW)}<tr><td colspan=5><b>Names of Friday</b></td></tr>"
        + ROW.format(t="AMD", n="Advanced Micro Devices", g="A", s=90, p="210.00")
        + "</table>",
        f"<table>{HEADS}{each(ROW)}</table><h3>What became of earlier ideas</h3><table>{HEADS}"
        + ROW.format(t="AMD", n="Advanced Micro Devices", g="A", s=90, p="210.00")
        + "</table>",
    ],
)
def test_a_stock_of_another_list_is_doubtful_and_the_others_are_not(body: str) -> None:
    reading = judged(body)
    assert confirmed(reading) == RIGHT
    assert "AMD" in {problem.ticker for problem in reading.problems}


OTHER = ROW.format(t="AMD", n="Advanced Micro Devices", g="A", s=90, p="210.00")
COLUMN = "<table>{heads}{today}{other}</table>"


@pytest.mark.parametrize(
    "body",
    [
        each(CARD) + "<div>-----Original Message-----<br>From: K.<br>Sent: Monday</div>" + AMD,
        each(CARD) + "<div><b>From:</b> K.<br><b>Sent:</b> Monday, 8:03<br><b>To:</b> desk</div>" + AMD,
        f"<h2>Tuesday</h2><table>{HEADS}{each(ROW)}</table><h2>Monday</h2><table>{HEADS}{OTHER}</table>",
        f"<h2>Heute</h2><table>{HEADS}{each(ROW)}</table><h2>Kandidaten von gestern</h2><table>{HEADS}{OTHER}</table>",
        f"<h2>Vandaag</h2><table>{HEADS}{each(ROW)}</table><h2>Gisteren</h2><table>{HEADS}{OTHER}</table>",
        f"<h2>Tabelle I</h2><table>{HEADS}{each(ROW)}</table><h2>Tabelle II</h2><table>{HEADS}{OTHER}</table>",
        f"<table>{HEADS}{each(ROW)}</table><h2>How Friday's picks did</h2><table>{HEADS}{OTHER}</table>",
        f"<div id=tuesday>{each(CARD)}</div><div id=monday>{AMD}</div>",
        f"<table>{HEADS}{each(ROW)}<tbody class=history>{OTHER}</tbody></table>",
        f"<table><caption>17 February</caption>{HEADS}{each(ROW)}</table><table><caption>16 February</caption>{HEADS}{OTHER}</table>",  # noqa: E501
        each(CARD) + "<p><b>Do not buy:</b></p>" + AMD,
        each(CARD) + f"<footer><p>How a card is built:</p>{AMD}</footer>",
        each(CARD) + AMD + "<p>09:10 – We lift Advanced Micro Devices to B (72).</p>",
        each(CARD) + AMD + "<p>Note: Advanced Micro’s score should read 55.</p>",
        each(CARD) + AMD + "<p>Update 8:40: KOX and AMD are withdrawn.</p>",
        COLUMN.format(
            heads=HEADS.replace("</tr>", "<th>Status</th></tr>"),
            today=each(ROW.replace("</tr>", "<td>new</td></tr>")),
            other=OTHER.replace("</tr>", "<td>closed 13 Feb</td></tr>"),
        ),
        COLUMN.format(
            heads=HEADS.replace("</tr>", "<th>Buy?</th></tr>"),
            today=each(ROW.replace("</tr>", "<td>yes</td></tr>")),
            other=OTHER.replace("</tr>", "<td>no</td></tr>"),
        ),
    ],
)
def test_a_stock_that_is_not_meant_for_today_is_doubtful_whatever_its_place(body: str) -> None:
    reading = judged(body)
    assert confirmed(reading) == RIGHT
    assert "AMD" in {problem.ticker for problem in reading.problems}


@pytest.mark.parametrize(
    ("dress", "field"),
    [
        (CARD.replace("Score: {s}", "Score: 50 → {s}"), "score"),
        (CARD.replace("Grade: {g}", "Grade: C → {g}"), "grade"),
        (CARD.replace("Grade: {g}", "Liquidity grade: A"), "grade"),
        (CARD.replace("Score: {s}", "Technical score: 99</p><p>Fundamental score: {s}"), "score"),
    ],
)
def test_what_may_be_another_value_is_never_confirmed(dress: str, field: str) -> None:
    at = {"grade": 0, "score": 1}[field]
    found = confirmed(judged(each(dress)))
    assert all(values[at] == RIGHT[ticker][at] for ticker, values in found.items())


def test_a_letter_that_is_a_ticker_elsewhere_is_a_grade_here() -> None:
    c = CARD.format(t="C", n="Citigroup Inc", g="B", s=73, p="118.20")
    assert confirmed(judged(each(CARD) + c)) == RIGHT | {"C": ("B", 73.0, 1_182_000)}


def test_a_companys_name_that_begins_like_another_symbol_is_a_name() -> None:
    body = "<div><p>AMC Networks</p><p>NASDAQ AMCX</p><p>Grade: D</p><p>Score: 44</p><p>Price: $8.05</p></div>"
    assert confirmed(judged(each(CARD) + body)) == RIGHT | {"AMCX": ("D", 44.0, 80_500)}


def test_a_name_that_is_the_ticker_in_small_letters_is_a_name() -> None:
    roku = CARD.format(t="ROKU", n="Roku", g="A", s=86, p="97.40")
    assert judged(roku).candidates[0].verdict is Verdict.CONFIRMED
    assert judged(roku.replace("Roku", "ROKU")).candidates[0].verdict is Verdict.DOUBTFUL


def test_a_rounded_repetition_is_no_other_value() -> None:
    summary = "<h2>Top 1</h2><ol><li><b>NVDA</b> – about $190, score 91</li></ol>"
    assert confirmed(judged(summary + "<h2>All</h2>" + each(CARD))) == RIGHT


@pytest.mark.parametrize(
    "dress",
    [
        "<p>{n} ({t}) beat estimates. We give it a {g} with {s} out of 100; it changes hands at ${p} after a gap.</p>",
        "<p>{t}, {n}, {g}, {s}, {p}</p>",
        "<p>{t} rates {g} with a score of {s} at ${p}, says our desk about {n} in a long sentence without end</p>",
    ],
)
def test_what_is_not_read_is_named_one_by_one(dress: str) -> None:
    try:
        reading = judged(each(dress))
        told = " ".join(problem.ticker or "" for problem in reading.problems)
    except InputError as error:
        told, reading = error.what, None
    read = confirmed(reading) if reading is not None else {}
    assert all(ticker in told or read[ticker][:2] == RIGHT[ticker][:2] for ticker in RIGHT)


def test_an_indicator_that_every_stock_has_is_not_told_as_a_stock() -> None:
    reading = judged(each(CARD.replace("</div>", "<span>RSI</span> <span>61</span></div>")))
    assert confirmed(reading) == RIGHT
    assert [problem.ticker for problem in reading.told] == []


@pytest.mark.parametrize(
    "elsewhere",
    [
        "<p>Correction: Intel Corporation (INTC), score 66 instead of the number below.</p>",
        "<p>Intel Corporation (INTC) is now graded B after the call.</p>",
        "<p>10:05 Intel (INTC): its price is $35.10 now.</p>",
        "<p>Withdrawn: Intel (INTC), score 61, was rated by mistake.</p>",
        "<p>INTC <b>withdrawn</b>: the release is last week's.</p>",
        "<p>Intel Corp (INTC) was listed by mistake.</p>",
        "<p>Please disregard the line of Intel.</p>",
        "<p>Correction, 10:15: the row for INTC was wrong. Its grade is B, not C.</p>",
        "<p>INTC's rating has been struck.</p>",
        "<p>$INTC – grade cancelled after the restatement.</p>",
        "<p>The C of Intel is no longer valid.</p>",
        "<p>10:15 INTC: rating suspended</p>",
        "<p>Removed from today's list: INTC.</p>",
    ],
)
def test_a_stock_that_the_page_rates_otherwise_elsewhere_or_no_longer_is_not_confirmed(elsewhere: str) -> None:
    expected = {ticker: values for ticker, values in RIGHT.items() if ticker != "INTC"}
    assert confirmed(judged(elsewhere + each(CARD))) == expected
    assert confirmed(judged(each(CARD) + "<hr>" + elsewhere)) == expected


@pytest.mark.parametrize(
    "elsewhere",
    [
        "<p>Intel Corporation (INTC): score 61, grade C, price $38.40. It has withdrawn its outlook.</p>",
        "<p>Its rivals give Intel (INTC) a quality of 80 and a price target of $45.00.</p>",
        "<p>Intel (INTC) suspended its dividend and struck a deal.</p>",
    ],
)
def test_a_stock_that_the_page_names_once_more_with_the_same_values_stays_confirmed(elsewhere: str) -> None:
    assert confirmed(judged(each(CARD) + "<hr>" + elsewhere)) == RIGHT


GATES = "<tr><th>Ticker</th><th>Company</th><th>Price</th><th>Score</th></tr>" + each(
    "<tr><td>{t}</td><td>{n}</td><td>{p}</td><td>{s}</td></tr>"
)


@pytest.mark.parametrize(
    "words", ["Nothing qualified this morning.", "0 of 5 passed.", "No stocks qualified.", "There is nothing to buy."]
)
def test_nobody_is_confirmed_on_a_page_that_says_that_none_qualified(words: str) -> None:
    assert set(confirmed(judged(f"<table>{GATES}</table>"))) == set(RIGHT)
    assert confirmed(judged(f"<p>{words}</p><table>{GATES}</table>")) == {}


def test_that_none_is_on_another_list_says_nothing_about_todays() -> None:
    assert confirmed(judged(each(CARD) + "<h2>Watch list</h2><p>No stocks today.</p>")) == RIGHT


def test_a_stock_below_what_its_own_row_says_is_needed_is_not_confirmed() -> None:
    table = GATES.replace("</th></tr>", "</th><th>Needed</th></tr>").replace("</td></tr>", "</td><td>80</td></tr>")
    assert set(confirmed(judged(f"<table>{table}</table>"))) == {"NVDA", "DAL"}


def test_a_number_between_two_stocks_heads_no_list() -> None:
    cards = [CARD.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS]
    assert confirmed(judged("".join([*cards[:3], "<p>61</p>", *cards[3:]]))) == RIGHT


def test_a_bare_number_in_another_column_of_text_is_no_rival() -> None:
    rows = [f"{t:<6}{n:<22}{g:<7}{s:<7}{p:<9}{x}" for (t, n, g, s, p), x in zip(STOCKS, ("2.05", "5.60"), strict=False)]
    rows += [f"{t:<6}{n:<22}{g:<7}{s:<7}{p:<9}-4.90" for t, n, g, s, p in STOCKS[2:]]
    head = "SYM   COMPANY               GRADE  SCORE  PRICE    GAP%"
    assert confirmed(judged("<pre>\nthe machine says:\n\n" + "\n".join([head, "-" * 60, *rows]) + "\n</pre>")) == RIGHT


def test_the_price_of_the_morning_is_read_beside_the_close() -> None:
    rows = ROW.replace("<td>{p}", "<td>$55.00</td><td>${p}")
    heads = HEADS.replace("<th>Price", "<th>Close</th><th>Pre-mkt")
    assert confirmed(judged(f"<table>{heads}{each(rows)}</table>")) == RIGHT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Before the open", "After the close (Monday)"),
        ("Gapping up", "Gapping down"),
        ("Reported Monday evening", "Reported this morning"),
    ],
)
def test_todays_list_in_two_parts_is_one_list(one: str, other: str) -> None:
    cards = [CARD.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS]
    body = f"<h2>{one}</h2>{''.join(cards[:3])}<h2>{other}</h2>{''.join(cards[3:])}"
    assert confirmed(judged(body)) == RIGHT


def test_the_letters_of_a_ratio_are_no_grades() -> None:
    assert confirmed(judged(each(CARD.replace("</div>", "<p>P/E <b>23.1</b></p></div>")))) == RIGHT


def test_a_currency_behind_a_price_is_its_unit_and_no_name_of_it() -> None:
    dress = "<div><h3>{t}</h3><p>{n}</p><dl><dt>Bewertung</dt><dd>{g}</dd><dt>Punktzahl</dt><dd>{s} / 100</dd>"
    dress += "<dt>Aktueller Kurs</dt><dd>{p} USD</dd><dt>Vortagesschluss</dt><dd>12.34 USD</dd></dl></div>"
    assert confirmed(judged(each(dress))) == RIGHT


def test_what_is_struck_through_is_no_other_value() -> None:
    assert confirmed(judged(each(CARD.replace("Price: $", "Price: <s>$12.00</s> $")))) == RIGHT


def test_a_number_whose_own_words_in_its_cell_say_that_it_is_another_is_not_the_columns() -> None:
    row = "<tr><td>{t}</td><td>{n}</td><td>{g}</td><td><p>Total: {s}</p><p>Prior quarter: 50</p></td>"
    row += "<td><p>Close: $12.34</p><p>Now: ${p}</p></td></tr>"
    assert confirmed(judged(f"<table>{HEADS}{each(row)}</table>")) == RIGHT


@pytest.mark.parametrize(
    ("head", "cell"),
    [("Days to cover", "8.0"), ("Prior close", "12.34"), ("Index weight", "3.1"), ("前日終値", "12.34ドル")],
)
def test_the_number_of_another_column_is_no_second_score_or_price(head: str, cell: str) -> None:
    title = "<tr><td colspan=6>Screen of 100 names</td></tr>"
    heads, row = HEADS.replace("</tr>", f"<th>{head}</th></tr>"), ROW.replace("</tr>", f"<td>{cell}</td></tr>")
    assert confirmed(judged(f"<table>{title}{heads}{each(row)}</table>")) == RIGHT


def test_numbers_in_full_width_are_numbers() -> None:
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    rows = [CARD.format(t=t, n=n, g=g, s=f"{s}.5".translate(wide), p=p) for t, n, g, s, p in STOCKS]
    found = confirmed(judged("".join(rows)))
    assert {ticker: values[1] for ticker, values in found.items()} == {t: s + 0.5 for t, _, _, s, _ in STOCKS}


def test_a_line_of_text_from_another_hand_beside_the_ticker_is_no_name_of_the_company() -> None:
    chat = "<div><i>07:52</i> <i>&lt;jmarsh&gt;</i> <b>{t}</b> <i>grade {g}, score {s}, price ${p}</i></div>"
    reading = read(each(chat), directory=LISTED)
    prices = judge_prices(reading, Params(), LISTED, lambda one: one.price)
    assert confirmed(prices) == RIGHT
    assert confirmed(judge_prices(reading, Params(), LISTED, lambda one: 2 * (one.price or 0))) == {}


def test_another_companys_name_in_a_column_counts_in_small_letters_too() -> None:
    row = "<tr><td>{t}</td><td>zephyr robotics</td><td>{g}</td><td>{s}</td><td>${p}</td></tr>"
    heads = "<tr><th>Ticker</th><th>Company</th><th>Grade</th><th>Score</th><th>Price</th></tr>"
    reading = read(f"<table>{heads}{each(row)}</table>", directory=LISTED)
    assert confirmed(judge_prices(reading, Params(), LISTED, lambda one: one.price)) == {}


@pytest.mark.parametrize("head", ["<h3>{t} – NAME</h3>", "<h3><b>{t}</b> <i>NAME</i></h3>"])
@pytest.mark.parametrize("name", ["zephyr robotics", "zephyr"])
def test_another_companys_name_in_small_letters_beside_one_ticker_is_not_confirmed_by_the_price(
    head: str, name: str
) -> None:
    dress = "<div><h3>{t}</h3><p>Grade: {g}</p><p>Score: {s}</p><p>Price: ${p}</p></div>"
    body = each(dress) + dress.replace("<h3>{t}</h3>", head.replace("NAME", name)).format(
        t="AMD", g="A", s=90, p="210.00"
    )
    reading = judge_prices(read(body, directory=LISTED), Params(), LISTED, lambda one: one.price)
    assert confirmed(reading) == RIGHT
    assert f'the page names it "{name}"' in "".join(doubt.text for doubt in reading.doubts["AMD"])


KEYS = (
    "<div><h3>{t}</h3><p>{n}</p><p>Grade: {g}</p><div>LABEL<b>VALUE</b></div><p>Score: {s}</p><p>Price: ${p}</p></div>"
)
TERMS = "<section><h2>{n} ({t})</h2><dl><dt>Grade</dt><dd>{g}</dd><dt>Score</dt><dd>{s}</dd><dt>LABEL</dt><dd>VALUE</dd><dt>Price</dt><dd>${p}</dd></dl></section>"  # noqa: E501
ENTRIES = "<p><b>{t}</b> {n} | Grade {g} | Score {s} | Price ${p} | LABEL VALUE</p>"
COLUMNS = "{t} | {n} | grade {g} | score {s} | price {p} | LABEL VALUE\n"


@pytest.mark.parametrize(
    ("label", "value"), [("Quality", "A"), ("Report", "AMC"), ("Zacks rank", "2"), ("Trend", "up"), ("Beta", "1.21")]
)
@pytest.mark.parametrize("dress", [KEYS, TERMS, ENTRIES, f"<pre>{COLUMNS}</pre>"])
def test_what_another_label_announces_is_no_doubt_about_a_stock(dress: str, label: str, value: str) -> None:
    body = each(dress.replace("LABEL", label).replace("VALUE", value).removeprefix("<pre>").removesuffix("</pre>"))
    found = confirmed(judged(f"<pre>{body}</pre>" if dress.startswith("<pre>") else body))
    assert all(found[ticker] == RIGHT[ticker] for ticker in found)
    assert found == RIGHT or (label == "Quality" and dress is not TERMS)


@pytest.mark.parametrize("word", ["@pwolfe", "Nasdaq GS", "reported Thu"])
@pytest.mark.parametrize("head", ["<h3>{t} - WORD</h3>", "<h3><b>{t}</b> <i>WORD</i></h3>", "<h3>{t}</h3><p>WORD</p>"])
def test_a_word_beside_the_ticker_is_no_name_and_the_price_decides(head: str, word: str) -> None:
    dress = f"<div>{head.replace('WORD', word)}<p>Grade: {{g}}</p><p>Score: {{s}}</p><p>Price: ${{p}}</p></div>"
    reading = read(each(dress), directory=LISTED)
    assert confirmed(judge_prices(reading, Params(), LISTED, lambda one: one.price)) == RIGHT
    assert confirmed(judge_prices(reading, Params(), LISTED, lambda one: 2 * (one.price or 0))) == {}


@pytest.mark.parametrize(
    "note", ["* Taken off the list at 21:30: the CEO leaves.", "* Reported last week.", "* Please do not trade it."]
)
def test_a_footnote_of_its_name_takes_a_stock_off_the_list(note: str) -> None:
    marked = AMD.replace("Devices</p>", "Devices*</p>")
    assert confirmed(judged(f"{each(CARD)}{marked}<p>{note}</p>")) == RIGHT


@pytest.mark.parametrize("note", ["Strike AMD: the figures were those of the quarter before.", "AMD reports tomorrow."])
def test_a_stock_that_a_note_strikes_or_says_to_report_later_is_not_confirmed(note: str) -> None:
    assert confirmed(judged(f"{each(CARD)}{AMD}<p><i>{note}</i></p>")) == RIGHT


def test_of_several_other_lists_one_that_no_word_excludes_is_doubtful_too() -> None:
    ko = CARD.format(t="AVGO", n="Broadcom", g="B", s=72, p="310.00")
    body = f"<h3>Starting eleven, today</h3>{each(CARD)}<h3>On the bench</h3>{ko}<h3>Injured</h3>{AMD}"
    assert confirmed(judged(body)) == RIGHT


def test_most_of_the_stocks_are_no_other_list() -> None:
    cards = [CARD.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS]
    body = f"<h2>The leaders today</h2>{''.join(cards[:2])}<h2>The field</h2>{''.join(cards[2:])}"
    assert confirmed(judged(body)) == RIGHT


def test_a_heading_with_a_part_of_the_companys_name_heads_that_stock() -> None:
    cards = [
        f"<h3>{n.split()[0]}</h3>" * (t == "DAL") + CARD.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS
    ]
    assert confirmed(judged("".join(cards))) == RIGHT


def test_the_numbers_of_its_peers_in_a_stocks_card_are_not_its_own() -> None:
    peers = ("AVGO (score 81, $141.20)", "AMC (score 90, $268.30)", "ROKU (score 38, $23.40)")
    cards = [
        f"<div><b>{n} <i>{t}</i></b><div>Peers: {', '.join(peers[: 1 + at % 3])}</div>"
        f"<div>Own score {s}, grade {g}, ${p}</div></div>"
        for at, (t, n, g, s, p) in enumerate(STOCKS)
    ]
    assert confirmed(judged("".join(cards))) == RIGHT


def test_a_total_with_the_letter_b_behind_it_is_no_number_of_billions() -> None:
    tile = "<div><i>{t}</i><i>{n}</i><i>{s} {g}</i><i>${p}</i></div>"
    assert confirmed(judged(each(tile))) == RIGHT


def test_a_heading_that_every_card_has_heads_no_list() -> None:
    entry = "<h2>{n} &mdash; {t}</h2><p>How did the stock react?</p><p>It rose.</p><p>Our mark?</p>"
    entry += "<p>We score it {s} out of 100, grade {g}, price ${p}.</p>"
    assert confirmed(judged(each(entry))) == RIGHT


@pytest.mark.parametrize("label", ["Last quarter", "November", "Hurdle"])
def test_a_number_of_another_day_or_a_limit_is_never_the_total(label: str) -> None:
    card = "<div><h3>{t}</h3><p>{n}</p><p>Grade: {g}</p><p>{s}</p><p>{label}: {x}/100</p><p>Price: ${p}</p></div>"
    listed = zip(STOCKS, (86, 60, 72, 90, 50), strict=True)
    body = "".join(card.format(t=t, n=n, g=g, s=s, p=p, x=x, label=label) for (t, n, g, s, p), x in listed)
    assert all(score in (RIGHT[ticker][1], None) for ticker, (_, score, _) in confirmed(judged(body)).items())


@pytest.mark.parametrize("head", ["RSI", "IV percentile", "Win odds"])
def test_an_indicator_that_fits_the_letters_is_not_the_total(head: str) -> None:
    table = f"<table>{HEADS.replace('Score', head)}{each(ROW)}</table>"
    assert {score for _, score, _ in confirmed(judged(table)).values()} == {None}


def test_letters_under_an_unknown_word_are_grades_only_in_order() -> None:
    heads, row = HEADS.replace("Grade", "SMR"), ROW.replace("<td>{g}", "<td>{x}")
    ordered = [(t, n, s, p, x) for (t, n, _, s, p), x in zip(STOCKS, "AABBC", strict=True)]
    mixed = [(t, n, s, p, x) for (t, n, _, s, p), x in zip(STOCKS, "BABCA", strict=True)]

    def letters(listed: list[tuple[str, str, int, str, str]]) -> list[str]:
        rows = "".join(row.format(t=t, n=n, s=s, p=p, x=x) for t, n, s, p, x in listed)
        found = judged(f"<table>{heads}{rows}</table>").candidates
        return [one.grade.value for one in found if one.grade_source.value == "html"]

    assert letters(ordered) == list("AABBC")
    assert letters(mixed) == []


@pytest.mark.parametrize(
    "line",
    [
        "Grade: {g} | {s} | Last ${p} | Quality 25 | Prior grade D | Sector: Technology",
        "36% win rate | {g} | Target: $342.70 | Last ${p} | Sector: Technology | Total score {s}",
        "Grade {g}, {s} of 100 points after 88 at the last report. The shares trade at ${p} after closing at $71.02",
    ],
)
def test_a_price_is_never_taken_from_its_neighbour_in_the_line(line: str) -> None:
    for t, n, g, s, p in STOCKS:
        found = confirmed(judged(f"<p>{n} ({t}) | {line.format(g=g, s=s, p=p)}</p>"))
        assert all(read in (RIGHT[t][2], None) for _, _, read in found.values())


def test_of_a_number_that_another_has_replaced_the_later_one_counts() -> None:
    rows = each(ROW.replace("<td>{s}", "<td>50 now {s}"))
    assert confirmed(judged(f"<table>{HEADS}{rows}</table>")) == RIGHT


def test_a_price_with_a_blank_for_thousands_is_read_whole() -> None:
    mu = CARD.format(t="AVGO", n="Broadcom", g="B", s=71, p="4 352.40")
    read = {one.ticker: one.price for one in judged(each(CARD) + mu).candidates}
    assert read["AVGO"] == 43_524_000


@pytest.mark.parametrize(
    "body",
    [
        "<h2>Today</h2>TODAY<h2>Earnings this Thursday</h2>OTHER",
        "<h2>Today</h2>TODAY<h2>Long-term holdings</h2>OTHER",
        "<div id=feb17>TODAY</div><div id=feb13>OTHER</div>",
        "<p>Dry run with invented numbers.</p><div>OTHER</div>",
    ],
)
def test_a_list_of_another_day_or_of_no_day_is_doubtful(body: str) -> None:
    table = f"<table>{HEADS}{{}}</table>"
    whole = body.replace("TODAY", table.format(each(ROW))).replace("OTHER", table.format(OTHER))
    assert confirmed(judged(whole)) == (RIGHT if "TODAY" in body else {})


INTRODUCED = (
    "<section><h2>Watch list</h2><p>Names for later this week.</p></section>TABLE",
    "<aside><h2>Do not trade</h2><p>These failed our test.</p></aside>TABLE",
)


@pytest.mark.parametrize("other", INTRODUCED)
def test_a_list_behind_the_block_that_introduces_it_is_left_out(other: str) -> None:
    table = f"<table>{HEADS}{OTHER}</table>"
    body = f"<section><h2>Today</h2><table>{HEADS}{each(ROW)}</table></section>{other.replace('TABLE', table)}"
    assert confirmed(judged(body)) == RIGHT


@pytest.mark.parametrize("word", ["Avoid", "Watch list", "Upcoming"])
def test_a_heading_that_its_cards_repeat_as_a_badge_still_heads_them(word: str) -> None:
    cards = [
        CARD.format(t=t, n=n, g="A", s=90, p="210.00").replace("</h3>", f"</h3><p>{word}</p>")
        for t, n in (("AMD", "Advanced Micro Devices"), ("AVGO", "Broadcom"))
    ]
    assert confirmed(judged(f"<h2>Today</h2>{each(CARD)}<h2>{word}</h2>{''.join(cards)}")) == RIGHT


def test_the_strikes_of_options_take_nothing_back() -> None:
    assert confirmed(judged(each(CARD) + "<p>Options: the INTC 40 strike calls are busy.</p>")) == RIGHT


@pytest.mark.parametrize("said", ["Its rival {} trades at $310.00", "Compare {}: score 85, grade B", "{} at $310.00"])
def test_what_a_line_says_of_another_stock_is_never_this_ones(said: str) -> None:
    bare = "<div><h3>{t}</h3><p>{n}</p><p>Grade: {g}</p><p>SAID</p></div>"
    for t, n, g, _, _ in STOCKS:
        found = confirmed(judged(bare.format(t=t, n=n, g=g).replace("SAID", said.format("AVGO"))))
        assert all((score, price) == (None, None) for _, score, price in found.values())


@pytest.mark.parametrize("sent", ["Sent: Monday, February 16, 2026 8:03", "Sent: February 16, 2026"])
def test_a_mail_of_another_day_is_refused_though_it_is_saved_under_todays_name(sent: str) -> None:
    with pytest.raises(InputError, match="report of another date"):
        read(each(CARD), f"<div>From: K.<br>{sent}<br>To: desk</div>", directory=LISTED)


AVGO = CARD.format(t="AVGO", n="Broadcom", g="B", s=72, p="310.00")


def test_a_line_heads_all_stocks_behind_it() -> None:
    assert confirmed(judged(f"{each(CARD)}<p>And from our January list:</p>{AMD}{AVGO}")) == RIGHT


def test_a_block_called_like_an_excluding_heading_excludes() -> None:
    assert confirmed(judged(f"<div>{each(CARD)}</div><div class=archive>{AMD}</div>")) == RIGHT


def test_the_values_of_a_stock_that_was_not_read_head_no_list() -> None:
    tile = "<div><i>{t}</i><i>{n}</i><i>{s}</i><i>{g}</i><i>${p}</i></div>"
    tiles = [tile.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS]
    body = "".join([*tiles[:4], "<div>Macy's 63 C +1.8%</div>", *tiles[4:]])
    assert confirmed(judged(body)) == RIGHT


def test_a_heading_with_its_symbol_heads_that_stock_alone() -> None:
    cards = [
        f"<h2>Spotlight on {t}</h2>" * (t == "KO") + CARD.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in STOCKS
    ]
    assert confirmed(judged("".join(cards))) == RIGHT


def test_the_letter_of_the_stock_above_hides_no_excluding_heading() -> None:
    entry = "<dt>{t}, {n}</dt><dd>Points: {s}</dd><dd>Grade: {g}</dd><dd>Close: ${p}</dd>"
    old = (("AMD", "Advanced Micro Devices", "C", 57, "76.00"), ("AVGO", "Broadcom", "B", 73, "121.30"))
    past = "".join(entry.format(t=t, n=n, g=g, s=s, p=p) for t, n, g, s, p in old)
    found = confirmed(judged(f"<h2>Today</h2><dl>{each(entry)}</dl><h2>From last week</h2><dl>{past}</dl>"))
    assert found.keys() <= RIGHT.keys()


def test_values_over_the_heading_of_a_tile_are_its_own() -> None:
    tile = "<a><b>{s}</b><i>{g}</i><h4>{t}</h4><h5>{n}</h5><p>${p}<br>+2.1% gap</p></a>"
    assert confirmed(judged(each(tile))) == RIGHT


def test_a_sentence_with_other_values_before_the_first_stock_shifts_none() -> None:
    entry = "<p>{n} ({t})</p><p>Our score is {s} of 100, a {g}. It finished the session at ${p} (+1.5%).</p>"
    body = f"<p>A starts at 85, B at 70, C at 55.</p>{each(entry)}<p>Broadcom (AVGO)</p><p>Back on Monday.</p>"
    assert confirmed(judged(body)) == RIGHT


@pytest.mark.parametrize(
    "said", ["Shares trade at ${p}.", "Shares finished the session at ${p}. EPS was $2.19 against $1.89 expected."]
)
def test_earnings_told_beside_the_price_are_never_the_price(said: str) -> None:
    entry = "<div><h3>{n}</h3><p><b>{t}</b> earned $0.24 a share, analysts had $0.20.</p>"
    entry += f"<p>Our call: <b>{{g}}</b> at <b>{{s}}</b> points. {said}</p></div>"
    assert confirmed(judged(each(entry))) == RIGHT


@pytest.mark.parametrize("heading", ["Not for us", "not taken, spread too wide:"])
def test_what_was_not_taken_is_never_confirmed(heading: str) -> None:
    entry = "<p>{t} {n} Score {s} Grade {g} ${p}</p>"
    avgo = entry.format(t="AVGO", n="Broadcom", g="B", s=72, p="310.00")
    assert "AVGO" not in confirmed(judged(f"{each(entry)}<p>{heading}</p>{avgo}"))
    assert "AVGO" not in confirmed(judged(f"{each(entry)}<p>-----</p><p>{heading}</p>{avgo}"))
    named = "<tr><td colspan=4>{n} – {t}</td></tr><tr><td>{g}</td><td>{s}</td><td>${p}</td><td>x</td></tr>"
    avgo = named.format(t="AVGO", n="Broadcom", g="B", s=72, p="310.00")
    table = f"<table>{each(named)}<tr><td colspan=4>{heading}</td></tr>{avgo}</table>"
    assert "AVGO" not in confirmed(judged(table))


@pytest.mark.parametrize("cell", ["NO – offering announced", "No - halted"])
def test_a_row_that_answers_no_is_never_confirmed(cell: str) -> None:
    rows = ROW.replace("<tr>", "<tr><td>YES</td>")
    avgo = rows.format(t="AVGO", n="Broadcom", g="B", s=72, p="310.00").replace("YES", cell)
    heads = HEADS.replace("<tr>", "<tr><th>Tradable?</th>")
    assert confirmed(judged(f"<table>{heads}{each(rows)}{avgo}</table>")) == RIGHT


def test_a_later_message_takes_back_a_total() -> None:
    later = "<p>16:58 tom: old volume figure in MU. forget the 78: it is 88 points, A.</p>"
    assert "MU" not in confirmed(judged(each(CARD) + later))


def test_a_company_listed_without_a_name_hides_no_heading() -> None:
    nameless = Directory(NAMES | {"KO": ""}, "0" * 64, date(2026, 2, 13))
    reading = read(f"{each(CARD)}<h2>On the bench</h2>{AMD}", directory=nameless)
    assert "AMD" not in confirmed(judge_prices(reading, Params(), nameless, None))
