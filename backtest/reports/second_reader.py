"""The second reader: plain text, anchored on the asset directory; it shares no code with the first.

It decides no value. It asks three questions. Is each stock named where the first reader says? Does each value that was
read stand near it: in the text between it and the next stock, between it and the one before, or (a letter) in the line
above that heads a group; whichever holds for most stocks of the page? Which stocks of the page did the first not see?
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from backtest.model import Candidate, GradeSource
from backtest.reports.second_page import PageText
from backtest.reports.second_places import GRADES, Place, find_places, unread_stocks
from backtest.reports.verdict import Doubt

FIELDS = ("score", "grade", "price")
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
        """Keep a doubt about a field of a stock."""
        self.doubts.setdefault(entry.candidate.ticker, []).append(Doubt(what, text, f"line {entry.line}"))


def second_look(page: str, entries: Iterable[Entry], names: Mapping[str, str], seen: Iterable[str]) -> SecondOpinion:
    """Question what the first reader read on a page.

    names: symbol → company, the asset directory's (empty: only known tickers are asked about).
    seen: tickers the first reader saw and left out with a reason.
    """
    claims = {entry.candidate.ticker: entry for entry in entries}
    text = PageText(page)
    places = list(find_places(text, claims, names))
    known = {*claims, *seen}
    others = [place for place in places if place.symbol not in known]
    unread = unread_stocks(text.text, others, names)
    mine = {ticker: [one for one in places if one.symbol == ticker] for ticker in claims}
    homes = {ticker: _home(entry, mine[ticker]) for ticker, entry in claims.items()}
    heads = [*filter(None, homes.values()), *(one for one in others if one.symbol in unread and one.named)]
    windows = _Windows(text.text, heads)
    shown = {
        ticker: [home, *(one for one in mine[ticker][:MAX_PLACES] if one.prominent)]
        for ticker, home in homes.items() if home is not None
    }  # fmt: skip
    opinion = SecondOpinion(unread=unread)
    for ticker in claims.keys() - shown.keys():
        opinion.doubt(claims[ticker], "ticker", f"the second reader does not see {ticker} there")
    for what in FIELDS:
        for ticker in _not_near(what, claims, shown, windows):
            opinion.doubt(claims[ticker], what, f"the second reader sees no such {what} near it")
    return opinion


def _home(entry: Entry, places: Sequence[Place]) -> Place | None:
    """Return the place where the first reader names a stock: in a line the first, of a letter the last (one before its
    name may be the grade of the row above)."""
    near = [place for place in places if abs(place.line - entry.line) <= SAME_LINE]
    ordered = near[::-1] if entry.candidate.ticker in GRADES else near
    return max(ordered, key=lambda one: (one.prominent, -abs(one.line - entry.line)), default=None)


def _not_near(
    what: str, claims: Mapping[str, Entry], places: Mapping[str, Sequence[Place]], windows: _Windows
) -> Iterator[str]:
    """Yield the stocks whose value stands in none of the ways in which it stands for many stocks."""
    ways: dict[str, set[str]] = {}
    for ticker, own in places.items():
        if is_printed := prints(what, claims[ticker].candidate):
            texts = (way for place in own for way in windows.around(place, letters=what == "grade"))
            ways[ticker] = {way for way, text in texts if is_printed(text)}
    counts = {way: sum(way in found for found in ways.values()) for way in WAYS}
    usual = {way for way, count in counts.items() if count > 1 and count * MANY >= len(ways)}
    usual.add(max(WAYS, key=lambda way: counts[way]))
    yield from (ticker for ticker, found in ways.items() if not found & usual)


class _Windows:
    """The parts of a page's text between its stocks. heads: where they are named."""

    def __init__(self, text: str, heads: Sequence[Place]) -> None:
        self.text = text
        self.starts = sorted({place.start for place in heads})
        stocks = set(self.starts)
        self.letters = [at for match in _LETTER.finditer(text) if (at := match.start()) not in stocks]

    def around(self, place: Place, *, letters: bool) -> Iterator[tuple[str, str]]:
        """Yield the text behind a place, before it and, for letters, the last one above; each with what it is called.

        Stocks with no digit between them (in a heading, as columns) share what is behind the last and before the first.
        """
        low, high = max(0, place.start - FAR), min(len(self.text), place.end + FAR)
        later = self.starts[bisect_left(self.starts, place.end) :]
        end = next((at for at in later if at > high or any(map(str.isdigit, self.text[place.end : at]))), high)
        earlier = self.starts[: bisect_left(self.starts, place.start)]
        start = next(
            (at for at in reversed(earlier) if at < low or any(map(str.isdigit, self.text[at : place.start]))), low
        )
        yield BEHIND, self.text[place.end : min(end, high)]
        yield BEFORE, self.text[max(start, low) : place.start]
        if letters:
            last = bisect_right(self.letters, place.start) - 1
            yield ABOVE, self.text[self.letters[last] : self.letters[last] + 1] if last >= 0 else ""


def prints(what: str, candidate: Candidate) -> Callable[[str], bool] | None:
    """Return what tells whether a text prints a claimed score, grade or price; None when nothing was claimed."""
    if what == "grade":
        letter = candidate.grade.value
        if candidate.grade_source is GradeSource.INFERRED:
            return None
        return lambda text: any(match[1] == letter for match in _LETTER.finditer(text))
    claimed = candidate.score if what == "score" else candidate.price
    if claimed is None:
        return None
    value = Decimal(repr(claimed)) if what == "score" else Decimal(claimed) / 10_000
    wanted = {value, value / 20, value / 10} if what == "score" else {value}  # of 100, of 5, of 10
    return lambda text: any(wanted & _readings(match[0]) for match in _NUMBER.finditer(text))


def _readings(printed: str) -> set[Decimal]:
    """Return a printed number in both readings of its separators."""
    digits = "".join(printed.replace("'", " ").split())
    forms = {digits.replace(",", ""), digits.replace(".", "").replace(",", "."), digits.replace(",", ".")}
    return {Decimal(one) for one in forms if one.count(".") <= 1 and one.strip(".") and len(one) <= MAX_DIGITS}
