"""Find the block that speaks of each stock outside of tables."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from backtest.reports.context import Headings, excludes, excluding, section_grade
from backtest.reports.fields.grade import read_grade
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.mentions import Mention, Strength
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Record, best_mention
from backtest.reports.text import Unit
from backtest.reports.words import Kind


def excluded_by(record: Record) -> str:
    """Return the heading above a record that excludes it from today's list, "" for none."""
    heading = excluding(record.context)
    rated = heading and not excludes(heading, surely=True) and Kind.SCORE | Kind.GRADE in fields_shown(record)
    return "" if rated else heading


def fields_shown(record: Record) -> Kind:
    """Return the fields a record shows: SCORE, GRADE, PRICE, GAP. Of bare numbers, those that may be a total."""
    if record.shown is None:
        record.shown = _fields_shown(record)
    return record.shown


def _fields_shown(record: Record) -> Kind:
    shown = Kind.NONE
    for fact in record.facts.numbers:
        shown |= fact.kinds & (Kind.SCORE | Kind.PRICE | Kind.GAP)
        if not fact.label and fact.token.unit is Unit.MONEY:
            shown |= Kind.PRICE
        elif not fact.label and (
            fact.token.unit in (Unit.RATIO, Unit.POINTS) or (fact.token.unit is Unit.NUMBER and fact.whole)
        ):
            shown |= Kind.SCORE
    grade = read_grade(record)
    return shown | Kind.GRADE if grade.value is not None and grade.line is not None else shown


MAX_LINES = 160
MAX_FOLLOWERS = 40
THIN = 3
"""A block of at most so many lines may go on in the blocks after it."""


def card_records(page: Page, used: set[int], *, in_tables: bool) -> list[Record]:
    """Return the records outside of data tables. used: lines that tables have taken; in_tables: today's list is one.

    Names that could be something else count where the others are found at the same place, or when nothing else is.
    """
    mentions = [best_mention([line], page.directory) for line in page.lines if line.index not in used]
    found = [mention for mention in mentions if mention is not None]
    if sum(mention.strength > Strength.WEAK for mention in found) > MAX_STOCKS:
        raise ValueError(f"it names more than {MAX_STOCKS:,} stocks")
    finder = _Finder(page, found, used)
    sure = [one for one in found if one.strength > Strength.WEAK]
    sure.sort(key=lambda one: (-one.strength, not one.is_named(page.directory), -len(finder.by_shape[_shape(one)])))
    records = [record for mention in sure if (record := finder.record_of(mention)) is not None]
    shapes = {_shape(record.mention) for record in records if not excluded_by(record)}
    for mention in found:
        alike = _shape(mention) in shapes if shapes else not in_tables
        if mention.strength is Strength.WEAK and alike and (record := finder.record_of(mention)) is not None:
            records.append(record)
    return sorted(records, key=lambda record: record.order)


def _shape(mention: Mention) -> tuple[str, ...]:
    tags = tuple(node.tag for node in mention.line.node.ancestors())
    return (*tags, *mention.line.segments[mention.segment].path)


class _Finder:
    """Gives each stock its block; lines once given are taken."""

    def __init__(self, page: Page, mentions: Sequence[Mention], used: set[int]) -> None:
        self.page = page
        self.taken = set(used)
        self.by_shape: dict[tuple[str, ...], list[Mention]] = defaultdict(list)
        for mention in mentions:
            if mention.strength > Strength.WEAK:
                self.by_shape[_shape(mention)].append(mention)
        self.headings = Headings(page, frozenset(one.line.index for one in mentions if one.strength > Strength.WEAK))

    def record_of(self, mention: Mention) -> Record | None:
        """Return the smallest block around a stock that shows most about it, None when none shows enough."""
        if mention.line.index in self.taken:
            return None
        best: Record | None = None
        most = 1
        for node, first, last in self._spans(mention):
            if best is not None and (first, last) == (best.lines[0].index, best.lines[-1].index + 1):
                continue
            context = self.headings.above(node, first)
            record = Record(mention, self.page.lines[first:last], context, (), node, self.page.directory)
            points = len(fields_shown(record))
            points += mention.strength > Strength.WEAK and section_grade(context) is not None
            wider = best is not None and points == most and _adds_little(best, record)
            if points > most or wider:
                best, most = record, points
        if best is not None:
            self.taken.update(line.index for line in best.lines)
        return best

    def _spans(self, mention: Mention) -> Iterator[tuple[Node, int, int]]:
        """Yield the blocks that may be a stock's, smallest first: (block, first line, end)."""
        low, high = self._between(mention)
        for node in mention.line.node.ancestors():
            lines = self.page.of(node)
            if node.first <= low or node.last > high:
                if node is mention.line.node:  # several stocks in one block, told apart by line breaks only
                    yield node, mention.line.index, min(node.last, high)
                return
            if len(lines) > MAX_LINES or any(index in self.taken for index in range(node.first, node.last)):
                return
            if any(_heads_another(line, mention) for line in lines):
                return
            yield node, node.first, node.last
            if len(lines) <= THIN and node.parent is not None:
                last = self._last_follower(node, high)
                if last > node.last:
                    yield node, node.first, last

    def _between(self, mention: Mention) -> tuple[int, int]:
        """Return the lines of the stocks before and behind: named at the same place of the structure."""
        rivals = [one.line.index for one in self.by_shape[_shape(mention)] if one.tickers != mention.tickers]
        at = bisect_left(rivals, mention.line.index)
        return rivals[at - 1] if at else -1, rivals[at] if at < len(rivals) else len(self.page.lines)

    def _last_follower(self, node: Node, limit: int) -> int:
        """Return the end of what follows a heading-like block: up to the next stock, rule, heading or section."""
        assert node.parent is not None
        siblings = node.parent.children
        start = bisect_right(siblings, node.at_index, key=lambda sibling: sibling.at_index)
        level, end = node.heading_level or 7, node.last
        for sibling in islice(siblings, start, start + MAX_FOLLOWERS):
            lines = self.page.of(sibling)
            head = lines[0] if lines else None
            if sibling.tag == "hr" or sibling.last > limit or (head and 0 < head.node.heading_level <= level):
                break
            if any(line.index in self.taken for line in lines):
                break
            end = max(end, sibling.last)
        return end


def _heads_another(line: Line, mention: Mention) -> bool:
    """Return whether a line belongs to the context: the page's title, or a heading that excludes what follows."""
    if line.node.heading_level == 1 and line is not mention.line:
        return True
    return line.index < mention.line.index and not line.tokens and excludes(line.plain, surely=True)


def _adds_little(record: Record, wider: Record) -> bool:
    """Return whether a wider block only adds a line or two above, such as the company's name."""
    return len(wider.lines) - len(record.lines) <= 3 and wider.lines[0].index < record.lines[0].index
