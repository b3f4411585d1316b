"""The second reader: plain text, anchored on the asset directory; it shares no code with the first.

It decides no value. It asks of what the first reader claims: is there a stock on this page that the first lacks; is the
ticker named where the first says, in a part of the page that is today's list; do score, grade and price stand near it,
nearest to it and to no other stock, and in the place where they stand for the other stocks.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backtest.model import Candidate, GradeSource
from backtest.reports.second_context import WITHDRAWN, Surroundings
from backtest.reports.second_judge import is_labelled, judge
from backtest.reports.second_places import Place, find_places, unread_stocks
from backtest.reports.second_text import PageText
from backtest.reports.second_values import LETTER, Sighting, Sightings, Zone, sought
from backtest.reports.verdict import Doubt

_PRINTED_SCORE = re.compile(r"(?i)\b\d{1,3}(?:\.\d+)?\s?(?:pts\b|points\b|/\s?100\b)|\bscore\b[^\n]{1,12}\d")
_PRINTED_GRADE = re.compile(r"\b[A-D][+-]?[- ](?i:grade)\b|\b(?i:grade)[:\s-]{1,3}[A-D]\b")
BEFORE, AFTER = 150, 4_000
"""Characters before and behind a ticker that may speak of it where no block of its own says more."""
BESIDE = 4
"""Characters between the classes of one company in a heading ("GOOG / GOOGL")."""
SAME_LINE = 3
"""Lines of the file that the two readers may differ by about where a name stands."""
MANY = 0.5
"""When more than this part of the stocks shows a score (a printed grade), one that shows none is doubtful."""
MAX_PLACES = 12


@dataclass(slots=True)
class Claim:
    """What the first reader says about one stock, and the line of the file where it names it."""

    candidate: Candidate
    line: int


@dataclass(slots=True)
class Second:
    """The answers: doubts by ticker, and stocks of the page that the first reader lacks, with their lines."""

    doubts: dict[str, list[Doubt]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)


def second_look(page: str, claims: Iterable[Claim], names: Mapping[str, str], told: Iterable[str]) -> Second:
    """Question the first reader's claims about a page.

    names: symbol → company, the asset directory's (empty: only known tickers are asked about).
    told: tickers the first reader saw and left out with a reason.
    """
    by_ticker = {claim.candidate.ticker: claim for claim in claims}
    text = PageText(page)
    places = list(find_places(text, by_ticker, names))
    doubts = _Questions(text, places, by_ticker, names).doubts() if by_ticker else {}
    known = {*by_ticker, *told}
    unread = unread_stocks(text.text, [place for place in places if place.symbol not in known], names)
    return Second({ticker: found for ticker, found in doubts.items() if found}, unread)


class _Questions:
    """Asks about every claim what the text around its ticker says."""

    def __init__(
        self, page: PageText, places: Sequence[Place], claims: Mapping[str, Claim], names: Mapping[str, str]
    ) -> None:
        self.page = page
        self.names = names
        self.claims = claims
        self.named = [place for place in places if place.named and (place.marked or place.alone)]
        self.named_at = [place.start for place in self.named]
        self.mine: dict[str, list[Place]] = {ticker: [] for ticker in claims}
        for place in places:
            if place.symbol in claims:
                self.mine[place.symbol].append(place)
        self.shown = sorted(
            (place for found in self.mine.values() for place in found if place.prominent), key=lambda place: place.start
        )
        self.rivals = [(place.start, place.symbol) for place in self.shown]
        self.homes = {ticker: home for ticker, claim in claims.items() if (home := self._home(claim)) is not None}
        self.rivals = sorted((home.start, ticker) for ticker, home in self.homes.items())
        self.blocks = {ticker: self._block(home) for ticker, home in self.homes.items()}
        letters = {place.start for found in self.mine.values() for place in found if len(place.symbol) > 1}
        self.sightings = Sightings(page, letters | {home.start for home in self.homes.values()})
        self.found: dict[str, list[Doubt]] = {ticker: [] for ticker in claims}

    def doubts(self) -> dict[str, list[Doubt]]:
        """Return the doubts by ticker."""
        for ticker in self.claims:
            if ticker not in self.homes:
                self._doubt(ticker, "ticker", f"the second reader does not see {ticker} there")
        named = sorted({*(place.start for place in self.shown), *self.named_at})
        stands = Surroundings(self.page, self.homes, self.blocks, self._whole(), named, self.names)
        for ticker in self.homes:
            for text in stands.against(ticker):
                self._doubt(ticker, "ticker", text)
        self._ask_shape()
        zones = {ticker: list(self._zones(ticker)) for ticker in self.homes}
        for what in ("score", "price", "grade"):
            self._ask_value(what, zones)
        for ticker in self.homes:
            self._ask_elsewhere(ticker)
        return self.found

    def _doubt(self, ticker: str, what: str, text: str) -> None:
        self.found[ticker].append(Doubt(what, text, f"line {self.claims[ticker].line}"))

    def _home(self, claim: Claim) -> Place | None:
        """Return the place where the first reader names a stock: of several in that line, where its values stand."""
        candidate = claim.candidate
        near = [place for place in self.mine[candidate.ticker] if abs(place.line - claim.line) <= SAME_LINE]
        values = [] if candidate.score is None else [f"{candidate.score:g}"]
        values += [] if candidate.price is None else [f"{candidate.price / 10_000:,.2f}"]

        near = [place for place in near if place.prominent] or near

        def rank(place: Place) -> tuple[int, int, int]:
            text = self.page.text[slice(*self._block(place))] if len(near) > 1 else ""
            return sum(value in text for value in values), place.alone or place.marked, -abs(place.line - claim.line)

        return max(near[:MAX_PLACES], key=rank, default=None)

    def _block(self, place: Place) -> tuple[int, int]:
        """Return the largest block around a place that names no other stock."""
        low, high = place.start, place.end
        for index in self.page.around(place.start):
            element = self.page.elements[index]
            first, last = (bisect_left(self.rivals, (offset, "")) for offset in (element.start, element.end))
            if any(_is_other(place, start, symbol) for start, symbol in self.rivals[first:last]):
                break
            low, high = element.start, element.end
        return low, high

    def _zones(self, ticker: str) -> Iterator[Zone]:
        """Yield the parts of the text that may speak of a stock, the surest first."""
        home = self.homes[ticker]
        yield Zone(*self.blocks[ticker])
        cell = self.page.cell_at(home.start)
        if cell is not None and len(cell.column) > 1 and cell.row == 0:
            for element in cell.column:
                yield Zone(element.start, element.end)
        else:
            yield self._between(home)
        for place in self.mine[ticker]:
            if place.prominent and place is not home:
                yield self._between(place)

    def _between(self, place: Place) -> Zone:
        """Return what lies around a place up to the blocks of the stocks before and behind."""
        low, high = place.start - BEFORE, min(place.end + AFTER, self.page.section_end(place.start))
        at = bisect_right(self.rivals, (place.start, "~"))
        for start, symbol in self.rivals[max(0, at - 3) : at + 3]:
            first, last = self.blocks.get(symbol, (start, start))
            if not _is_other(place, start, symbol):
                continue
            if start < place.start:
                low = max(low, last if last <= place.start else start)
            else:
                high = min(high, first if first >= place.end else start)
        return Zone(max(0, low), high, place.start)

    def _whole(self) -> list[str]:
        """Return the stocks whose score or grade stands in their block."""
        found = []
        for ticker, (low, high) in self.blocks.items():
            for what in ("score", "grade"):
                test = sought(what, self.claims[ticker].candidate)
                seen = self.sightings.of(what, low, high, self.homes[ticker].start) if test else []
                if test and any(test(one) for one in seen):
                    found.append(ticker)
                    break
        return found

    def _ask_shape(self) -> None:
        """Ask why a stock has no score (no printed grade) where the others have one."""
        candidates = [claim.candidate for claim in self.claims.values()]
        scored = sum(one.score is not None for one in candidates)
        graded = sum(one.grade_source is not GradeSource.INFERRED for one in candidates)
        for one in candidates:
            low, high = self.blocks.get(one.ticker, (0, 0))
            block = self.page.text[low:high]
            if one.score is None and scored > MANY * len(candidates):
                self._doubt(one.ticker, "score", "no score was read, the other stocks have one")
            elif one.score is None and one.grade_source is GradeSource.HTML and _PRINTED_SCORE.search(block):
                self._doubt(one.ticker, "score", "a score is printed near it, none was read")
            if one.grade_source is GradeSource.INFERRED and graded > MANY * len(candidates):
                self._doubt(one.ticker, "grade", "no grade was read, the other stocks have one")
            elif one.grade_source is GradeSource.INFERRED and _PRINTED_GRADE.search(block):
                self._doubt(one.ticker, "grade", "a grade is printed near it, none was read")

    def _ask_value(self, what: str, zones: Mapping[str, Sequence[Zone]]) -> None:
        """Ask whether a value stands near its stock, nearest to it, and where it stands for the others."""
        wanted: dict[str, Callable[[Sighting], bool]] = {}
        near: dict[str, list[Sighting]] = {}
        for ticker, parts in zones.items():
            test = sought(what, self.claims[ticker].candidate)
            if test is None or (what == "grade" and self._is_headed(ticker, parts[0], test)):
                continue
            wanted[ticker], near[ticker] = test, []
            for zone in parts:
                seen = self.sightings.of(what, zone.low, zone.high, self.homes[ticker].start)
                if any(test(one) for one in seen):
                    near[ticker] = zone.kept(seen, test)
                    break
            else:
                self._doubt(ticker, what, f"the second reader sees no {_shown(what, self.claims[ticker])} near it")
                continue
            if other := self._owner(ticker, [one for one in near[ticker] if test(one)]):
                self._doubt(ticker, what, f"{other} is named between it and its {what}")
        groups: dict[str, dict[str, list[Sighting]]] = {}
        for ticker, seen in near.items():
            tags = [self.page.elements[index].tag for index in self.page.around(self.homes[ticker].start)]
            groups.setdefault(" ".join(tags[:2]), {})[ticker] = seen
        at = {ticker: home.start for ticker, home in self.homes.items()}
        for group in groups.values():
            for ticker, text in judge(what, group, wanted, at).items():
                self._doubt(ticker, what, text)

    def _ask_elsewhere(self, ticker: str) -> None:
        """Ask whether another place of the page rates a stock otherwise, or takes the rating back."""
        low, high = self.blocks[ticker]
        for place in self.mine[ticker][:MAX_PLACES]:
            if low <= place.start < high or not place.prominent:
                continue
            first, last = self._part(place)
            rated = False
            for what in ("score", "grade", "price"):
                wanted = sought(what, self.claims[ticker].candidate, rounded=True)
                seen = [one for one in self.sightings.of(what, first, last, place.start) if is_labelled(what, one)]
                rated |= what != "price" and bool(seen)
                if wanted is not None and (other := next((one for one in seen if not wanted(one)), None)):
                    self._doubt(ticker, what, f'line {place.line} has another {what} of it ("{other.label}")')
            if rated and (word := WITHDRAWN.search(self.page.text, first, last)):
                self._doubt(ticker, "ticker", f'line {place.line} says "{word[0]}" of it')

    def _part(self, place: Place) -> tuple[int, int]:
        """Return the block around another place of a stock; where it names others too, from the name to the next."""
        low, high = self._block(place)
        others = [one.start for one in self.shown if low <= one.start < high and one.symbol != place.symbol]
        if others:
            low, high = place.start, min((start for start in others if start > place.start), default=high)
        return low, high

    def _owner(self, ticker: str, right: Sequence[Sighting]) -> str | None:
        """Return the other stock that is named between a stock and every sighting of its value; tables have rows."""
        home = self.homes[ticker]
        if self.page.cell_at(home.start) is not None:
            return None
        between: list[str] = []
        for one in right:
            low, high = min(home.end, one.start), max(home.end, one.start)
            inside = self.named[bisect_right(self.named_at, low) : bisect_left(self.named_at, high)]
            between = [place.symbol for place in inside if place.symbol != ticker]
            if not between:
                return None
        return between[0] if between else None

    def _is_headed(self, ticker: str, block: Zone, wanted: Callable[[Sighting], bool]) -> bool:
        """Return whether a stock shows no such letter itself, but the innermost heading with one, or the last above."""
        letter = self.claims[ticker].candidate.grade.value
        if any(wanted(one) for one in self.sightings.of("grade", block.low, block.high, self.homes[ticker].start)):
            return False
        for heading in self.page.headings_above(self.homes[ticker].start):
            found = {match[1] for match in LETTER.finditer(heading.text)}
            if found:
                return found == {letter}
        return letter == self.sightings.last_letter(self.homes[ticker].start)


def _is_other(place: Place, start: int, symbol: str) -> bool:
    """Return whether a place of a symbol is another stock's, and not that of a class in the same heading."""
    if symbol == place.symbol:
        return False
    return not (-BESIDE <= start - place.end <= BESIDE or -BESIDE <= place.start - start - len(symbol) <= BESIDE)


def _shown(what: str, claim: Claim) -> str:
    candidate = claim.candidate
    if what == "grade":
        return candidate.grade.value
    return f"{candidate.score:g}" if what == "score" else f"{(candidate.price or 0) / 10_000:g}"
