"""The date of a report: its name, its page and the caller must agree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NoReturn

from backtest.errors import InputError
from backtest.reports.dates import dates_in
from backtest.reports.hostile import NEXT_STEP
from backtest.reports.model import Problem
from backtest.reports.page import Line, Page

HEAD_LINES = 14
_DATE_IN_NAME = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_REPORT_DATE = re.compile(
    r"(?i)\b(?:report|analysis|trade|trading)[ -]?(?:date|day)\b|berichtsdatum|date du rapport|fecha del informe"
    r"|レポート日|分析日"
)
_MADE = re.compile(
    r"(?i)\b(?:generated|created|updated|retrieved|completed|published|erstellt|genere|généré|generado|作成)\b"
)
_ABOUT_EARNINGS = re.compile(
    r"(?i)\b(?:earnings|reported|announced|upcoming|next|week of|quarter|fiscal|since|until|through)\b"
)


def date_of_name(path: Path) -> date | None:
    """Return the only calendar date in a file's name, None without one."""
    found = _DATE_IN_NAME.findall(path.name)
    try:
        return date.fromisoformat(found[-1]) if found else None
    except ValueError:
        return None


def agreed_date(page: Page, path: Path, wanted: date | None) -> tuple[date, list[Problem]]:
    """Return the report's date and what a person should know about it.

    Raises InputError (exit 7) when the name, the page and `wanted` do not agree, or when none gives a date.
    A page that merely says when it was generated may be a day off; that is told.
    """
    named = date_of_name(path)

    def refuse(found: str, expected: str) -> NoReturn:
        raise InputError(f"report of another date in {path}: {found} (expected {expected})", next_step=NEXT_STEP)

    if wanted is not None and named is not None and wanted != named:
        refuse(f"its name says {named}", f"{wanted}")
    stated, made = _dates_on(page)
    day = named or wanted
    if day is None:
        if len(stated) == 1 and len(next(iter(stated))) == 1:
            return next(iter(next(iter(stated)))), []
        refuse("neither the name nor the page gives one date", "earnings_trade_analysis_YYYY-MM-DD.html")
    if any(day in days for days in stated):
        return day, []
    if stated:
        shown = ", ".join(sorted({str(min(days)) for days in stated}))
        refuse(f"the page says {shown}", f"{day}, the date of its name")
    near = {day, day - timedelta(days=1), day + timedelta(days=1)}
    if made and not any(near & days for days in made):
        refuse(f"the page was made on {', '.join(sorted({str(min(days)) for days in made}))}", f"{day}")
    if made and any(day in days for days in made):
        return day, []
    text = "the page was made on a neighbouring day" if made else "the page gives no date of its own"
    return day, [Problem(None, "report_date", text)]


def _dates_on(page: Page) -> tuple[set[frozenset[date]], set[frozenset[date]]]:
    """Return the dates the page states as its own, and those of its making."""
    stated: set[frozenset[date]] = set(dates_in(page.title))
    made: set[frozenset[date]] = set()
    for position, line in enumerate(page.lines):
        if not any(character.isdigit() for character in line.plain):
            continue
        in_head = position < HEAD_LINES
        if not in_head and not _MADE.search(line.plain) and not _says_report_date(line.plain):
            continue
        for piece in _pieces(line):
            days = dates_in(piece)
            if not days:
                continue
            if _MADE.search(piece):
                made.update(days)
            elif _says_report_date(piece) or (in_head and _is_dateline(line, piece)):
                stated.update(days)
    return stated, made


def _pieces(line: Line) -> Iterable[str]:
    return re.split(r"\s*[|·•]\s*", line.plain)


def _says_report_date(text: str) -> bool:
    return bool(_REPORT_DATE.search(text))


def _is_dateline(line: Line, piece: str) -> bool:
    """A line of the page's head that shows a date for its own sake."""
    return len(line.plain) <= 120 and not (_ABOUT_EARNINGS.search(piece) and _mentions_other_day(piece))


def _mentions_other_day(piece: str) -> bool:
    before = re.split(r"\d{4}", piece)[0]
    return bool(
        re.search(r"(?i)\b(?:reported|announced|upcoming|next|week of|since|until|through|quarter ended)\b", before)
    )
