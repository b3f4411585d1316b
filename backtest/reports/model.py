"""What reading a report gives: the candidates, and every doubt about them in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from backtest.model import Candidate
from backtest.reports.verdict import Doubt, Verdict, text_of, verdict_of


class ReportSource(StrEnum):
    """Which file the candidates were taken from."""

    HTML = "html"
    CANDIDATES_JSON = "candidates"
    ANALYZER_JSON = "analyzer"


@dataclass(frozen=True, slots=True)
class Problem:
    """A doubt about what was read, told and never hidden. ticker: None for the whole report.

    field: the candidate's, or `report`. disqualifying: it must not be traded. place: in the page ("line 120").
    """

    ticker: str | None
    field: str
    text: str
    disqualifying: bool = False
    place: str = ""

    def sentence(self) -> str:
        """Return it as one line for people."""
        said = Doubt(self.field, self.text, self.place).sentence()
        return f"{self.ticker} {said}" if self.ticker else said


def problems_of(doubts: Mapping[str, Sequence[Doubt]]) -> list[Problem]:
    """Return doubts by ticker as problems."""
    return [
        Problem(ticker, doubt.field, doubt.text, doubt.refuses, doubt.place)
        for ticker, found in doubts.items()
        for doubt in found
    ]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one field of a candidate was read, and what was looked at and rejected."""

    field: str
    value: str
    place: str
    text: str
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportReading:
    """One report, read.

    candidates: in report order, each ticker once, with their verdicts. doubts: the reasons, by ticker. told: what a
    person should know besides, above all every stock seen that is no candidate. notes: what needs no action (a class
    share respelled). needs_price: tickers that no name confirms, with what speaks against taking the price for it ("").
    file, sha256: the HTML, or the JSON without HTML. twin: the JSON used. reviewed_page: the hash of the page against
    which a person has corrected it. evidence: by ticker, only where it was asked for.
    """

    file: Path
    report_date: date
    candidates: tuple[Candidate, ...]
    told: tuple[Problem, ...]
    sha256: str
    source: ReportSource = ReportSource.HTML
    twin: Path | None = None
    twin_sha256: str | None = None
    notes: tuple[str, ...] = ()
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    doubts: Mapping[str, tuple[Doubt, ...]] = field(default_factory=dict)
    needs_price: Mapping[str, str] = field(default_factory=dict)
    reviewed_page: str | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every doubt about a candidate, and everything else that is told."""
        return (*problems_of(self.doubts), *self.told)

    @property
    def tradable(self) -> tuple[Candidate, ...]:
        """The confirmed candidates, in report order."""
        return tuple(candidate for candidate in self.candidates if candidate.verdict is Verdict.CONFIRMED)

    def with_doubts(self, more: Mapping[str, Sequence[Doubt]]) -> ReportReading:
        """Return the reading with more doubts about its candidates, and their verdicts anew."""
        doubts = {one.ticker: (*self.doubts.get(one.ticker, ()), *more.get(one.ticker, ())) for one in self.candidates}
        judged = tuple(
            replace(one, verdict=verdict_of(doubts[one.ticker]), problem=text_of(doubts[one.ticker]))
            for one in self.candidates
        )
        return replace(self, candidates=judged, doubts={ticker: found for ticker, found in doubts.items() if found})
