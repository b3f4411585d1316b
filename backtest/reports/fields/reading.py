"""What a field reader returns, and the numbers of a record that it looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from backtest.reports.facts import Fact, Origin
from backtest.reports.grades import bare_grade
from backtest.reports.page import Line
from backtest.reports.record import Cell, Record
from backtest.reports.sections import Section
from backtest.reports.text import Token, Unit, printable, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reader found. doubt: why nothing or not everything could be read; fatal: do not trade on it."""

    value: T | None
    line: Line | None = None
    text: str = ""
    rejected: tuple[str, ...] = ()
    doubt: str = ""
    fatal: bool = False
    weight: int = 0


_ABSENT = re.compile(
    r"(?i)n\.?/?[adk]\.?|none|tbd|k\.\s?a\.|s/?d|[-–—?\s]*|null|nil|not available|非公開|なし|不明|pending"
)
_BROKEN_NUMBER = re.compile(r"(?i)[$€£¥+-]?(?:nan|inf(?:inity)?|\d[\d.,]*e[+-]?\d+|[\d.,']+)")
_HEADERS = re.compile(r"\s*[/(|&+,]\s*|\)|\s+and\s+")
_BY_UNIT = {Unit.MONEY: Kind.PRICE, Unit.PERCENT: Kind.GAP, Unit.POINTS: Kind.SCORE, Unit.RATIO: Kind.SCORE}


def unreadable(record: Record, kind: Kind) -> Reading[Any] | None:
    """Return the doubt about a field that is printed, but not as a number; None when it is simply absent."""
    texts = [(cell.kinds, cell.text, cell.lines[0]) for cell in record.cells if cell.lines] or record.facts.texts
    for kinds, text, line in texts:
        if kind not in kinds or Kind.GRADE in kinds or len(text) > 24:
            continue
        if not (_ABSENT.fullmatch(text) or is_plain_label(text) or bare_grade(text)):
            doubt = f'"{printable(text, 24)}" could not be read'
            return Reading(None, line, text, (), doubt, bool(_BROKEN_NUMBER.fullmatch(text)))
    return None


def column_facts(record: Record) -> Iterator[Fact]:
    """Yield the numbers of a table row, each under its header."""
    for cell in record.cells:
        comma = bool(cell.lines) and cell.lines[0].decimal_comma
        for position, token in enumerate(tokens_in(cell.text, comma) if cell.lines else ()):
            inside = "(" in cell.text[: token.start] and ")" in cell.text[token.end :]
            header = _header_for(cell, token)
            second = (position > 0 or inside) and header == cell.header
            whole = token.text == cell.text
            yield Fact(token, header, label_kinds(header), cell.lines[0], Origin.COLUMN, Section.NONE, second, whole)


def _header_for(cell: Cell, token: Token) -> str:
    """Return the part of a shared header ("Price (Gap)") that a number belongs to by its unit."""
    wanted = _BY_UNIT.get(token.unit, Kind.NONE)
    parts = [part for part in _HEADERS.split(cell.header) if part and label_kinds(part)]
    fitting = [part for part in parts if wanted & label_kinds(part)]
    return fitting[0] if len(fitting) == 1 and len(parts) > 1 else cell.header
