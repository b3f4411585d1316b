"""Where the text of a page names listed stocks, for the second reader: every place, and those nobody has read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backtest.reports.second_page import PageText

_SYMBOL = re.compile(
    r"(?<![\w.$&'’-])\$?(?P<sym>[A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,2}| [A-Z])?)(?!['’](?!s\b)|[\w&]|[.-]\w)"
)
_OPENS = re.compile(r"(?:^|[\n\t])[ $\[(#\d.)/:]*$")
_ENDS = re.compile(r"[ \])：:]*(?:$|[\n\t])")
_MARK = re.compile(
    r"(?:[$#]|\b(?:NYSE|NASDAQ|Nasdaq|AMEX|XNYS|XNAS|CBOE)(?: American| Arca)?\s?[:：|/·-]?\s?|[\w.)]\s?[(\[（]"
    r"|(?i:ticker|symbol)[ \t:：|]{1,6})$"
)
_RATED = re.compile(
    r"(?i)\b[A-D][+-]?[- ]grade\b|\bgraded?\W{0,3}[A-D]\b|\b\d{1,3}(?:\.\d+)?\s?(?:pts|points|punkte\w*|%?\s?/\s?100)\b"
    r"|\bscores?\b|\bout of 100\b|評価|スコア|\d点|\bnote\W{0,3}[A-D]\b|(?<![\w'’])[A-D][+-]?[\n\t][\n\t ]*\d\d"
    r"|\d\d[\n\t][\n\t ]*[A-D][+-]?(?![\w'’])"
)
EXCHANGES = frozenset({"NYSE", "NASDAQ", "AMEX", "XNYS", "XNAS", "ARCA", "BATS", "OTC"})
LEGAL_FORMS = frozenset({"inc", "corp", "corporation", "company", "co"})
GRADES = frozenset("ABCDEF")
BESIDE, NEAR, RATED_BEFORE, RATED_BEHIND = 25, 90, 60, 250
"""Characters around a letter, and a symbol, in which its company's name, and a rating of it, are looked for."""
SELDOM = 3
"""A bare symbol that stands alone more often than this is a label that every stock has, such as RSI."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place that names a symbol. first: it begins its piece; prominent: it is the whole piece, marked or named.

    marked: `$NVDA`, `(NVDA)`, `NYSE: IBM`. named: the first word of its company's name is near.
    """

    symbol: str
    start: int
    end: int
    line: int
    first: bool
    marked: bool
    named: bool
    prominent: bool


def find_places(page: PageText, known: Collection[str], names: Mapping[str, str]) -> Iterator[Place]:
    """Yield every place that names a known ticker, a symbol of the directory, or anything marked as a symbol."""
    text, stocks = page.text, {*known, *names}
    for match in _SYMBOL.finditer(text):
        start, end = match.span("sym")
        symbol = re.sub("[/ -]", ".", match["sym"])
        begin = symbol.split(".")[0]
        if symbol not in stocks and begin in stocks:  # "NVDA B": a grade, or another word, behind it
            symbol, end = begin, start + len(begin)
        before = text[max(0, start - 24) : start]
        marked = _MARK.search(before) is not None
        if symbol not in stocks and not (marked and len(symbol) > 1 and symbol not in EXCHANGES):
            continue
        window = BESIDE if symbol in GRADES else NEAR
        near = f"{text[max(0, start - window) : start]} {text[end : end + window]}"
        named = symbol in names and _begins_like(near, names[symbol], symbol)
        first = _OPENS.search(before) is not None
        alone = first and symbol not in GRADES and _ENDS.match(text[end : end + 14]) is not None
        yield Place(symbol, start, end, page.line_at(start), first, marked, named, alone or marked or named)


def _begins_like(near: str, name: str, symbol: str) -> bool:
    """Return whether a text holds the first word of a company's name; short ones ("W.", "GE"), and the symbol itself
    ("AMC Entertainment"), with the next."""
    words = [word for word in _words(name) if word not in ("the", "dba")]
    first = next((position for position, word in enumerate(words) if len(word) > 2 or word[0].isdigit()), 0)
    if not first and words[:1] == [symbol.lower()]:
        first = min(1, len(words) - 1)
    if not first:
        return words[:1] != [] and words[0] in _words(near)
    begin = "".join(word for word in words[: first + 1] if word not in LEGAL_FORMS)
    return begin in "".join(_words(near))


def _words(text: str) -> list[str]:
    return re.findall("[a-z0-9]+", re.sub(r"['’]s?\b|['’]", "", text.lower()))


def unread_stocks(text: str, places: Sequence[Place], names: Mapping[str, str]) -> dict[str, int]:
    """Return the symbols that stand like a stock's, with their lines.

    Next to the company's name; marked as a symbol; or first in its piece beside a rating.
    """
    often = Counter(place.symbol for place in places if place.first and not place.named)
    found: dict[str, int] = {}
    for place in places:
        listed = place.symbol in names
        around = text[max(0, place.start - RATED_BEFORE) : place.start], text[place.end : place.end + RATED_BEHIND]
        rated = any(map(_RATED.search, around))
        bare = place.first and len(place.symbol) > 1 and often[place.symbol] <= SELDOM
        if place.named or (place.marked and (listed or rated)) or (listed and rated and bare):
            found.setdefault(place.symbol, place.line)
    return found
