"""A line in pieces: its values (numbers with their units, letters, what is missing) and the texts between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.page import Line
from backtest.reports.text import BOUNDARY, Token, Unit
from backtest.reports.words import Kind, is_plain_label, label_kinds

LETTER, MISSING, TEXT = "letter", "missing", "text"
"""What a value is besides a unit of numbers; TEXT: what cannot be read stands where a number should."""
MAX_LABEL, MAX_WORDS = 40, 5


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


@dataclass(slots=True)
class Bit:
    """A piece of a line: a value, or a text that may announce one; an empty one parts those around it.

    colon: it ends so, and announces what is behind it.
    """

    text: str = ""
    value: Value | None = None
    line: Line | None = None
    is_label: bool = False
    colon: bool = False


_SEPARATOR = re.compile(
    r"\s*(?:[·•|;／‖]|(?<![:：])\s[–—-]\s|[,.] (?=\D)|、|。"
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
_LABELLED = re.compile(r"([^:：]{2,24})[:：]\s*([^\s:：].{,17})$")
_EDGES = " :：=-–—→,;.()[]@~≈/+*★☆⭐|·•"


def tidy(text: str) -> str:
    """Return the words of a piece of text, without signs around them."""
    return " ".join(text.replace(BOUNDARY, " ").strip(_EDGES).split())


def clauses_of(line: Line) -> Iterator[tuple[list[Bit], bool]]:
    """Yield the clauses of a line in order; those in brackets by themselves, with True."""
    text = line.text
    outer = _BRACKETED.sub(lambda match: " " * len(match[0]), text)
    marks = [
        mark for mark in _SEPARATOR.finditer(outer)
        if not any(token.start < mark.end() and mark.start() < token.end for token in line.tokens)
    ]  # fmt: skip
    starts, ends = [0, *(mark.end() for mark in marks)], [*(mark.start() for mark in marks), len(text)]
    parts = [(start, outer[start:end], False) for start, end in zip(starts, ends, strict=True)]
    parts += [(match.start(1), match[1], True) for match in _BRACKETED.finditer(text)]
    for start, words, bracketed in sorted(parts, key=lambda part: part[0]):
        if bits := list(_bits_of(words, line, start, bracketed=bracketed)):
            yield bits, bracketed


def _bits_of(text: str, line: Line, start: int, *, bracketed: bool) -> Iterator[Bit]:
    """Yield the texts and values of a clause in order."""
    end = 0
    for token in line.tokens:
        first, last = token.start - start, token.end - start
        if first < 0 or last > len(text) or not text[first:last].strip():
            continue
        if token.unit is Unit.DATE:
            continue  # "Price at 9:15"
        yield from _texts_of(text[end:first], line, bracketed=bracketed)
        end = last
        whole = not tidy(text[:first].rsplit(BOUNDARY, 1)[-1] + text[last:].split(BOUNDARY, 1)[0])
        value = Value(line, token.unit, token.text, token.value, token, bracketed=bracketed, whole=whole)
        yield Bit(value=value, line=line)
    yield from _texts_of(text[end:], line, bracketed=bracketed)


def _texts_of(text: str, line: Line, *, bracketed: bool) -> Iterator[Bit]:
    for piece in map(str.strip, _SCALE.sub(" ", text).split(BOUNDARY)):
        label = _LABELLED.match(piece)
        if label and is_plain_label(label[1]) and not bare_grade(label[2].split(" ")[0].strip(",;.")):
            yield Bit(tidy(label[1]), line=line, colon=True)
            piece = label[2].strip()
        head, _, tail = piece.rpartition(": ")  # "Hilton: conviction 9.2/10"
        if head and label_kinds(tail) and len(tail) <= MAX_LABEL:
            yield from _text_bits(head, line, bracketed=bracketed)
            piece = tail
        if piece:
            yield from _text_bits(piece, line, bracketed=bracketed)


def _text_bits(plain: str, line: Line, *, bracketed: bool) -> Iterator[Bit]:
    """Yield a text without numbers, and the letter or the missing value in it."""

    def value(unit: str, text: str, label: str = "", *, whole: bool = True) -> Bit:
        return Bit(value=Value(line, unit, text, label=label, bracketed=bracketed, whole=whole), line=line)

    rest = ""
    if ABSENT.fullmatch(plain) and len(plain) + len(line.plain) > 1 and (plain == line.plain or tidy(plain)):
        yield value(MISSING, plain)
    elif alone := bare_grade(plain) or bare_grade(plain.strip(" ,.;:·|/")):
        yield value(LETTER, alone)
    elif (stated := GRADE_TEXT.search(plain)) and not _SHARES.search(plain):
        found = stated["after"] or stated["before"]
        word = stated.group()[: -len(found)] if stated["after"] and stated.group().endswith(found) else stated.group()
        word = re.sub(rf"(?<![A-Za-z]){re.escape(found)}(?![A-Za-z])", " ", word)
        before = tidy(plain[: stated.start()])
        yield value(LETTER, found, tidy(f"{before[-MAX_LABEL:]} {word}"), whole=not before)
        rest = tidy(plain[stated.end() :])
    else:
        match = _LETTER.search(plain) if len(plain) <= MAX_LABEL else None
        before = plain[: match.start()].rstrip() if match else ""
        is_first = match is not None and not tidy(before) and not _GOES_ON.match(plain[match.end() :])
        if match and (is_first or before.endswith((":", "："))):
            label = tidy(before)
            yield value(LETTER, match[1], label, whole=False)
            rest = tidy(plain[match.end() :])
        else:
            rest = tidy(plain)
    if rest:
        yield Bit(rest, line=line, colon=plain.rstrip().endswith((":", "：")))
