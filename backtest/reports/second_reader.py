"""The second reader: plain text, anchored on the asset directory; it shares no code with the first.

It decides no value. It asks three questions of what the first reader claims: is there a stock on this page that the
first lacks; does this score (grade, price) stand near this ticker at all; is the ticker named where the first says.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

from backtest.model import Candidate, GradeSource
from backtest.reports.verdict import Doubt

BLOCK, PIECE, SOURCE_LINE = "\n", "\t", "\r"
"""What stands in the text where a block ends, at an inline element, and where a line of the file ends."""
_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|big|cite|code|em|font|i|kbd|label|mark|q|s|small|span|strong|sub|sup|time|u"
).fullmatch
_UNSEEN = re.compile("head|noscript|object|script|style|svg|template|textarea|title").fullmatch
_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr").fullmatch
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SYMBOL = re.compile(r"(?<![\w.$&'’-])\$?(?P<sym>[A-Z][A-Z0-9]{0,5}(?:[./ -][A-Z]{1,2})?)(?![\w&'’]|[.-]\w)")
_OPENS = re.compile(r"(?:^|[\n\t])[\r $\[(#\d.)]*$")
_ENDS = re.compile(r"[\r \])：:]*(?:$|[\n\t])")
_MARK = re.compile(r"(?:\$|\b(?:NYSE|NASDAQ|Nasdaq|AMEX|XNYS|XNAS)\s?:\s?|\()$")
_RATED = re.compile(
    r"(?i)\b[A-D][+-]?[- ]grade\b|\bgrade\W{0,3}[A-D]\b|\b\d{1,3}(?:\.\d+)?\s?(?:pts|points|/\s?100)\b|\bscore\b"
)
_PRINTED_SCORE = re.compile(r"(?i)\b\d{1,3}(?:\.\d+)?\s?(?:pts\b|points\b|/\s?100\b)|\bscore\b[^\n]{1,12}\d")
_PRINTED_GRADE = re.compile(r"\b[A-D][+-]?[- ](?i:grade)\b|\b(?i:grade)[:\s-]{1,3}[A-D]\b")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:[,.'\s]\d{3})+(?:[.,]\d+)?(?![\w])|(?<![\w])\.?\d+(?:[.,]\d+)?")
_LETTER = re.compile(r"(?<![A-Za-z0-9'’.&])([A-F])[+-]?(?![A-Za-z0-9'’&])")
MAX_PLACES = 50
BEFORE, AFTER = 150, 4_000
"""Characters before and behind a ticker that may speak of it, unless another stock is named there."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the first reader says about one stock, and the line of the file where it names it."""

    candidate: Candidate
    line: int


@dataclass(slots=True)
class Second:
    """The answers: doubts by ticker, and stocks of the page that the first reader lacks, with their lines."""

    doubts: dict[str, list[Doubt]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)


class _Text(HTMLParser):
    """The visible text of a page with the line of each piece."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.starts: list[int] = []
        self.lines: list[int] = []
        self.length = 0
        self.open: list[tuple[str, bool]] = []
        self.feed(page)
        self.close()

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(PIECE if _INLINE(tag) else BLOCK)
        if _VOID(tag):
            return
        hidden = bool(self.open and self.open[-1][1]) or _UNSEEN(tag) is not None
        for name, value in attrs:
            hidden = hidden or name == "hidden" or (name == "style" and bool(_HIDDEN.search(value or "")))
        self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        self._add(PIECE if _INLINE(tag) else BLOCK)
        for index in range(len(self.open) - 1, max(-1, len(self.open) - 60), -1):
            if self.open[index][0] == tag:
                del self.open[index:]
                return

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][1]:
            return
        self.starts.append(self.length)
        self.lines.append(self.getpos()[0])
        plain = data.replace("\r", "").replace("\n", SOURCE_LINE)
        self._add(re.sub(r"[\t\xa0\u2000-\u200a\u202f ]+", " ", plain))


@dataclass(frozen=True, slots=True)
class _Place:
    """One place that names a symbol. alone: nothing else in its piece; named: the company's first word is near."""

    symbol: str
    start: int
    end: int
    line: int
    alone: bool
    marked: bool
    named: bool


def second_look(page: str, claims: Iterable[Claim], names: Mapping[str, str], told: Iterable[str]) -> Second:
    """Question the first reader's claims about a page.

    names: symbol → company, the asset directory's (empty: only the first two questions about known tickers are asked).
    told: tickers the first reader saw and left out with a reason.
    """
    by_ticker = {claim.candidate.ticker: claim for claim in claims}
    reader = _Text(page)
    text = "".join(reader.parts)
    places = list(_places(text, reader, by_ticker, names))
    second = Second()
    prominent = [
        place for place in places if place.symbol in by_ticker and (place.alone or place.marked or place.named)
    ]
    starts = [place.start for place in prominent]
    by_symbol: dict[str, list[_Place]] = {ticker: [] for ticker in by_ticker}
    for place in places:
        by_symbol.setdefault(place.symbol, []).append(place)
    for ticker, claim in by_ticker.items():
        mine = by_symbol[ticker]
        zones = [_zone(text, place, prominent, bisect_right(starts, place.start)) for place in mine[:MAX_PLACES]]
        found = _doubts(claim, mine, zones, text)
        if found:
            second.doubts[ticker] = found
    known = {*by_ticker, *told}
    second.unread = _unread(text, [place for place in places if place.symbol not in known])
    return second


def _places(text: str, reader: _Text, known: Mapping[str, Claim], names: Mapping[str, str]) -> Iterable[_Place]:
    for match in _SYMBOL.finditer(text):
        symbol = re.sub(r"[/ -]", ".", match["sym"])
        end = match.end()
        if symbol not in known and symbol not in names:
            symbol = re.split(r"[./ -]", match["sym"])[0]  # "NVDA B": a grade, or another word, behind it
            end = match.start("sym") + len(symbol)
        if symbol not in known and symbol not in names:
            continue
        start = match.start("sym")
        at = bisect_right(reader.starts, start) - 1
        line = reader.lines[at] + text.count(SOURCE_LINE, reader.starts[at], start)
        before, after = text[max(0, start - 14) : start], text[end : end + 14]
        alone = _OPENS.search(before) is not None and _ENDS.match(after) is not None
        near = f"{text[max(0, start - 90) : start]} {text[end : end + 90]}".lower()
        word = next(iter(re.findall(r"[a-z0-9]+", re.sub(r"^the ", "", names.get(symbol, "").lower()))), "")
        named = bool(word) and word in re.findall(r"[a-z0-9]+", near)
        yield _Place(symbol, start, end, line, alone, bool(_MARK.search(before)), named)


def _zone(text: str, place: _Place, prominent: Sequence[_Place], at: int) -> tuple[int, int]:
    """Return the part of the text that may speak of a stock: up to where another is named, but for "UA/UAA".

    at: where in `prominent` the places behind this one begin.
    """
    others = (one for one in reversed(prominent[max(0, at - MAX_PLACES) : at]) if one.symbol != place.symbol)
    before = next((one.end for one in others if place.start - one.end > 3), 0)
    others = (one for one in prominent[at : at + MAX_PLACES] if one.symbol != place.symbol)
    after = next((one.start for one in others if one.start - place.end > 3), len(text))
    return max(before, place.start - BEFORE), min(after, place.end + AFTER)


def _doubts(claim: Claim, mine: list[_Place], zones: list[tuple[int, int]], text: str) -> list[Doubt]:
    candidate = claim.candidate
    where = f"line {claim.line}"
    if not any(abs(place.line - claim.line) <= 3 for place in mine):
        return [Doubt("ticker", f"the second reader does not see {candidate.ticker} there", where)]
    near = [text[low:high] for low, high in zones]
    numbers = {number for part in near for number in _numbers(part)}
    doubts: list[Doubt] = []
    if candidate.score is None:
        if candidate.grade_source is GradeSource.HTML and any(_PRINTED_SCORE.search(part) for part in near):
            doubts.append(Doubt("score", "a score is printed near it, none was read", where))
    elif not numbers & {Decimal(repr(candidate.score)) / scale for scale in (1, 10, 20)}:
        doubts.append(Doubt("score", f"the second reader sees no {candidate.score:g} near it", where))
    if candidate.price is not None and Decimal(candidate.price) / 10_000 not in numbers:
        doubts.append(Doubt("price", f"the second reader sees no {candidate.price / 10_000:g} near it", where))
    if candidate.grade_source is GradeSource.INFERRED:
        if any(_PRINTED_GRADE.search(part) for part in near):
            doubts.append(Doubt("grade", "a grade is printed near it, none was read", where))
    elif not any(_sees_letter(text, zone, candidate.grade.value) for zone in zones):
        doubts.append(Doubt("grade", f"the second reader sees no {candidate.grade} near it", where))
    return doubts


def _numbers(text: str) -> Iterable[Decimal]:
    """Return the numbers of a text in both readings of a separator."""
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"[\s']", "", match.group())
        for reading in (digits.replace(",", ""), digits.replace(".", "").replace(",", "."), digits.replace(",", ".")):
            if reading.count(".") <= 1 and reading.strip("."):
                yield Decimal(reading)


def _sees_letter(text: str, zone: tuple[int, int], letter: str) -> bool:
    """Return whether a letter stands near a stock, or is the last one above it (the heading of its section)."""
    low, high = zone
    if any(match[1] == letter for match in _LETTER.finditer(text, low, high)) or f"{letter}-Grade" in text[low:high]:
        return True
    above = [match[1] for match in _LETTER.finditer(text[:low])]
    return letter in above[-1:]


def _unread(text: str, places: list[_Place]) -> dict[str, int]:
    """Return listed symbols that stand next to their company's name, or alone next to a rating, with their lines."""
    often = Counter(place.symbol for place in places if place.alone and not place.named)
    found: dict[str, int] = {}
    for place in places:
        rated = _RATED.search(text[place.end : place.end + 250]) is not None
        bare = len(place.symbol) > 1 and often[place.symbol] <= 2 and place.alone
        if (place.named and (place.alone or place.marked or rated)) or (rated and (place.marked or bare)):
            found.setdefault(place.symbol, place.line)
    return found
