"""What a field reader returns, and the numbers of a record that it looks at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from backtest.reports.lines import ABSENT
from backtest.reports.page import Line
from backtest.reports.record import Record
from backtest.reports.text import printable
from backtest.reports.words import Kind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reader found. doubt: why nothing or not everything could be read; fatal: do not trade on it."""

    value: T | None
    line: Line | None = None
    text: str = ""
    doubt: str = ""
    fatal: bool = False


_BROKEN_NUMBER = re.compile(r"(?i)[$€£¥+-]?(?:nan|inf(?:inity)?|\d[\d.,]*e[+-]?\d+|[\d.,']+)")


def unreadable(record: Record, kind: Kind) -> Reading[Any] | None:
    """Return the doubt about a field that is printed, but not as a number; None when it is simply absent."""
    texts = [(cell.kinds, cell.text, cell.lines[0]) for cell in record.cells if cell.lines] or record.facts.texts
    for kinds, text, line in texts:
        if kind not in kinds or Kind.GRADE in kinds or len(text) > 24:
            continue
        if not ABSENT.fullmatch(text):
            doubt = f'"{printable(text, 24)}" could not be read'
            return Reading(None, line, text, doubt, bool(_BROKEN_NUMBER.fullmatch(text)))
    return None
