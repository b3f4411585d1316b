"""A page → candidates: find the records, read their fields, drop what is not today's, merge duplicates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.blocks import card_records
from backtest.reports.context import context_section
from backtest.reports.facts import Fact, Origin
from backtest.reports.fields.company import CompanyName, company_name, labelled_name, printed_names
from backtest.reports.fields.gap import read_gap
from backtest.reports.fields.grade import infer_grade, read_grade
from backtest.reports.fields.price import read_price
from backtest.reports.fields.reading import Reading
from backtest.reports.fields.score import read_score
from backtest.reports.identity import Identity, identify
from backtest.reports.mentions import canonical
from backtest.reports.model import Evidence, Problem
from backtest.reports.page import Page
from backtest.reports.plausible import implausible
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.shown import is_todays
from backtest.reports.tables import table_records
from backtest.reports.text import Unit, printable
from backtest.reports.verdict import Doubt
from backtest.reports.words import Kind

_PAST_COLUMNS = re.compile(
    r"(?i)\b(?:exit|outcome|return|p&l|p/l|profit|realized|closed|ausstieg|rendite|sortie|rendement|salida|rentabilidad)\b"
)
_PLAIN_NUMBER = re.compile(r"[\d.,]*")
_BINDING = frozenset({"grade", "score", "price"})
"""Fields of which a doubt makes the stock doubtful; about the others it is only told."""


@dataclass(slots=True)
class Found:
    """One stock of the page with everything read about it. records: every place that speaks of it."""

    candidate: Candidate
    records: list[Record]
    readings: dict[str, Reading[Any]]
    names: list[CompanyName]
    doubts: list[Doubt] = field(default_factory=list)
    told: list[Problem] = field(default_factory=list)
    secondary: bool = False

    @property
    def record(self) -> Record:
        return self.records[0]


@dataclass(slots=True)
class PageReading:
    """What a page offers.

    doubts, identities: by ticker. problems: what is told besides. left_out: stocks under headings that are not today's
    list, told in `problems` too. unread: rows and blocks that look like stocks and name none.
    """

    candidates: list[Candidate]
    doubts: dict[str, list[Doubt]]
    identities: dict[str, Identity]
    problems: list[Problem]
    notes: list[str]
    evidence: dict[str, tuple[Evidence, ...]]
    left_out: frozenset[str]
    records: list[Record]
    lines: Mapping[str, int]
    unread: list[Problem] = field(default_factory=list)


def read_page(page: Page, report_date: date, *, explain: bool = False) -> PageReading:
    """Return the candidates of a parsed page in report order, each ticker once."""
    tables, used, unread = table_records(page)
    records = sorted([*tables, *card_records(page, used)], key=lambda record: record.order)
    weights = _weights(records)
    found: list[Found] = []
    notes: list[str] = []
    left_out: dict[str, Problem] = {}
    for record in records:
        section, heading = context_section(record.context)
        if not is_todays(record) or _is_past(record):
            text = f'left out: under "{printable(heading, 60)}"' if heading else "left out: a table of the past"
            for ticker in record.tickers:
                left_out.setdefault(ticker, Problem(ticker, "ticker", text, False, record.place))
            continue
        for ticker in record.tickers:
            one = _read_record(record, ticker, report_date, weights)
            if one is None:
                text = "named without grade and score"
                left_out.setdefault(ticker, Problem(ticker, "ticker", text, False, record.place))
                continue
            if record.mention.respelled and canonical(record.mention.respelled) == ticker:
                notes.append(f"{record.mention.respelled} is read as {ticker}")
            one.secondary = bool(section & Section.SECONDARY)
            found.append(one)
    merged = _merge(found, notes)
    tickers = {one.candidate.ticker for one in merged}
    left_out = {ticker: problem for ticker, problem in left_out.items() if ticker not in tickers}
    evidence: dict[str, tuple[Evidence, ...]] = {}
    if explain:
        evidence = {ticker: (Evidence("ticker", "left out", "", told.text),) for ticker, told in left_out.items()}
        evidence |= {one.candidate.ticker: tuple(_evidence_of(one)) for one in merged}
    return PageReading(
        [one.candidate for one in merged],
        {one.candidate.ticker: one.doubts for one in merged},
        _identities(merged, page),
        [*(told for one in merged for told in one.told), *left_out.values()],
        notes,
        evidence,
        frozenset(left_out),
        records,
        {one.candidate.ticker: one.record.mention.line.at for one in merged},
        unread,
    )


def _identities(merged: Sequence[Found], page: Page) -> dict[str, Identity]:
    """Judge every stock by the names at its records; on a page that names its companies a price alone is not enough."""
    found: dict[str, Identity] = {}
    for one in merged:
        named = next((name.text for name in one.names if name.sure and name.text == one.candidate.company_name), None)
        printed = [name.text for name in one.names]
        found[one.candidate.ticker] = identify(one.candidate.ticker, printed, named, page.directory)
    by_name = sum(not identity.needs_price and identity.doubt is None for identity in found.values())
    if by_name * 2 >= len(found) > 1:
        text = "the page names its companies, but not this one"
        for ticker, identity in found.items():
            if identity.needs_price and not identity.against_price:
                found[ticker] = replace(identity, against_price=text)
    return found


def _is_past(record: Record) -> bool:
    return any(_PAST_COLUMNS.search(cell.header) for cell in record.cells)


def _read_record(record: Record, ticker: str, report_date: date, weights: frozenset[Decimal]) -> Found | None:
    score, grade = read_score(record), read_grade(record)
    if score.value is None and grade.value is None and not score.fatal and not grade.fatal:
        return None
    price, gap, company = read_price(record), read_gap(record, weights), company_name(record, labelled_name(record))
    readings: dict[str, Reading[Any]] = {
        "grade": grade, "score": score, "price": price, "gap_size": gap,
        "company_name": Reading(company.text, company.line, company.line.plain) if company else Reading(None),
    }  # fmt: skip
    if grade.value is not None:
        letter, source = Grade(grade.value), GradeSource.HTML
    else:
        letter, source = (infer_grade(score.value) if score.value is not None else Grade.D), GradeSource.INFERRED
    candidate = Candidate(
        ticker, report_date, letter, source, score.value, price.value, gap.value,
        printable(company.text) if company else None,
    )  # fmt: skip
    found = Found(candidate, [record], readings, [*([company] if company else []), *printed_names(record)])
    for name, reading in readings.items():
        place = reading.line.place if reading.line else record.place
        if reading.doubt and (name in _BINDING or reading.fatal):
            found.doubts.append(Doubt(name, reading.doubt, place, reading.fatal))
        elif reading.doubt:
            found.told.append(Problem(ticker, name, reading.doubt, False, place))
    found.doubts += implausible(candidate, record.place, has_scale=not _PLAIN_NUMBER.fullmatch(score.text))
    return found


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
        first = by_ticker.setdefault(ticker, one)
        if first is not one:
            _add(first, one)
            notes.append(f"{ticker} is listed more than once (line {one.record.mention.line.at})")
    return sorted(by_ticker.values(), key=lambda one: one.record.order)


def _add(first: Found, later: Found) -> None:
    """Fill what the first place lacks from a later one; where the two disagree, the stock is doubtful."""
    one, other = first.candidate, later.candidate
    place = first.record.place
    for name in ("score", "price", "gap_size", "company_name"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None and theirs is not None and not first.readings[name].fatal:
            first.candidate = replace(first.candidate, **{name: theirs})
            first.readings[name] = later.readings[name]
        elif theirs is not None and mine != theirs and name != "company_name":
            text = f"the page also says {_shown(name, theirs)} ({later.record.mention.line.place}), "
            text += f"the first is {_shown(name, mine)}"
            if name in _BINDING:
                first.doubts.append(Doubt(name, text, place))
            else:
                first.told.append(Problem(one.ticker, name, text, False, place))
    if one.grade_source is GradeSource.INFERRED and other.grade_source is GradeSource.HTML:
        first.candidate = replace(first.candidate, grade=other.grade, grade_source=other.grade_source)
        first.readings["grade"] = later.readings["grade"]
    elif other.grade_source is GradeSource.HTML and other.grade is not one.grade:
        first.doubts.append(Doubt("grade", f"the page also says {other.grade}, the first is {one.grade}", place))
    elif one.grade_source is GradeSource.INFERRED and one.score is None and first.candidate.score is not None:
        first.candidate = replace(first.candidate, grade=infer_grade(first.candidate.score))
    first.doubts += [doubt for doubt in later.doubts if doubt.refuses]
    first.names += later.names
    first.records.append(later.record)


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
