"""The total score, 0 to 100: by its words, by its form, by the evidence of all records.

Letters and totals go together, lists are in order, components sum up to their total.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate, pairwise

from backtest.model import Grade
from backtest.reports.bits import Value
from backtest.reports.columns import Column, Reading, choose, group_of, or_unreadable
from backtest.reports.fields.grade import BANDS
from backtest.reports.record import Record
from backtest.reports.text import Unit
from backtest.reports.words import ANOTHER_DAY, Kind

NEAR = 20
"""Values before and behind a total among which its parts may stand."""
PARTS = 3
"""So many numbers in a row are the parts of their sum."""
FEW = 3
"""Records that are too few to tell columns apart."""
RIVAL, SURE = 9, 60
"""By how much a column may be worse than the best one and still contradict it; above SURE it always does."""
_SCALE = re.compile(r"(?i)(?:\bmax(?:imum|\.)?|\b(?:out )?of|\bvon|/|\b[01] ?(?:[-–]|to) ?)\s?:? ?(\d+)\b")
"""What a label says its number is out of ("Points (max 50)", "Score (0–10)")."""
_NOT_NOW = re.compile(
    rf"\b(?:(?:last|{ANOTHER_DAY})\b(?! price)|quarter|month|week|season\w*|hurdle|needed|required|from"
    r"|rsi|ivr?|percentile|win|odds|probab\w*|january"
    r"|february|march|april|june|july|august|september|october|november|december)\b"
)
"""Words of a number that is another day's, a limit, or an indicator of that range."""
_TOTAL = re.compile(r"total|\bsum|overall|composite|weighted|final|gesamt|global|100")


def _as_score(value: Value) -> float | None:
    """Return a total of 0 to 100; x/5 counts times 20, x/10 times 10."""
    token, said = value.token, _SCALE.search(value.words)
    if token is None or token.signed or token.text == "100%":
        return None  # what weights sum up to
    scale = (
        token.of if token.unit is Unit.RATIO else Decimal(100 if token.unit is Unit.PERCENT or not said else said[1])
    )
    if (
        group_of(value) not in ("number", Unit.PERCENT)
        or scale not in (5, 10, 100, 1000)
        or not 0 <= token.value <= scale
    ):
        return None
    return round(float(token.value * (100 / scale)), 4)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside a column: how many are out of 100, those called scores, the scales, scores of other things."""

    of_100: int
    called: list[Column]
    scales: Counter[Decimal | None]
    others: list[Column]


def read_scores(
    columns: Sequence[Column], letters: Sequence[str | None], records: Sequence[Record]
) -> list[Reading[float]]:
    """Return each record's total; None, with a doubt where several are as likely.

    letters: the records' grades, None where none is printed.
    """
    chosen = []
    beside = _Beside(
        sum(_scale_of(one) == 100 for one in columns),
        [one for one in columns if re.search(r"\bscores?$", one.words)],
        Counter(map(_scale_of, columns)),
        [one for one in columns if Kind.OTHER in one.kinds and re.search(r"\w score\b", one.words)],
    )
    for column in columns:
        known = {number: value for number, value in column.values.items() if _as_score(value) is not None}
        if known and (len(known) == len(column.values) or Kind.SCORE in column.kinds):
            one = Column(known)
            one.tier = _tier_of_total(one, beside, letters, records)
            chosen += [one] if one.tier else []
    readings = choose(chosen, records, "totals", lambda value: Reading(_as_score(value), value.line, value.text))
    if len(records) < FEW:
        readings = [_or_contradicted(reading, number, chosen) for number, reading in enumerate(readings)]
    for column in columns:
        if column.kinds == Kind.SCORE and group_of(column.first) == "number":
            for number, value in column.values.items():
                if readings[number].value is None and _as_score(value) is None:
                    doubt = f"{value.text} is no score between 0 and 100"
                    readings[number] = Reading(None, value.line, value.text, doubt, True)
    return or_unreadable(readings, records, Kind.SCORE)


def _or_contradicted(reading: Reading[float], number: int, columns: Sequence[Column]) -> Reading[float]:
    """Return a reading in doubt where another column says another total almost as surely."""
    own = [column for column in columns if number in column.values]
    best = max((column.tier for column in own), default=0)
    rivals = (column.values[number] for column in own if column.tier >= best - RIVAL or column.tier >= SURE)
    other = next((value for value in rivals if _as_score(value) != reading.value), None)
    if reading.value is None or other is None:
        return reading
    return replace(reading, doubt=f"another total is printed: {other.text}")


def _tier_of_total(column: Column, beside: _Beside, letters: Sequence[str | None], records: Sequence[Record]) -> int:
    """Return how surely a column holds the totals; 0 when it does not."""
    kinds, first, size = column.kinds, column.first, len(letters)
    scale = any(value.token is not None and value.token.of == 100 for value in column.values.values())
    points = scale or first.unit is Unit.POINTS
    is_sum, goes, falls = _is_sum(column, records), _goes_with(column, letters), _falls(column)
    called = beside.called
    only = len(called) == 1 and called[0].first is first and falls and goes is None and len(column.values) == size > 2
    alone = beside.of_100 == 1 and scale and falls and len(column.values) == size > 2
    proven = (
        alone
        or only
        or _fits_letters(column, letters)
        or (is_sum and len(column.values) == size > 2 and goes is not False)
    )
    bare = (Kind.GRADE in kinds or not first.words) and (
        column.mostly(lambda value: value.whole) or Kind.GRADE in kinds
    )
    if _NOT_NOW.search(column.words):
        return 0
    if (Kind.OTHER | Kind.PRICE | Kind.GAP) & kinds:
        return 15 if proven else 0
    if Kind.SCORE in kinds and _is_part(column, beside):
        return 0
    if Kind.SCORE in kinds:
        tier = 8 if _TOTAL.search(column.words) or points else 7
    elif first.unit is Unit.PERCENT:
        tier = 2 if bare else 0
    elif points:
        tier = (6 if scale else 5) if not first.words or beside.of_100 < 2 or proven else 0
    else:
        parts = _scale_of(column) is not None and beside.scales[_scale_of(column)] >= PARTS
        tier = 3 if (bare and not parts and not _is_ranks(column)) or proven else 0
    if not tier or (len(column.values) > 2 and len({value.number for value in column.values.values()}) == 1):
        return min(tier, 1)
    tier = tier * 10 + (12 if goes else 0 if goes is False else 6) + 3 * falls + 15 * is_sum
    rare = len(column.values) * 2 < size
    return 0 if rare and Kind.SCORE not in kinds and size > 2 else max(1, tier - 30 * rare)


def _scale_of(column: Column) -> Decimal | None:
    return column.first.token.of if column.first.token is not None else None


def _is_part(column: Column, beside: _Beside) -> bool:
    """Return whether a score of something stands among scores of other things ("Quality score", "Value score")."""
    if _TOTAL.search(column.words) or not re.search(r"\w score\b", column.words):
        return False
    return any(_as_score(one.first) is not None and _scale_of(one) == _scale_of(column) for one in beside.others)


def _goes_with(column: Column, letters: Sequence[str | None]) -> bool | None:
    """Return whether no better letter has the smaller number; None when there are no two letters."""
    known = [
        (letters[number] or "", _as_score(value) or 0) for number, value in column.values.items() if letters[number]
    ]
    compared = [(one, other) for one in known for other in known if one[0] < other[0]]
    return sum(one[1] < other[1] for one, other in compared) * 10 <= len(compared) if compared else None


def _fits_letters(column: Column, letters: Sequence[str | None]) -> bool:
    """Return whether every number of a column lies in the band of its record's letter."""
    pairs = [(letters[number], _as_score(value) or 0) for number, value in column.values.items()]
    several = len(pairs) == len(letters) > 2 and len(set(pairs)) > 2 and len({letter for letter, _ in pairs}) > 1
    bands = ((BANDS[Grade(letter)] if letter else (1, 0), score) for letter, score in pairs)
    return several and all(low <= score <= high for (low, high), score in bands)


def _is_sum(column: Column, records: Sequence[Record]) -> bool:
    """Return whether most numbers of a column are the sum of numbers that stand in a row beside them."""
    sums = sum(_sums_up(value, records[number].values) for number, value in column.values.items())
    return sums * 3 >= len(column.values) * 2


def _sums_up(total: Value, values: Sequence[Value]) -> bool:
    at = values.index(total)
    near = values[max(0, at - NEAR) : at + NEAR]
    numbers = [value.number for value in near if group_of(value) == "number" and 0 < value.number < total.number]
    rows = (list(accumulate(numbers[start:]))[PARTS - 1 :] for start in range(len(numbers)))
    return any(total.number in row for row in rows)


def _is_ranks(column: Column) -> bool:
    steps = [other - one for one, other in pairwise(value.number for value in column.values.values())]
    return bool(steps) and min(steps) > 0 and steps.count(Decimal(1)) * 2 > len(steps)


def _falls(column: Column) -> bool:
    scores = [_as_score(value) or 0 for value in column.values.values()]
    return len(set(scores)) > 1 and scores == sorted(scores, reverse=True)
