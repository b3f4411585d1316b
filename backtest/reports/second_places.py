"""Where the text of a page names listed stocks, for the second reader: every place, and those nobody has read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backtest.reports.second_page import PageText

_AS_DOT = str.maketrans("/ -", "...")
_SYMBOL = re.compile(
    r"(?<![\w.$&'’-])\$?(?P<sym>[A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,2}| [A-Z])?)(?!['’](?!s\b)|[\w&]|[.-]\w)"
)
_BEFORE_IT = r"[\r $\[(#\d.)/:]*$"
_OPENS = re.compile(rf"(?:^|[\n\t]){_BEFORE_IT}")
_ENDS = re.compile(r"[\r \])：:]*(?:$|[\n\t])")
_MARK = re.compile(
    r"(?:[$#]|\b(?:NYSE|NASDAQ|Nasdaq|AMEX|XNYS|XNAS|CBOE)(?: American| Arca)?\s?[:：|/·-]?\s?|[\w.)]\s?[(\[（]"
    r"|(?i:ticker|symbol)[ \t:：|]{1,6})$"
)
_PLAIN = re.compile(r"[a-z0-9]+")
LEGAL_FORMS = frozenset({"inc", "corp", "corporation", "company", "co"})
_RATED = re.compile(
    r"(?i)\b[A-D][+-]?[- ]grade\b|\bgraded?\W{0,3}[A-D]\b|\b\d{1,3}(?:\.\d+)?\s?(?:pts|points|punkte\w*|%?\s?/\s?100)\b"
    r"|\bscores?\b|\bout of 100\b|評価|スコア|\d点|\bnote\W{0,3}[A-D]\b|(?<![\w'’])[A-D][+-]?[\n\t][\n\t\r ]*\d\d"
    r"|\d\d[\n\t][\n\t\r ]*[A-D][+-]?(?![\w'’])"
)
EXCHANGES = frozenset({"NYSE", "NASDAQ", "AMEX", "XNYS", "XNAS", "ARCA", "BATS", "OTC"})
GRADES = frozenset("ABCDEF")
BESIDE = 25
NEAR, RATED_BEFORE, RATED_BEHIND = 90, 60, 250
"""Characters around a symbol in which its company's name, and a rating of it, are looked for."""
SELDOM = 3
"""A bare symbol that stands alone more often than this is a label that every stock has, such as RSI."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place that names a symbol.

    first: it begins its piece; alone: nothing else stands in it; marked: `$NVDA`, `(NVDA)`, `NYSE: IBM`; named: the
    company's first word is near.
    """

    symbol: str
    start: int
    end: int
    line: int
    alone: bool
    marked: bool
    named: bool
    first: bool

    @property
    def prominent(self) -> bool:
        return self.alone or self.marked or self.named


def find_places(page: PageText, known: Collection[str], names: Mapping[str, str]) -> Iterator[Place]:
    """Yield every place that names a known ticker, a symbol of the directory, or anything marked as a symbol."""
    text = page.text
    for match in _SYMBOL.finditer(text):
        start, end = match.span("sym")
        symbol = match["sym"].translate(_AS_DOT)
        if symbol not in known and symbol not in names:
            first = re.split(r"[./ -]", match["sym"])[0]  # "NVDA B": a grade, or another word, behind it
            symbol, end = (first, start + len(first)) if first in known or first in names else (symbol, end)
        before, after = text[max(0, start - 24) : start], text[end : end + 14]
        marked = _MARK.search(before) is not None
        if symbol not in known and symbol not in names and not (marked and len(symbol) > 1 and symbol not in EXCHANGES):
            continue
        opens = _OPENS.search(before) is not None
        alone = opens and _ENDS.match(after) is not None
        window = BESIDE if symbol in GRADES else NEAR
        low, high = max(0, start - window), end + window
        near = f"{text[low:start]} {text[end:high]}"
        named = symbol in names and begins_like(near, names[symbol], symbol)
        if symbol in GRADES and not named and not marked:
            alone = False  # a letter alone is a grade
        yield Place(symbol, start, end, page.line_at(start), alone, marked, named, opens)


def begins_like(near: str, name: str, symbol: str = "") -> bool:
    """Return whether a text holds the first word of a company's name; short ones ("W.", "GE"), and the symbol itself
    ("AMC Entertainment"), with the next."""
    words = [word for word in _PLAIN.findall(_folded(name)) if word not in ("the", "dba")]
    first = next((position for position, word in enumerate(words) if len(word) > 2 or word[0].isdigit()), 0)
    if not first and words[:1] == [symbol.lower()]:
        first = min(1, len(words) - 1)
    if not first:
        return bool(words) and words[0] in _PLAIN.findall(_folded(near))
    begin = "".join(word for word in words[: first + 1] if word not in LEGAL_FORMS)
    return begin in "".join(_PLAIN.findall(_folded(near)))


def _folded(text: str) -> str:
    return re.sub(r"['’]s?\b|['’]", "", text.lower())


def unread_stocks(text: str, places: Sequence[Place], names: Mapping[str, str]) -> dict[str, int]:
    """Return the symbols that stand like a stock's, with their lines.

    Next to the company's name; marked as a symbol; or first in its piece beside a rating.
    """
    often = Counter(place.symbol for place in places if place.first and not place.named)
    found: dict[str, int] = {}
    for place in places:
        listed = place.symbol in names
        around = text[max(0, place.start - RATED_BEFORE) : place.start], text[place.end : place.end + RATED_BEHIND]
        rated = any(_RATED.search(part) for part in around)
        bare = len(place.symbol) > 1 and often[place.symbol] <= SELDOM and place.first
        if (listed and place.named) or (place.marked and (listed or rated)) or (listed and rated and bare):
            found.setdefault(place.symbol, place.line)
    return found
