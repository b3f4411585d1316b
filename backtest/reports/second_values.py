"""Whether a value that the first reader claims is printed in a part of the page's text; nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from backtest.model import Candidate, GradeSource

MAX_DIGITS = 12
_NUMBER = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[,.']\d{3})+(?:[.,]\d+)?|\d{1,3}(?: \d{3})+(?:,\d+)?|\d*[.,]?\d+)(?![,.]?\d)"
)
LETTER = re.compile(
    r"(?!(?<![\w,;:–—-] )A (?!grade|rated|list|tier|class)(?:[a-z-]+,? ){2})"
    r"(?<![A-Za-z0-9'’.&])(?<![A-Za-z]/)(?<![A-Z]\. )([A-F])[+-]?(?![A-Za-z0-9'’&]|\.\w|\. [A-Z]\.)"
)
"""Letters alone; no initials ("A. O. Smith") and no article ("A fade below the open")."""
ANNOUNCED = {
    "score": re.compile(r"(?i)\bscores?\W{0,3}(\d[\d.,]*)|(?<![\d.,])(\d[\d.,]*)\s?(?:pts|points|/\s?100)\b"),
    "grade": re.compile(r"\b(?i:grade|rating)d?\W{0,3}([A-D])\b|\b([A-D])[+-]?[- ](?i:graded?|rated)\b"),
    "price": re.compile(r"(?i)\bprice(?: is)?[ \t:：$]{1,4}(\d[\d.,]*)"),
}
"""Values with the word that says what they are."""


def prints(what: str, candidate: Candidate) -> Callable[[str], bool] | None:
    """Return what tells whether a text prints a claimed score, grade or price; None when nothing was claimed."""
    if what == "grade":
        letter = candidate.grade.value
        if candidate.grade_source is GradeSource.INFERRED:
            return None
        return lambda text: any(match[1] == letter for match in LETTER.finditer(text))
    claimed = candidate.score if what == "score" else candidate.price
    if claimed is None:
        return None
    value = Decimal(repr(claimed)) if what == "score" else Decimal(claimed) / 10_000
    wanted = {value, value / 20, value / 10} if what == "score" else {value}  # of 100, of 5, of 10
    return lambda text: any(wanted & readings(match[0]) for match in _NUMBER.finditer(text))


def readings(printed: str) -> set[Decimal]:
    """Return a printed number in both readings of its separators."""
    digits = "".join(printed.replace("'", " ").split())
    forms = {digits.replace(",", ""), digits.replace(".", "").replace(",", "."), digits.replace(",", ".")}
    return {Decimal(one) for one in forms if one.count(".") <= 1 and one.strip(".") and len(one) <= MAX_DIGITS}
