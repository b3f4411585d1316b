"""Which of our fields a record shows itself, whatever its section says: how much it looks like a stock's."""

from __future__ import annotations

from backtest.reports.context import context_section
from backtest.reports.facts import Fact
from backtest.reports.fields.grade import read_grade
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.text import Unit
from backtest.reports.words import Kind

OWN = (Kind.SCORE, Kind.GRADE, Kind.PRICE, Kind.GAP)


def shown_by(record: Record) -> Kind:
    """Return the fields a record shows: SCORE, GRADE, PRICE, GAP. A lone bare number shows nothing."""
    if record.shown is None:
        record.shown = _shown_by(record)
    return record.shown


def count_shown(record: Record) -> int:
    """Return how many of the four fields a record shows; 0 without score and grade."""
    shown = shown_by(record)
    return sum(kind in shown for kind in OWN) if shown & (Kind.SCORE | Kind.GRADE) else 0


def is_todays(record: Record) -> bool:
    """Tell whether a record stands in today's list, by the headings above it."""
    section, _ = context_section(record.context)
    if section & Section.EXCLUDED:
        return False
    shown = Kind.NONE if Section.MARKET not in section else shown_by(record)
    return Section.MARKET not in section or (Kind.SCORE in shown and Kind.GRADE in shown)


def _shown_by(record: Record) -> Kind:
    labelled = Kind.NONE
    bare = Kind.NONE
    for fact in record.facts.numbers:
        labelled |= fact.kinds
        if not fact.label:
            bare |= Kind.PRICE if fact.token.unit is Unit.MONEY else Kind.NONE
            bare |= Kind.SCORE if _may_be_total(fact) else Kind.NONE
    grade = read_grade(record)
    if grade.value is not None and grade.weight > 2:
        labelled |= Kind.GRADE
    else:
        labelled &= ~Kind.GRADE
    together = (labelled | bare) & (Kind.SCORE | Kind.GRADE | Kind.PRICE | Kind.GAP)
    alone = together is Kind.SCORE and Kind.SCORE not in labelled
    return Kind.NONE if alone else together


def _may_be_total(fact: Fact) -> bool:
    token = fact.token
    if token.unit is Unit.RATIO:
        return token.of == 100 or (token.of in (5, 10) and token.decimals > 0)
    return token.unit is Unit.POINTS or (token.unit is Unit.NUMBER and fact.whole)
