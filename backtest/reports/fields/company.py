"""The company's name: a piece of text beside the ticker, best the one that fits the asset directory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.identity import Fit, core_words, fit
from backtest.reports.mentions import is_company_like, is_exchange, symbol_of
from backtest.reports.page import Line
from backtest.reports.record import Record
from backtest.reports.text import Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds

NEAR = 8
"""Lines around the ticker in which a name may stand."""
_RANK = re.compile(r"^(?:#\s?)?(?:\d{1,3}(?:[.)]\s+|位\s*)|\d{1,2}\.\d{1,2}\s+)")
_PARTS = re.compile(r"\s*(?:[|·•:：]|\s[–—-]\s|\x1f)\s*")
_LETTER = re.compile(r"[^\W\d_]{2}|[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name as printed. sure: it can only be meant as the company's (beside the ticker, "… Inc").

    is_symbol: it is the ticker again, and not listed so; with a legal form ("BAN Holdings") it is a name as any other.
    """

    text: str
    line: Line
    sure: bool
    is_symbol: bool


def printed_names(record: Record) -> list[CompanyName]:
    """Return every piece of text at a record that could be its company's name, the likeliest first."""
    directory, ticker, own = record.directory, record.tickers[0], record.mention.line
    listed = core_words(directory.names.get(ticker, "")) if directory is not None else ()
    symbol = (ticker.lower(),)
    names: list[CompanyName] = []
    for text, line, is_meant in _texts_of(record, listed):
        for name in _tidy(text, listed, symbol):
            sure = is_meant or is_company_like(name)
            if line is own:  # whatever is no address or nickname
                sure = is_meant and "@" not in name and name[0] != "<"
            # listed by its symbol ("ROKU") it may be the name, but where names have a column
            is_again = listed != symbol or (name in record.tickers and (line is own or not is_meant))
            is_symbol = is_again and name.casefold() == ticker.casefold()
            names.append(CompanyName(name, line, sure, is_symbol))
    return sorted(names, key=lambda name: name.is_symbol)


def _texts_of(record: Record, listed: tuple[str, ...]) -> Iterator[tuple[str, Line, bool]]:
    """Yield the texts at a record with their lines, and whether they stand where a name does.

    listed: the words of the directory's name.
    """
    own, at = record.mention.line, record.mention.segment
    for cell in record.cells:
        if Kind.COMPANY in cell.kinds:
            yield from ((line.plain, line, True) for line in cell.lines)
    yield record.mention.rest, own, True
    for number, one in enumerate(own.segments):
        if number != at:
            yield one.text, own, True
            yield re.split(r"[,;(]\s", one.text)[0], own, False
    position = next((number for number, line in enumerate(record.lines) if line.index == own.index), 0)
    near = (position + step for step in (1, -1, *range(2, NEAR), *range(-2, -NEAR, -1)))
    for line in (record.lines[number] for number in near if 0 <= number < len(record.lines)):
        is_number = line.tokens and not _LETTER.search(line.plain) and core_words(line.plain) != listed  # but for "3M"
        if not is_number and line.node.tag not in ("th", "dt"):
            yield from ((one.text, line, False) for one in line.segments)
    for heading in record.context[:1]:
        heads = (heading, re.split(r"[:,–—]\s", heading)[0])
        yield from ((head, own, False) for head in heads if _fits(head, record))
    if listed and record.mention.rest and core_words(own.segments[at].text) == listed:  # "SLB Limited"
        yield own.segments[at].text, own, True


def _fits(text: str, record: Record) -> bool:
    directory, ticker = record.directory, record.tickers[0]
    return directory is not None and ticker in directory.names and fit(text, ticker, directory) is Fit.SAME


def company_name(record: Record, names: Sequence[CompanyName]) -> CompanyName | None:
    """Return the company's name: the first that fits the directory, else the first near that is surely meant as one.

    Without one, a piece right beside the ticker is taken.
    """
    near = [name for name in names if abs(name.line.index - record.mention.line.index) <= 2]
    fitting = (name for name in names if _fits(name.text, record))
    return next(chain(fitting, (name for name in near if name.sure), near), None)


@lru_cache(maxsize=20_000)
def _tidy(text: str, *known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of a text that could be a name, without rank and signs.

    known: words of the directory's name, and the ticker: with them even "CTO Realty Growth" is a name, and no label.
    """
    parts: list[str] = []
    for part in _PARTS.split(_RANK.sub("", text)):
        part = " ".join(part.strip(' []-–—,;*★⭐"').split())
        is_whole = part[:1] != "(" and part.count("(") == part.count(")")  # not "イーライリリー (Eli Lilly"
        parts += [part] if is_whole else [one.strip(" ()") for one in part.split("(")]
    return tuple(part for part in parts if _is_name(part) or (part and core_words(part) in known))


def _is_name(text: str) -> bool:
    """Return whether a piece of text could be a company's name: no label, grade, exchange, symbol or number."""
    if not 2 <= len(text) <= 80 or not _LETTER.search(text):
        return False
    if bare_grade(text) or is_exchange(text) or GRADE_TEXT.fullmatch(text):
        return False
    if Kind.COMPANY in label_kinds(text) and is_plain_label(text):
        return False
    if any(token.unit is not Unit.NUMBER for token in tokens_in(text)):
        return False
    return is_company_like(text) or not (label_kinds(text) or (symbol_of(text) and len(text) <= 5))
