"""What the second reader makes of one value: is it printed there, under which words, and could another be meant.

No value is decided here. A sighting is one printed number or letter with the words beside it; what the sightings of
all stocks have in common ("Total score" before it, the column "Price", "/100" behind it) tells which one is the value.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
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
TOTAL = re.compile(r"(?i)\b(?:total|overall|composite|final|gesamt\w*|globale?|weighted)\b|総合|合計|总分")
_SCORE = re.compile(
    r"(?i)\b(?:scores?|points?|pts|rating|punkte\w*|puntos|note|puntuacion|puntuación)\b|スコア|得点|点数"
)
_GRADE = re.compile(r"(?i)\b(?:graded?|rating|letter)\b")
_PRICE = re.compile(r"(?i)\b(?:price|quote|px|kurs|prix|precio)\b|株価")
_PAST = (
    r"prev\w*|prior|previous|last (?:week|month|quarter|year|time)|yesterday|was|from|vor\w*|precedent|précédent"
    r"|anterior"
)
_OTHERS = re.compile(
    rf"(?i)\b(?:{_PAST}|momentum|analysts?|piotroski|zacks|morningstar|style|value|growth|technicals?|fundamentals?"
    r"|sentiment|quality|conviction|street|consensus|risk|credit|s&p|moody\w*|fitch|best|esg|rsi|eps|weight|targets?"
    r"|liquidity|volatility|management|profitability|timing|relative|rs|percentile|confidence|probability|success|insider|valuation|safety|average|avg|peers?|sector|industry|trend|volume|gap|ma\d+|rank)\b|前回|目標"
)
_OTHER_PRICES = re.compile(
    rf"(?i)\b(?:{_PAST}|close|closed|targets?|stops?|entry|entries|exit|high|low|52|fair value|strike|support"
    r"|resistance|pivot|buy (?:zone|point)|above|below|kursziel|ziel\w*|vwap|ma\s?\d*|ema|sma|eps|dividend|open)\b"
    r"|前日|目標|終値"
)
_NEEDED = re.compile(r"(?i)\b(?:needed|required|minimum|threshold|cut-?off|hurdle)\b")
_SHARE_CLASS = re.compile(r"(?i)\b(?:class|cl\.?|series)\s*$")
_CHANGES = re.compile(r"[\s%]*(?:→|->|➜|⇒|to\b|bis\b)\s*(?:[A-F]\b|\d)")
MAX_LINE = 400
MAX_SEEN = 500
"""Values looked at before and behind a name."""
MAX_BOX = 160
"""Characters of a block in which a label and its value stand together."""
MOST = 0.8
"""The part of the stocks whose sightings must agree before the others are measured by them."""
ENOUGH = 4


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


def is_labelled(what: str, one: Sighting) -> bool:
    """Return whether the words beside a sighting announce such a value, as of now."""
    if one.old or not _could_be(what, one) or _is_anothers(what, one):
        return False
    if what == "score":
        return True
    return bool((_GRADE if what == "grade" else _PRICE).search(one.label))


def judge(
    what: str,
    seen: Mapping[str, Sequence[Sighting]],
    wanted: Mapping[str, Callable[[Sighting], bool]],
    at: Mapping[str, int],
) -> dict[str, str]:
    """Return why the second reader doubts a value, by ticker.

    what: score, grade or price. seen: the sightings near each stock; wanted: which of them are the value claimed.
    at: where each stock is named.
    """
    right = {ticker: [one for one in seen[ticker] if wanted[ticker](one)] for ticker in seen}
    shared = _shared([found for found in right.values() if found])
    words = {mark for mark in shared if not mark.startswith("unit:")}
    doubts: dict[str, str] = {}
    other_side = _other_side(right, at) if what == "score" else set()
    for ticker, found in right.items():
        if not found:
            continue
        others = [one for one in seen[ticker] if not wanted[ticker](one) and _could_be(what, one)]
        if all(one.old for one in found):
            doubts[ticker] = f"the {what} changed, and another value follows"
        elif words and not any(one.marks & words for one in found):
            doubts[ticker] = f"its {what} stands elsewhere than the other stocks'"
        elif all(_is_anothers(what, one) for one in found) and (others or _GRADE.search(found[0].label)):
            doubts[ticker] = f'the {what} stands beside "{found[0].label}"'
        elif rival := _rival(what, found, others, shared):
            doubts[ticker] = f'another {what} is printed near it ("{rival.label}")'
        elif what == "score" and (number := _limit(found, seen[ticker])) is not None:
            doubts[ticker] = f"the score is below the {number} that is printed beside it as needed"
        elif ticker in other_side:
            doubts[ticker] = "its score stands on another side of the name than most others'"
    return doubts


def _limit(found: Sequence[Sighting], seen: Sequence[Sighting]) -> Decimal | None:
    """Return what a stock is said to need, when its score is below."""
    score = max(map(_value, found))
    limits = (_value(one) for one in seen if not one.unit and _NEEDED.search(one.label))
    return next((limit for limit in limits if score < limit <= 100), None)


def _other_side(right: Mapping[str, Sequence[Sighting]], at: Mapping[str, int]) -> set[str]:
    """Return the stocks whose score, that no word announces, stands on the other side of the name than most others'."""
    sides = {
        ticker: {one.start > at[ticker] for one in found}
        for ticker, found in right.items()
        if found and not any(one.unit or _could_be("score", one) for one in found)
    }
    behind = sum(True in side for side in sides.values()), sum(False in side for side in sides.values())
    most = behind[0] >= behind[1]
    return {ticker for ticker, side in sides.items() if most not in side} if max(behind) > 1 else set()


def _value(one: Sighting) -> Decimal:
    return min((value for value in one.values if isinstance(value, Decimal)), default=Decimal(-1))


def _shared(found: Sequence[Sequence[Sighting]]) -> frozenset[str]:
    if len(found) < ENOUGH:
        return frozenset()
    counted = Counter(mark for sightings in found for mark in {mark for one in sightings for mark in one.marks})
    return frozenset(mark for mark, times in counted.items() if times >= MOST * len(found))


def _could_be(what: str, one: Sighting) -> bool:
    """Return whether a sighting that is not the value claimed could be it."""
    if what == "grade":
        return True
    if what == "price":
        return "%" not in one.unit and "/" not in one.unit
    if not 0 <= _value(one) <= 100 or "$" in one.unit or "±" in one.unit:
        return False
    return one.unit == "/100" or bool(_SCORE.search(one.label) or TOTAL.search(one.label))


def _is_anothers(what: str, one: Sighting) -> bool:
    if what == "price":
        return bool(_OTHER_PRICES.search(one.label))
    if what == "grade" and one.unit:
        return True
    return bool(_OTHERS.search(one.label)) and not TOTAL.search(_without_past(one.label))


def _without_past(label: str) -> str:
    return "" if re.search(rf"(?i)\b(?:{_PAST})\b", label) else label


def _rival(what: str, found: Sequence[Sighting], others: Sequence[Sighting], shared: frozenset[str]) -> Sighting | None:
    """Return a sighting that answers to the same words as the value claimed, or to the word for a total alone."""
    best = max(found, key=lambda one: len(one.marks & shared))
    common = best.marks & shared
    words = {mark for mark in common if not mark.startswith("unit:")}
    for one in others:
        if words and one.marks >= common:
            return one
        total = TOTAL.search(_without_past(one.label))
        if what == "score" and total and _SCORE.search(one.label) and not any(TOTAL.search(own.label) for own in found):
            return one
    return None
