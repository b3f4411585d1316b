"""The company's name: a piece of text beside the ticker, best the one that fits the asset directory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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
_LEADING = re.compile(r"\$?([A-Z.]+)\s[-–—:]\s")
_PARTS = re.compile(r"\s*(?:[|·•]|\s[–—-]\s|\x1f)\s*")
_LETTER = re.compile(r"[^\W\d_]")
_GRADE_TAIL = re.compile(
    r"(?<!class)(?<!Class)(?<!Cl)\s*[\[(]?\b(?:Grade|Rating|Note|Klasse)?\s?[A-D][+-]?[ -]?(?:Grade)?[\])]?$"
)
_SENTENCE = re.compile(
    r"([A-Z][\w&.,' -]{1,50}?\b(?:Inc|Corp|Corporation|Ltd|plc|PLC|Co|Company|Group|Holdings|S\.A|N\.V|SA|NV|AG))"
    r"\.?[,.;:]? (?=[A-Z(])"
)
_NO_NAME = re.compile(r"(?i)\b[A-F][+-]?[ -]grade\b|\bgrade [A-F]\b|★|⭐|%|\$\s?\d")


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name as printed. sure: it can only be meant as the company's (labelled, beside the ticker, "… Inc")."""

    text: str
    line: Line
    sure: bool


def printed_names(record: Named) -> list[CompanyName]:
    """Return every piece of text at a record that could be its company's name, the likeliest first."""
    listed = _listed(record)
    found = [
        CompanyName(name, cell.lines[0], True)
        for cell in record.cells
        if Kind.COMPANY in cell.kinds
        for line in cell.lines
        for name in _tidy(line.plain, listed, record.tickers if line.index == record.mention.line.index else ())
    ]
    own = record.mention.line
    if len(record.mention.rest) > 40:  # "Alphabet. Grade B, score 73 …"
        head = re.split(r"[.,;(]\s", record.mention.rest)[0]
        found += [CompanyName(name, own, False) for name in _tidy(head, listed, record.tickers)]
    found += [CompanyName(name, own, True) for name in _tidy(record.mention.rest, listed, record.tickers)]
    found += [
        CompanyName(name, own, True)
        for index, segment in enumerate(own.segments)
        if index != record.mention.segment
        for name in _tidy(segment.text, listed, record.tickers)
    ]
    position = next((index for index, line in enumerate(record.lines) if line.index == own.index), 0)
    for distance in (1, -1, *range(2, NEAR), *range(-2, -NEAR, -1)):
        if 0 <= position + distance < len(record.lines):
            line = record.lines[position + distance]
            found += [CompanyName(name, line, is_company_like(name)) for name in _names_in(line, listed)]
    return found


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


def _names_in(line: Line, listed: tuple[str, ...]) -> Iterator[str]:
    if is_prose(line) and len(line.segments) > 1:
        yield from _tidy(line.segments[0].text, listed)  # "**Acme Corp** raised its outlook …"
    if is_prose(line) or is_value(line) or line.node.tag in ("th", "dt", "button") or len(line.plain) > 110:
        return
    for segment in line.segments:
        yield from _tidy(segment.text, listed)


@lru_cache(maxsize=20_000)
def _tidy(text: str, listed: tuple[str, ...], tickers: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the parts of a text that could be a name, without rank, grade and signs, and without the tickers given.

    listed: the words of the directory's name; with them even "CTO Realty Growth" is a name, and no label.
    """
    text = _RANK.sub("", text)
    for ticker in tickers:
        if ticker in text:
            text = _BRACKETED.sub(lambda match, one=ticker: " " if match[1] == one else match[0], text)  # type: ignore[misc]
            lead = _LEADING.match(text)
            text = text[lead.end() :] if lead and lead[1] == ticker else text
    sentence = _SENTENCE.match(text) if len(text) > 80 else None
    found = []
    for part in [sentence[1]] if sentence else _PARTS.split(text):
        part = part if is_company_like(part[-6:]) else _GRADE_TAIL.sub("", part)
        part = " ".join(part.strip(' []-–—,:;|·•*★⭐"').split())
        if part.startswith("(") or part.count("(") != part.count(")"):
            part = part.strip("()").strip()
        if part.count("(") != part.count(")"):  # "イーライリリー (Eli Lilly", its bracket cut off
            found += [one for piece in part.split("(") if is_name(one := piece.strip())]
            continue
        if (is_name(part) or (listed and core_words(part) == listed)) and part not in tickers:
            found.append(part)
    return tuple(found)


def is_name(text: str) -> bool:
    """Return whether a piece of text could be a company's name: no label, grade, exchange, symbol or number."""
    if not 2 <= len(text) <= 80 or not _LETTER.search(text) or text.endswith((":", "：")) or _NO_NAME.search(text):
        return False
    if bare_grade(text) or is_exchange(text) or GRADE_TEXT.fullmatch(text):
        return False
    if any(token.unit is not Unit.NUMBER for token in tokens_in(text)):
        return False
    if is_company_like(text):
        return True
    return not (label_kinds(text) or is_plain_label(text) or (symbol_of(text) and text.isupper() and len(text) <= 5))
