"""The list of all pages, and the parts of markup."""

from __future__ import annotations

from datetime import date, timedelta

from backtest.pages.html import Html, cut, join, tag
from backtest.pages.parts import percent, signed_usd, usd
from live.page.index import MOST_DAYS, days_in, index_html
from tests.live.page.builders import equity, words_of
from tests.live.state_db.builders import D


def test_only_pages_are_listed_the_newest_first() -> None:
    names = [
        "2026-02-16.html",
        "2026-02-17.html",
        "index.html",
        "2026-02-30.html",
        "x2026-02-17.html",
        "2026-02-17.txt",
    ]
    assert days_in(names) == [date(2026, 2, 17), date(2026, 2, 16)]


def test_a_day_has_its_equity_or_dashes() -> None:
    said = words_of(index_html([D, date(2025, 1, 2)], equity(), None))
    assert "Tue 2026-02-17 100,002.00 +2.00 9.1 1" in said
    assert "Thu 2025-01-02 – – – –" in said
    assert 'href="2026-02-17.html"' in index_html([D], equity(), None)


def test_years_of_pages_make_a_list_of_the_newest() -> None:
    days = [D - timedelta(days=n) for n in range(2_000)]
    text = index_html(days, equity(2_000), None)
    assert f"the newest {MOST_DAYS} of 2000" in words_of(text)
    assert len(text.encode()) < 150_000


def test_what_is_no_markup_is_escaped_where_it_goes_in() -> None:
    assert tag("p", "a < b", None, Html("<b>c</b>"), class_='"x"') == '<p class="&quot;x&quot;">a &lt; b<b>c</b></p>'
    assert join(["&", "\u202eevil"], " ") == "&amp; evil"
    assert (tag("br"), tag("line", x1=0, data_label=None)) == ("<br>", '<line x1="0"/>')


def test_numbers_have_a_minus_as_wide_as_a_digit_and_no_negative_nought() -> None:
    assert (usd(-12_345_600), usd(None), percent(-0.04), percent(-1.25, 2)) == ("−1,234.56", "–", "0.0", "−1.25")
    assert signed_usd(-100) == '<span class="loss">−0.01</span>'
    assert signed_usd(0) == "<span>0.00</span>"


def test_a_text_is_cut_with_an_ellipsis() -> None:
    assert (cut("abcdef", 6), cut("abcdefg", 6)) == ("abcdef", "abcde…")
