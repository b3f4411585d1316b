"""Pages made to hurt: bounded in time and memory, one clear line, never another exception."""

from __future__ import annotations

import time

import pytest

from backtest.errors import InputError
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
    "parser": page("<![x " + card()),
    "deep": page("<div>" * 20_000),
    "a little deep": page("<div>" * 501 + card() + "</div>" * 501),
    "rows": page("<table>" + "<tr><td>x</td></tr>" * 200_000 + "</table>"),
    "tags": page("<b>x</b>" * 50_001),
    "attributes": page("<div " + 'a="b" ' * 100_000 + ">" + card()),
    "signs": page("<" * 300_000),
    "lines": page("<pre>" + "a\n" * 100_000 + "</pre>"),
    "stocks": page(
        "".join(f"<p><b>{chr(65 + i % 26)}{chr(65 + i // 26 % 26)}{chr(65 + i // 676)}</b> x</p>" for i in range(4_000))
    ),
}
READ = {
    "cdata": page("<![CDATA[ x ]]>" + card()),
    "just not too deep": page("<div>" * 490 + card() + "</div>" * 490),
    "bom": b"\xef\xbb\xbf" + page(card()),
    "many tags": page("<span>x</span>" * 45_000 + card()),
    "long line": page("<p>" + "AMD 12.3 " * 100_000 + "</p>" + card()),
    "digits": page("<p>" + "1" * 500_000 + "</p>" + card()),
    "commas": page("<p>" + "1," * 500_000 + "</p>" + card()),
    "blanks": page(" " * 2_000_000 + card()),
    "entities": page("&#x41;" * 100_000 + card()),
    "open comments": page("<!--x-->" * 20_000 + card()),
    "picture": page("<img src='data:" + "A" * 3_000_000 + "'>" + card()),
    "script": page("<script>" + "<div>" * 20_000 + "</script>" + card()),
    "unclosed items": page("<ul>" + "<li>x" * 20_000 + "</ul>" + card()),
    "surrogates": page(card() + "&#xD800;&#0;&#x110000;"),
    "latin": "<meta charset='windows-1252'><p>Société</p>".encode("cp1252") + page(card()),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("name", REFUSED)
def test_f97_what_is_no_report_is_refused_in_one_line(name: str) -> None:
    started = time.process_time()
    with pytest.raises(InputError) as refusal:
        read_html(NAME, REFUSED[name])
    assert refusal.value.exit_code == 7
    assert "\n" not in refusal.value.line()
    assert time.process_time() - started < 3


@pytest.mark.no_cover
@pytest.mark.parametrize("name", READ)
def test_f97_what_is_only_strange_is_read_within_three_seconds(name: str) -> None:
    started = time.process_time()
    assert [candidate.ticker for candidate in read_html(NAME, READ[name]).candidates] == ["NVDA"]
    assert time.process_time() - started < 3
