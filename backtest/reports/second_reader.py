"""The second reader: plain text, anchored on the asset directory; it shares no code with the first.

It decides no value. It asks of every stock the first reader read: is it named there, in a part of the page that is
today's list; is each value printed in its own part of the page; does another line of the page take it back, or announce
another value of it? And: which stocks of the page did the first reader not see?
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from backtest.model import Candidate
from backtest.reports.second_lists import MISTAKES, Stock, not_todays
from backtest.reports.second_page import BLOCK, PageText
from backtest.reports.second_places import Place, begins_like, find_places, unread_stocks
from backtest.reports.second_values import ANNOUNCED, LETTER, prints
from backtest.reports.verdict import Doubt

FIELDS = ("score", "grade", "price")
AFTER = 4_000
"""Characters behind a ticker that may speak of it where no block of its own says more."""
BESIDE = 4
"""Characters between the classes of one company in a heading ("GOOG / GOOGL")."""
SAME_LINE = 3
"""Lines of the file that the two readers may differ by about where a name stands."""
MAX_PLACES = 12
_SCORED = re.compile(r"[\s:–—-]{1,4}(\d[\d.]*)(?= ?(?:[,;]|$|\n))")
"""What follows a stock in a list of stocks and scores."""


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
    known = {*by_ticker, *seen}
    others = [place for place in places if place.symbol not in known]
    unread = unread_stocks(text.text, others, names)
    others = [place for place in others if place.symbol in unread and place.named]
    doubts = _Questions(text, places, by_ticker, names).doubts(others) if by_ticker else {}
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
        self.shown = sorted({(one.start, one.symbol) for one in places if one.named})
        self.named = sorted({(one.start, one.symbol) for one in (*named, *shown)})
        homes = {ticker: home for ticker, entry in entries.items() if (home := self._home(entry)) is not None}
        self.heads = sorted({(one.start, one.symbol) for one in (*others, *homes.values())})
        self.stocks = {ticker: Stock(home, *self._block(home, self.heads)) for ticker, home in homes.items()}
        notes = islice(MISTAKES.finditer(page.text), MAX_PLACES)
        self.notes = [(match.end() - 1, *self._line(match.end() - 1)) for match in notes]

    def doubts(self, unread: Sequence[Place] = ()) -> dict[str, list[Doubt]]:
        """Return the doubts by ticker. unread: where stocks are named that the first reader lacks."""
        for ticker in self.entries.keys() - self.stocks.keys():
            self._doubt(ticker, "ticker", f"the second reader does not see {ticker} there")
        for what in FIELDS:
            self._ask_values(what)
        for ticker, stock in self.stocks.items():
            if other := next((one for one in unread if stock.low <= one.start < stock.home.start), None):
                self._doubt(ticker, "ticker", f"its own part of the page names {other.symbol} first")
            stock.whole = not {"score", "grade"} & {doubt.field for doubt in self.found[ticker]}
        day = next(iter(self.entries.values())).candidate.report_date
        named = [start for start, _ in self.named]
        for ticker, text in not_todays(self.page, self.stocks, named, self.names, day):
            self._doubt(ticker, "ticker", text)
        for ticker in self.stocks:
            self._ask_elsewhere(ticker)
        self._ask_summaries()
        return self.found

    def _doubt(self, ticker: str, what: str, text: str) -> None:
        self.found[ticker].append(Doubt(what, text, f"line {self.entries[ticker].line}"))

    def _home(self, entry: Entry) -> Place | None:
        """Return the place where the first reader names a stock: of several in that line, where its values stand."""
        candidate = entry.candidate
        near = [place for place in self.mine[candidate.ticker] if abs(place.line - entry.line) <= SAME_LINE]
        values = [f"{candidate.score:g}"] if candidate.score is not None else []
        values += [f"{candidate.price / 10_000:,.2f}"] if candidate.price is not None else []

        def rank(place: Place) -> tuple[bool, int, bool, int]:
            low, high = self._block(place, self.named) if len(near) > 1 else (0, 0)
            shown = sum(value in self.page.text[low:high] for value in values)
            return place.prominent, shown, place.alone or place.marked, -abs(place.line - entry.line)

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
        """Return the text from a place to where it speaks of something else: the next stock's block, or section."""
        blocks = (one.low for one in self.stocks.values() if one.low > place.end)
        end = min(place.end + AFTER, self.page.section_end(place.start), *blocks)
        return place.start, next(self._others(rivals, place, place.end, end), end)

    def _parts(self, ticker: str, what: str) -> Iterator[str]:
        """Yield the parts of the page's text that may speak of a stock, the surest first."""
        stock, text = self.stocks[ticker], self.page.text
        yield text[stock.low : stock.high]
        if what == "grade":
            yield from (one.text for one in self.page.headings_above(stock.home.start))
            blocks = [(one.low, one.high) for one in self.stocks.values()]
            letters = (match.start() for match in LETTER.finditer(text, max(0, stock.low - AFTER), stock.low))
            free = [at for at in letters if not any(low <= at < high for low, high in blocks)]
            yield text[free[-1] : free[-1] + 1] if free else ""  # of a group that no heading holds
        column = self.page.column_at(stock.home.start)
        own = [one for one in column if not any(self._others(self.heads, stock.home, one.start, one.end))]
        yield BLOCK.join(text[one.start : one.end] for one in own)
        elsewhere = [one for one in self.mine[ticker][:MAX_PLACES] if one.prominent and one is not stock.home]
        for place in elsewhere:
            low, high = self._block(place, self.named)
            yield text[low:high]
        for place in (stock.home, *elsewhere):
            low, high = self._behind(place, self.heads)
            yield text[low:high]

    def _ask_values(self, what: str) -> None:
        """Ask whether each value stands near its stock, and whether one stands there that was not read."""
        tests = {ticker: prints(what, self.entries[ticker].candidate) for ticker in self.stocks}
        read = sum(test is not None for test in tests.values())
        for ticker, test in tests.items():
            own = self.page.text[self.stocks[ticker].low : self.stocks[ticker].high]
            if test is not None and not any(map(test, self._parts(ticker, what))):
                self._doubt(ticker, what, f"the second reader sees no such {what} near it")
            elif test is not None and what == "price" and (other := self._other_before(ticker, test)):
                self._doubt(ticker, what, f"the price stands behind {other}")
            announced = [match[0] for match in ANNOUNCED[what].finditer(own)]
            if what == "price" and test is not None and announced and not any(map(test, announced)):
                self._doubt(ticker, what, f'its own part of the page says "{announced[0].strip()}"')
            if test is None and announced:
                self._doubt(ticker, what, f"a {what} is printed near it, none was read")
            elif test is None and what != "price" and read * 2 > len(tests):
                self._doubt(ticker, what, f"no {what} was read, the other stocks have one")

    def _other_before(self, ticker: str, is_printed: Callable[[str], bool]) -> str:
        """Return the other stock behind whose name a value stands in its line; "" where it stands elsewhere too."""
        stock, text = self.stocks[ticker], self.page.text
        own = [(at, symbol) for at, symbol in self.shown if stock.low <= at < stock.high]
        ends = [*(at for at, _ in own[1:]), stock.high]
        lines = [(symbol, text[at:end].partition(BLOCK)[0]) for (at, symbol), end in zip(own, ends, strict=False)]
        behind = [symbol for symbol, line in lines if is_printed(line)]
        free = text[stock.low : stock.high]
        for _, line in lines:
            free = free.replace(line, "")
        return behind[0] if behind and ticker not in behind and not is_printed(free) else ""

    def _ask_elsewhere(self, ticker: str) -> None:
        """Ask whether a line outside of a stock's own block names it, by symbol or company, to take something back, or
        gives it other values."""
        stock, text = self.stocks[ticker], self.page.text
        column = self.page.column_at(stock.home.start)
        own = [(stock.low, stock.high), *((one.start, one.end) for one in column)]
        named = [one.start for one in self.mine[ticker][:MAX_PLACES] if one.prominent or len(ticker) > 1]
        by_name = [at for at, low, high in self.notes if begins_like(text[low:high], self.names.get(ticker, ""))]
        lines = {self._line(at) for at in (*by_name, *named) if not any(low <= at < high for low, high in own)}
        for low, high in sorted(lines):
            if note := MISTAKES.search(text, low, high):
                self._doubt(ticker, "ticker", f'line {self.page.line_at(low)} says "{note[0].strip()}" of it')
            for what, announced in ANNOUNCED.items():
                test = prints(what, self.entries[ticker].candidate)
                if test is not None and (other := announced.search(text, low, high)) and not test(text[low:high]):
                    self._doubt(ticker, what, f'line {self.page.line_at(low)} says "{other[0].strip()}"')

    def _ask_summaries(self) -> None:
        """Ask whether a line that lists stocks with their scores ("MU 90, FDX 83") gives one of them another score."""
        lines: dict[int, dict[str, bool]] = {}
        for ticker in self.stocks:
            if (test := prints("score", self.entries[ticker].candidate)) is None:
                continue
            for place in self.mine[ticker][:MAX_PLACES]:
                if behind := _SCORED.match(self.page.text, place.end):
                    lines.setdefault(self._line(place.start)[0], {})[ticker] = test(behind[1])
        for start, found in lines.items():
            for ticker in found if sum(found.values()) * 2 > len(found) > 2 else ():
                if not found[ticker]:
                    self._doubt(ticker, "score", f"line {self.page.line_at(start)} gives it another score")

    def _line(self, at: int) -> tuple[int, int]:
        text = self.page.text
        return text.rfind(BLOCK, 0, at) + 1, text.find(BLOCK, at) % (len(text) + 1)
