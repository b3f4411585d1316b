"""A line in pieces: its values (numbers with their units, letters, what is missing) and the texts between them.

Which of a run of labels and values belong together: those beside each other, all on one side, or row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise

from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.page import Line
from backtest.reports.text import BOUNDARY, Token, Unit
from backtest.reports.words import Kind, is_plain_label, label_kinds

LETTER, MISSING, TEXT = "letter", "missing", "text"
"""What a value is besides a unit of numbers; TEXT: what cannot be read stands where a number should."""
MAX_LABEL = 40


@dataclass(slots=True, eq=False)
class Value:
    """One printed value. label: the words at it; over: those of its column or row.

    path: its place in the record's structure; bracketed: it stands in brackets; whole: alone in its piece of text;
    distance: lines from the stock's name.
    """

    line: Line
    unit: str
    text: str
    number: Decimal = Decimal(0)
    token: Token | None = None
    label: str = ""
    over: str = ""
    path: tuple[object, ...] = ()
    bracketed: bool = False
    whole: bool = False
    distance: int = 0

    @property
    def kinds(self) -> Kind:
        """What its words announce, those at it before those of its column."""
        return label_kinds(self.label) or label_kinds(self.over)

    @property
    def words(self) -> str:
        return f"{self.over} {self.label}".strip()

    @property
    def signed(self) -> bool:
        return self.token is not None and self.token.signed


@dataclass(slots=True, eq=False)
class Bit:
    """A piece of a line: a value, or a text that may announce one; an empty one parts those around it.

    colon: it ends so, and announces what is behind it.
    """

    text: str = ""
    value: Value | None = None
    colon: bool = False
    line: Line | None = None
    is_label: bool = False


_SEPARATOR = re.compile(
    r"\s*(?:[·•|;‖]|(?<!:)\s[–—-]\s|[,.] (?=\D)|、|。"
    r"|(?!➜)[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u25a0-\u25ff])\s*"
)
_BRACKETED = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_LETTER = re.compile(r"(?<![\w&'.+-])([A-DF][+-]?)(?=$|[\s,;:)\]|(\x1f]|\.(?:\s|$)|/\s?\d)")
ABSENT = re.compile(
    r"(?i)(?:n\.?/?[adk]\.?|none|tbd|k\.\s?a\.|s/?d|[-–—?\s]+|null|nil|not available|非公開|なし|不明|pending)"
    r"(?: ?\([^()]*\))?"
)
"""What stands where a value is missing."""
_SCALE = re.compile(r"(?i)(?:/|\bmax(?:imum|\.)?(?: of)?|\bof) ?(?:5|10|100)\b\s+(?=\S)")
"""What a number before is out of, and more behind it."""
_SHARES = re.compile(r"(?i)\w+ (?:class|series) [a-c]$")
"""A class of a company's shares ("Fox Corp class A")."""
_GOES_ON = re.compile(r"\s*(?!(?:with|at|and)\b)\w")
"""What makes a letter the beginning of a sentence."""
_LABELLED = re.compile(r"([^:]{2,24}):\s*([^\s:].{,17})$")
_EDGES = " :=-–—→,;.()[]@~≈/+*★☆⭐|·•"


def tidy(text: str) -> str:
    """Return the words of a piece of text, without signs around them."""
    return " ".join(text.strip(_EDGES).split())


def clauses_of(line: Line) -> Iterator[tuple[list[Bit], bool]]:
    """Yield the clauses of a line in order; those in brackets by themselves, with True."""
    outer = _BRACKETED.sub(lambda match: " " * len(match[0]), line.text)
    marks = [
        mark for mark in _SEPARATOR.finditer(outer)
        if not any(token.start < mark.end() and mark.start() < token.end for token in line.tokens)
    ]  # fmt: skip
    starts, ends = [0, *(mark.end() for mark in marks)], [*(mark.start() for mark in marks), len(outer)]
    parts = [(start, outer[start:end], False) for start, end in zip(starts, ends, strict=True)]
    parts += [(match.start(1), match[1], True) for match in _BRACKETED.finditer(line.text)]
    for start, words, bracketed in sorted(parts, key=lambda part: part[0]):
        bits = list(_bits_of(words, line, start))
        for bit in bits:
            bit.line = line
            if bit.value:
                bit.value.bracketed = bracketed
        if bits:
            yield bits, bracketed


def _bits_of(text: str, line: Line, start: int) -> Iterator[Bit]:
    """Yield the texts and values of a clause in order; dates and times are neither ("Price at 9:15")."""
    end = 0
    for token in line.tokens:
        first, last = token.start - start, token.end - start
        if first < 0 or last > len(text) or not text[first:last].strip() or token.unit is Unit.DATE:
            continue
        yield from _texts_of(text[end:first], line)
        end = last
        whole = not tidy(text[:first].rsplit(BOUNDARY, 1)[-1] + text[last:].split(BOUNDARY, 1)[0])
        yield Bit(value=Value(line, token.unit, token.text, token.value, token, whole=whole))
    yield from _texts_of(text[end:], line)


def _texts_of(text: str, line: Line) -> Iterator[Bit]:
    """Yield what stands between numbers, a label before a colon by itself."""
    for piece in map(str.strip, _SCALE.sub(" ", text).split(BOUNDARY)):
        label = _LABELLED.match(piece)
        if label and is_plain_label(label[1]) and not bare_grade(label[2].split(" ")[0].strip(",;.")):
            yield Bit(tidy(label[1]), colon=True)
            piece = label[2]
        head, _, tail = piece.rpartition(": ")  # "Hilton: conviction 9.2/10"
        announces = head and label_kinds(tail) and len(tail) <= MAX_LABEL
        for part in (head.strip(), tail) if announces else (piece,):
            yield from _text_bits(part, line) if part else ()


def _text_bits(plain: str, line: Line) -> Iterator[Bit]:
    """Yield the letter or the missing value in a text without numbers, and what else it says."""
    rest = plain
    if ABSENT.fullmatch(plain) and (plain == line.plain or tidy(plain)):
        yield Bit(value=Value(line, MISSING, plain, whole=True))
        return
    if alone := bare_grade(plain.strip(" ,.;:·|/")):
        yield Bit(value=Value(line, LETTER, alone, whole=True))
        return
    if (stated := GRADE_TEXT.search(plain)) and not _SHARES.search(plain):
        found = stated["after"] or stated["before"]
        before, rest = tidy(plain[: stated.start()]), plain[stated.end() :]
        word = stated[0].removesuffix(found) if stated["after"] else stated[0]
        word = re.sub(rf"(?<![A-Za-z]){re.escape(found)}(?![A-Za-z])", " ", word)
        label = tidy(f"{before[-MAX_LABEL:]} {word}")
        yield Bit(value=Value(line, LETTER, found, label=label, whole=not before))
    elif len(plain) <= MAX_LABEL and (letter := _LETTER.search(plain)):
        before, behind = plain[: letter.start()].rstrip(), plain[letter.end() :]
        label = tidy(before)
        if before.endswith(":") or not (label or _GOES_ON.match(behind)):
            yield Bit(value=Value(line, LETTER, letter[1], label=label))
            rest = behind
    if rest := tidy(rest):
        yield Bit(rest, colon=plain.endswith(":"))


_NUMBERS = (Unit.RATIO, Unit.POINTS, Unit.NUMBER)
_ANNOUNCED = {
    Kind.PRICE: (Unit.MONEY,), Kind.GAP: (Unit.PERCENT,), Kind.GRADE: (LETTER,), Kind.SCORE: _NUMBERS,
}  # fmt: skip
_NEVER = {
    Kind.PRICE: (LETTER, Unit.PERCENT, Unit.RATIO, Unit.POINTS, Unit.MULTIPLE),
    Kind.GAP: (LETTER, Unit.MONEY, Unit.AMOUNT),
    Kind.SCORE: (LETTER, Unit.MONEY, Unit.AMOUNT, Unit.MULTIPLE),
}
"""The units of what a label surely announces, and of what it cannot."""


def _goes(label: Bit, value: Value) -> bool:
    """Return whether a label may announce a value."""
    return not value.label and value.unit not in _NEVER.get(label_kinds(label.text), ())


def _surely(label: Bit, value: Value) -> bool:
    kinds = label_kinds(label.text)
    return any(kind in kinds and value.unit in units for kind, units in _ANNOUNCED.items())


def _beside(run: Sequence[Bit]) -> list[tuple[Bit, Value]]:
    """Return which labels announce the value behind them; a letter is stepped over by what cannot announce it."""
    found = []
    for position, label in enumerate(run):
        for value in [bit.value for bit in run[position + 1 : position + 3]] if label.is_label else ():
            if value is not None and _goes(label, value):
                found.append((label, value))
                break
            if value is None or value.unit != LETTER:
                break
    return found


def _in_rows(run: Sequence[Bit]) -> list[tuple[Bit, Value]] | None:
    """Return the pairs of a run that is rows of several labels and of as many values in turn; None when it has none.

    Where the rows are not as long as each other no label announces anything.
    """
    rows = [list(row) for _, row in groupby(run, key=lambda bit: bit.is_label)]
    if not any(len(one) > 1 and len(other) > 1 for one, other in pairwise(rows)):
        return None
    pairs = list(zip(rows[::2], rows[1::2], strict=False))
    if len(rows) % 2 or any(len(one) != len(other) for one, other in pairs):
        return []
    both = (pair for one, other in pairs for pair in zip(one, other, strict=True))
    ordered = ((one, other) if one.is_label else (other, one) for one, other in both)
    return [(label, other.value) for label, other in ordered if other.value]


def pair(run: list[Bit]) -> list[Bit]:
    """Let the labels of a run announce the values beside them: all those behind, or all those before them."""
    chosen = _in_rows(run)
    if chosen is None:
        behind, before = _beside(run), [one for one in _beside(run[::-1]) if not one[0].colon]
        starts = run[0].is_label or not run[-1].is_label
        ways = [behind, before] if starts else [before, behind]
        chosen = max(ways, key=lambda way: sum(2 + _surely(*one) for one in way))
        for label, first, second in zip(run, run[1:], run[2:], strict=False) if chosen is behind and behind else ():
            value = second.value if label.is_label and first.value else None
            if value and not value.label and _surely(label, value):
                value.label = label.text  # "Gap Size / 2 / 17.9%"
    if not chosen:
        return run
    for label, value in chosen:
        value.label = label.text
    used = {one for announced in chosen for one in announced}
    return [*(bit for bit in run if bit not in used and bit.value not in used), Bit()]
