"""Pages made to hurt: bounded in time and memory, one clear line, never another exception."""

from __future__ import annotations

import pytest

from backtest.errors import InputError
from backtest.reports.hostile import checked_text
from backtest.reports.page import parse_page
from backtest.reports.read import read_html
from tests.backtest.reports.pages import NAME, card, page

REFUSED = {
    "empty": b"",
    "blank": b" \n",
    "binary": bytes(range(256)) * 10,
    "utf-16": "<p>x</p>".encode("utf-16"),
    "nul": page("\0"),
    "gzip": b"\x1f\x8b\x08abc",
    "no utf-8": b"<p>\xff\xc4</p>",
    "no tags": b"hello",
    "too big": page("x" * 5_000_001),
    "deep": page("<div>" * 20_000),
    "a little deep": page("<div>" * 251 + card() + "</div>" * 251),
    "rows": page("<table>" + "<tr><td>x</td></tr>" * 200_000 + "</table>"),
    "tags": page("<b>x</b>" * 20_001),
    "signs": page("<" * 300_000),
    "many attributes": page("<div " + 'a="b" ' * 300_000 + ">"),
    "much text": page("<p>" + "AMD 12.3 Score 80 " * 100_000 + "</p>"),
    "lines": page("<pre>" + "a\n" * 100_000 + "</pre>"),
    "stocks": page(
        "".join(f"<p><b>{chr(65 + i % 26)}{chr(65 + i // 26 % 26)}{chr(65 + i // 676)}</b> x</p>" for i in range(4_000))
    ),
}


def long_pages(count: int) -> dict[str, bytes]:
    """Return pages of so many tags; 20,000 are too many for a report."""
    return {
        "end tags of nothing": page("<br>" * count + "</hr>" * 8 * count + card()),
        "many tags": page("<span>x</span>" * count + card()),
        "bare values before a slash": page("<x y=z/></x>" * count + card()),
        "deep in cells": page("<table><tr><td>" + "<div>" * 240 + "<td>x</td>" * count + "</table>" + card()),
        "unclosed items": page("<ul>" + "<li>x" * count + "</ul>" + card()),
    }


READ = long_pages(1_900) | {
    "parser": page("<![x " + card()),
    "attributes": page("<div " + 'a="b" ' * 100_000 + ">" + card()),
    "marked section": page("<![x[ y ]]>" + card()),
    "unfinished tags": page(card() + "<a " * 19_000),
    "unfinished quotes": page(card() + "<a b='" * 19_000),
    "unfinished quotes before an end": page(card() + "<a b='x" * 19_000 + '">'),
    "comments": page("<!---->" * 150_000 + card()),
    "cdata": page("<![CDATA[ x ]]>" + card()),
    "a style of nothing": page(f"<style>{'@' * 90_000}x{{display:none}}</style>" + card() + "<p>x</p>" * 500),
    "a style of many names": page(f"<style>{'.a,' * 30_000}.b{{display:none}}</style>" + card() + "<p>x</p>" * 500),
    "a style that hides early": page(f"<style>i{{display:none}}{'.a,' * 9_000}.b{{display:none}}</style>{card()}"),
    "just not too deep": page("<div>" * 245 + card() + "</div>" * 245),
    "bom": b"\xef\xbb\xbf" + page(card()),
    "long line": page("<p>" + "AMD 12.3 " * 50_000 + "</p>" + card()),
    "digits": page("<p>" + "1" * 400_000 + "</p>" + card()),
    "commas": page("<p>" + "1," * 200_000 + "</p>" + card()),
    "blanks": page(" " * 400_000 + card()),
    "entities": page("&#x41;" * 60_000 + card()),
    "open comments": page("<!--x-->" * 20_000 + card()),
    "unfinished end tags": page(card() + "</a " * 50_000),
    "unfinished comments": page("<!--" * 50_000 + card()),
    "unfinished instructions": page(card() + "<?x " * 50_000),
    "unfinished declarations": page(card() + "<!x " * 50_000),
    "unfinished sections": page("<![CDATA[" * 30_000 + card()),
    "unfinished names": page(card() + "<" + "<a" * 19_000),
    "end of a script that is none": page("<script>" + "</script" * 40_000 + "</script>" + card()),
    "references that are none": page("&# &#; &#x; &#99999999999; &x" + card()),
    "picture": page("<img src='data:" + "A" * 3_000_000 + "'>" + card()),
    "script": page("<script>" + "<div>" * 19_000 + "</script>" + card()),
    "surrogates": page(card() + "&#xD800;&#0;&#x110000;"),
    "latin": "<meta charset='windows-1252'><p>Société</p>".encode("cp1252") + page(card()),
}


def shown(markup: str) -> list[str]:
    """Return the lines that a reader of the page sees."""
    return [line.plain for line in parse_page(checked_text(markup.encode(), NAME)).lines]


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<p>a<!-- b -->c</p>", ["a c"]),
        ("<p>a <!-- b", ["a <!-- b"]),
        ("<p>a</x>b</p>", ["a b"]),
        ("<p>a < b <2</p>", ["a < b <2"]),
        ("<p>a<script>'<p>b</p>'</script>c</p>", ["a c"]),
        ("<p>a</p><script><p>b</p>", ["a"]),
        ("<p>a<?php echo '1' ?>b</p>", ["a b"]),
        ("<p title=it's>a</p><p class=x/y>b</p>", ["a", "b"]),
        ("<p title='a > b' x=\"c'd\">a</p>", ["a"]),
        ("<p>a <b c='d>e", ["a e"]),
        ("<div style='x: \"y\"; display: none'>a</div><p>b", ["b"]),
        ("<ul><li>a<li>b</ul>", ["a", "b"]),
        ("<p>AT&#T &#65; &amp; &#x;</p><p>b</p>", ["AT&#T A & &#x;", "b"]),
    ],
)
def test_f97_markup_that_is_not_plain_shows_what_a_browser_shows(markup: str, lines: list[str]) -> None:
    assert shown(markup) == lines


def test_what_is_left_out_leaves_its_line_breaks() -> None:
    page_of = "<!--\n\n--><script>\n</script><p\n a='\n' b=c/d\n>x</p>"
    (line,) = parse_page(checked_text(f"{page_of}<p>".encode(), NAME)).lines
    (after,) = parse_page(checked_text(f"{page_of.replace('x', '')}<p>y".encode(), NAME)).lines
    assert (line.at, after.at) == (4, 7)


@pytest.mark.parametrize("name", REFUSED)
def test_f97_what_is_no_report_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_html(NAME, REFUSED[name])
    assert refusal.value.exit_code == 7
    assert "\n" not in refusal.value.line()


@pytest.mark.parametrize("name", READ)
def test_f97_what_is_only_strange_is_read(name: str) -> None:
    assert [candidate.ticker for candidate in read_html(NAME, READ[name]).candidates] == ["NVDA"]


@pytest.mark.slow
@pytest.mark.parametrize("name", long_pages(0))
def test_f97_a_page_with_nearly_too_many_tags_is_read(name: str) -> None:
    assert [candidate.ticker for candidate in read_html(NAME, long_pages(19_000)[name]).candidates] == ["NVDA"]
