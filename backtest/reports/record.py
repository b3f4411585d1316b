"""A record: one place of the page that speaks of one stock, before anything is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from backtest.reports.directory import Directory
from backtest.reports.facts import Cell, Fact, Facts, collect_facts, column_facts
from backtest.reports.mentions import Mention, mentions_in
from backtest.reports.page import Line, Node
from backtest.reports.words import Kind


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
    """The fields it shows, kept by `shown.py`."""

    @property
    def tickers(self) -> tuple[str, ...]:
        return self.mention.tickers

    @property
    def order(self) -> int:
        return self.mention.line.index

    @property
    def place(self) -> str:
        return f"{'table row' if self.cells else 'block'} at line {self.mention.line.at}"

    @cached_property
    def facts(self) -> Facts:
        """What the lines say; the one that names the stock labels nothing."""
        return collect_facts(self.lines, self.mention.line)

    @cached_property
    def numbers(self) -> list[Fact]:
        """Every number with its label: in a table row those of its columns."""
        return list(column_facts(self.cells)) if self.cells else self.facts.numbers


def best_mention(lines: Sequence[Line], directory: Directory | None) -> Mention | None:
    """Return the stock that lines name most surely."""
    found = [mention.judged(directory) for line in lines for mention in mentions_in(line)]
    return max(found, key=lambda one: one.strength, default=None)
