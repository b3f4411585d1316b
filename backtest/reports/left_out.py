"""Why a record is none of today's list: its heading, its table, its row, or the page's own style say so."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import chain

from backtest.reports.columns import Readings
from backtest.reports.context import excludes, excluding
from backtest.reports.dates import dates_in
from backtest.reports.record import Record
from backtest.reports.text import printable

_PAST_COLUMNS = re.compile(
    r"(?i)\b(?:exit|outcome|return|p&l|p/l|profit|realized|closed|ausstieg|rendite|sortie|rendement|salida|rentabilidad)\b"
)
_CHOSEN = re.compile(
    r"(?i)\b(?:buy|trade|eligible|trade?able|candidate|select\w*|qualif\w*)\b.*\?"
    r"|^(?:buy|trade|action|decision|eligible|trade?able|selected|qualif\w+)$"
)
_NOT_CHOSEN = re.compile(
    r"(?i)(?:not? \w+|pass|monitor|ineligible|excluded|no|n|false|nein|non|none|skip|avoid|hold|sell|exit|watch|wait"
    r"|✗|✘|❌)(?:[.!]|[,;:–-] ?.*)?"
)
"""A column that says which stocks are meant, and what it says of those that are not."""
_REPORTED = re.compile(r"(?i)^(?:reported(?: on)?|reports(?: on)?|earnings(?: date| day)?|report date|date)$")
_DAYS_BEFORE = {0: 3, 1: 4}
"""By weekday how many days before the page's its stocks may have reported: Monday's on Friday evening, and Tuesday's
when Monday was no session; on other days two, for a holiday."""


def left_out_by(record: Record, readings: Readings, day: date) -> str:
    """Return why a record is left out of the list of a day; "" when it is not."""
    if record.mention.line.node.hidden:
        return "left out: the page's own style hides it"
    if said := _said_by_row(record, day):
        return f'left out: its row says "{printable(said, 60)}"'
    rated = readings["score"].value is not None and readings["grade"].value is not None
    if (heading := excluding(record.context)) and (excludes(heading, surely=True) or not rated):
        return f'left out: under "{printable(heading, 60)}"'
    if any(_PAST_COLUMNS.search(cell.header) for cell in record.cells):
        return "left out: a table of the past"
    return ""


def _said_by_row(record: Record, day: date) -> str:
    """Return what a row says in a column of the chosen ones, or of report dates, when it is none of today's."""
    under = [(cell.header, " ".join(line.plain for line in cell.lines)) for cell in record.cells]
    chosen = (text for header, text in under if _CHOSEN.search(header) and _NOT_CHOSEN.fullmatch(text))
    dated = (text for header, text in under if _REPORTED.search(header) and _is_another_day(text, day))
    return next(chain(chosen, dated), "")


def _is_another_day(text: str, day: date) -> bool:
    """Return whether a text is a date, and neither the page's nor of the evening before. One without a year may be of
    the page's or of the year before."""
    ways = ([text], *([f"{text}{sign}{year}" for year in (day.year, day.year - 1)] for sign in " /"))
    found = ([one for text in way for days in dates_in(text) for one in days] for way in ways)
    days = next(filter(None, found), [])
    most = timedelta(days=_DAYS_BEFORE.get(day.weekday(), 2))
    return bool(days) and not any(timedelta() <= day - one <= most for one in days)
