"""The company's name: a piece of text beside the ticker, best the one that fits the asset directory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

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
    is_symbol: bool = False


def printed_names(record: Record) -> list[CompanyName]:
    """Return every piece of text at a record that could be its company's name, the likeliest first."""
    own = record.mention.line
    texts = [(line.plain, line, True) for cell in record.cells if Kind.COMPANY in cell.kinds for line in cell.lines]
    texts.append((record.mention.rest, own, True))
    in_columns = bool(texts[:-1])
    for one in (*own.segments[: record.mention.segment], *own.segments[record.mention.segment + 1 :]):
        texts += [(one.text, own, True), (re.split(r"[,;(]\s", one.text)[0], own, False)]
    directory, ticker = record.directory, record.tickers[0]
    listed = core_words(directory.names[ticker]) if directory is not None and ticker in directory.names else ()
    position = next((index for index, line in enumerate(record.lines) if line.index == own.index), 0)
    for distance in (1, -1, *range(2, NEAR), *range(-2, -NEAR, -1)):
        if 0 <= position + distance < len(record.lines):
            line = record.lines[position + distance]
            texts += [(text, line, False) for text in _texts_in(line, listed)]
    if directory is not None and ticker in directory.names:
        heads = (part for text in record.context[:1] for part in (text, re.split(r"[:,–—]\s", text)[0]))
        texts += [(head, own, False) for head in heads if fit(head, ticker, directory) is Fit.SAME]
        if record.mention.is_named(directory):  # "SLB Limited"
            texts.append((own.segments[record.mention.segment].text, own, True))
    symbol = (ticker.lower(),)

    def is_symbol(name: str, line: Line, sure: bool) -> bool:
        """Whether a text is the ticker again; listed by its symbol ("ROKU") it may be the name, but where names have
        a column."""
        if name.casefold() != ticker.casefold():
            return False
        return listed != symbol or (name in record.tickers and not (in_columns and sure and line is not own))

    names = [
        CompanyName(name, line, _is_sure(name, line is own, sure), is_symbol=is_symbol(name, line, sure))
        for text, line, sure in texts
        for name in _tidy(text, listed, symbol)
    ]
    return sorted(names, key=lambda name: name.is_symbol)


def company_name(record: Record, names: Sequence[CompanyName]) -> CompanyName | None:
    """Return the company's name: the first that fits the directory, else the first near that is surely meant as one.

    Without one, a piece right beside the ticker is taken.
    """
    directory, ticker = record.directory, record.tickers[0]
    if directory is not None and ticker in directory.names:
        for name in names:
            if fit(name.text, ticker, directory) is Fit.SAME:
                return name
    near = [name for name in names if abs(name.line.index - record.mention.line.index) <= 2]
    return next((name for name in near if name.sure), next(iter(near), None))


def _is_sure(name: str, is_beside: bool, sure: bool) -> bool:
    """Return whether a text is surely meant as a name; right beside the ticker whatever is no address or nickname."""
    if not is_beside:
        return sure or is_company_like(name)
    return sure and "@" not in name and name[0] != "<"


def _texts_in(line: Line, listed: tuple[str, ...]) -> list[str]:
    is_number = (
        bool(line.tokens) and not _LETTER.search(line.plain) and core_words(line.plain) != listed
    )  # "3M" is a company
    return [] if is_number or line.node.tag in ("th", "dt") else [one.text for one in line.segments]


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
    return tuple(part for part in parts if is_name(part) or (part and core_words(part) in known))


def is_name(text: str) -> bool:
    """Return whether a piece of text could be a company's name: no label, grade, exchange, symbol or number."""
    if not 2 <= len(text) <= 80 or not _LETTER.search(text):
        return False
    if Kind.COMPANY in label_kinds(text) and is_plain_label(text):
        return False
    if bare_grade(text) or is_exchange(text) or GRADE_TEXT.fullmatch(text):
        return False
    if any(token.unit is not Unit.NUMBER for token in tokens_in(text)):
        return False
    return is_company_like(text) or not (label_kinds(text) or (symbol_of(text) and len(text) <= 5))
