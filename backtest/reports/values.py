"""The values of a record, each with the words that announce it: those at it, above it, below it, over its column.

What most records print alike at their values are labels, whatever the words are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from backtest.reports.bits import ABSENT, LETTER, MAX_LABEL, TEXT, Bit, Value, clauses_of, pair, tidy
from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.identity import core_words
from backtest.reports.mentions import Mention
from backtest.reports.page import Line, Node, Page
from backtest.reports.record import Cell, Item, Record, is_header, items_of, lay_out, rows_of, text_of
from backtest.reports.words import Kind, fold, is_plain_label, label_kinds

MAX_LINES, MAX_WORDS = 60_000, 5
MAX_TEXT = 24
"""Characters of what stands where a number should."""


def _key_of(text: str) -> str:
    return re.sub(r"\d+", "0", fold(tidy(text)))


def common_words(records: Sequence[Record]) -> set[str]:
    """Return the texts that most records print alike: labels, where the values differ."""
    if len(records) < 3:
        return set()
    counts = Counter(
        key
        for record in records
        for key in {_key_of(bit.text) for line in record.lines for bits, _ in clauses_of(line) for bit in bits}
    )
    often = (key for key, count in counts.items() if count * 5 >= len(records) * 3)
    return {key for key in often if len(key) <= MAX_LABEL and any(map(str.isalpha, key))}


_RULE = re.compile(
    r"(?i)\b(?:at least|and (?:up|above)|or (?:more|higher|better|above)|minimum of"
    r"|(?:needs?|requires?) \d+|cut-?offs?|thresholds?)\b"
)
"""What makes a line a rule of the page, and no stock's values."""
_SYMBOL = re.compile(r"(?<![\w$.&'-])[A-Z]{2,5}(?![\w&'-])")


class Reader:
    """Reads the values of records that have words in common."""

    def __init__(self, page: Page, common: Collection[str] = ()) -> None:
        self.page, self.common = page, common
        self.listed = page.directory.names if page.directory else {}
        self.out: list[Value] = []
        self.ticker, self.left = "", MAX_LINES

    def read(self, record: Record) -> list[Value]:
        """Return a record's values in order."""
        self.out, self.ticker = [], record.tickers[0]
        for row in record.rows:
            for column, cell in enumerate(row.cells):
                self._cell(cell, column)
        self._paired([bit for row in record.rows if not row.cells for bit in self._item(row.item)])
        self._letter_at_name(record.mention)
        seen: Counter[tuple[object, ...]] = Counter()
        for value in self.out:
            place = (*(value.path or _path(value.line.node, record.root)), value.unit)
            value.path = (*place, seen[place])
            value.distance = abs(value.line.index - record.mention.line.index)
            seen[place] += 1
        return self.out

    def read_item(self, item: Item) -> list[Value]:
        """Return the values of a part of the page that is no record."""
        self._item(item)
        return self.out

    def _letter_at_name(self, mention: Mention) -> None:
        """Drop the stock C, which is no grade; add the badge that stands in the same text as the name."""
        letters = [one for one in self.out if one.unit == LETTER and one.line.index == mention.line.index]
        if letters and letters[0].text == self.ticker and not letters[0].label:
            self.out.remove(letters.pop(0))
        stated = GRADE_TEXT.fullmatch(mention.rest)
        badge = bare_grade(mention.rest) or (stated and (stated["after"] or stated["before"]))
        if badge and not letters:
            self.out.append(Value(mention.line, LETTER, badge, whole=True))

    def _is_label(self, text: str, *, near: bool = False) -> bool:
        """Return whether a text may announce a value; near: one in the same clause."""
        if not text or len(text) > MAX_LABEL or self._names(text):
            return False
        known = bool(label_kinds(text)) and text.count(" ") < MAX_WORDS if near else is_plain_label(text)
        return (known or _key_of(text) in self.common) and (near or text.count(" ") < MAX_WORDS - 1)

    def _names(self, text: str) -> bool:
        """Return whether a text is the stock's own name, whatever words it has ("CarMax")."""
        listed = self.listed.get(self.ticker)
        is_name = listed is not None and core_words(text)[:2] == core_words(listed)[:2]
        return is_name or self.ticker in text.split()

    def _own_part(self, line: Line) -> Line:
        """Return a line up to where it names another listed stock before its own: what follows is the other's."""
        for index, segment in enumerate(line.segments if self.ticker and line.tokens else ()):
            for match in _SYMBOL.finditer(segment.text):
                if match[0] == self.ticker:
                    return line
                if match[0] in self.listed and not label_kinds(match[0]):
                    before = replace(segment, text=segment.text[: match.start()])
                    return replace(line, segments=[*line.segments[:index], before])
        return line

    def _line(self, line: Line) -> list[Bit]:
        """Read a line; return what is left for the lines around it."""
        if self.left <= 0 or _RULE.search(line.plain):
            return [Bit()]
        self.left -= 1
        left: list[Bit] = []
        words, heads = "", True
        for bits, bracketed in clauses_of(self._own_part(line)):
            for bit in bits:
                bit.is_label = self._is_label(bit.text, near=True)
            values = [bit.value for bit in bits if bit.value]
            self.out += values
            after = self._paired(bits)
            labels = [value.label for value in values if value.label]
            heads = heads and not labels
            for one, other in pairwise(bits):
                if one.value and other.value and not other.value.label and other.value.unit == one.value.unit:
                    other.value.label = one.value.label  # "EPS $3.26 against $2.46"
            for value in values if bracketed else ():
                value.label = value.label or (words if value.unit != LETTER else "")
            if not bracketed:
                words = (labels or [bit.text for bit in bits if bit.is_label] or [words])[-1]
                left += [bit if bit.value or not labels else Bit() for bit in after]
        if not all(self._is_label(bit.text) for bit in left if bit.text):
            return [Bit()]
        for bit in left:
            bit.is_label = heads and bool(bit.text)
        return left

    def _paired(self, bits: Sequence[Bit]) -> list[Bit]:
        """Pair each run of labels and values between other texts; a text behind a field's label is its value."""
        left: list[Bit] = []
        for is_run, part in groupby(bits, key=lambda bit: bit.value is not None or bit.is_label):
            run = list(part)
            left += pair(run) if is_run else run
        for label, other in pairwise(left):
            text = other.text or (other.value.text if other.value and not other.value.label else "")
            if label.is_label and label.line and text and not other.is_label:
                self._unread(label.text, text, label.line, "")
                if label.colon and other.value is not None:
                    other.value.label = label.text  # "Last quarter: 86/100"
        return left

    def _unread(self, label: str, text: str, line: Line, over: str) -> None:
        known = label_kinds(label or over) in (Kind.SCORE, Kind.PRICE)
        if known and len(text) <= MAX_TEXT and not ABSENT.fullmatch(text):
            self.out.append(Value(line, TEXT, text, label=label, over=over, whole=True))

    def _item(self, item: Item) -> list[Bit]:
        """Read a part of a record; return what is left for the parts around it."""
        if item.node is None or not item.node.children:
            left = [self._line(line) for line in item.lines]
        elif item.tag == "table" and self._table(item.node):
            return [Bit()]
        else:
            left = [self._item(one) for one in items_of(self.page, item.node)]
        return self._paired([bit for bits in left for bit in bits])

    def _table(self, table: Node) -> bool:
        """Read a table of one stock's values, below a header; return whether it is one."""
        rows = lay_out(list(rows_of(table)))
        cells = [[self.page.of(node) if node is not None else [] for node in row] for row in rows]
        if len(rows) < 2 or not is_header(cells[0]) or any(map(is_header, cells[1:])):
            return False
        heads = [text_of(cell) for cell in cells[0]]
        for row, nodes in zip(cells[1:], rows[1:], strict=True):
            name = text_of(row[0])
            if any(line.tokens for line in row[0]) or bare_grade(name):
                name = ""
            for column, cell in enumerate(row):
                start = len(self.out)
                for line in cell if nodes[column] not in nodes[:column] and not (name and not column) else ():
                    self._line(line)
                for value in self.out[start:]:
                    value.over = f"{name} {heads[column]}".strip()
        return True

    def _cell(self, cell: Cell, column: int) -> None:
        """Read a cell below the header of its column."""
        start = len(self.out)
        self._paired([bit for line in cell.lines for bit in self._line(line)])
        own = self.out[start:]
        for value, over in zip(own, _parts_of(cell.header, len(own)), strict=True):
            value.over = over
            value.whole |= len(own) == 1 and not value.label
        if cell.lines and not own:
            self._unread("", cell.lines[0].plain, cell.lines[0], cell.header)
        for value in self.out[start:]:
            value.path = ("column", column)


def _path(node: Node, root: Node) -> Iterator[str]:
    for above in node.ancestors():
        if above is root:
            return
        yield above.tag if above.parent is root else f"{above.tag}.{above.named.split(' ')[0]}"


_PARTS = re.compile(r"\s*[/&+|·,]\s*| and | und | et ")
_WITHIN = re.compile(r"\(([^()]+)\)")


def _parts_of(header: str, count: int) -> list[str]:
    """Return a header's parts where there is one for each of a cell's values, else the whole header for each."""
    parts = _PARTS.split(header)
    if len(parts) == count and all(map(label_kinds, parts)):
        return parts
    within = _WITHIN.search(header)
    if within and count == 2 and label_kinds(within[1]):
        return [_WITHIN.sub("", header).strip(), within[1]]
    return [header] * count
