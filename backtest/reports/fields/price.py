"""The price at the time of the report: what is labelled so, or the only amount beside the ticker."""

from __future__ import annotations

from decimal import Decimal

from backtest.model import Price
from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.reading import Reading, unreadable
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.text import Unit
from backtest.reports.words import Kind

MAX_PRICE = Decimal(2_000_000)


def read_price(record: Record) -> Reading[Price]:
    """Return the price at the time of the report in 1/10,000 USD; None when none is clearly labelled."""
    labelled: list[tuple[int, Fact]] = []
    rejected: list[str] = []
    foreign: Fact | None = None
    for fact in record.numbers:
        if Kind.PRICE not in fact.kinds or fact.alternative or fact.section & (Section.PLAN | Section.EXCLUDED):
            if fact.token.unit is Unit.MONEY and fact.label:
                rejected.append(f"{fact.token.text} ({fact.label[:30]})")
            continue
        if fact.token.unit is Unit.FOREIGN_MONEY:
            foreign = fact
        elif fact.token.unit in (Unit.MONEY, Unit.NUMBER):
            weight = (
                4 * (Kind.CURRENT in fact.kinds)
                + 2 * (fact.token.unit is Unit.MONEY)
                + (fact.origin > Origin.PROSE) * 8
            )
            labelled.append((weight, fact))
    if labelled:
        labelled.sort(key=lambda entry: -entry[0])
        weight, fact = labelled[0]
        value = _as_price(fact.token.value)
        if value is None:
            return Reading(
                None, fact.line, fact.token.text, tuple(rejected[:6]), f"{fact.token.text} is no price", True
            )
        rivals = sorted(
            {
                other.token.text
                for other_weight, other in labelled
                if other_weight == weight and other.token.value != fact.token.value
            }
        )
        if rivals:
            return Reading(
                None, None, "", tuple(rejected[:6]), f"several prices printed: {fact.token.text}, {', '.join(rivals)}"
            )
        return Reading(value, fact.line, fact.token.text, tuple(rejected[:6]), weight=weight)
    if foreign is not None:
        return Reading(
            None, foreign.line, foreign.token.text, tuple(rejected[:6]), f"{foreign.token.text} is not in US dollars"
        )
    return _unlabelled_price(record, tuple(rejected[:6]))


def _unlabelled_price(record: Record, rejected: tuple[str, ...]) -> Reading[Price]:
    """The only dollar amount without a label, alone in its piece of text or beside the ticker."""
    amounts = [
        fact
        for fact in record.numbers
        if fact.token.unit is Unit.MONEY and not fact.label and not fact.alternative and fact.origin is Origin.BARE
        and not fact.section & (Section.PLAN | Section.EXCLUDED | Section.ELEMENTS)
        and (fact.whole or fact.line is record.mention.line)
    ]  # fmt: skip
    values = {fact.token.value for fact in amounts}
    if len(values) > 1:
        head = [fact for fact in amounts if abs(fact.line.index - record.mention.line.index) <= 3]
        values = {fact.token.value for fact in head} if head else values
        amounts = head or amounts
    if len(values) == 1:
        price = _as_price(amounts[0].token.value)
        if price is None:
            return Reading(
                None, amounts[0].line, amounts[0].token.text, rejected, f"{amounts[0].token.text} is no price", True
            )
        return Reading(price, amounts[0].line, amounts[0].token.text, rejected, weight=1)
    if values:
        texts = ", ".join(sorted({fact.token.text for fact in amounts}))
        return Reading(None, None, "", rejected, f"several unlabelled amounts, none taken for the price: {texts}")
    return unreadable(record, Kind.PRICE) or Reading(None, rejected=rejected)


def _as_price(value: Decimal) -> Price | None:
    if not 0 < value <= MAX_PRICE:
        return None
    units = value * 10_000
    return round(units) or None
