"""The second reader: plain text, anchored on the asset directory; it shares no code with the first.

It decides no value. It asks: is each stock named where the first reader says? Does each value that was read stand near
it: between it and the next stock, between it and the one before, or (a letter) last above it, whichever holds for many
stocks of the page? Which stocks of the page did the first reader not see?
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain

from backtest.model import Candidate, GradeSource
from backtest.reports.second_page import GRADES, PageText, Place, find_places, unread_stocks
from backtest.reports.verdict import Doubt

WAYS = BEHIND, BEFORE, ABOVE = "behind", "before", "above"
MANY = 3
"""One in so many stocks shows where a value stands."""
FAR = 4_000
"""Characters around a ticker that may speak of it."""
SAME_LINE = 3
"""Lines of the file that the two readers may differ by about where a name stands."""
MAX_PLACES, MAX_DIGITS = 12, 12
_NUMBER = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[,.']\d{3})+(?:[.,]\d+)?|\d{1,3}(?: \d{3})+(?:,\d+)?|\d*[.,]?\d+)(?![,.]?\d)"
)
_LETTER = re.compile(
    r"(?!(?<![\w,;:–—-] )A (?!grade|rated|list|tier|class)(?:[a-z-]+,? ){2})"
    r"(?<![A-Za-z0-9'’.&])(?<![A-Za-z]/)(?<![A-Z]\. )([A-F])[+-]?(?![A-Za-z0-9'’&]|\.\w|\. [A-Z]\.)"
)
"""Letters alone; no initials ("A. O. Smith") and no article ("A fade below the open")."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the first reader read about one stock, and the line of the file where it names it."""

    candidate: Candidate
    line: int


@dataclass(slots=True)
class SecondOpinion:
    """Doubts by ticker, and stocks of the page that the first reader lacks, with their lines."""

    doubts: dict[str, list[Doubt]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)

    def doubt(self, entry: Entry, what: str, text: str) -> None:
        self.doubts.setdefault(entry.candidate.ticker, []).append(Doubt(what, text, f"line {entry.line}"))


def second_look(page: str, entries: Iterable[Entry], names: Mapping[str, str], seen: Iterable[str]) -> SecondOpinion:
    """Question what the first reader read on a page, and who stands there that it did not see.

    names: symbol → company, the asset directory's. seen: tickers the first reader left out with a reason.
    """
    claims = {entry.candidate.ticker: entry for entry in entries}
    text = PageText(page)
    places = list(find_places(text, claims, names))
    known = {*claims, *seen}
    others = [place for place in places if place.symbol not in known]
    opinion = SecondOpinion(unread=unread_stocks(text.text, others, names))
    mine = {ticker: [place for place in places if place.symbol == ticker] for ticker in claims}
    homes = {ticker: home for ticker, entry in claims.items() if (home := _home(entry, mine[ticker])) is not None}
    heads = [*homes.values(), *(place for place in others if place.symbol in opinion.unread and place.named)]
    windows = _Windows(text.text, heads)
    printed = {
        ticker: windows.printed_around([home, *(place for place in mine[ticker][:MAX_PLACES] if place.prominent)])
        for ticker, home in homes.items()
    }
    for ticker in claims.keys() - homes.keys():
        opinion.doubt(claims[ticker], "ticker", f"the second reader does not see {ticker} there")
    for what in ("score", "grade", "price"):
        claimed = {ticker: forms for ticker in homes if (forms := _forms(what, claims[ticker].candidate))}
        ways = {ticker: {way for way in WAYS if forms & printed[ticker][way]} for ticker, forms in claimed.items()}
        for ticker in _not_near(ways):
            opinion.doubt(claims[ticker], what, f"the second reader sees no such {what} near it")
    return opinion


def _home(entry: Entry, places: Sequence[Place]) -> Place | None:
    """Return the place where the first reader names a stock: in a line the first, of a letter the last (one before its
    name may be the grade of the row above)."""
    near = [place for place in places if abs(place.line - entry.line) <= SAME_LINE]
    ordered = near[::-1] if entry.candidate.ticker in GRADES else near
    return max(ordered, key=lambda one: (one.prominent, -abs(one.line - entry.line)), default=None)


def _not_near(ways: Mapping[str, set[str]]) -> list[str]:
    """Return the stocks whose value stands in none of the ways in which it stands for many stocks."""
    counts = Counter(chain.from_iterable(ways.values()))
    usual = {way for way, count in counts.items() if count > 1 and count * MANY >= len(ways)}
    usual.add(max(WAYS, key=counts.__getitem__))
    return [ticker for ticker, found in ways.items() if not found & usual]


class _Windows:
    """The parts of a page's text between its stocks. heads: where they are named."""

    def __init__(self, text: str, heads: Iterable[Place]) -> None:
        self.text = text
        stocks = {place.start for place in heads}
        self.stocks = [0, *sorted(stocks), len(text) + 1]
        self.letters = [at for match in _LETTER.finditer(text) if (at := match.start()) not in stocks]

    def printed_around(self, places: Iterable[Place]) -> dict[str, set[Decimal | str]]:
        """Return every letter and number behind a stock's places, before them, and the letters above."""
        found: dict[str, set[Decimal | str]] = {way: set() for way in WAYS}
        for place in places:
            for way, text in self._around(place):
                found[way].update(match[1] for match in _LETTER.finditer(text))
                found[way].update(*(_readings(match[0]) for match in _NUMBER.finditer(text)))
        return found

    def _around(self, place: Place) -> Iterator[tuple[str, str]]:
        """Yield the text behind a place, before it, and the last letter above; each with what it is called.

        Stocks with no digit between them (in a heading, as columns) share what is behind the last and before the first.
        """
        low, high = max(0, place.start - FAR), min(len(self.text), place.end + FAR)
        digit = next((at for at in range(place.end, high) if self.text[at].isdigit()), high)
        yield BEHIND, self.text[place.end : min(high, self.stocks[bisect_right(self.stocks, digit)])]
        digit = next((at for at in reversed(range(low, place.start)) if self.text[at].isdigit()), low)
        yield BEFORE, self.text[max(low, self.stocks[bisect_right(self.stocks, digit) - 1]) : place.start]
        if above := bisect_right(self.letters, place.start):
            yield ABOVE, self.text[self.letters[above - 1]]


def _forms(what: str, candidate: Candidate) -> set[Decimal | str]:
    """Return the forms in which a score (of 100, of 5, of 10), grade or price may be printed; none when not claimed."""
    if what == "grade":
        return set() if candidate.grade_source is GradeSource.INFERRED else {candidate.grade.value}
    if what == "price":
        return set() if candidate.price is None else {Decimal(candidate.price) / 10_000}
    if candidate.score is None:
        return set()
    score = Decimal(repr(candidate.score))
    return {score, score / 20, score / 10}


def _readings(printed: str) -> set[Decimal]:
    """Return a printed number in both readings of its separators."""
    digits = "".join(printed.replace("'", " ").split())
    forms = {digits.replace(",", ""), digits.replace(".", "").replace(",", ".")}
    return {Decimal(one) for one in forms if one.count(".") <= 1 and one.strip(".") and len(one) <= MAX_DIGITS}
