"""The records of tables: which column names the stocks, and what stands in each row.

A row with one text only heads the rows below it, or remarks on the row above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from backtest.reports.context import Headings, is_section_text
from backtest.reports.directory import Directory
from backtest.reports.facts import Cell
from backtest.reports.grids import Grid, find_grids
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.mentions import Strength
from backtest.reports.model import Problem
from backtest.reports.page import Page
from backtest.reports.record import Record, best_mention
from backtest.reports.text import printable
from backtest.reports.words import Kind, label_kinds

_METRICS = re.compile(r"(?i)(?:metric|measure|indicator|kennzahl|indikator|indicateur|indicador|指標)(?:s|en)?")


def table_records(page: Page) -> tuple[list[Record], set[int], list[Problem]]:
    """Return the records of every data table, the indices of the lines those tables use up, and unread rows."""
    records: list[Record] = []
    used: set[int] = set()
    unread: list[Problem] = []
    for grid in find_grids(page):
        if not used.isdisjoint(range(grid.first, grid.last)):
            continue
        if _names_metrics(grid):
            for line in (line for row in grid.rows for line in row[0].lines):
                line.names_none = True
        elif found := _records_of(grid, page, unread):
            records.extend(found)
            used.update(range(grid.first, grid.last))
        elif len(grid.rows) == 1:
            _label(grid)
    return records, used, unread


def _names_metrics(grid: Grid) -> bool:
    """Return whether the rows are named by metrics, whose letters (RSI, PEG, FCF) may be the symbols of stocks."""
    named = [row[0].text for row in grid.rows]
    return not grid.turned and (
        _METRICS.fullmatch(grid.header[0].text) is not None
        or (not label_kinds(grid.header[0].text) and sum(map(bool, map(label_kinds, named))) * 2 > len(named))
    )


def _label(grid: Grid) -> None:
    """Note the labels of values in a grid that names no stocks, such as a small one inside a stock's card."""
    for row in grid.rows:
        for head, cell in zip(grid.header, row, strict=False):
            for line in cell.lines if head.lines else ():
                line.label = head.lines[-1]


def _records_of(grid: Grid, page: Page, unread: list[Problem]) -> list[Record]:
    if len(grid.rows) > MAX_STOCKS:
        raise ValueError(f"it has a table of more than {MAX_STOCKS:,} rows")
    kinds = [label_kinds(cell.text) for cell in grid.header]
    column = _ticker_column(kinds, grid.rows, page.directory)
    if column is None:
        return []
    above = Headings(page).above(grid.anchor, grid.first)
    records: list[Record] = []
    section: tuple[str, ...] = ()
    for row in grid.rows:
        filled = [cell for cell in row if cell.text]
        if len(filled) == 1:
            if is_section_text(filled[0].text):
                section = (filled[0].text,)
            elif records:
                records[-1] = replace(records[-1], lines=[*records[-1].lines, *filled[0].lines])
        elif len(row) > column:
            cells = tuple(
                replace(cell, header=head.text, kinds=kind)
                for cell, head, kind in zip(row, grid.header, kinds, strict=False)
            )
            mention = best_mention(row[column].lines, page.directory)
            if mention is not None:
                lines = [line for cell in row for line in cell.lines]
                records.append(Record(mention, lines, (*section, *above), cells, None, page.directory))
            elif any(Kind.SCORE in cell.kinds and cell.text for cell in cells) and row[column].lines:
                text = f'a row names no stock that can be read: "{printable(row[column].text, 40)}"'
                unread.append(Problem(None, "ticker", text, False, row[column].lines[0].place))
    return records


def _ticker_column(kinds: Sequence[Kind], rows: Sequence[list[Cell]], directory: Directory | None) -> int | None:
    """Return the column that names the stocks: said so by its header, or mostly different symbols."""

    def points(column: int) -> float:
        named = [best_mention(row[column].lines, directory) for row in rows if len(row) > column]
        found = [mention for mention in named if mention is not None]
        sure = {mention.tickers for mention in found if mention.strength > Strength.WEAK}
        said = 1.5 * (Kind.TICKER in kinds[column]) + 0.3 * (Kind.COMPANY in kinds[column])
        return said + len(sure) / len(named) if found else 0

    best = max(range(len(kinds)), key=points)
    return best if points(best) > 0.5 else None
