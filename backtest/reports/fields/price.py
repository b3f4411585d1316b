"""The price at the time of the report: what is labelled so, or the only amount beside the ticker."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from backtest.model import Price
from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.reading import Reading, unreadable
from backtest.reports.record import Record
from backtest.reports.text import Unit
from backtest.reports.vocabulary import fold
from backtest.reports.words import Kind

MAX_PRICE = Decimal(2_000_000)


def read_price(record: Record) -> Reading[Price]:
    """Return the price at the time of the report in 1/10,000 USD; None when none is clearly labelled."""
    labelled = [fact for fact in record.numbers if Kind.PRICE in fact.kinds]
    prices = [fact for fact in labelled if fact.token.unit is Unit.MONEY]
    prices += [fact for fact in labelled if fact.token.unit is Unit.NUMBER and fold(fact.label) != "shares"]
    if prices:
        most = max(map(_weight, prices))
        return _only([fact for fact in prices if _weight(fact) == most], "several prices printed")
    foreign = next((fact for fact in labelled if fact.token.unit is Unit.FOREIGN_MONEY), None)
    if foreign is not None:
        return Reading(None, foreign.line, foreign.token.text, f"{foreign.token.text} is not in US dollars")
    amounts = [
        fact
        for fact in record.numbers
        if fact.token.unit is Unit.MONEY and not fact.label and fact.origin is Origin.BARE
    ]
    head = [fact for fact in amounts if abs(fact.line.index - record.mention.line.index) <= 3]
    if amounts:
        return _only(head or amounts, "several unlabelled amounts, none taken for the price")
    return unreadable(record, Kind.PRICE) or Reading(None)


def _weight(fact: Fact) -> int:
    named = 4 * (Kind.CURRENT in fact.kinds) + 2 * (fact.token.unit is Unit.MONEY)
    return named + 8 * (fact.origin > Origin.PROSE)


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
