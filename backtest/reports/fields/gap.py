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
    named = [fact for fact in record.numbers if Kind.GAP in fact.kinds]
    direct = [fact for fact in named if fact.token.unit is Unit.PERCENT and not _is_weight(fact, weights)]
    direct = direct or [fact for fact in named if fact.token.unit is Unit.NUMBER and _percent_by_label(fact)]
    if direct:
        return _gap_of(max(direct, key=lambda fact: (fact.origin > Origin.PROSE, fact.origin is not Origin.BRACKET)))
    hinted = [
        fact for fact in record.numbers
        if fact.token.unit is Unit.PERCENT and not fact.label and fact.whole and "gap" in fact.line.hint.split()
    ]  # fmt: skip
    return _gap_of(hinted[0]) if len({fact.token.value for fact in hinted}) == 1 else Reading(None)


def _gap_of(fact: Fact) -> Reading[float]:
    value = fact.token.value
    words = fold(fact.label)
    if not fact.token.signed and (re.search(r"\bdown\b", words) or "▼" in fact.line.plain or "↓" in fact.line.plain):
        value = -value
    doubt = f"a gap of {value}% is out of the ordinary" if abs(value) > 150 else ""
    return Reading(float(value), fact.line, fact.token.text, doubt=doubt)


def _is_weight(fact: Fact, weights: frozenset[Decimal]) -> bool:
    return not fact.token.signed and fact.token.value in weights


def _percent_by_label(fact: Fact) -> bool:
    said = fact.token.signed or "%" in re.sub(r"\([^)]*\d[^)]*\)", "", fact.label)
    return not fact.alternative and (said or (fact.origin is Origin.COLUMN and bool(fact.token.decimals)))
