"""Where a page names its stocks: what looks like a symbol and is neither a grade, a label, nor the name of another."""

from __future__ import annotations

import re
from dataclasses import replace

from backtest.reports.directory import Directory
from backtest.reports.grades import bare_grade
from backtest.reports.identity import Fit, fit
from backtest.reports.mentions import Mention, Strength, mentions_in, symbol_of
from backtest.reports.page import Line, Page
from backtest.reports.record import rows_of
from backtest.reports.words import Kind, label_kinds

_PIECES = re.compile(r"\s*[,;|·•()\[\]]\s*|\s[–—-]\s")
_NUMBER_FIRST = re.compile(r"[:+-]?\s?\$?\d")


def find_anchors(page: Page) -> list[Mention]:
    """Return where the page names stocks; a symbol that may be a grade or a label only beside its company's name."""
    found = [one for line in page.lines if (one := _best_mention(line, page.directory)) is not None]
    sure = {one.line.index: one.tickers for one in found if one.strength > Strength.WEAK}
    parents = {id(one.line.node.parent) for one in found if one.strength > Strength.WEAK}
    in_column = _in_ticker_columns(page)
    anchors = []
    for one in found:
        ticker, near = one.tickers[0], [sure.get(one.line.index + step, one.tickers) for step in (-2, -1, 1, 2)]
        others = [tickers[0] for tickers in near if tickers != one.tickers]
        if one.strength <= Strength.WEAK and page.directory is not None and _is_named(one, page, page.directory):
            anchors.append(replace(one, strength=Strength.PLAIN))
        elif one.line.index in in_column and one.line.plain == ticker:
            anchors.append(replace(one, strength=max(one.strength, Strength.PLAIN)))
        elif len(ticker) == 1 and any(other[0] == ticker for other in others):
            continue  # an initial
        elif one.strength <= Strength.WEAK and _labels_a_number(one, page):
            continue
        elif one.strength <= Strength.WEAK and one.line.plain == ticker and id(one.line.node.parent) in parents:
            continue  # a grade or a label beside its stock
        elif one.strength <= Strength.WEAK and len(ticker) == 1 and page.directory is not None:
            continue  # a grade
        elif one.strength > Strength.WEAK or not (others and one.rest and not one.line.tokens):
            anchors.append(one)  # but for "TE Connectivity" beside TEL
    return anchors


def _in_ticker_columns(page: Page) -> set[int]:
    """Return the numbers of the lines in a table's column, or row, of tickers, where any letter is one."""
    found: set[int] = set()
    for rows in (list(rows_of(node)) for node in page.nodes if node.tag == "table"):
        heads = [" ".join(line.plain for line in page.of(cell)) for cell in rows[0].children] if rows else []
        columns = [Kind.TICKER in label_kinds(head) for head in heads]
        for row in rows:
            texts = {line.index: line.plain for cell in row.children[1:] for line in page.of(cell)}
            if (
                len(texts) > 2
                and all(map(symbol_of, texts.values()))
                and sum(map(len, texts.values())) >= 2 * len(texts)
            ):
                found.update(texts)
        for row in rows[1:]:
            cells = (cell for cell, named in zip(row.children, columns, strict=False) if named)
            found.update(line.index for cell in cells for line in page.of(cell))
    return found


def _labels_a_number(mention: Mention, page: Page) -> bool:
    """Return whether a symbol stands before a number, or a letter, as its label."""
    behind = [mention.rest, *(one.text for one in mention.line.segments[mention.segment + 1 :])]
    if label_kinds(mention.tickers[0]):
        following = page.lines[mention.line.index + 1 :][:1]
        behind += [line.plain for line in following if line.node.parent is mention.line.node.parent]
        text = next(filter(None, behind), "")
        return bool(_NUMBER_FIRST.match(text) or bare_grade(text.split(" ")[0]))
    return bool(_NUMBER_FIRST.match(next(filter(None, behind), ""))) and len(mention.line.tokens) == 1


def _is_named(mention: Mention, page: Page, directory: Directory) -> bool:
    """Return whether a symbol's company is named in its line or one beside it."""
    at, ticker = mention.line.index, mention.tickers[0]
    texts = (segment.text for line in page.lines[max(0, at - 2) : at + 3] for segment in line.segments)
    parts = (part for text in (*texts, mention.rest) for part in _PIECES.split(text) if part.upper() != ticker)
    return ticker in directory.names and any(fit(part, ticker, directory) is Fit.SAME for part in parts if part)


def _best_mention(line: Line, directory: Directory | None) -> Mention | None:
    """Return the stock that a line names most surely."""
    found = [mention.judged(directory) for mention in mentions_in(line)]
    listed = directory.names if directory is not None else {}
    known = (one for one in found if one.strength > Strength.NONE or one.tickers[0] in listed)
    return max(
        known, key=lambda one: (one.strength > Strength.WEAK, one.tickers[0] in listed, one.strength), default=None
    )
