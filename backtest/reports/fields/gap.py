"""The gap: only the percentage that the page itself calls the gap."""

from __future__ import annotations

import re
from decimal import Decimal

from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.reading import Reading
from backtest.reports.record import Record
from backtest.reports.text import Unit
from backtest.reports.vocabulary import fold
from backtest.reports.words import Kind


def read_gap(record: Record, weights: frozenset[Decimal] = frozenset()) -> Reading[float]:
    """Return the gap in percent with its sign; only what the page calls the gap.

    weights: percentages known to be weights of the score's elements ("Gap Size (25%)").
    """
    direct: list[tuple[int, Fact]] = []
    rejected: list[str] = []
    for fact in record.numbers:
        percent = fact.token.unit is Unit.PERCENT
        if Kind.GAP not in fact.kinds:
            if percent and fact.token.signed and fact.label:
                rejected.append(f"{fact.token.text} ({fact.label[:30]})")
        elif percent and (fact.origin is Origin.BRACKET or not fact.token.decimals) and _is_weight(fact, weights):
            rejected.append(f"{fact.token.text} (a weight)")
        elif percent:
            bonus = 4 * (fact.origin > Origin.PROSE) - 3 * (fact.origin is Origin.BRACKET)
            direct.append((int(fact.origin) + bonus, fact))
        elif fact.token.unit is Unit.NUMBER and not fact.alternative and _percent_by_label(fact):
            direct.append((int(fact.origin), fact))
    if direct:
        weight, fact = max(direct, key=lambda entry: entry[0])
        return _gap_of(fact, tuple(rejected[:6]), weight)
    hinted = [
        fact for fact in record.numbers
        if fact.token.unit is Unit.PERCENT and not fact.label and fact.whole and "gap" in fact.line.hint.split()
    ]  # fmt: skip
    if len({fact.token.value for fact in hinted}) == 1:
        return _gap_of(hinted[0], tuple(rejected[:6]), 1)
    return Reading(None, rejected=tuple(rejected[:6]))


def _gap_of(fact: Fact, rejected: tuple[str, ...], weight: int) -> Reading[float]:
    value = fact.token.value
    words = fold(fact.label)
    if not fact.token.signed and (re.search(r"\bdown\b", words) or "▼" in fact.line.plain or "↓" in fact.line.plain):
        value = -value
    doubt = f"a gap of {value}% is out of the ordinary" if abs(value) > 150 else ""
    return Reading(float(value), fact.line, fact.token.text, rejected, doubt, weight=weight)


def _is_weight(fact: Fact, weights: frozenset[Decimal]) -> bool:
    if (
        re.search(r"(?i)weight|gewicht|poids|peso", fact.label)
        or "weight" in fact.line.text[fact.token.end : fact.token.end + 10].lower()
    ):
        return True
    return not fact.token.signed and fact.token.value in weights


def _percent_by_label(fact: Fact) -> bool:
    return (
        "%" in re.sub(r"\([^)]*\d[^)]*\)", "", fact.label)
        or fact.token.signed
        or (fact.origin is Origin.COLUMN and bool(fact.token.decimals))
    )
