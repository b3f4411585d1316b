"""What the records of a structure have in common: columns, and the choice between those that may be a field.

A column is what has the same words in every record, or stands at the same place. Where two columns are as good and
differ, nothing is read, and the doubt says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from backtest.reports.bits import TEXT, Value
from backtest.reports.page import Line
from backtest.reports.record import Record
from backtest.reports.text import Unit, printable
from backtest.reports.words import Kind, fold

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reader found. doubt: why nothing or not everything could be read; fatal: do not trade on it."""

    value: T | None
    line: Line | None = None
    text: str = ""
    doubt: str = ""
    fatal: bool = False


Readings: TypeAlias = dict[str, Reading[Any]]


@dataclass(slots=True, eq=False)
class Column:
    """What stands at one place of the records, by record. tier: how surely it is the field that is looked for."""

    values: dict[int, Value] = field(default_factory=dict)
    tier: int = 0

    @property
    def first(self) -> Value:
        return next(iter(self.values.values()))

    @property
    def kinds(self) -> Kind:
        return self.first.kinds

    @property
    def words(self) -> str:
        return fold(self.first.words)

    def mostly(self, holds: Callable[[Value], bool]) -> bool:
        return sum(map(holds, self.values.values())) * 2 > len(self.values)


def columns_of(records: Sequence[Record]) -> list[Column]:
    """Return the columns of records: values with the same words, else at the same place of the structure."""
    found: dict[tuple[object, ...], Column] = defaultdict(Column)
    for number, record in enumerate(records):
        seen: dict[tuple[object, ...], int] = defaultdict(int)
        for value in record.values:
            words, place = re.sub(r"\d+", "0", fold(value.words)), value.path[0] == "column" and value.path[1]
            key: tuple[object, ...] = (group_of(value), words, place) if value.kinds else value.path
            seen[key] += 1
            found[(*key, seen[key])].values[number] = value
    return list(found.values())


def group_of(value: Value) -> str:
    """Return a value's unit; plain numbers, points and ratios are of one kind."""
    return "number" if value.unit in (Unit.NUMBER, Unit.POINTS, Unit.RATIO) else value.unit


def choose(
    columns: Sequence[Column], records: Sequence[Record], what: str, made: Callable[[Value], Reading[T]]
) -> list[Reading[T]]:
    """Return each record's value: of its best columns, when they agree; else a doubt."""
    readings: list[Reading[T]] = []
    for number in range(len(records)):
        own = [column for column in columns if number in column.values]
        most = max((column.tier for column in own), default=0)
        found = [made(column.values[number]) for column in own if column.tier == most]
        if len({one.value for one in found}) > 1:
            texts = ", ".join(dict.fromkeys(one.text for one in found))
            found = [Reading(None, doubt=f"several {what} printed: {texts}")]
        readings.append(found[0] if found else Reading(None))
    return readings


_BROKEN_NUMBER = re.compile(r"(?i)[$€£¥+-]?(?:nan|inf(?:inity)?|\d[\d.,]*e[+-]?\d+|[\d.,']+)")


def or_unreadable(readings: list[Reading[T]], records: Sequence[Record], kind: Kind) -> list[Reading[T]]:
    """Return the readings; where nothing is read and something is printed, it is a doubt."""
    for number, record in enumerate(records):
        printed = (one for one in record.values if one.unit in (TEXT, Unit.RANGE) and one.kinds == kind)
        one = next(printed, None)
        if one is not None and readings[number].value is None and not readings[number].doubt:
            doubt, fatal = f'"{printable(one.text, 24)}" could not be read', bool(_BROKEN_NUMBER.fullmatch(one.text))
            readings[number] = Reading(None, one.line, one.text, doubt, fatal)
    return readings
