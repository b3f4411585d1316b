"""The records of tables: which column names the stocks, and what stands in each row.

A row with one text only heads the rows below it, or remarks on the row above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from backtest.reports.context import Headings, context_section, is_section_row
from backtest.reports.directory import Directory
from backtest.reports.facts import Cell
from backtest.reports.grids import FIELDS, Grid, Piece, find_grids
from backtest.reports.hostile import MAX_STOCKS
from backtest.reports.mentions import Mention, Strength, mentions_in
from backtest.reports.model import Problem
from backtest.reports.page import Page
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.text import printable
from backtest.reports.words import Kind, label_kinds

_SUMMARY_ROWS = frozenset({"TOTAL", "AVG", "MEAN", "SUM", "MEDIAN"})


def table_records(page: Page) -> tuple[list[Record], set[int], list[Problem]]:
    """Return the records of every data table, the indices of the lines those tables use up, and unread rows."""
    records: list[Record] = []
    used: set[int] = set()
    unread: list[Problem] = []
    for grid in find_grids(page):
        if any(index in used for index in range(grid.first, grid.last)):
            continue
        found = _records_of(grid, page, unread)
        if found:
            records.extend(found)
            used.update(range(grid.first, grid.last))
    return records, used, unread


def _mention(piece: Piece, directory: Directory | None) -> Mention | None:
    """Return the stock a cell names most surely."""
    found = [mention.judged(directory) for line in piece.lines for mention in mentions_in(line)]
    return max(found, key=lambda one: one.strength, default=None)


def _records_of(grid: Grid, page: Page, unread: list[Problem]) -> list[Record]:
    headers = [(piece.text, label_kinds(piece.text)) for piece in grid.rows[0]]
    body = grid.rows[1:]
    if len(body) > MAX_STOCKS:
        raise ValueError(f"it has a table of more than {MAX_STOCKS:,} rows")
    column = _ticker_column(headers, body, page.directory)
    if column is None:
        return []
    named = [
        mention for row in body if len(row) > column and (mention := _mention(row[column], page.directory)) is not None
    ]
    plain = sum(mention.strength > Strength.WEAK for mention in named)
    sure = bool(headers[column][1] & Kind.TICKER) or plain * 2 > len(named)
    above = Headings(page).above(grid.anchor, grid.first)
    excluded = bool(context_section(above)[0] & (Section.EXCLUDED | Section.MARKET))
    records: list[Record] = []
    section: tuple[str, ...] = ()
    remarks = _has_remarks(body)
    for row in body:
        filled = [piece for piece in row if piece.text]
        if len(filled) == 1:
            if not remarks and is_section_row(filled[0].lines, filled[0].text):
                section = (filled[0].text,)
            elif records:
                records[-1] = replace(records[-1], lines=[*records[-1].lines, *filled[0].lines])
            continue
        mention = _mention(row[column], page.directory) if len(row) > column else None
        if mention is not None and mention.tickers[0] in _SUMMARY_ROWS:
            continue
        cells = [Cell(name, kinds, cell.text, cell.lines) for (name, kinds), cell in zip(headers, row, strict=False)]
        if mention is None or not (sure or mention.strength > Strength.WEAK):
            if len(row) > column and row[column].lines and not excluded:
                unread.extend(_unread_row(row[column], cells))
            continue
        lines = [line for piece in row for line in piece.lines]
        records.append(Record(mention, lines, (*section, *above), tuple(cells), None, page.directory))
    return records


def _unread_row(name: Piece, cells: Sequence[Cell]) -> Iterator[Problem]:
    if any(cell.kinds & Kind.SCORE and cell.text for cell in cells):
        text = f'a row names no stock that can be read: "{printable(name.text, 40)}"'
        yield Problem(None, "ticker", text, False, name.lines[0].place)


def _has_remarks(body: Sequence[Sequence[Piece]]) -> bool:
    """Return whether rows of one text only are remarks on the stock above: they follow stocks, about one each."""
    single = [sum(bool(piece.text) for piece in row) == 1 for row in body]
    return len(single) > 2 and not single[0] and sum(single) * 5 >= len(single) * 2


def _ticker_column(
    headers: Sequence[tuple[str, Kind]], body: Sequence[Sequence[Piece]], directory: Directory | None
) -> int | None:
    """Return the column that names the stocks: said so by its header, or mostly different symbols."""
    best: tuple[float, int] | None = None
    for column, (_, kinds) in enumerate(headers):
        mentions = [_mention(row[column], directory) for row in body if len(row) > column]
        found = [mention for mention in mentions if mention is not None]
        if not found:
            continue
        distinct = len({mention.tickers for mention in found}) / len(found)
        sure = sum(mention.strength > Strength.WEAK for mention in found) / len(mentions)
        points = sure * distinct + 1.5 * (Kind.TICKER in kinds) + 0.3 * (Kind.COMPANY in kinds)
        if kinds & (FIELDS | Kind.OTHER) and not kinds & (Kind.TICKER | Kind.COMPANY):
            points -= 1
        if points > 0.5 and (best is None or points > best[0]):
            best = (points, column)
    return best[1] if best else None
