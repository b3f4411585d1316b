"""The total score: labelled, or the one number that can be nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.reading import Reading, unreadable
from backtest.reports.grades import GRADE_TEXT
from backtest.reports.record import Record
from backtest.reports.text import Unit
from backtest.reports.words import Kind

_WEIGHTS_SUM = "100%"


def read_score(record: Record) -> Reading[float]:
    """Return the total, 0 to 100. x/5 counts times 20, x/10 times 10; element scores never count."""
    announced = [fact for fact in record.numbers if Kind.SCORE in fact.kinds and fact.token.text != _WEIGHTS_SUM]
    totals = [(value, fact) for fact in announced if (value := _as_score(fact)) is not None]
    if totals:
        most = max(_weight(fact) for _, fact in totals)
        value, fact = next(entry for entry in totals if _weight(entry[1]) == most)
        return Reading(value, fact.line, fact.token.text)
    for fact in announced:
        if fact.token.unit in (Unit.NUMBER, Unit.POINTS, Unit.RATIO):
            doubt = f"{fact.token.text} is no score between 0 and 100"
            return Reading(None, None, fact.token.text, doubt, True)
    return _unlabelled(record)


def _weight(fact: Fact) -> int:
    weight = 10 * (Kind.TOTAL in fact.kinds) + 5 * (fact.origin > Origin.PROSE) + (fact.origin is Origin.COLUMN)
    return weight - (Kind.GRADE in fact.kinds)


def _as_score(fact: Fact) -> float | None:
    token = fact.token
    if token.unit is Unit.PERCENT:
        scale: Decimal | None = None if token.signed else Decimal(100)
    elif token.unit is Unit.RATIO:
        scale = token.of
    else:
        scale = Decimal(100) if token.unit in (Unit.POINTS, Unit.NUMBER) else None
    if scale not in (5, 10, 100) or not 0 <= token.value <= scale:
        return None
    return round(float(token.value * (100 / scale)), 4)


def _unlabelled(record: Record) -> Reading[float]:
    """A bare total: "88 pts", "85/100", or one number alone in the head of the card; the surest kind decides."""
    bare = [fact for fact in record.numbers if not fact.label or _is_grade_words(fact)]
    for tier in _tiers(bare):
        values = {value: fact for fact in tier if (value := _as_score(fact)) is not None}
        if len(values) > 1:
            texts = ", ".join(f"{value:g}" for value in sorted(values))
            return Reading(None, doubt=f"several unlabelled numbers could be the score: {texts}")
        for value, fact in values.items():
            return Reading(value, fact.line, fact.token.text)
    return unreadable(record, Kind.SCORE) or Reading(None)


def _tiers(bare: Sequence[Fact]) -> Sequence[list[Fact]]:
    return (
        [fact for fact in bare if fact.token.of == 100],
        [fact for fact in bare if fact.token.unit is Unit.POINTS],
        [fact for fact in bare if fact.token.unit is Unit.NUMBER and not fact.token.signed and fact.whole],
        [fact for fact in bare if fact.token.unit is Unit.PERCENT and fact.whole],
    )


def _is_grade_words(fact: Fact) -> bool:
    return fact.origin in (Origin.INLINE, Origin.BRACKET) and bool(GRADE_TEXT.search(fact.label))
