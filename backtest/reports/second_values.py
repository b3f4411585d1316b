"""What the second reader sees of values: every printed number and letter near a stock, with the words beside it.

No value is decided here; which sighting is the value claimed is asked in `second_judge.py`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from backtest.model import Candidate, GradeSource
from backtest.reports.second_text import BLOCK, PIECE, PageText

_NUMBER = re.compile(
    r"(?<![\w.,])\d{1,3}(?:(?:[,.']\d{3})+(?:[.,]\d+)?|(?: \d{3})+(?:,\d+|(?=\s?(?:\$|€|USD|EUR))))(?![A-Za-z0-9_])"
    r"|(?<![A-Za-z0-9_])\.?\d+(?:[.,]\d+)?"
)
LETTER = re.compile(r"(?<![A-Za-z0-9'’.&])([A-F])[+-]?(?![A-Za-z0-9'’&])")
_SCALE_BEFORE = re.compile(r"(?i)(?:/|\bof|\bvon|\bsur|\bsu|\bde|\bout of)\s*$")
_UNIT_BEFORE = re.compile(r"(\$|€|#)\s*$|([+\-−–±])$")
_UNIT = re.compile(
    r"(?i)\s*(?:(%)|(/|out of|of|von|sur)\s*(\d+)\b|((?:pts?|points?|punkten?|puntos)\b|点|分))"
    r"|(?-i: ?(?:x|th|[KMBTkmbt]|[Bb]n)\b)"
)
"""What stands behind a number; a letter in an element of its own is no unit, but perhaps the next stock's grade."""
_WORD = re.compile(r"[^\W\d_]+")
_SHARE_CLASS = re.compile(r"(?i)\b(?:class|cl\.?|series)\s*$")
_CHANGES = re.compile(r"[\s%]*(?:→|->|➜|⇒|to\b|bis\b)\s*(?:[A-F]\b|\d)")
MAX_LINE = 400
MAX_SEEN = 500
"""Values looked at before and behind a name."""
MAX_BOX = 160
"""Characters of a block in which a label and its value stand together."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One printed value. label: the words that most likely announce it; marks: everything beside it, comparable."""

    start: int
    values: frozenset[Decimal | str]
    label: str
    marks: frozenset[str]
    unit: str = ""
    old: bool = False
    """Another value follows in its place ("C → A")."""


class Sightings:
    """The numbers and letters of a page, looked at when asked for. names: offsets of letters that name a stock."""

    def __init__(self, page: PageText, names: Collection[int]) -> None:
        self.page = page
        self._numbers = list(_NUMBER.finditer(page.text))
        self._letters = [match for match in LETTER.finditer(page.text) if match.start(1) not in names]
        self._starts = {
            "grade": [match.start() for match in self._letters],
            "number": [match.start() for match in self._numbers],
        }
        self._known: dict[tuple[bool, int], Sighting | None] = {}

    def of(self, what: str, low: int, high: int, near: int) -> list[Sighting]:
        """Return the letters (of a grade) or numbers (of a score or price) of a part of the text, about `near`."""
        graded = what == "grade"
        starts = self._starts["grade" if graded else "number"]
        at = bisect_left(starts, near)
        first, last = max(bisect_left(starts, low), at - MAX_SEEN), min(bisect_left(starts, high), at + MAX_SEEN)
        return [one for place in range(first, last) if (one := self._at(graded, place)) is not None]

    def last_letter(self, before: int) -> str | None:
        """Return the last letter above an offset."""
        at = bisect_left(self._starts["grade"], before)
        return self._letters[at - 1][1] if at else None

    def _at(self, graded: bool, at: int) -> Sighting | None:
        if (graded, at) not in self._known:
            match = self._letters[at] if graded else self._numbers[at]
            self._known[graded, at] = _letter(self.page, match) if graded else _number(self.page, match)
        return self._known[graded, at]


def _number(page: PageText, match: re.Match[str]) -> Sighting | None:
    """Return a number, in both readings of a separator; None for a scale ("/ 100")."""
    text = page.text
    digits = re.sub(r"[\s']", "", match.group())
    before = text[max(0, match.start() - 12) : match.start()]
    if digits in ("5", "10", "100") and _SCALE_BEFORE.search(before.replace(PIECE, " ")):
        return None
    readings = {digits.replace(",", ""), digits.replace(".", "").replace(",", "."), digits.replace(",", ".")}
    values = frozenset(Decimal(one) for one in readings if one.count(".") <= 1 and one.strip("."))
    behind = _UNIT.match(text[match.end() : match.end() + 16])
    sign = _UNIT_BEFORE.search(before)
    unit = ("/" + behind[3] if behind[3] else behind[0]).strip() if behind else ""
    return _sighting(page, match.start(), match.end(), values, (sign[1] or "±" if sign else "") + unit)


def _letter(page: PageText, match: re.Match[str]) -> Sighting:
    start, end = match.span()
    unit = "class" if _SHARE_CLASS.search(page.text, max(0, start - 10), start) else ""
    return _sighting(page, start, end, frozenset({match[1]}), unit)


def _sighting(page: PageText, start: int, end: int, values: frozenset[Decimal | str], unit: str) -> Sighting:
    text = page.text
    line_start = text.rfind(BLOCK, max(0, start - MAX_LINE), start) + 1 or max(0, start - MAX_LINE)
    line_end = text.find(BLOCK, end, end + MAX_LINE)
    line_end = min(len(text), end + MAX_LINE) if line_end < 0 else line_end
    before = _words(re.split(r"[\d;|•·]", text[max(line_start, start - 80) : start])[-1])[-3:]
    after = _words(re.split(r"[;|•·.,]", text[end : min(line_end, end + 60)])[0].replace("/100", ""))[:3]
    behind = [] if re.search(r"\d", text[end:line_end].replace("100", "")) else after
    above, below = _beside(page, line_start, line_end) if not (before or behind) else ([], [])
    marks = {f"unit:{unit}"}
    marks |= {f"before:{' '.join(before[-2:])}"} if before else set()
    marks |= {f"after:{' '.join(after[:2])}"} if after else set()
    marks |= {f"above:{' '.join(above)}"} if above and not before else set()
    marks |= {f"below:{' '.join(below)}"} if below and not after else set()
    cell = page.cell_at(start)
    label = " ".join(before or behind or above or below)
    if cell is not None:
        marks |= {f"{name}:{words.lower()}" for name, words in (("column", cell.above), ("row", cell.left)) if words}
        label = " ".join(before) or cell.above or (cell.left if len(cell.left) <= 40 else "") or label
    return Sighting(start, values, label.lower(), frozenset(marks), unit, _CHANGES.match(text, end) is not None)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _beside(page: PageText, start: int, end: int) -> tuple[list[str], list[str]]:
    """Return the words before and behind a line in the smallest block that holds more than the line."""
    for index in page.around(start):
        element = page.elements[index]
        if element.end - element.start > MAX_BOX:
            break
        above, below = _words(page.text[element.start : start])[-3:], _words(page.text[end : element.end])[:3]
        if above or below:
            return above, below
    return [], []


def sought(what: str, candidate: Candidate, *, rounded: bool = False) -> Callable[[Sighting], bool] | None:
    """Return what tells the sightings of a claimed value, None when nothing was read that could be seen.

    rounded: the value may be printed as the next whole number.
    """
    if what == "grade":
        letter = candidate.grade.value
        return None if candidate.grade_source is GradeSource.INFERRED else lambda one: letter in one.values
    if what == "price":
        price = None if candidate.price is None else Decimal(candidate.price) / 10_000
        return None if price is None else lambda one: _prints(price, one, rounded)
    if candidate.score is None:
        return None
    score = Decimal(repr(candidate.score))

    def is_score(one: Sighting) -> bool:
        if "$" in one.unit:
            return False
        if one.unit in ("/5", "/10"):
            return score / (100 / Decimal(one.unit[1:])) in one.values
        return _prints(score, one, rounded) or (one.unit == "" and bool({score / 10, score / 20} & one.values))

    return is_score


def _prints(value: Decimal, one: Sighting, rounded: bool) -> bool:
    if value in one.values:
        return True
    numbers = (number for number in one.values if isinstance(number, Decimal))
    return rounded and any(number == int(number) and abs(number - value) * 2 <= 1 for number in numbers)


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the text that may speak of a stock. anchor: where the stock is named, when the part is no block."""

    low: int
    high: int
    anchor: int | None = None

    def kept(self, seen: Sequence[Sighting], wanted: Callable[[Sighting], bool]) -> list[Sighting]:
        """Return the sightings of a part without those that may be a neighbour's.

        Behind the name, when the value wanted stands behind it; else what stands between the value and the name.
        """
        if self.anchor is None:
            return list(seen)
        behind = [one for one in seen if one.start > self.anchor]
        if any(wanted(one) for one in behind):
            return behind
        last = max((one.start for one in seen if wanted(one)), default=0)
        return [one for one in seen if last <= one.start < self.anchor]
