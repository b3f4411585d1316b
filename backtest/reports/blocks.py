"""Find the repeated blocks that speak of one stock each: cards, list items, articles, plain paragraphs.

Mentions of stocks that stand at the same place of the same shape form a group. Each mention owns the
largest block that names no other stock of its group; in flat pages (heading, paragraphs, heading, …) it
owns what follows up to the next one. Class names play no part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from backtest.reports.context import Headings, context_section, section_grade
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.mentions import Mention, Strength, mentions_in
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Record
from backtest.reports.sections import Section, section_of
from backtest.reports.shown import count_shown, is_todays, shown_by
from backtest.reports.spans import THIN, Span, at_depth, extend_thin, find_spans, followers_of, usual_offset
from backtest.reports.words import Kind, is_plain_label

MAX_LONE_LINES = 160
MAX_LONE = 100


def card_records(page: Page, used: set[int], *, used_today: bool = False) -> list[Record]:
    """Return the records outside of data tables.

    used: lines that tables have taken. used_today: one of those tables lists today's stocks.
    """
    groups = [_records_of_group(page, mentions, used) for mentions in _groups(page, used)]
    tentative = sorted(((_quality(records), records) for records in groups), key=lambda entry: -entry[0])
    accepted: list[Record] = []
    taken: set[int] = set(used)
    for quality, records in tentative:
        for record in records if quality > 0 else ():
            if record.order not in taken and count_shown(record):
                accepted.append(record)
                taken.update(line.index for line in record.lines)
    todays = any(is_todays(record) for record in accepted)
    headings = Headings(page)
    known = {ticker for record in accepted if is_todays(record) for ticker in record.tickers}
    for mention in _lone_mentions(page, taken, weak_too=not todays and not used_today)[:MAX_LONE]:
        if known.issuperset(mention.tickers):
            continue  # one of today's stocks once more, in passing
        lone = _lone_record(page, mention, taken, headings)
        if lone is not None:
            accepted.append(lone)
            taken.update(line.index for line in lone.lines)
    for records in groups:
        for record in records:
            if record.order not in taken and len(record.lines) <= 6 and _is_list_under_grade(record):
                accepted.append(record)
                taken.update(line.index for line in record.lines)
    return sorted(accepted, key=lambda record: record.order)


def _groups(page: Page, used: set[int]) -> list[list[Mention]]:
    by_shape: dict[tuple[str, ...], list[Mention]] = defaultdict(list)
    for line in page.lines:
        if line.index in used:
            continue
        found = mentions_in(line)
        if found:
            best = max(found, key=lambda mention: (mention.strength >= Strength.PLAIN, -mention.segment))
            shape = (*_path(line.node), line.segments[best.segment].path)
            by_shape[shape].append(best)
    named = sum(mention.strength >= Strength.PLAIN for mentions in by_shape.values() for mention in mentions)
    if named > MAX_STOCKS:
        raise ValueError(f"it names more than {MAX_STOCKS:,} stocks")
    return list(by_shape.values())


def _path(node: Node) -> tuple[str, ...]:
    return tuple(ancestor.tag for ancestor in node.ancestors())


def _records_of_group(page: Page, mentions: list[Mention], used: set[int]) -> list[Record]:
    """Return the records of mentions that stand at the same place.

    Words and letters that could be something else are taken for names when the page makes more sense so:
    every block then shows as much as before, and together they show more.
    """
    sure = [mention for mention in mentions if mention.strength >= Strength.PLAIN]
    best = _try_anchors(page, mentions, sure, used)
    if not sure or len(sure) == len(mentions):
        return best
    points = [count_shown(record) for record in best]
    for least in (Strength.WORD, Strength.LETTER):
        anchors = [mention for mention in mentions if mention.strength >= least]
        if len(anchors) in (len(sure), len(best)):
            continue
        tried = _try_anchors(page, mentions, anchors, used)
        scored = [count_shown(record) for record in tried]
        if sum(scored) > sum(points) and _mean(scored) >= _mean(points) - 0.6:
            best, points = tried, scored
    return best


def _mean(points: Sequence[int]) -> float:
    return sum(points) / len(points) if points else 0.0


def _try_anchors(page: Page, mentions: list[Mention], anchors: list[Mention], used: set[int]) -> list[Record]:
    if len(anchors) < 2 or len({mention.tickers for mention in anchors}) * 2 < len(anchors):
        return []
    spans = find_spans(page, anchors)
    weak = [mention for mention in mentions if mention not in anchors]
    stops = frozenset(
        mention.line.index for mention in weak if mention.strength is Strength.WORD and not mention.segment
    )
    extend_thin(page, spans, used, stops)
    extra = _weak_anchors(weak, spans)
    if extra:
        spans = find_spans(page, sorted([*anchors, *extra], key=lambda mention: mention.line.index))
        extend_thin(page, spans, used)
    own = frozenset(index for span in spans for index in range(span.first, span.last))
    headings = Headings(page, own)
    parents = Counter(id(span.node.parent) for span in spans)
    records = []
    for span in spans:
        record = _record(page, span, headings, len(spans))
        alone = parents[id(span.node.parent)] == 1
        records.append(_grown(page, record, span, headings, used) if alone else record)
    return records


def _grown(page: Page, record: Record, span: Span, headings: Headings, used: set[int]) -> Record:
    """A block without brothers may be only the head of its card: take more as long as it says more."""
    best, points = record, count_shown(record)
    for node in list(span.node.ancestors())[1:]:
        lines = page.of(node)
        if len(lines) > MAX_LONE_LINES or any(_is_foreign(line, span, headings, used) for line in lines):
            break
        if _heads_other_section(lines, span.mention):
            break
        wider = _record(page, Span(span.mention, node.first, node.last, node), headings, 1)
        more = count_shown(wider)
        if more > points:
            best, points = wider, more
    return best


def _record(page: Page, span: Span, headings: Headings, siblings: int) -> Record:
    context = headings.above(span.node, span.first)
    return Record(span.mention, page.lines[span.first : span.last], context, (), span.node, page.directory, siblings)


def _is_foreign(line: Line, span: Span, headings: Headings, used: set[int]) -> bool:
    other = line.index in headings.own and not span.first <= line.index < span.last
    return other or line.index in used or line.node.heading_level == 1


def _weak_anchors(weak: Sequence[Mention], spans: Sequence[Span]) -> list[Mention]:
    """Letters and abbreviations that stand where the others have their ticker, each in a block of its own."""
    depth = spans[0].node.depth
    tag = spans[0].node.tag
    owned = {index for span in spans for index in range(span.first, span.last)}
    offset = usual_offset(spans)
    by_block: dict[int, list[tuple[Mention, Node]]] = defaultdict(list)
    for mention in weak:
        if mention.line.index in owned:
            continue
        node = at_depth(mention.line.node, depth)
        if node is None or (node.last - node.first <= THIN and is_plain_label(mention.line.plain)):
            continue
        if node.tag == tag:
            by_block[node.at_index].append((mention, node))
    found: list[Mention] = []
    for choices in by_block.values():
        placed = [mention for mention, node in choices if mention.line.index - node.first == offset]
        words = [mention for mention, _ in choices if mention.strength is Strength.WORD]
        found.extend((placed or words or [choices[0][0]])[:1])
    return found


def _quality(records: Sequence[Record]) -> float:
    if not records:
        return 0.0
    evidence = [count_shown(record) for record in records]
    strength = sum(record.mention.strength for record in records) / len(records)
    early = sum(record.order - record.lines[0].index <= 3 for record in records) / len(records)
    return sum(evidence) / len(evidence) * 10 + strength + early + min(len(records), 20) / 20 if any(evidence) else 0.0


def _is_list_under_grade(record: Record) -> bool:
    from backtest.reports.grades import heading_grades

    section, heading = context_section(record.context)
    return (
        not section & (Section.EXCLUDED | Section.MARKET | Section.SECONDARY)
        and section_grade(record.context) is not None
        and len(heading_grades(heading)) == 1
        and record.mention.strength >= Strength.PLAIN
    )


def _lone_mentions(page: Page, taken: set[int], *, weak_too: bool) -> list[Mention]:
    """The mentions outside of every record, the surest first; weak ones only when nothing else was found."""
    found = [
        max(mentions, key=lambda mention: mention.strength)
        for line in page.lines
        if line.index not in taken and (mentions := mentions_in(line))
    ]
    sure = [mention for mention in found if mention.strength >= Strength.PLAIN]
    weak = [mention for mention in found if mention.strength < Strength.PLAIN] if weak_too else []
    return [*sorted(sure, key=lambda mention: (-mention.strength, mention.line.index)), *weak]


def _lone_record(page: Page, mention: Mention, taken: set[int], headings: Headings) -> Record | None:
    """Take the smallest block around a single stock that shows most about it."""
    if mention.line.index in taken:
        return None
    best: tuple[int, Record] | None = None
    for node in mention.line.node.ancestors():
        if node.last - node.first > MAX_LONE_LINES or any(index in taken for index in range(node.first, node.last)):
            break
        if any(line.node.heading_level == 1 and line is not mention.line for line in page.of(node)):
            break
        if _heads_other_section(page.of(node), mention):
            break
        for span in _lone_spans(page, mention, node, taken):
            record = _record(page, span, headings, 1)
            points = count_shown(record) + (
                record.mention.strength >= Strength.PLAIN and section_grade(record.context) is not None
            )
            if (
                points >= 2
                and (mention.strength >= Strength.PLAIN or _shows_much(record))
                and (best is None or points > best[0] or (points == best[0] and _adds_little(best[1], record)))
            ):
                best = (points, record)
    return best[1] if best else None


def _shows_much(record: Record) -> bool:
    """What an abbreviation or a letter must show before it is taken for a stock, when nothing else is."""
    return Kind.SCORE in shown_by(record) and Kind.PRICE in shown_by(record)


def _heads_other_section(lines: Sequence[Line], mention: Mention) -> bool:
    """Tell whether a block begins with a heading that excludes what follows: it belongs to the context."""
    return any(
        line.index < mention.line.index and not line.tokens and section_of(line.plain) & Section.EXCLUDED
        for line in lines
    )


def _adds_little(record: Record, wider: Record) -> bool:
    """Tell whether a wider block only adds a line or two above, such as the company's name."""
    return len(wider.lines) - len(record.lines) <= 2 and wider.lines[0].index < record.lines[0].index


def _lone_spans(page: Page, mention: Mention, node: Node, taken: set[int]) -> list[Span]:
    spans = [Span(mention, node.first, node.last, node)]
    if node.last - node.first <= THIN and node.parent is not None:
        followers = followers_of(page, spans[0], len(page.lines), taken)
        if followers:
            spans.append(Span(mention, node.first, followers[-1].last, node))
    return spans
