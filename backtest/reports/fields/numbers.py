"""The total score, the price at the time of the report and the gap, read from a record's numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from backtest.model import Price
from backtest.reports.grades import GRADE_TEXT
from backtest.reports.lines import ABSENT
from backtest.reports.page import Line
from backtest.reports.record import Fact, Record
from backtest.reports.text import Token, Unit, printable
from backtest.reports.words import Kind, fold

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reader found. doubt: why nothing or not everything could be read; fatal: do not trade on it."""

    value: T | None
    line: Line | None = None
    text: str = ""
    doubt: str = ""
    fatal: bool = False


_BROKEN_NUMBER = re.compile(r"(?i)[$€£¥+-]?(?:nan|inf(?:inity)?|\d[\d.,]*e[+-]?\d+|[\d.,']+)")


def unreadable(record: Record, kind: Kind) -> Reading[Any] | None:
    """Return the doubt about a field that is printed, but not as a number; None when it is simply absent."""
    texts = [(cell.kinds, cell.text, cell.lines[0]) for cell in record.cells if cell.lines] or record.facts.texts
    for kinds, text, line in texts:
        if kind not in kinds or Kind.GRADE in kinds or len(text) > 24:
            continue
        if not ABSENT.fullmatch(text):
            doubt = f'"{printable(text, 24)}" could not be read'
            return Reading(None, line, text, doubt, bool(_BROKEN_NUMBER.fullmatch(text)))
    return None


_WEIGHTS_SUM = "100%"
_SCALE = re.compile(r"(?i)(?:\bmax(?:imum|\.)?|\b(?:out )?of|\bvon|/|\b[01] ?[-–]) ?:? ?(\d+)\b")
"""What a label says its number is out of ("Points (max 50)", "Score (0–10)")."""


def read_score(record: Record) -> Reading[float]:
    """Return the total, 0 to 100. x/5 counts times 20, x/10 times 10; element scores never count."""
    announced = [fact for fact in record.numbers if Kind.SCORE in fact.kinds and fact.token.text != _WEIGHTS_SUM]
    totals = [(value, fact) for fact in announced if (value := _as_score(fact)) is not None]
    if totals:
        value, fact = totals[0]
        return Reading(value, fact.line, fact.token.text)
    for fact in announced:
        if fact.token.unit in (Unit.NUMBER, Unit.POINTS, Unit.RATIO):
            doubt = f"{fact.token.text} is no score between 0 and 100"
            return Reading(None, None, fact.token.text, doubt, True)
    return _unlabelled(record)


def _as_score(fact: Fact) -> float | None:
    token = fact.token
    if token.unit is Unit.PERCENT:
        scale: Decimal | None = None if token.signed else Decimal(100)
    elif token.unit is Unit.RATIO:
        scale = token.of
    else:
        said = _SCALE.search(fact.label)
        scale = Decimal(said[1] if said else 100) if token.unit in (Unit.POINTS, Unit.NUMBER) else None
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
        [fact for fact in bare if fact.token.of in (5, 10) and (fact.whole or not fact.token.start)],
    )


def _is_grade_words(fact: Fact) -> bool:
    return bool(GRADE_TEXT.search(fact.label) or re.search(r"[–—:-] [A-D][+-]?(?: with| at| and)?$", fact.label))


MAX_PRICE = Decimal(2_000_000)
_COUNTS = re.compile(r"^shares$|\b(?:of|in|over|for) the last$")
"""What a number without a currency only counts ("10 of the last 12 quarters")."""
_QUOTE = re.compile(r"\bpre-?market\b|\bquoted?\b")
"""What a second price beside the one of the report is called."""


def read_price(record: Record) -> Reading[Price]:
    """Return the price at the time of the report in 1/10,000 USD; None when none is clearly labelled."""
    labelled = [fact for fact in record.numbers if Kind.PRICE in fact.kinds]
    labelled = [fact for fact in labelled if not _QUOTE.search(fold(fact.label))] or labelled
    prices = [fact for fact in labelled if fact.token.unit is Unit.MONEY]
    prices += [fact for fact in labelled if fact.token.unit is Unit.NUMBER and not _COUNTS.search(fold(fact.label))]
    if prices:
        return _only(prices, "several prices printed")
    foreign = next((fact for fact in labelled if fact.token.unit is Unit.FOREIGN_MONEY), None)
    if foreign is not None:
        return Reading(None, foreign.line, foreign.token.text, f"{foreign.token.text} is not in US dollars")
    amounts = [
        fact
        for fact in record.numbers
        if fact.token.unit is Unit.MONEY and not fact.bracketed and (not fact.label or _is_grade_words(fact))
    ]
    head = [fact for fact in amounts if abs(fact.line.index - record.mention.line.index) <= 3]
    if amounts:
        return _only(head or amounts, "several unlabelled amounts, none taken for the price")
    return unreadable(record, Kind.PRICE) or Reading(None)


def _only(facts: Sequence[Fact], doubt: str) -> Reading[Price]:
    """Return the one price that all facts print; a doubt when they do not agree or it is impossible."""
    first = facts[0]
    if len({fact.token.value for fact in facts}) > 1:
        texts = dict.fromkeys(fact.token.text for fact in facts)
        return Reading(None, doubt=f"{doubt}: {', '.join(texts)}")
    value = first.token.value
    price = round(value * 10_000) if 0 < value <= MAX_PRICE else 0
    if not price:
        return Reading(None, first.line, first.token.text, f"{first.token.text} is no price", True)
    return Reading(price, first.line, first.token.text)


def read_gap(record: Record) -> Reading[float]:
    """Return the gap in percent with its sign; only what the page calls the gap."""
    named = [fact for fact in record.numbers if Kind.GAP in fact.kinds]
    weights = _part_weights(record)
    direct = [fact for fact in named if fact.token.unit is Unit.PERCENT and fact.token not in weights]
    direct = direct or [fact for fact in named if fact.token.unit is Unit.NUMBER and _percent_by_label(fact)]
    if direct:
        return _gap_of(max(direct, key=lambda fact: not fact.bracketed))
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


def _part_weights(record: Record) -> set[Token]:
    """Return the whole percentages, one a label, that sum up to 100: weights of parts ("Gap Size (25%)")."""
    found: set[Token] = set()
    for bracketed in (True, False):
        whole = {
            fact.label: fact.token for fact in reversed(record.numbers)
            if fact.token.unit is Unit.PERCENT and not fact.token.signed and 0 < fact.token.value < 100
            and not fact.token.decimals and fact.label and fact.bracketed == bracketed
        }  # fmt: skip
        found |= set(whole.values()) if sum(token.value for token in whole.values()) == 100 else set()
    return found


def _percent_by_label(fact: Fact) -> bool:
    return fact.token.signed or re.search(r"(?i)%|(?<![a-z])(?:pct|per ?cent|prozent)", fact.label) is not None
