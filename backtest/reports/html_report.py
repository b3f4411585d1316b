"""A page → candidates: find the records, read their fields, drop what is not today's, merge duplicates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.blocks import card_records
from backtest.reports.context import context_section
from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.company import read_company
from backtest.reports.fields.gap import read_gap
from backtest.reports.fields.grade import infer_grade, read_grade
from backtest.reports.fields.price import read_price
from backtest.reports.fields.reading import Reading
from backtest.reports.fields.score import read_score
from backtest.reports.mentions import canonical
from backtest.reports.model import Evidence, Problem
from backtest.reports.monograms import blank_monograms
from backtest.reports.page import Page
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.shown import is_todays
from backtest.reports.tables import table_records
from backtest.reports.text import Unit, printable
from backtest.reports.words import Kind

_PAST_COLUMNS = re.compile(
    r"(?i)\b(?:exit|outcome|return|p&l|p/l|profit|realized|closed|ausstieg|rendite|sortie|rendement|salida|rentabilidad)\b"
)


@dataclass(slots=True)
class Found:
    """One stock of the page with everything read about it."""

    candidate: Candidate
    record: Record
    readings: dict[str, Reading[object]]
    problems: list[Problem] = field(default_factory=list)
    secondary: bool = False


@dataclass(slots=True)
class PageReading:
    """What a page offers. excluded: stocks named under headings that are not today's list."""

    candidates: list[Candidate]
    problems: list[Problem]
    notes: list[str]
    evidence: dict[str, tuple[Evidence, ...]]
    excluded: list[tuple[str, str]]
    records: list[Record]
    unread: list[Problem] = field(default_factory=list)


def read_page(page: Page, report_date: date, *, explain: bool = False) -> PageReading:
    """Return the candidates of a parsed page in report order, each ticker once."""
    blank_monograms(page)
    tables, used, unread = table_records(page)
    today = any(is_todays(record) for record in tables)
    records = sorted([*tables, *card_records(page, used, used_today=today)], key=lambda record: record.order)
    weights = _weights(records)
    found: list[Found] = []
    notes: list[str] = []
    excluded: list[tuple[str, str]] = []
    for record in records:
        section, heading = context_section(record.context)
        if not is_todays(record) or _is_past(record):
            excluded.extend((ticker, heading) for ticker in record.tickers)
            continue
        for ticker in record.tickers:
            one = _read_record(record, ticker, report_date, weights)
            if one is not None:
                if record.mention.respelled and canonical(record.mention.respelled) == ticker:
                    notes.append(f"{record.mention.respelled} is read as {ticker}")
                one.secondary = bool(section & Section.SECONDARY)
                found.append(one)
    merged = _merge(found, notes)
    problems = [problem for one in merged for problem in one.problems]
    evidence: dict[str, tuple[Evidence, ...]] = {}
    if explain:
        evidence = {ticker: (Evidence("ticker", "left out", "", f'under "{heading}"'),) for ticker, heading in excluded}
        evidence |= {one.candidate.ticker: tuple(_evidence_of(one)) for one in merged}
    return PageReading([one.candidate for one in merged], problems, notes, evidence, excluded, records, unread)


def _is_past(record: Record) -> bool:
    return any(_PAST_COLUMNS.search(cell.header) for cell in record.cells)


def _read_record(record: Record, ticker: str, report_date: date, weights: frozenset[Decimal]) -> Found | None:
    score, grade = read_score(record), read_grade(record)
    if score.value is None and grade.value is None and not score.fatal and not grade.fatal:
        return None
    price, gap, company = read_price(record), read_gap(record, weights), read_company(record)
    readings: dict[str, Reading[object]] = {
        "grade": _plain(grade), "score": _plain(score), "price": _plain(price), "gap_size": _plain(gap),
        "company_name": Reading(company[0], company[1], company[1].plain) if company else Reading(None),
    }  # fmt: skip
    problems = [
        Problem(ticker, name, reading.doubt, reading.fatal, reading.line.place if reading.line else record.place)
        for name, reading in readings.items()
        if reading.doubt
    ]
    if grade.value is not None:
        letter, source = Grade(grade.value), GradeSource.HTML
    else:
        letter, source = (infer_grade(score.value) if score.value is not None else Grade.D), GradeSource.INFERRED
    fatal = next((problem.text for problem in problems if problem.disqualifying), None)
    candidate = Candidate(
        ticker, report_date, letter, source, score.value, price.value, gap.value,
        printable(company[0]) if company else None, fatal,
    )  # fmt: skip
    return Found(candidate, record, readings, problems)


def _plain(reading: Reading[object] | Reading[float] | Reading[int] | Reading[str]) -> Reading[object]:
    return Reading(
        reading.value, reading.line, reading.text, reading.rejected, reading.doubt, reading.fatal, reading.weight
    )


def _weights(records: Sequence[Record]) -> frozenset[Decimal]:
    """Return the percentages that are weights of elements: in brackets they repeat, or all sum up to 100."""
    weights: set[Decimal] = set()
    gaps: list[Decimal] = []
    for record in records:
        whole: dict[str, Decimal] = {}
        beside: dict[str, Decimal] = {}
        for fact in record.numbers:
            token = fact.token
            if fact.origin is Origin.BRACKET and token.unit is Unit.PERCENT and not token.signed:
                if not token.decimals:
                    whole[fact.label] = token.value
                if Kind.GAP in fact.kinds:
                    gaps.append(token.value)
            elif fact.label and _may_be_weight(fact):
                beside.setdefault(fact.label, token.value)
        for percents in (whole, beside):
            if len(percents) > 1 and sum(percents.values()) == 100:
                weights.update(percents.values())
    repeated = Counter(gaps)
    weights.update(
        value for value, times in repeated.items() if times > 1 and len(repeated) == 1 and value == int(value)
    )
    return frozenset(weights)


def _may_be_weight(fact: Fact) -> bool:
    token = fact.token
    return token.unit is Unit.PERCENT and not token.signed and not token.decimals and 0 < token.value < 100


def _merge(found: Sequence[Found], notes: list[str]) -> list[Found]:
    """Keep one entry a ticker: the first of the main lists; later ones fill what it lacks."""
    by_ticker: dict[str, Found] = {}
    for one in [*(f for f in found if not f.secondary), *(f for f in found if f.secondary)]:
        ticker = one.candidate.ticker
        first = by_ticker.get(ticker)
        if first is None:
            by_ticker[ticker] = one
            continue
        by_ticker[ticker] = _together(first, one, notes)
    return sorted(by_ticker.values(), key=lambda one: one.record.order)


def _together(first: Found, later: Found, notes: list[str]) -> Found:
    one, other = first.candidate, later.candidate
    filled = one
    for name in ("score", "price", "gap_size", "company_name"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None and theirs is not None and not first.readings[name].fatal:
            filled = replace(filled, **{name: theirs})
            first.readings[name] = later.readings[name]
        elif mine is not None and theirs is not None and name != "company_name" and mine != theirs:
            place = later.record.mention.line.place
            text = f"the page also says {_shown(name, theirs)} ({place}); the first, {_shown(name, mine)}, is taken"
            first.problems.append(Problem(one.ticker, name, text, False, first.record.place))
    if one.grade_source is GradeSource.INFERRED and other.grade_source is GradeSource.HTML:
        filled = replace(filled, grade=other.grade, grade_source=other.grade_source)
        first.readings["grade"] = later.readings["grade"]
    elif other.grade_source is GradeSource.HTML and other.grade is not one.grade:
        first.problems.append(
            Problem(
                one.ticker,
                "grade",
                f"the page also says {other.grade}; the first, {one.grade}, is taken",
                False,
                first.record.place,
            )
        )
    elif one.grade_source is GradeSource.INFERRED and one.score is None and filled.score is not None:
        filled = replace(filled, grade=infer_grade(filled.score))
    notes.append(f"{one.ticker} is listed more than once (line {later.record.mention.line.at})")
    first.candidate = filled
    return first


def _shown(name: str, value: object) -> str:
    return f"{value / 10_000:g}" if name == "price" and isinstance(value, int) else f"{value}"


def _evidence_of(one: Found) -> Iterable[Evidence]:
    mention = one.record.mention
    yield Evidence("ticker", one.candidate.ticker, mention.line.place, printable(mention.line.plain))
    for name, reading in one.readings.items():
        value = getattr(one.candidate, name)
        shown = "–" if value is None else _shown(name, value)
        place = reading.line.place if reading.line else ("heading" if reading.text else "")
        yield Evidence(name, shown, place, printable(reading.text), tuple(printable(text) for text in reading.rejected))
