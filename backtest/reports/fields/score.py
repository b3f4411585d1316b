"""The total score, 0 to 100: by its words, by its form, by the evidence of all records.

Letters and totals go together, lists are in order, components sum up to their total.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
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
_A_SCORE = re.compile(r"\w score\b")
_TOTAL = re.compile(r"total|\bsum|overall|composite|weighted|final|gesamt|global|100")


def _as_score(value: Value) -> float | None:
    """Return a total of 0 to 100; x/5 counts times 20, x/10 times 10."""
    token, said = value.token, _SCALE.search(value.words)
    if token is None or token.signed or token.text == "100%" or group_of(value) not in ("number", Unit.PERCENT):
        return None  # weights sum up to 100 %
    scale = Decimal(said[1]) if said and token.unit is not Unit.PERCENT else Decimal(100)
    scale = token.of or Decimal(0) if token.unit is Unit.RATIO else scale
    fits = scale in (5, 10, 100, 1000) and 0 <= token.value <= scale
    return round(float(token.value * (100 / scale)), 4) if fits else None


class _Beside:
    """What stands beside a column: all scales, the only one called a score, the scales of scores of other things."""

    def __init__(self, columns: Sequence[Column]) -> None:
        called = [one.first for one in columns if re.search(r"\bscores?$", one.words)]
        others = [one for one in columns if Kind.OTHER in one.kinds and _A_SCORE.search(one.words)]
        self.scales = Counter(map(_scale_of, columns))
        self.called = called[0] if len(called) == 1 else None
        self.others = {_scale_of(one) for one in others if _as_score(one.first) is not None}


def read_scores(
    columns: Sequence[Column], letters: Sequence[str | None], records: Sequence[Record]
) -> list[Reading[float]]:
    """Return each record's total; None, with a doubt where several are as likely.

    letters: the records' grades, None where none is printed.
    """
    chosen, beside = [], _Beside(columns)
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
    kinds, first, size, count = column.kinds, column.first, len(letters), len(column.values)
    of_100, scale = beside.scales[Decimal(100)], _scale_of(column)
    is_of_100 = any(value.token is not None and value.token.of == 100 for value in column.values.values())
    points = is_of_100 or first.unit is Unit.POINTS
    is_sum, goes, falls = _is_sum(column, records), _goes_with(column, letters), _falls(column)
    only = (of_100 == 1 and is_of_100) or (beside.called is first and goes is None)
    proven = count == size > 2 and (
        (falls and only) or (is_sum and goes is not False) or _fits_letters(column, letters)
    )
    bare = Kind.GRADE in kinds or (not first.words and column.mostly(lambda value: value.whole))
    if _NOT_NOW.search(column.words):
        return 0
    if (Kind.OTHER | Kind.PRICE | Kind.GAP) & kinds:
        return 15 if proven else 0
    if Kind.SCORE in kinds and _is_part(column, beside):
        return 0
    if Kind.SCORE in kinds:
        tier = 8 if points or _TOTAL.search(column.words) else 7
    elif first.unit is Unit.PERCENT:
        tier = 2 if bare else 0
    elif points:
        tier = (6 if is_of_100 else 5) if not first.words or of_100 < 2 or proven else 0
    else:
        is_part = scale is not None and beside.scales[scale] >= PARTS
        tier = 3 if (bare and not is_part and not _is_ranks(column)) or proven else 0
    if not tier or (count > 2 and len({value.number for value in column.values.values()}) == 1):
        return min(tier, 1)
    rare = count * 2 < size
    if rare and Kind.SCORE not in kinds and size > 2:
        return 0
    agrees = 6 if goes is None else 12 * goes
    return max(1, tier * 10 + agrees + 3 * falls + 15 * is_sum - 30 * rare)


def _scale_of(column: Column) -> Decimal | None:
    return column.first.token.of if column.first.token is not None else None


def _is_part(column: Column, beside: _Beside) -> bool:
    """Return whether a score of something stands among scores of other things ("Quality score", "Value score")."""
    is_named = _A_SCORE.search(column.words) and not _TOTAL.search(column.words)
    return bool(is_named) and _scale_of(column) in beside.others


def _goes_with(column: Column, letters: Sequence[str | None]) -> bool | None:
    """Return whether no better letter has the smaller number; None when there are no two letters."""
    known = [(letters[number] or "", _as_score(value) or 0) for number, value in column.values.items()]
    known = [one for one in known if one[0]]
    compared = [one[1] < other[1] for one in known for other in known if one[0] < other[0]]
    return sum(compared) * 10 <= len(compared) if compared else None


def _fits_letters(column: Column, letters: Sequence[str | None]) -> bool:
    """Return whether every number of a column lies in the band of its record's letter, and they are not all alike."""
    pairs = {(letters[number], _as_score(value) or 0) for number, value in column.values.items()}
    several = len(pairs) > 2 and len({letter for letter, _ in pairs}) > 1
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
