"""Which of our fields a record shows itself, whatever its section says: how much it looks like a stock's."""

from __future__ import annotations

from backtest.reports.context import context_section
from backtest.reports.fields.grade import read_grade
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.text import Unit
from backtest.reports.words import Kind

OWN = (Kind.SCORE, Kind.GRADE, Kind.PRICE, Kind.GAP)


def count_shown(record: Record) -> int:
    """Return how many of the four fields a record shows; 0 without score and grade."""
    shown = fields_shown(record)
    return sum(kind in shown for kind in OWN) if shown & (Kind.SCORE | Kind.GRADE) else 0


def is_todays(record: Record) -> bool:
    """Return whether a record stands in today's list, by the headings above it."""
    section, _ = context_section(record.context)
    if section & (Section.EXCLUDED | Section.MARKET) != Section.MARKET:
        return not section & Section.EXCLUDED
    return Kind.SCORE | Kind.GRADE in fields_shown(record)


def fields_shown(record: Record) -> Kind:
    """Return the fields a record shows: SCORE, GRADE, PRICE, GAP. Of bare numbers, those that may be a total."""
    if record.shown is None:
        record.shown = _fields_shown(record)
    return record.shown


def _fields_shown(record: Record) -> Kind:
    shown = Kind.NONE
    for fact in record.facts.numbers:
        shown |= fact.kinds & (Kind.SCORE | Kind.PRICE | Kind.GAP)
        if not fact.label and fact.token.unit is Unit.MONEY:
            shown |= Kind.PRICE
        elif not fact.label and (
            fact.token.unit in (Unit.RATIO, Unit.POINTS) or (fact.token.unit is Unit.NUMBER and fact.whole)
        ):
            shown |= Kind.SCORE
    grade = read_grade(record)
    return shown | Kind.GRADE if grade.value is not None and grade.line is not None else shown
