"""How the second reader finds numbers and letters in a page's text, and which of them only count or are replaced."""

from __future__ import annotations

import re

from backtest.reports.second_page import BLOCK

MAX_DIGITS = 12
POINTS = r"(?i:pts?|points?|punkten?|puntos|pontos|punti)(?![^\W\d_])|[点分]"
NUMBER = re.compile(
    rf"(?!(?<=\d [-–—] )\d{{2,3}} ?{POINTS})(?<![\w.,])(?<!\d[:/\-–])(?<!\d of )(?<![A-Za-z]-)"
    r"(?P<sign>[+\-−–±](?=[\d.$€])|[<>≤≥~]\s?)?(?P<before>[#$€]\s?|USD\s)?"
    r"(?P<digits>\d{1,3}(?:[,.']\d{3})+(?:[.,]\d+)?|\d{1,3}(?: \d{3})+(?:,\d+|(?=\s?(?:\$|€|USD)))|\d*[.,]?\d+)"
    r"(?:(?: ?|[ \t]{1,3}(?=/|of |out of |von ))"
    rf"(?P<unit>%(?!\s?/)|%?\s?(?:/|out of|of|von|sur|max\.?) ?(?:100|10|5)\b|(?:{POINTS})(?:\s?/\s?100\b)?"
    rf"|(?:US)?\$(?!\s?\d)|USD\b|(?:US-)?[Dd]ollars?\b|ドル|(?:x|th|[KMBTkmbt]|[Bb]n|bps?|basis)\b)"
    r"|(?![\w/]|[.,:\-–]\w| ?/ ?\d| of \d))"
)
"""Numbers with their sign and unit; no times, dates, ranges, parts of words ("52-week"), and none out of 25."""
LETTER = re.compile(
    r"(?!(?<![\w,;:–—-] )A (?!grade|rated|list|tier|class)(?:[a-z-]+,? ){2})"
    r"(?<![A-Za-z0-9'’.&])(?<![A-Za-z]/)(?<![A-Z]\. )([A-F])[+-]?"
    r"(?![A-Za-z0-9'’&]|\.\w|\. [A-Z]\.)"
)
"""Letters alone; no initials ("A. O. Smith") and no article ("A fade below the open")."""
_SCALE = re.compile(r"(?i)(?:/|\b(?:out of|of|max(?:imum)?\.?|von|sur|de))\s*$")
_FROM = re.compile(r"\$[\d.,]+ [-–—] \$\d")
"""A range ("$49.91 - $51.18")."""
_COUNT = re.compile(r"\d{1,2}[.)] [A-Z]")
"""How a numbered entry begins ("1. NVDA")."""
ORDINAL = re.compile(r"(?<=[a-z]) \d(?=[ \t\r]*(?:\n|$))")
"""What tells labels of one word apart ("Target 1", "Target 2")."""
_REPLACED = {
    what: re.compile(rf"[\s%]*(?:\([^()]*\)\s*)?(?:→|->|➜|⇒|to\b|bis\b)\s*{later}")
    for what, later in ((LETTER, r"[A-F]\b"), (NUMBER, r"(?:[a-z]+ )?\$?\d"))
}
"""What follows a letter or a number in whose place another one has come: "C → A"."""
_RANGE = re.compile(r"\$[\d.,]+ (?:to|and|bis|[-–—/]) $")
"""What stands before the end of a range ("$26.51 to $45.98"), or the second of a pair ("$3.26 / $2.46")."""


def is_old(text: str, match: re.Match[str]) -> bool:
    """Return whether another value follows in the place of a number or letter, or a number is part of a range, or only
    counts ("1. NVDA", "Target 2")."""
    start, end = match.span()
    return (
        _REPLACED[match.re].match(text, end) is not None
        or _RANGE.search(text, max(0, start - MAX_DIGITS - 4), start) is not None
        or _FROM.match(text, start) is not None
        or ORDINAL.match(text, start - 1) is not None
        or (_COUNT.match(text, start) is not None and text[start - 1 : start] in ("", BLOCK))
    )


def is_scale(text: str, start: int, digits: str) -> bool:
    """Return whether a number is what another one is out of ("/ 100", "out of 5")."""
    return digits in ("5", "10", "100") and _SCALE.search(text, max(0, start - 12), start) is not None


def unit_of(match: re.Match[str]) -> str:
    """Return a number's unit: "$", "%", "pts", "/5" and so on, "?" for others, "" for none."""
    before, unit = (match["before"] or "").strip(), "".join((match["unit"] or "").split())
    if match["sign"] or before in ("#", "€") or (before and unit):
        return "?"
    unit = before or unit
    if scale := re.search(r"(?:100|10|5)$", unit):
        return f"/{scale[0]}"
    if unit == "%" or not unit:
        return unit
    if re.match(POINTS, unit):
        return "pts"
    return "$" if re.match(r"(?i).*\$|.*dollar|usd|ドル", unit) else "?"
