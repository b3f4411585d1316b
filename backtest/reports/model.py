"""What reading a report gives: the candidates, and every doubt about them in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from backtest.model import Candidate


class ReportSource(StrEnum):
    """Which file the candidates were taken from."""

    HTML = "html"
    CANDIDATES_JSON = "candidates"
    ANALYZER_JSON = "analyzer"


@dataclass(frozen=True, slots=True)
class Problem:
    """A doubt about what was read, told and never hidden.

    ticker: the candidate it concerns; None for the whole report. field: the candidate's field, or
    `report`. disqualifying: the candidate must not be traded (`Candidate.problem` is set as well).
    place: where in the page, for a person ("line 120, table row 3").
    """

    ticker: str | None
    field: str
    text: str
    disqualifying: bool = False
    place: str = ""

    def sentence(self) -> str:
        """Return the problem as one line for people."""
        subject = f"{self.ticker} {self.field}" if self.ticker else self.field
        where = f" ({self.place})" if self.place else ""
        return f"{subject}: {self.text}{where}"


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

    candidates: in report order, each ticker once; those with `problem` set must be skipped as
    `problem_in_report`. sha256: of the bytes of `file` (the HTML, or the JSON when there is no HTML).
    source: where the candidates come from; twin: the JSON file used or compared, with its hash.
    notes: things told that need no action (a class share respelled, a ticker listed twice).
    evidence: by ticker, for `--explain`; empty when it was not asked for.
    """

    file: Path
    report_date: date
    candidates: tuple[Candidate, ...]
    problems: tuple[Problem, ...]
    sha256: str
    source: ReportSource = ReportSource.HTML
    twin: Path | None = None
    twin_sha256: str | None = None
    notes: tuple[str, ...] = ()
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)

    @property
    def tradable(self) -> tuple[Candidate, ...]:
        """The candidates without a disqualifying problem, in report order."""
        return tuple(candidate for candidate in self.candidates if candidate.problem is None)
