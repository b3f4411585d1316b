"""A page → candidates: find the records, read their fields, drop what is not today's, merge duplicates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.columns import Reading, Readings
from backtest.reports.directory import Directory
from backtest.reports.fields.company import CompanyName, company_name, printed_names
from backtest.reports.fields.grade import fits_letter, implausible, infer_grade
from backtest.reports.grades import heading_grades
from backtest.reports.groups import read_groups
from backtest.reports.identity import Fit, Identity, fit, identify
from backtest.reports.left_out import left_out_by
from backtest.reports.model import Evidence, Problem
from backtest.reports.other_lists import doubts_of_lists
from backtest.reports.page import Line, Page
from backtest.reports.record import Record
from backtest.reports.text import Unit, printable
from backtest.reports.verdict import Doubt
from backtest.reports.words import Kind

_NEEDED = re.compile(r"(?i)\b(?:needed|required|minimum|threshold|cutoff|hurdle)\b")
_PLAIN_NUMBER = re.compile(r"[\d.,]*")
_UNITS = {
    "score": (Kind.SCORE, (Unit.RATIO, Unit.POINTS)),
    "price": (Kind.PRICE, (Unit.MONEY,)),
    "gap_size": (Kind.GAP, (Unit.PERCENT,)),
}
"""What a field is printed in: numbers of the same units that are called otherwise are shown as rejected."""
MAX_REJECTED = 6
_BINDING = frozenset({"ticker", "grade", "score", "price"})
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
    identity: Identity = field(default_factory=Identity)

    @property
    def ticker(self) -> str:
        return self.candidate.ticker

    @property
    def shown(self) -> int:
        """How many of grade, score, price and gap were read."""
        return sum(self.readings[name].value is not None for name in ("grade", "score", "price", "gap_size"))

    @property
    def record(self) -> Record:
        return self.records[0]

    def doubt(self, name: str, text: str, line: Line | None = None, *, refuses: bool = False) -> None:
        """Keep a doubt about a field where it binds, else tell it. line: where it is printed, if not all over."""
        place = line.place if line else self.record.place
        if refuses or name in _BINDING:
            self.doubts.append(Doubt(name, text, place, refuses))
        else:
            self.told.append(Problem(self.ticker, name, text, False, place))


@dataclass(slots=True)
class PageReading:
    """What a page offers: the stocks in report order; `left_out`: stocks seen that are no candidates, with the reason.

    notes: what needs no action.
    """

    found: list[Found]
    left_out: dict[str, Problem]
    records: list[Record]
    notes: list[str]

    @property
    def candidates(self) -> list[Candidate]:
        return [one.candidate for one in self.found]


def read_page(page: Page, report_date: date) -> PageReading:
    """Return the stocks of a parsed page in report order, each ticker once."""
    groups = read_groups(page)
    records = [record for record, _ in groups]
    read: list[Found] = []
    beside: list[Found] = []  # rows of a table that shows neither grade nor score, such as one of prices
    notes: list[str] = []
    left_out: dict[str, Problem] = {}
    _drop_own_headings(page, records)
    for record, readings in sorted(groups, key=lambda one: one[0].order):
        rated = readings["score"].value is not None or readings["grade"].value is not None
        excluded = left_out_by(record, readings, report_date)
        why = excluded or ("" if rated else "named without grade and score")
        entries = [] if excluded else [_read_record(record, readings, one, report_date) for one in record.tickers]
        if why:
            for ticker in record.tickers:
                left_out.setdefault(ticker, Problem(ticker, "ticker", why, False, record.place))
            beside += entries if record.alike > 1 or any(value.over for value in record.values) else []
        else:
            spelt = record.mention.respelled
            notes += [f"{spelt} is read as {one.ticker}" for one in entries if spelt]
            read += entries
    found = _merge(read, notes)
    by_ticker = {one.ticker: one for one in found}
    for other in beside:
        if other.ticker in by_ticker:
            _add(by_ticker[other.ticker], other)
    _identify(found, page)
    _compare(found)
    for ticker, name, text in doubts_of_lists(page, [(one.candidate, one.record) for one in found], report_date):
        by_ticker[ticker].doubt(name, text)
    seen = {ticker: why for ticker, why in left_out.items() if ticker not in by_ticker}
    return PageReading(found, seen, records, notes)


def _drop_own_headings(page: Page, records: Sequence[Record]) -> None:
    """Take from the headings above each record what stands only inside of records: a grade of the one before, or a
    heading that several have ("How did the stock react?")."""
    owned = {line.index for record in records for line in record.lines}
    outside = {line.plain for line in page.lines if line.index not in owned}
    inside = Counter(text for record in records for text in {line.plain for line in record.lines} - outside)
    for record in records:
        record.context = tuple(text for text in record.context if inside[text] < (1 if heading_grades(text) else 2))


def _compare(found: Sequence[Found]) -> None:
    """Doubt a stock that lacks what most have; and the totals, where most do not go with their letters: their scale is
    another."""
    for name in ("score", "grade"):
        lacking = [one for one in found if one.readings[name].value is None]
        for one in lacking if len(lacking) * 2 < len(found) else ():
            one.doubt(name, f"no {name} was read, the other stocks have one")
    misfits = sum(not fits_letter(one.candidate) for one in found)
    for one in found if misfits * 2 > len(found) else ():
        if one.candidate.score is not None and fits_letter(one.candidate):
            one.doubt("score", f"{misfits} of {len(found)} totals of the page do not go with their letters")


def _identify(found: Sequence[Found], page: Page) -> None:
    """Judge every stock by the names at its records.

    On a page that names its companies a price alone is not enough; a name in part is, where the others have theirs.
    """
    directory = page.directory
    beside = Counter(text for one in found for text in {name.text for name in one.names if _is_beside(name, one)})
    for one in found:
        names = [name for name in one.names if not name.is_symbol]
        meant = (name for name in names if name.sure and not (_is_beside(name, one) and beside[name.text] > 2))
        named = next((name.text for name in meant if name.text == one.candidate.company_name), None)
        printed, by_symbol = [name.text for name in names], len(names) < len(one.names)
        one.identity = identify(one.ticker, printed, named, directory, by_symbol=by_symbol)
    by_name = [one for one in found if not one.identity.needs_price and one.identity.doubt is None]
    if directory is None or not len(by_name) * 2 >= len(found) > 1:
        return
    places = Counter(
        place for one in by_name for name, place in _named_at(one, Fit.SAME, directory) if name != one.ticker
    )
    usual = {place for place, count in places.items() if count * 2 >= len(found)}
    for one in found:
        if not one.identity.needs_price or one.identity.against_price:
            continue
        in_part = (*_named_at(one, Fit.SAME, directory), *_named_at(one, Fit.UNCLEAR, directory))
        if any(place in usual for _, place in in_part):
            one.identity = Identity()
        elif not one.identity.in_part:
            one.identity = replace(one.identity, against_price="the page names its companies, but not this one")


def _is_beside(name: CompanyName, one: Found) -> bool:
    """Return whether a name stands in the ticker's own line; what stands beside three tickers names none of them."""
    return name.line.index == one.record.mention.line.index


def _named_at(one: Found, how: Fit, directory: Directory) -> set[tuple[str, int]]:
    """Return the names of a stock that fit so, and how many lines from its ticker they stand."""
    line = one.record.mention.line.index
    names = {(name.text, name.line.index - line) for name in one.names}
    return {(name, place) for name, place in names if fit(name, one.ticker, directory) is how}


def _read_record(record: Record, readings: Readings, ticker: str, report_date: date) -> Found:
    """Return what a record says of a stock."""
    score, grade = readings["score"], readings["grade"]
    names = printed_names(record)
    company = company_name(record, names)
    named: Reading[Any] = Reading(company.text, company.line, company.line.plain) if company else Reading(None)
    letter = infer_grade(score.value or 0) if grade.value is None else Grade(grade.value)
    source = GradeSource.INFERRED if grade.value is None else GradeSource.HTML
    candidate = Candidate(
        ticker, report_date, letter, source, score.value, readings["price"].value, readings["gap_size"].value,
        printable(company.text) if company else None,
    )  # fmt: skip
    found = Found(candidate, [record], {**readings, "company_name": named}, names)
    for name, reading in readings.items():
        if reading.doubt:
            found.doubt(name, reading.doubt, reading.line, refuses=reading.fatal)
    limits = (one.number for one in record.values if _NEEDED.search(one.words))
    if score.value is not None and any(score.value < limit <= 100 for limit in limits):
        found.doubt("score", "it is below what is printed beside it as needed")
    found.doubts += implausible(candidate, record.place, has_scale=not _PLAIN_NUMBER.fullmatch(score.text))
    return found


def _merge(found: Sequence[Found], notes: list[str]) -> list[Found]:
    """Keep one entry a ticker: the place that shows most; the others fill what it lacks."""
    by_ticker: dict[str, Found] = {}
    for one in sorted(found, key=lambda one: -one.shown):
        first = by_ticker.setdefault(one.ticker, one)
        if first is not one:
            _add(first, one)
            notes.append(f"{one.ticker} is listed more than once (line {one.record.mention.line.at})")
    return sorted(by_ticker.values(), key=lambda one: one.record.order)


def _add(first: Found, later: Found) -> None:
    """Fill what the first place lacks from a later one; where the two disagree, the stock is doubtful."""
    one, other = first.candidate, later.candidate
    for name in ("score", "price", "gap_size", "company_name"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None and theirs is not None and not first.readings[name].fatal:
            first.candidate = replace(first.candidate, **{name: theirs})
            first.readings[name] = later.readings[name]
        elif mine is not None and theirs is not None and not _agree(mine, theirs, 10_000 if name == "price" else 1):
            also = f"the page also says {_shown(name, theirs)} ({later.record.mention.line.place})"
            first.doubt(name, f"{also}, the first is {_shown(name, mine)}")
    if other.grade_source is GradeSource.HTML:
        if one.grade_source is not GradeSource.HTML:
            first.candidate = replace(first.candidate, grade=other.grade, grade_source=other.grade_source)
            first.readings["grade"] = later.readings["grade"]
        elif other.grade is not one.grade:
            first.doubt("grade", f"the page also says {other.grade}, the first is {one.grade}")
    first.doubts += [doubt for doubt in later.doubts if doubt.refuses]
    first.names += later.names
    first.records += later.records


def _agree(one: Any, other: Any, whole: int) -> bool:
    """Return whether two places print the same number, one of them perhaps rounded to a whole; of names any."""
    if isinstance(one, str) or one == other:
        return True
    return bool(abs(one - other) * 2 <= whole and (one % whole == 0) != (other % whole == 0))


def _shown(name: str, value: object) -> str:
    return f"{value / 10_000:g}" if name == "price" and isinstance(value, int) else f"{value}"


def evidence_of(one: Found) -> Iterator[Evidence]:
    """Yield where each field of a stock was read, and what was rejected."""
    line = one.record.mention.line
    yield Evidence("ticker", one.ticker, line.place, printable(line.plain))
    for name, reading in one.readings.items():
        value = getattr(one.candidate, name)
        place = reading.line.place if reading.line else ("heading" if reading.text else "")
        kind, units = _UNITS.get(name, (Kind.NONE, ()))
        others = (value for value in one.record.values if value.unit in units and value.words)
        rejected = (printable(f"{other.text} ({other.words[:30]})") for other in others if kind not in other.kinds)
        shown = "–" if value is None else _shown(name, value)
        yield Evidence(name, shown, place, printable(reading.text), tuple(islice(rejected, MAX_REJECTED)))
