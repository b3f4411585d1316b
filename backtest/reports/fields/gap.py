"""The gap: only the percentage that the page itself calls the gap."""

from __future__ import annotations

import re

from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.reading import Reading
from backtest.reports.record import Record
from backtest.reports.text import Token, Unit
from backtest.reports.vocabulary import fold
from backtest.reports.words import Kind


def read_gap(record: Record) -> Reading[float]:
    """Return the gap in percent with its sign; only what the page calls the gap."""
    named = [fact for fact in record.numbers if Kind.GAP in fact.kinds]
    weights = _weights(record)
    direct = [fact for fact in named if fact.token.unit is Unit.PERCENT and fact.token not in weights]
    direct = direct or [fact for fact in named if fact.token.unit is Unit.NUMBER and _percent_by_label(fact)]
    if direct:
        return _gap_of(max(direct, key=lambda fact: (fact.origin > Origin.PROSE, fact.origin is not Origin.BRACKET)))
    percents = [fact for fact in record.numbers if fact.token.unit is Unit.PERCENT and not fact.label]
    called = [fact for fact in percents if _is_called(fact)]
    return _gap_of(called[0]) if len({fact.token.value for fact in called}) == 1 else Reading(None)


def _is_called(fact: Fact) -> bool:
    """Return whether the class of an element that holds nothing else calls it the gap."""
    return any(one.text == fact.token.text and re.search(r"\bgap\b", one.named) for one in fact.line.segments)


def _gap_of(fact: Fact) -> Reading[float]:
    value = fact.token.value
    words = fold(fact.label)
    if not fact.token.signed and (re.search(r"\bdown\b", words) or "▼" in fact.line.plain or "↓" in fact.line.plain):
        value = -value
    doubt = f"a gap of {value}% is out of the ordinary" if abs(value) > 150 else ""
    return Reading(float(value), fact.line, fact.token.text, doubt=doubt)


def _weights(record: Record) -> set[Token]:
    """Return the whole percentages, one a label, that sum up to 100: weights of parts ("Gap Size (25%)")."""
    found: set[Token] = set()
    for bracketed in (True, False):
        whole = {
            fact.label: fact.token for fact in reversed(record.numbers)
            if fact.token.unit is Unit.PERCENT and not fact.token.signed and 0 < fact.token.value < 100
            and not fact.token.decimals and fact.label and (fact.origin is Origin.BRACKET) == bracketed
        }  # fmt: skip
        found |= set(whole.values()) if sum(token.value for token in whole.values()) == 100 else set()
    return found


def _percent_by_label(fact: Fact) -> bool:
    return fact.token.signed or re.search(r"(?i)%|(?<![a-z])(?:pct|per ?cent|prozent)", fact.label) is not None
