"""The total score: labelled, or the one number that can be nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.reading import Reading, unreadable
from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.lines import is_value
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.text import Unit
from backtest.reports.words import Kind, label_kinds


def read_score(record: Record) -> Reading[float]:
    """Return the total, 0 to 100. x/5 counts times 20, x/10 times 10; element scores never count."""
    facts = record.numbers
    labelled: list[tuple[int, float, Fact]] = []
    wrong: list[str] = []
    rejected: list[str] = []
    for fact in facts:
        if Kind.SCORE not in fact.kinds:
            if fact.token.unit in (Unit.RATIO, Unit.POINTS) and fact.label:
                rejected.append(f"{fact.token.text} ({fact.label[:30]})")
            continue
        value = _as_score(fact)
        if value is None:
            if fact.token.unit in (Unit.NUMBER, Unit.POINTS, Unit.RATIO) and not fact.alternative:
                wrong.append(fact.token.text)
            continue
        if Section.ELEMENTS in fact.section and Kind.TOTAL not in fact.kinds and not _is_sum(fact):
            rejected.append(f"{fact.token.text} (part of the score)")
            continue
        labelled.append((_score_weight(fact), value, fact))
    if any(fact.token.text != "100%" for _, _, fact in labelled):
        labelled = [entry for entry in labelled if entry[2].token.text != "100%"]  # the sum of the weights
    if labelled:
        labelled.sort(key=lambda entry: -entry[0])
        weight, value, fact = labelled[0]
        others = {other for entry_weight, other, _ in labelled if entry_weight == weight and abs(other - value) > 0.5}
        doubt = f"other totals printed too: {', '.join(f'{other:g}' for other in sorted(others))}" if others else ""
        return Reading(value, fact.line, fact.token.text, tuple(rejected[:6]), doubt, weight=weight)
    if wrong:
        return Reading(None, None, wrong[0], tuple(rejected[:6]), f"{wrong[0]} is no score between 0 and 100", True)
    return _unlabelled_score(record, facts, tuple(rejected[:6]))


def _score_weight(fact: Fact) -> int:
    weight = 10 * (Kind.TOTAL in fact.kinds) + (5 if fact.origin > Origin.PROSE else 0)
    if fact.token.unit is Unit.RATIO and fact.token.of is not None and fact.token.of != 100:
        weight -= 2
    if Kind.GRADE in fact.kinds:
        weight -= 1
    return weight - (1 if fact.alternative else 0) + (fact.origin is Origin.COLUMN)


def _is_sum(fact: Fact) -> bool:
    return fact.token.unit is Unit.RATIO and fact.token.of == 100


def _as_score(fact: Fact) -> float | None:
    token = fact.token
    if token.unit is Unit.RATIO:
        if token.of is None or token.of <= 0 or token.value < 0 or token.value > token.of:
            return None
        factor = {Decimal(5): 20, Decimal(10): 10, Decimal(100): 1}.get(
            token.of.normalize() if token.of % 1 else Decimal(int(token.of))
        )
        return round(float(token.value * factor), 4) if factor else None
    if token.unit in (Unit.POINTS, Unit.NUMBER, Unit.PERCENT):
        if token.unit is Unit.PERCENT and token.signed:
            return None
        return float(token.value) if 0 <= token.value <= 100 else None
    return None


def _unlabelled_score(record: Record, facts: Sequence[Fact], rejected: tuple[str, ...]) -> Reading[float]:
    """A bare total: "88 pts", "85/100", or one number alone in the head of the card."""
    bare = [fact for fact in facts if not fact.label or (fact.origin is Origin.INLINE and _is_grade_words(fact.label))]
    bare = [fact for fact in bare if not fact.section & Section.PLAN and fact.origin is not Origin.PROSE]
    among_elements = [fact for fact in bare if Section.ELEMENTS in fact.section]
    bare = [fact for fact in bare if Section.ELEMENTS not in fact.section]
    tiers = (
        [fact for fact in bare if fact.token.unit is Unit.RATIO and fact.token.of == 100],
        [fact for fact in bare if fact.token.unit is Unit.POINTS],
        [
            fact
            for fact in bare
            if fact.token.unit is Unit.NUMBER and fact.whole and not fact.token.signed and not _is_rank(fact, record)
        ],
        [
            fact
            for fact in bare
            if fact.token.unit is Unit.RATIO
            and fact.token.of is not None
            and fact.token.of in (5, 10)
            and fact.token.decimals
        ],
        [
            fact
            for fact in bare
            if fact.token.unit is Unit.NUMBER and fact.line is record.mention.line and not fact.token.signed
        ],
        [fact for fact in among_elements if fact.token.unit is Unit.POINTS and is_value(fact.line)],
    )
    for tier in tiers:
        values = {value for fact in tier if (value := _as_score(fact)) is not None}
        if len(values) == 1:
            fact = next(fact for fact in tier if _as_score(fact) is not None)
            return Reading(values.pop(), fact.line, fact.token.text, rejected, weight=3)
        if len(values) > 1:
            texts = ", ".join(f"{value:g}" for value in sorted(values))
            return Reading(None, None, "", rejected, f"several unlabelled numbers could be the score: {texts}")
    return unreadable(record, Kind.SCORE) or Reading(None, rejected=rejected)


def _is_grade_words(label: str) -> bool:
    return bool(GRADE_TEXT.search(label) or bare_grade(label)) or Kind.GRADE in label_kinds(label)


def _is_rank(fact: Fact, record: Record) -> bool:
    return (
        "rank" in fact.line.hint.split()
        or fact.line.plain.startswith("#")
        or (fact.line.index < record.mention.line.index and fact.token.value <= 50 and not fact.token.decimals)
    )
