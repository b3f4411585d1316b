"""Where a page names its stocks: what looks like a symbol and is neither a grade, a label, nor the name of another."""

from __future__ import annotations

import re
from dataclasses import replace

from backtest.reports.grades import bare_grade
from backtest.reports.identity import Fit, fit
from backtest.reports.mentions import Mention, Strength, best_mention, symbol_of
from backtest.reports.page import Page
from backtest.reports.record import rows_of
from backtest.reports.words import Kind, label_kinds

_PIECES = re.compile(r"\s*[,;|·•()\[\]]\s*|\s[–—-]\s")
_NUMBER_FIRST = re.compile(r"[:+-]?\s?\$?\d")


def find_anchors(page: Page) -> list[Mention]:
    """Return where the page names stocks; a symbol that may be a grade or a label only beside its company's name."""
    found = [one for line in page.lines if (one := best_mention(line, page.directory)) is not None]
    sure = {one.line.index: one for one in found if one.strength > Strength.WEAK}
    parents = {id(one.line.node.parent) for one in sure.values()}
    in_column = _in_ticker_columns(page)
    anchors = []
    for one in found:
        ticker, is_weak, is_alone = one.tickers[0], one.strength <= Strength.WEAK, one.line.plain == one.tickers[0]
        near = [sure[at].tickers for step in (-2, -1, 1, 2) if (at := one.line.index + step) in sure]
        others = [tickers for tickers in near if tickers != one.tickers]
        is_initial = len(ticker) == 1 and any(tickers[0][0] == ticker for tickers in others)
        is_other = is_weak and (
            _labels_a_number(one, page)
            or (is_alone and id(one.line.node.parent) in parents)  # a grade or a label beside its stock
            or (len(ticker) == 1 and page.directory is not None)  # a grade
            or (others and one.rest and not one.line.tokens)  # "TE Connectivity" beside TEL
        )
        if (is_weak and _is_named(one, page)) or (is_alone and one.line.index in in_column):
            anchors.append(replace(one, strength=max(one.strength, Strength.PLAIN)))
        elif not (is_initial or is_other):
            anchors.append(one)
    return anchors


def _in_ticker_columns(page: Page) -> set[int]:
    """Return the numbers of the lines in a table's column, or row, of tickers, where any letter is one."""
    found: set[int] = set()
    for table in (node for node in page.nodes if node.tag == "table"):
        rows = [[page.of(cell) for cell in row.children] for row in rows_of(table)]
        heads = [label_kinds(" ".join(line.plain for line in cell)) for cell in rows[0]] if rows else []
        for row in rows[1:]:
            columns = (cell for cell, kinds in zip(row, heads, strict=False) if Kind.TICKER in kinds)
            found.update(line.index for cell in columns for line in cell)
        for row in rows:
            texts = {line.index: line.plain for cell in row[1:] for line in cell}
            is_long = len(texts) > 2 and sum(map(len, texts.values())) >= 2 * len(texts)
            if is_long and all(map(symbol_of, texts.values())):
                found.update(texts)
    return found


def _labels_a_number(mention: Mention, page: Page) -> bool:
    """Return whether a symbol stands before a number, or a letter, as its label."""
    line, is_label = mention.line, bool(label_kinds(mention.tickers[0]))
    behind = [mention.rest, *(one.text for one in line.segments[mention.segment + 1 :])]
    if is_label:
        behind += [one.plain for one in page.lines[line.index + 1 :][:1] if one.node.parent is line.node.parent]
    text = next(filter(None, behind), "")
    if _NUMBER_FIRST.match(text):
        return is_label or len(line.tokens) == 1
    return is_label and bool(bare_grade(text.split(" ")[0]))


def _is_named(mention: Mention, page: Page) -> bool:
    """Return whether a symbol's company is named, as listed, in its line or one beside it."""
    at, ticker, directory = mention.line.index, mention.tickers[0], page.directory
    if directory is None or ticker not in directory.names:
        return False
    texts = (segment.text for line in page.lines[max(0, at - 2) : at + 3] for segment in line.segments)
    parts = (part for text in (*texts, mention.rest) for part in _PIECES.split(text) if part.upper() != ticker)
    return any(fit(part, ticker, directory) is Fit.SAME for part in parts)
