"""Dates as files name them, and as reports print them, in several languages."""

from __future__ import annotations

import re
from datetime import date

from backtest.reports.words import fold

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar januari janvier janeiro ene enero gen gennaio",
            "feb february februar februari febrero febbraio fev fevrier fevereiro",
            "mar march marz maerz mrz maart mars marzo marco",
            "apr april aprile avr avril abr abril",
            "may mai mayo maio mag maggio mei",
            "jun june juni juin junio junho giu giugno",
            "jul july juli juil juillet julio julho lug luglio",
            "aug august augustus aout agosto",
            "sep sept september septembre septiembre settembre setembro",
            "oct october octobre octubre okt oktober outubro ott ottobre",
            "nov november novembre noviembre novembro",
            "dec december decembre dez dezember dezembro dic diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_ACCENTS = str.maketrans({"a": "[aä]", "e": "[eé]", "u": "[uû]", "c": "[cç]"})
MONTH_WORD = f"(?:{'|'.join(sorted(_MONTHS, reverse=True)).translate(_ACCENTS)})"
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º)?"
_DAY = rf"\d{{1,2}}{_ORDINAL}"
MONTH_DATE = (
    rf"(?i:\b{MONTH_WORD}\b\.?\s+{_DAY}\b(?:\s?-\s?\d{{1,2}})?(?:,?\s+\d{{4}})?"
    rf"|\b{_DAY}\s+(?:de\s+|of\s+)?{MONTH_WORD}\b\.?(?:,?\s+(?:de\s+|del\s+)?\d{{4}})?"
    rf"|\b{MONTH_WORD}\b\.?\s+\d{{4}})"
)
_YEAR = r"(?P<year>(?:19|20)\d{2})"
_MONTH = rf"(?P<month>{MONTH_WORD})\b\.?"
_FULL = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?<!\d){_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?!\d)",
        rf"{_YEAR}\s?年\s?(?P<month>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?日",
        r"(?<![\d.])(?P<year>20\d{2})(?P<month>\d{2})(?P<day>\d{2})(?![\d.])",
        r"(?<!\d)(?P<day>\d{1,2})(?P<sign>[./-])(?P<month>\d{1,2})(?P=sign)(?P<year>(?:19|20)?\d{2})(?!\d)",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}\b",
        rf"\b(?P<day>\d{{1,2}}){_ORDINAL}\s+(?:de\s+|of\s+)?{_MONTH},?\s+(?:del?\s+)?{_YEAR}\b",
    )
)
_IN_NAME = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)", re.ASCII)


def date_of_name(name: str) -> date | None:
    """Return the last calendar date in a file's name, None without one."""
    found = _IN_NAME.findall(name)
    return _date(*map(int, found[-1])) if found else None


def dates_in(text: str) -> list[frozenset[date]]:
    """Return every full date of a text, in order of kind; 03/04/2026 gives both readings."""
    found = [_days(match.groupdict()) for form in _FULL for match in form.finditer(text)]
    return [days for days in found if days]


def _days(parts: dict[str, str]) -> frozenset[date]:
    year, day, word = int(parts["year"]), int(parts["day"]), parts["month"]
    month = int(word) if word.isdecimal() else _MONTHS.get("".join(filter(str.isascii, fold(word))), 0)  # "Aprıl"
    readings = [(month, day)] if parts.get("sign", ".") == "." else [(month, day), (day, month)]
    found = (_date(year + 2000 if year < 100 else year, *reading) for reading in readings)
    return frozenset(one for one in found if one is not None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
