"""The date of a report: its name, its page and the caller must agree."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import NoReturn

from backtest.errors import InputError
from backtest.reports.dates import date_of_name, dates_in
from backtest.reports.hostile import NEXT_STEP
from backtest.reports.model import Problem
from backtest.reports.page import Page

HEAD_LINES, MAX_HEAD_LINE = 14, 120
_PIECES = re.compile(r"\s*[|·•]\s*")
_MADE = re.compile(
    r"(?i)\b(?:generated|created|updated|retrieved|completed|published|erstellt|genere|généré|generado|作成)\b"
)
_ANOTHER_DAY = re.compile(r"(?i)\b(?:reported|announced|upcoming|next|week of|since|until|through|quarter ended)\b")
"""What the words before a date say when it is not the report's."""
QUOTES = re.compile(r"(?i)(?:\bwrote|\bschrieb\b.*|\ba écrit|\bescribió|\bha scritto|のメール)\s?:$")
"""How a line ends that introduces what an earlier mail said."""


def agreed_date(page: Page, path: Path, wanted: date | None) -> tuple[date, list[Problem]]:
    """Return the report's date and what a person should know about it.

    Raises InputError (exit 7) when the name, the page and `wanted` do not agree, or when none gives a date.
    A page that merely says when it was generated may be a day off; that is told.
    """
    named = date_of_name(path.name)

    def refuse(found: str, expected: str) -> NoReturn:
        raise InputError(f"report of another date in {path}: {found} (expected {expected})", next_step=NEXT_STEP)

    if wanted is not None and named is not None and wanted != named:
        refuse(f"its name says {named}", f"{wanted}")
    stated, made = _dates_on(page)
    days = {day for either in stated or made for day in either}
    day = named or wanted
    if day is None:
        if len(stated) == len(days) == 1:
            return days.pop(), []
        refuse("neither the name nor the page gives one date", "earnings_trade_analysis_YYYY-MM-DD.html")
    if day in days:
        return day, []
    if stated:
        refuse(f"the page says {_shown(stated)}", f"{day}, the date of its name")
    if made and not any(abs(one - day) <= timedelta(days=1) for one in days):
        refuse(f"the page was made on {_shown(made)}", f"{day}")
    text = "the page was made on a neighbouring day" if made else "the page gives no date of its own"
    return day, [Problem(None, "report_date", text)]


def _shown(dates: set[frozenset[date]]) -> str:
    return ", ".join(sorted({str(min(days)) for days in dates}))


def _dates_on(page: Page) -> tuple[set[frozenset[date]], set[frozenset[date]]]:
    """Return the dates the page states as its own, and those of its making."""
    stated: set[frozenset[date]] = set(dates_in(page.title))
    made: set[frozenset[date]] = set()
    for line in page.lines:
        in_head = line.index < HEAD_LINES and len(line.plain) <= MAX_HEAD_LINE
        is_quoted = QUOTES.search(line.plain) or any(one.tag == "blockquote" for one in line.node.ancestors())
        for piece in _PIECES.split(line.plain):
            if _MADE.search(piece):
                made.update(dates_in(piece))
            elif in_head and not is_quoted and not _ANOTHER_DAY.search(re.split(r"\d{4}", piece)[0]):
                stated.update(dates_in(piece))
    return stated, made
