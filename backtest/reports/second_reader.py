"""The second reader: plain text, anchored on the asset directory; it shares no code with the first.

It decides no value. It asks of every stock the first reader read: is it named there, in a part of the page that is
today's list; does each value stand in its own part of the page, and does no other value there, nor where the stock is
named again, have words that announce it as well? And: which stocks of the page did the first reader not see?
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from backtest.model import Candidate
from backtest.reports.second_lists import MISTAKES, Stock, not_todays
from backtest.reports.second_page import BLOCK, PageText
from backtest.reports.second_places import LEGAL_FORMS, Place, begins_like, find_places, unread_stocks
from backtest.reports.second_values import Printed, Rank, Values, sought, words_of
from backtest.reports.verdict import Doubt

FIELDS = ("score", "grade", "price")
AFTER = 4_000
"""Characters behind a ticker that may speak of it where no block of its own says more."""
BESIDE = 4
"""Characters between the classes of one company in a heading ("GOOG / GOOGL")."""
SAME_LINE = 3
"""Lines of the file that the two readers may differ by about where a name stands."""
SHORT = 60
"""Characters before a stock in which a price may be its own."""
MAX_PLACES = 12
PARTS = 3
"""So many small values are the parts of a score."""
UNITS = ("", "$", "%", "/100", "pts")
"""What a rival of a value may stand beside; another scale ("4/5") only where the value has it."""
_GRADE_OF = re.compile(r"\w(?<!\bquality) (?:grade|rating)$")
"""A grade or rating of something ("liquidity grade"); that of quality is the stock's own."""
_ALONE = re.compile(r"[:：\n\t] ?[A-D][+-]?(?=[\n\t,;|·(]|$)")
"""A letter that is a whole value, whatever announces it."""
_QUOTE = re.compile(r"\b(?:pre|premarket|quoted?)\b")
"""What a second price beside the one of the report is called."""
_NEEDED = re.compile(r"\b(?:needed|required|minimum|threshold|cutoff|hurdle)\b")


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


def second_look(page: str, entries: Iterable[Entry], names: Mapping[str, str], seen: Iterable[str]) -> SecondOpinion:
    """Question what the first reader read on a page.

    names: symbol → company, the asset directory's (empty: only known tickers are asked about).
    seen: tickers the first reader saw and left out with a reason.
    """
    by_ticker = {entry.candidate.ticker: entry for entry in entries}
    text = PageText(page)
    places = list(find_places(text, by_ticker, names))
    doubts = _Questions(text, places, by_ticker, names).doubts() if by_ticker else {}
    known = {*by_ticker, *seen}
    unread = unread_stocks(text.text, [place for place in places if place.symbol not in known], names)
    return SecondOpinion({ticker: found for ticker, found in doubts.items() if found}, unread)


class _Questions:
    """Asks about every stock what the text around its ticker says.

    named: where any stock is named; heads: where today's are, and those that the first reader lacks.
    """

    def __init__(
        self, page: PageText, places: Sequence[Place], entries: Mapping[str, Entry], names: Mapping[str, str]
    ) -> None:
        self.page, self.entries, self.names = page, entries, names
        self.found: dict[str, list[Doubt]] = {ticker: [] for ticker in entries}
        self.mine = {ticker: [one for one in places if one.symbol == ticker] for ticker in entries}
        named = [one for one in places if (one.marked or one.alone) and one.named]
        shown = [one for found in self.mine.values() for one in found if one.prominent]
        others = [one for one in named if one.symbol not in entries]
        self.shown = sorted({(one.start, one.symbol) for one in places if one.prominent})
        self.named = sorted({(one.start, one.symbol) for one in (*named, *shown)})
        homes = {ticker: home for ticker, entry in entries.items() if (home := self._home(entry)) is not None}
        self.heads = sorted({(one.start, one.symbol) for one in (*others, *homes.values())})
        self.stocks = {ticker: Stock(home, *self._block(home, self.heads)) for ticker, home in homes.items()}
        letters = {one.start for one in shown if len(one.symbol) > 1} | {one.start for one in homes.values()}
        texts = (f"{one} {names.get(one, '')} {entry.candidate.company_name}" for one, entry in entries.items())
        ignored = {word for text in texts for word in words_of(text)} | LEGAL_FORMS
        notes = islice(MISTAKES.finditer(page.text), MAX_PLACES)
        self.notes = [(match.end() - 1, *self._line(match.end() - 1)) for match in notes]
        cells = page.cells(sorted({start for start, _ in (*self.named, *self.heads)}))
        self.values = Values(page, cells, sorted(letters), ignored)

    def doubts(self) -> dict[str, list[Doubt]]:
        """Return the doubts by ticker."""
        for ticker in self.entries.keys() - self.stocks.keys():
            self._doubt(ticker, "ticker", f"the second reader does not see {ticker} there")
        for what in FIELDS:
            self._ask_values(what)
        for ticker, stock in self.stocks.items():
            stock.whole = not {"score", "grade"} & {doubt.field for doubt in self.found[ticker]}
        day = next(iter(self.entries.values())).candidate.report_date
        named = [start for start, _ in self.named]
        for ticker, text in not_todays(self.page, self.stocks, named, self.names, day, self.values.cell_at):
            self._doubt(ticker, "ticker", text)
        for ticker in self.stocks:
            self._ask_elsewhere(ticker)
        return self.found

    def _doubt(self, ticker: str, what: str, text: str) -> None:
        self.found[ticker].append(Doubt(what, text, f"line {self.entries[ticker].line}"))

    def _home(self, entry: Entry) -> Place | None:
        """Return the place where the first reader names a stock: of several in that line, where its values stand."""
        candidate = entry.candidate
        near = [place for place in self.mine[candidate.ticker] if abs(place.line - entry.line) <= SAME_LINE]
        values = [f"{candidate.score:g}"] if candidate.score is not None else []
        values += [f"{candidate.price / 10_000:,.2f}"] if candidate.price is not None else []

        def rank(place: Place) -> tuple[bool, bool, int, int]:
            low, high = self._block(place, self.named) if len(near) > 1 else (0, 0)
            shown = sum(value in self.page.text[low:high] for value in values)
            return place.prominent, place.alone or place.marked, shown, -abs(place.line - entry.line)

        return max(near[:MAX_PLACES], key=rank, default=None)

    def _block(self, place: Place, rivals: Sequence[tuple[int, str]]) -> tuple[int, int]:
        """Return the largest block around a place that names no other stock; where there is none, in its section."""
        low, high = place.start, place.end
        end = self.page.section_end(place.start) if len(self.entries) == 1 else len(self.page.text)
        for element in self.page.around(place.start):
            if element.end > end or any(self._others(rivals, place, element.start, element.end)):
                break
            low, high = element.start, element.end
        return low, high

    def _others(self, places: Sequence[tuple[int, str]], place: Place, low: int, high: int) -> Iterator[int]:
        """Yield where other stocks are named in a part of the text; classes in the same heading are not others."""
        for start, symbol in places[bisect_left(places, (low, "")) : bisect_left(places, (high, ""))]:
            between = self.page.text[place.end : start] or self.page.text[start + len(symbol) : place.start]
            if symbol != place.symbol and (len(between) > BESIDE or BLOCK in between):
                yield start

    def _behind(self, place: Place, rivals: Sequence[tuple[int, str]]) -> tuple[int, int]:
        """Return the text from a place to where it speaks of something else: the next stock, or section."""
        end = min(place.end + AFTER, self.page.section_end(place.start))
        return place.start, next(self._others(rivals, place, place.end, end), end)

    def _parts(self, ticker: str, what: str) -> Iterator[list[Printed]]:
        """Yield the values of the parts of the page that may speak of a stock, the surest part first."""
        stock, candidate = self.stocks[ticker], self.entries[ticker].candidate
        home, low, high = stock.home, stock.low, stock.high
        yield self.values.of(what, low, high, home.start)
        if what == "grade":
            for heading in self.page.headings_above(home.start):
                yield self.values.of(what, heading.start, heading.end, heading.start)
            blocks = [(one.low, one.high) for one in self.stocks.values()]
            letters = self.values.of(what, 0, low, low)[-MAX_PLACES:]
            letters = [one for one in letters if not any(first <= one.start < last for first, last in blocks)]
            score = sought("score", candidate)
            if score is None or any(map(score, self.values.of("score", low, high, low))):
                yield letters[-1:]  # of a group that no heading holds
        if (cell := self.values.cell_at(home.start)) is not None:
            own = [one for one in cell.own if not any(self._others(self.heads, home, one.start, one.end))]
            yield [value for one in own for value in self.values.of(what, one.start, one.end, one.start)]
        elsewhere = [one for one in self.mine[ticker][:MAX_PLACES] if one.prominent and one is not home]
        for place in elsewhere:
            yield self.values.of(what, *self._block(place, self.named), place.start)
        for place in (home, *elsewhere):
            yield self.values.of(what, *self._behind(place, self.heads), place.start)

    def _ask_values(self, what: str) -> None:
        """Ask whether each value stands near its stock, under words that no other value there outranks."""
        read: set[str] = set()
        for ticker, stock in self.stocks.items():
            candidate = self.entries[ticker].candidate
            test = sought(what, candidate)
            ranked: dict[Printed, Rank] = {}
            low = stock.high
            for part in self._parts(ticker, what):
                ranked |= {one: self.values.rank(what, one) for one in part}
                low = min((one.start for one in part), default=low)
                if test is None or any(map(test, part)):
                    break
            if test is not None:
                read.add(ticker)
                text = objection(what, ranked, {one for one in ranked if test(one)})
                if what == "price" and low >= stock.high and not text and self._begins_with_price(stock):
                    text = "a price stands before the first stock of its block: whose is the one behind it?"
                if what == "price" and not text:
                    others = [self._other_before(ticker, one.start) for one in ranked if test(one)]
                    text = f"the price stands behind {others[0]}" if all(others) else None
            else:
                text = self._unread(what, candidate, stock, ranked)
            if text:
                self._doubt(ticker, what, text)
        for ticker in self.stocks if what != "price" and len(read) * 2 > len(self.stocks) else ():
            if ticker not in read:
                self._doubt(ticker, what, f"no {what} was read, the other stocks have one")

    def _other_before(self, ticker: str, at: int) -> str:
        """Return the stock that is named last in a value's line before it; "" where its own one is, or none."""
        first, last = (bisect_left(self.shown, (offset, "")) for offset in (self._line(at)[0], at))
        symbols = [symbol for _, symbol in self.shown[first:last]]
        return symbols[-1] if symbols and ticker not in symbols and self.values.cell_at(at) is None else ""

    def _begins_with_price(self, stock: Stock) -> bool:
        """Return whether a block of several stocks begins with a price: then each may stand before its stock."""
        starts = [start for start, _ in self.heads]
        for element in self.page.around(stock.home.start):
            first = bisect_left(starts, element.start)
            if bisect_left(starts, element.end) - first > 1:
                low = max(element.start, starts[first] - SHORT)
                before = self.values.of("price", low, starts[first], starts[first])
                return any(self.values.rank("price", one) > Rank.NOT for one in before)
        return False

    def _unread(self, what: str, candidate: Candidate, stock: Stock, ranked: Mapping[Printed, Rank]) -> str | None:
        """Return that a value is announced that was not read; of letters any that stands alone, of prices its own."""
        printed = [one for one, rank in ranked.items() if rank in (Rank.MIXED, Rank.NAMED)]
        own = [one for one in ranked if stock.low <= one.start < stock.high]
        if what == "grade":
            printed = [one for one in printed if not {"E", "F"} & one.values]
            own = [one for one in own if not {candidate.grade.value, "E", "F"} & one.values]
            printed += [one for one in own if _ALONE.search(self.page.text, one.start - 3, one.start + 3)]
        if what == "price":
            printed = [one for one in printed if one in own and ranked[one] is Rank.NAMED]
        return f"a {what} is printed near it, none was read" if printed else None

    def _ask_elsewhere(self, ticker: str) -> None:
        """Ask whether a line outside of a stock's own block names it, by symbol or company, to take something back, and
        whether the line, or the block around it, rates it otherwise."""
        stock, text = self.stocks[ticker], self.page.text
        cell = self.values.cell_at(stock.home.start)
        own = [(stock.low, stock.high), *((one.start, one.end) for one in (cell.own if cell else ()))]
        named = {place.start: place for place in self.mine[ticker][:MAX_PLACES]}
        by_name = [at for at, low, high in self.notes if begins_like(text[low:high], self.names.get(ticker, ""))]
        lines = {self._line(at): at for at in (*by_name, *named) if not any(low <= at < high for low, high in own)}
        for (low, high), at in lines.items():
            if note := MISTAKES.search(text, low, high):
                self._doubt(ticker, "ticker", f'line {self.page.line_at(low)} says "{note[0].strip()}" of it')
            first, last = self._block(named[at], self.named) if at in named and named[at].prominent else (at, at)
            for what in FIELDS if first < last else ():
                wanted = sought(what, self.entries[ticker].candidate)
                seen = self.values.of(what, min(low, first), max(high, last), at)
                seen = [one for one in seen if self.values.rank(what, one) >= Rank.NAMED]
                if wanted is not None and (other := next((one for one in seen if not wanted(one)), None)):
                    self._doubt(ticker, what, f'line {self.page.line_at(low)} has another {what} ("{other.label}")')

    def _line(self, at: int) -> tuple[int, int]:
        text = self.page.text
        return text.rfind(BLOCK, 0, at) + 1, text.find(BLOCK, at) % (len(text) + 1)


def objection(what: str, ranked: Mapping[Printed, Rank], right: Collection[Printed]) -> str | None:
    """Return why the value read is perhaps not the one meant, by the ranks of all values near its stock.

    right: those that print the value read. Parts of a score, several of less than half of it, are no rivals.
    """
    if not right:
        return f"the second reader sees no such {what} near it"
    best = max(right, key=ranked.__getitem__)
    of_something = what == "grade" and ranked[best] is Rank.MIXED and _GRADE_OF.search(best.label)
    if ranked[best] is Rank.NOT or of_something:
        return f'the {what} stands beside "{best.label}"'
    rivals = [one for one, rank in ranked.items() if one not in right and rank >= ranked[best]]
    if best.label == "price":
        rivals = [one for one in rivals if not _QUOTE.search(one.label)]
    if best.unit == "$":
        rivals = [one for one in rivals if one.unit or ranked[one] >= Rank.NAMED]
    if ranked[best] >= Rank.NAMED:
        rivals = [one for one in rivals if one.unit in (best.unit, *UNITS)]
    if rivals and not (len(rivals) >= PARTS and all(0 <= one.number * 2 < best.number for one in rivals)):
        return f'another {what} is printed near it ("{rivals[0].label}")'
    limits = (one for one in ranked if what == "score" and _NEEDED.search(one.label))
    limit = next((one.number for one in limits if best.number < one.number <= 100), None)
    return f"the score is below the {limit} that is printed beside it as needed" if limit is not None else None
