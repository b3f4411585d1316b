"""The values of a record, each with the words that announce it: those at it, above it, below it, over its column.

What most records print alike at their values are labels, whatever the words are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from backtest.reports.bits import ABSENT, LETTER, MAX_LABEL, MAX_WORDS, TEXT, Bit, Value, clauses_of, tidy
from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.identity import core_words
from backtest.reports.page import Line, Node, Page
from backtest.reports.pairs import pair
from backtest.reports.record import Item, Record, is_header, items_of, lay_out, rows_of
from backtest.reports.words import Kind, fold, is_plain_label, label_kinds

MAX_LINES = 60_000
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
    often = (key for key, count in counts.items() if count * 5 >= len(records) * 3 and len(key) <= MAX_LABEL)
    return {key for key in often if any(map(str.isalpha, key))}


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
        self.out: list[Value] = []
        self.ticker, self.skipped, self.left = "", frozenset[int](), MAX_LINES

    def read(self, record: Record) -> list[Value]:
        """Return a record's values in order."""
        self.out, self.ticker = [], record.tickers[0]
        for row in record.rows:
            for column, cell in enumerate(row.cells):
                self._cell(cell.lines, cell.heads, column)
        self._join([self._item(row.item) for row in record.rows if not row.cells])
        named = (value for value in self.out if value.unit == LETTER and value.line.index == record.mention.line.index)
        if (first := next(named, None)) and first.text == self.ticker and not first.label:
            self.out.remove(first)  # the stock C
        badge, line = bare_grade(record.mention.rest) or GRADE_TEXT.fullmatch(record.mention.rest), record.mention.line
        if badge and not any(value.unit == LETTER and value.line.index == line.index for value in self.out):
            letter = badge if isinstance(badge, str) else badge["after"] or badge["before"]
            self.out.append(Value(line, LETTER, letter, whole=True))
        seen: Counter[tuple[object, ...]] = Counter()
        for value in self.out:
            place = (*(value.path or _path(value.line.node, record.root)), value.unit)
            value.path = (*place, seen[place])
            value.distance = abs(value.line.index - record.mention.line.index)
            seen[place] += 1
        return self.out

    def read_item(self, item: Item, skipped: Collection[int] = (), most: int = MAX_LINES) -> list[Value]:
        """Return the values of a part of the page. skipped: lines that are not asked; most: how many are."""
        self.out, self.ticker, self.skipped, self.left = [], "", frozenset(skipped), most
        self._item(item)
        return self.out

    def _is_label(self, text: str, *, near: bool = False) -> bool:
        """Return whether a text may announce a value; near: one in the same clause."""
        if not text or len(text) > MAX_LABEL or self._names(text):
            return False
        known = bool(label_kinds(text)) and text.count(" ") < MAX_WORDS if near else is_plain_label(text)
        return (known or _key_of(text) in self.common) and (near or text.count(" ") < MAX_WORDS - 1)

    def _names(self, text: str) -> bool:
        """Return whether a text is the stock's own name, whatever words it has ("CarMax")."""
        listed = self.page.directory.names.get(self.ticker) if self.page.directory else None
        named = listed is not None and core_words(text)[:2] == core_words(listed)[:2]
        return named or self.ticker in text.split()

    def _own_part(self, line: Line) -> Line:
        """Return a line up to where it names another listed stock before its own: what follows is the other's."""
        listed = self.page.directory.names if self.page.directory else {}
        for index, segment in enumerate(line.segments if self.ticker and listed and line.tokens else ()):
            for match in _SYMBOL.finditer(segment.text):
                if match[0] == self.ticker:
                    return line
                if match[0] in listed and not label_kinds(match[0]):
                    before = replace(segment, text=segment.text[: match.start()])
                    return replace(line, segments=[*line.segments[:index], before])
        return line

    def _line(self, line: Line) -> list[Bit]:
        """Read a line; return what is left for the lines around it."""
        if line.index in self.skipped or self.left <= 0 or _RULE.search(line.plain):
            return [Bit()]
        line = self._own_part(line)
        self.left -= 1
        left: list[Bit] = []
        words, heads = "", True
        for bits, bracketed in clauses_of(line):
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
        pure = all(self._is_label(bit.text) for bit in left if bit.text)
        for bit in left:
            bit.is_label = heads and pure and bool(bit.text)
        return left if pure else [Bit()]

    def _paired(self, bits: Sequence[Bit]) -> list[Bit]:
        """Pair each run of labels and values between other texts; a text behind a field's label is its value."""
        left: list[Bit] = []
        run: list[Bit] = []
        for bit in (*bits, Bit()):
            if bit.value is not None or bit.is_label:
                run.append(bit)
            else:
                left += [*(pair(run) if run else ()), bit]
                run = []
        left.pop()
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
            return self._paired([bit for line in item.lines for bit in self._line(line)])
        if item.tag == "table" and self._table(item.node):
            return [Bit()]
        return self._join([self._item(one) for one in items_of(self.page, item.node)])

    def _join(self, parts: Sequence[list[Bit]]) -> list[Bit]:
        """Pair a row of labels with the rows of values beside it, then what is left over in order."""
        left: list[Bit] = []
        index = 0
        while index < len(parts):
            rows = [part for part in parts[index : index + 2] if len(part) == len(parts[index]) > 1]
            heads = [part for part in rows if all(bit.is_label for bit in part)]
            if len(rows) == 2 and len(heads) == 1 and all(map(_is_free, rows[heads[0] is rows[0]])):
                index += 2
                while heads[0] is rows[0] and index < len(parts) and _is_row(parts[index], len(rows[0])):
                    rows.append(parts[index])
                    index += 1
                for row in (row for row in rows if row is not heads[0]):
                    for label, other in zip(heads[0], row, strict=True):
                        if other.value is not None:
                            other.value.label = label.text
                left.append(Bit())
                continue
            left += parts[index]
            index += 1
        return self._paired(left)

    def _table(self, table: Node) -> bool:
        """Read a table of one stock's values, below a header; return whether it is one."""
        rows = lay_out(list(rows_of(table)))
        cells = [[self.page.of(node) if node is not None else [] for node in row] for row in rows]
        if len(rows) < 2 or not is_header(cells[0]) or any(map(is_header, cells[1:])):
            return False
        heads = [" ".join(line.plain for line in cell) for cell in cells[0]]
        for row, nodes in zip(cells[1:], rows[1:], strict=True):
            name = " ".join(line.plain for line in row[0])
            named = name if name and not any(line.tokens for line in row[0]) and not bare_grade(name) else ""
            for column, cell in enumerate(row):
                start = len(self.out)
                for line in cell if nodes[column] not in nodes[:column] and not (named and not column) else ():
                    self._line(line)
                for value in self.out[start:]:
                    value.over = f"{named} {heads[column]}".strip()
        return True

    def _cell(self, lines: Sequence[Line], heads: Sequence[str], column: int) -> None:
        """Read a cell below the header of its column."""
        start = len(self.out)
        self._paired([bit for line in lines for bit in self._line(line)])
        own = self.out[start:]
        names = _parts_of(" ".join(heads), own)
        for position, value in enumerate(own):
            value.over = names[position] if len(names) == len(own) else " ".join(heads)
            value.path = ("column", column)
            value.whole |= len(own) == 1 and not value.label
        if lines and not own:
            self._unread("", lines[0].plain, lines[0], " ".join(heads))
            for value in self.out[start:]:
                value.path = ("column", column)


def _is_free(bit: Bit) -> bool:
    return bit.value is not None and not bit.value.label


def _is_row(part: Sequence[Bit], width: int) -> bool:
    return len(part) == width and all(map(_is_free, part))


def _path(node: Node, root: Node) -> Iterator[str]:
    for above in node.ancestors():
        if above is root:
            return
        yield above.tag if above.parent is root else f"{above.tag}.{above.named.split(' ')[0]}"


_PARTS = re.compile(r"\s*[/&+|·,]\s*| and | und | et ")
_WITHIN = re.compile(r"\(([^()]+)\)")


def _parts_of(whole: str, own: Sequence[Value]) -> list[str]:
    """Return a header's parts, one a value of the cell; empty when they are not as many."""
    parts = _PARTS.split(whole)
    if len(own) == len(parts) > 1 and all(map(label_kinds, parts)):
        return parts
    within = _WITHIN.search(whole)
    return [_WITHIN.sub("", whole).strip(), within[1]] if within and len(own) == 2 and label_kinds(within[1]) else []
