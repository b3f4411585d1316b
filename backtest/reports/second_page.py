"""What the second reader sees of a page: its visible text, and every place of it that names a stock.

Each block stands on a line of its own; tabs stand where inline elements begin and end, and between the columns of
preformatted text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import accumulate

from backtest.reports.markup import UNSHOWN

_INLINE = set(
    "a abbr b bdi bdo big cite code em font i kbd label mark q s small span strong sub sup time tspan u".split()  # noqa: SIM905
)
_UNSEEN = set(
    "del s strike head noscript object script style template textarea title defs desc metadata".split()  # noqa: SIM905
)
_SPACES, _COLUMNS = re.compile(r"[\s\u2000-\u200a\u3000]+"), re.compile(r" {2,}|\t+|\|")
_INVISIBLE = re.compile("[\r\u00ad\u200b-\u200d\u2060\ufeff]")
_PLAIN = {0xFF01 + code: 0x21 + code for code in range(94)} | {ord("💲"): "$"}
"""Letters and signs as wide as two, and the sign of a dollar as a picture."""
_SYMBOL = re.compile(
    r"(?<![\w.$&'’-])\$?(?P<sym>[A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,2}| [A-Z])?)(?!['’](?!s\b)|[\w&]|[.-]\w)"
)
_OPENS = re.compile(r"(?:^|[\n\t])[ $\[(#\d.)/:]*$")
_ENDS = re.compile(r"[ \]):]*(?:$|[\n\t])")
_MARK = re.compile(
    r"(?:[$#]|\b(?:NYSE|NASDAQ|Nasdaq|AMEX|XNYS|XNAS|CBOE)(?: American| Arca)?\s?[:|/·-]?\s?|[\w.)]\s?[(\[]"
    r"|(?i:ticker|symbol)[ \t:|]{1,6})$"
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


class PageText(HTMLParser):
    """The visible text of a page of complete tags, void ones as `<br />` (`backtest.reports.markup`)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._pieces: list[tuple[str, int]] = []
        """Each piece of the text, and the line of the file where it begins."""
        self._unseen: list[str] = []
        """The open elements from a hidden one on."""
        self._tag, self._laid_out = "", 0
        self.feed(page)
        self.close()
        self.text = "".join(piece for piece, _ in self._pieces)
        self._starts = [0, *accumulate(len(piece) for piece, _ in self._pieces)]

    def line_at(self, offset: int) -> int:
        """Return the line of the file from which the text at an offset comes."""
        at = bisect_right(self._starts, offset) - 1
        return self._pieces[at][1] + self.text.count("\n", self._starts[at], offset)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Part the text, and note what is hidden."""
        self._part(tag)
        self._tag = tag
        self._laid_out += tag == "pre"
        named = {name: value or "" for name, value in attrs}
        hides = tag in _UNSEEN or "hidden" in named or named.get("aria-hidden") == "true"
        if self._unseen or hides or UNSHOWN.search(named.get("style", "")):
            self._unseen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Part the text; what is hidden ends with its element."""
        self._part(tag)
        self._tag = ""
        if tag == "pre":
            self._laid_out = max(0, self._laid_out - 1)
        if tag in self._unseen:
            del self._unseen[-1 - self._unseen[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        """Add a text that is shown and is no note's number."""
        if self._unseen or (self._tag == "sup" and not data.strip().isalpha()):
            return
        text = _INVISIBLE.sub("", data).translate(_PLAIN)
        self._add(_COLUMNS.sub("\t", text) if self._laid_out else _SPACES.sub(" ", text))

    def _part(self, tag: str) -> None:
        self._add("\t" if tag in _INLINE else "\n")

    def _add(self, text: str) -> None:
        self._pieces.append((text, self.getpos()[0]))


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
