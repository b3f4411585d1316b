"""The company's name: a piece of text beside the ticker, best the one that fits the asset directory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from backtest.reports.directory import Directory
from backtest.reports.facts import Cell
from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.lines import is_prose, is_value
from backtest.reports.mentions import Mention, is_company_like, is_exchange, symbol_of
from backtest.reports.names import Fit, core_words, fit
from backtest.reports.page import Line
from backtest.reports.text import Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds


class Named(Protocol):
    """What a record says about who it is of, before its numbers are read."""

    mention: Mention
    lines: Sequence[Line]
    cells: tuple[Cell, ...]
    directory: Directory | None

    @property
    def tickers(self) -> tuple[str, ...]: ...


NEAR = 8
"""Lines around the ticker in which a name may stand."""
_RANK = re.compile(r"^(?:#\s?)?\d{1,3}[.)]\s+")
_BRACKETED = re.compile(r"[\[(（]\s*(?:[A-Za-z]+\s?:\s?)?\$?([A-Z.]+)\s*[\])）]")
_PARTS = re.compile(r"\s*(?:[|·•]|\s[–—-]\s|\x1f)\s*")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name as printed. sure: it can only be meant as the company's (labelled, beside the ticker, "… Inc")."""

    text: str
    line: Line
    sure: bool


def printed_names(record: Named) -> list[CompanyName]:
    """Return every piece of text at a record that could be its company's name, the likeliest first."""
    own, rest = record.mention.line, record.mention.rest
    texts = [(line.plain, line, True) for cell in record.cells if Kind.COMPANY in cell.kinds for line in cell.lines]
    if len(rest) > 40:  # "Alphabet. Grade B, score 73 …"
        texts.append((re.split(r"[.,;(]\s", rest)[0], own, False))
    texts.append((rest, own, True))
    texts += [(one.text, own, True) for index, one in enumerate(own.segments) if index != record.mention.segment]
    position = next((index for index, line in enumerate(record.lines) if line.index == own.index), 0)
    for distance in (1, -1, *range(2, NEAR), *range(-2, -NEAR, -1)):
        if 0 <= position + distance < len(record.lines):
            line = record.lines[position + distance]
            texts += [(text, line, False) for text in _texts_in(line)]
    listed = _listed(record)
    return [
        CompanyName(name, line, sure or (line is not own and is_company_like(name)))
        for text, line, sure in texts
        for name in _tidy(text, listed, record.tickers if line.index == own.index else ())
    ]


def company_name(record: Named, labelled: CompanyName | None = None) -> CompanyName | None:
    """Return the company's name: the first that fits the directory, else the first that is surely meant as one.

    Without a directory, a piece right beside the ticker is taken too.
    """
    names = [*([labelled] if labelled else []), *printed_names(record)]
    directory, ticker = record.directory, record.tickers[0]
    if directory is not None and ticker in directory.names:
        for name in names:
            if name.text != ticker and fit(name.text, ticker, directory) is Fit.SAME:
                return name
    near = [name for name in names if abs(name.line.index - record.mention.line.index) <= 2]
    sure = next((name for name in near if name.sure), None)
    return sure or next(iter(near), None)


def labelled_name(record: Named, texts: Iterable[tuple[Kind, str, Line]]) -> CompanyName | None:
    """Return the name that a label announces ("Company: Acme Corp"). texts: what labels announce in words."""
    for kinds, text, line in texts:
        if Kind.COMPANY in kinds and _LETTER.search(text):
            for name in _tidy(text, _listed(record)):
                return CompanyName(name, line, True)
    return None


def _listed(record: Named) -> tuple[str, ...]:
    name = record.directory.names.get(record.tickers[0]) if record.directory is not None else None
    words = core_words(name) if name else ()
    return () if words == (record.tickers[0].lower(),) else words  # "ROKU" is no name of ROKU


def _texts_in(line: Line) -> list[str]:
    if is_prose(line):
        return [one.text for one in line.segments[:1] if len(line.segments) > 1]  # "**Acme Corp** raised its outlook …"
    if is_value(line) or line.node.tag in ("th", "dt", "button") or len(line.plain) > 110:
        return []
    return [one.text for one in line.segments]


@lru_cache(maxsize=20_000)
def _tidy(text: str, listed: tuple[str, ...], tickers: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the parts of a text that could be a name, without rank and signs, and without the tickers given.

    listed: the words of the directory's name; with them even "CTO Realty Growth" is a name, and no label.
    """
    text = _BRACKETED.sub(lambda found: " " if found[1] in tickers else found[0], _RANK.sub("", text))
    parts: list[str] = []
    for part in _PARTS.split(text):
        part = " ".join(part.strip(' []-–—,:;|·•*★⭐"').split())
        part = part.strip("()").strip() if part.startswith("(") else part
        # "イーライリリー (Eli Lilly", its bracket cut off
        parts += [one.strip(" )") for one in part.split("(")] if part.count("(") != part.count(")") else [part]
    return tuple(
        part for part in parts if part not in tickers and (is_name(part) or (listed and core_words(part) == listed))
    )


def is_name(text: str) -> bool:
    """Return whether a piece of text could be a company's name: no label, grade, exchange, symbol or number."""
    if not 2 <= len(text) <= 80 or not _LETTER.search(text) or text.endswith((":", "：")):
        return False
    if bare_grade(text) or is_exchange(text) or GRADE_TEXT.fullmatch(text):
        return False
    if any(token.unit is not Unit.NUMBER for token in tokens_in(text)):
        return False
    if is_company_like(text):
        return True
    return not (label_kinds(text) or is_plain_label(text) or (symbol_of(text) and text.isupper() and len(text) <= 5))
