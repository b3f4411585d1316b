"""A record: one place of the page that speaks of one stock, before anything is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from backtest.reports.directory import Directory
from backtest.reports.facts import Fact, Facts, collect_facts
from backtest.reports.mentions import Mention
from backtest.reports.page import Line, Node
from backtest.reports.words import Kind


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table row under its header."""

    header: str
    kinds: Kind
    text: str
    lines: tuple[Line, ...]


@dataclass(eq=False)
class Record:
    """Lines (and cells, in a table) that belong to one stock; context: headings above it, innermost first."""

    mention: Mention
    lines: Sequence[Line]
    context: tuple[str, ...]
    cells: tuple[Cell, ...] = ()
    node: Node | None = None
    directory: Directory | None = None
    shown: Kind | None = None
    """What `shown.py` found, kept."""
    _facts: Facts | None = field(default=None, repr=False)
    _company: tuple[Line | None] | None = field(default=None, repr=False)
    _numbers: list[Fact] | None = field(default=None, repr=False)

    @property
    def tickers(self) -> tuple[str, ...]:
        return self.mention.tickers

    @property
    def order(self) -> int:
        return self.mention.line.index

    @property
    def place(self) -> str:
        what = "table row" if self.cells else "block"
        return f"{what} at line {self.mention.line.at}"

    @property
    def facts(self) -> Facts:
        """The record's facts, worked out once."""
        if self._facts is None:
            self._facts = collect_facts(self.lines, self.skipped)
        return self._facts

    @property
    def skipped(self) -> frozenset[int]:
        """The lines that name the stock and its company: they label nothing."""
        indices = {self.mention.line.index}
        company = self.company_line
        if company is not None:
            indices.add(company.index)
        return frozenset(indices)

    @property
    def company_line(self) -> Line | None:
        """The line that shows the company's name, when it is not the ticker's own."""
        if self._company is None:
            from backtest.reports.fields.company import company_name

            name = company_name(self)
            self._company = (name.line if name is not None and name.line is not self.mention.line else None,)
        return self._company[0]

    @property
    def numbers(self) -> list[Fact]:
        """Every number with its label, those of a table's columns first."""
        if self._numbers is None:
            from backtest.reports.fields.reading import all_facts

            self._numbers = all_facts(self)
        return self._numbers
