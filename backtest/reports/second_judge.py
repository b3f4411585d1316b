"""Which of the sightings near a stock is the value claimed: what all stocks have in common tells, and the words beside.

A value that stands elsewhere than the others', beside another's words, or beside a rival, is doubtful.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from backtest.reports.second_values import Sighting

_TOTAL = re.compile(r"(?i)\b(?:total|overall|composite|final|gesamt\w*|globale?|weighted)\b|総合|合計|总分")
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
MOST = 0.8
"""The part of the stocks whose sightings must agree before the others are measured by them."""
ENOUGH = 4


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
    """Return the stocks whose score no word announces and that stands on another side of the name than most others'."""
    sides = {
        ticker: {one.start > at[ticker] for one in found}
        for ticker, found in right.items()
        if found and not any(one.unit or _could_be("score", one) for one in found)
    }
    times = Counter(side for found in sides.values() for side in found)
    if max(times.values(), default=0) == len(sides):
        return set()
    return {ticker for ticker, found in sides.items() if not any(times[side] > times[not side] for side in found)}


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
    return one.unit == "/100" or bool(_SCORE.search(one.label) or _TOTAL.search(one.label))


def _is_anothers(what: str, one: Sighting) -> bool:
    if what == "price":
        return bool(_OTHER_PRICES.search(one.label))
    if what == "grade" and one.unit:
        return True
    return bool(_OTHERS.search(one.label)) and not _TOTAL.search(_without_past(one.label))


def _without_past(label: str) -> str:
    return "" if re.search(rf"(?i)\b(?:{_PAST})\b", label) else label


def _rival(what: str, found: Sequence[Sighting], others: Sequence[Sighting], shared: frozenset[str]) -> Sighting | None:
    """Return a sighting that answers to the same words as the value claimed, or to the word for a total alone."""
    best = max(found, key=lambda one: len(one.marks & shared))
    own_total = any(_TOTAL.search(one.label) for one in found)
    common = best.marks & shared
    words = {mark for mark in common if not mark.startswith("unit:")}
    for one in others:
        if words and one.marks >= common:
            return one
        total = _TOTAL.search(_without_past(one.label))
        if what == "score" and total and not own_total and _SCORE.search(one.label):
            return one
    return None
