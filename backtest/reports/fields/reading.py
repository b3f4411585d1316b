"""What a field reader returns, and the numbers of a record that it looks at."""

from __future__ import annotations

import re
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


def unreadable(record: Record, kind: Kind) -> Reading[Any] | None:
    """Return the doubt about a field that is printed, but not as a number; None when it is simply absent."""
    texts = [
        (cell.text, cell.lines[0])
        for cell in record.cells
        if kind in cell.kinds and cell.lines and Kind.GRADE not in cell.kinds
    ]
    texts += [
        (text, line)
        for kinds, text, line in record.facts.texts
        if kind in kinds and Kind.GRADE not in kinds and not record.cells
    ]
    for text, line in texts:
        if _ABSENT.fullmatch(text) or len(text) > 24 or is_plain_label(text) or bare_grade(text):
            continue
        number_like = bool(_BROKEN_NUMBER.fullmatch(text))
        return Reading(None, line, text, (), f'"{printable(text, 24)}" could not be read', number_like)
    return None


def cell_facts(record: Record) -> list[Fact]:
    """Return the numbers of a table row, each under its header."""
    found: list[Fact] = []
    for cell in record.cells:
        if not cell.lines:
            continue
        for position, token in enumerate(tokens_in(cell.text, cell.lines[0].decimal_comma)):
            inside = "(" in cell.text[: token.start] and ")" in cell.text[token.end :]
            header, kinds = _header_for(cell, token)
            shared = header != cell.header
            second = (position > 0 or inside) and not shared
            whole = token.text == cell.text
            found.append(Fact(token, header, kinds, cell.lines[0], Origin.COLUMN, Section.NONE, second, whole))
    return found


_HEADERS = re.compile(r"\s*[/(|&+,]\s*|\)|\s+and\s+")
_BY_UNIT = {Unit.MONEY: Kind.PRICE, Unit.PERCENT: Kind.GAP, Unit.POINTS: Kind.SCORE, Unit.RATIO: Kind.SCORE}


def _header_for(cell: Cell, token: Token) -> tuple[str, Kind]:
    """Return the part of a shared header ("Price (Gap)") that a number belongs to by its unit."""
    wanted = _BY_UNIT.get(token.unit)
    parts = [part for part in _HEADERS.split(cell.header) if part]
    if wanted is None or len(parts) < 2:
        return cell.header, cell.kinds
    fitting = [part for part in parts if wanted in label_kinds(part)]
    others = [part for part in parts if part not in fitting and label_kinds(part)]
    return (fitting[0], label_kinds(fitting[0])) if len(fitting) == 1 and others else (cell.header, cell.kinds)


def all_facts(record: Record) -> list[Fact]:
    """Return the facts of a record, those of a table's columns first."""
    if not record.cells:
        return record.facts.numbers
    columns = cell_facts(record)
    headed = {cell.lines[0].index for cell in record.cells if cell.lines and cell.kinds}
    loose = [fact for fact in record.facts.numbers if fact.line.index not in headed and fact.kinds]
    return [*columns, *loose]
