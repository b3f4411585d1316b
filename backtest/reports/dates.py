"""Dates as reports print them, in several languages."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_MONTH_STEMS = {
    1: ("jan", "ene", "gen", "янв"),
    2: ("feb", "fev", "fév", "фев"),
    3: ("mar", "mär", "maa", "mrz", "мар"),
    4: ("apr", "avr", "abr", "апр"),
    5: ("may", "mai", "mag", "mei", "май", "мая"),
    6: ("jun", "juin", "giu", "июн"),
    7: ("jul", "juil", "lug", "июл"),
    8: ("aug", "août", "aou", "ago", "авг"),
    9: ("sep", "set", "сен"),
    10: ("oct", "okt", "out", "ott", "окт"),
    11: ("nov", "ноя"),
    12: ("dec", "dez", "déc", "dic", "дек"),
}
MONTH_WORD = (
    r"(?:jan(?:uary|uar|vier|uari|eiro)?|ene(?:ro)?|gen(?:naio)?|feb(?:ruary|ruar|rero|braio|ruari)?|f[ée]v(?:rier|ereiro)?"
    r"|mar(?:ch|s|zo|ço)?|märz|maerz|mrz|maart|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|may(?:o)?|mai(?:o)?|mag(?:gio)?|mei"
    r"|jun(?:e|i|io|ho)?|juin|giu(?:gno)?|jul(?:y|i|io|ho)?|juil(?:let)?|lug(?:lio)?|aug(?:ust|ustus)?|ao[uû]t|agosto"
    r"|sep(?:t|tember|tembre|tiembre)?|settembre|setembro|oct(?:ober|obre|ubre)?|okt(?:ober)?|outubro|ott(?:obre)?"
    r"|nov(?:ember|embre|iembre|embro)?|dec(?:ember)?|dez(?:ember|embro)?|d[ée]c(?:embre)?|dic(?:iembre|embre)?)"
)
MONTH_DATE = (
    rf"(?i:\b{MONTH_WORD}\b\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:\s?-\s?\d{{1,2}})?(?:,?\s+\d{{4}})?"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?{MONTH_WORD}\b\.?(?:,?\s+(?:de\s+|del\s+)?\d{{4}})?"
    rf"|\b{MONTH_WORD}\b\.?\s+\d{{4}})"
)

_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<![\d.])(20\d{2})(\d{2})(\d{2})(?![\d.])")
_ASIAN = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_MONTH_FIRST = re.compile(rf"\b({MONTH_WORD})\b\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?({MONTH_WORD})\b\.?,?\s+(?:de\s+|del\s+)?(\d{{4}})\b",
    re.IGNORECASE,
)


def dates_in(text: str) -> list[frozenset[date]]:
    """Return every full date of a text, in order of kind; 03/04/2026 gives both readings."""
    found: list[frozenset[date]] = []
    for pattern in (_ISO, _ASIAN, _COMPACT):
        for year, month, day in pattern.findall(text):
            found.append(_days((int(year), int(month), int(day))))
    for first, sign, second, year in _NUMERIC.findall(text):
        full = int(year) + (2000 if len(year) == 2 else 0)
        day_first = (full, int(second), int(first))
        found.append(_days(day_first) if sign == "." else _days(day_first, (full, int(first), int(second))))
    for month, day, year in _MONTH_FIRST.findall(text):
        found.append(_days((int(year), _month(month), int(day))))
    for day, month, year in _DAY_FIRST.findall(text):
        found.append(_days((int(year), _month(month), int(day))))
    return [days for days in found if days]


def _month(word: str) -> int:
    lowered = unicodedata.normalize("NFC", word.lower())
    best = max(
        ((len(stem), number) for number, stems in _MONTH_STEMS.items() for stem in stems if lowered.startswith(stem)),
        default=(0, 0),
    )
    return best[1]


def _days(*readings: tuple[int, int, int]) -> frozenset[date]:
    result = set()
    for year, month, day in readings:
        if 1990 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31:
            try:
                result.add(date(year, month, day))
            except ValueError:
                continue
    return frozenset(result)
