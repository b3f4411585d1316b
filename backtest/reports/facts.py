"""Lines → facts: which label belongs to which value.

A fact pairs one printed number with the words that announce it, wherever they stand: in the same line
("Gap: +5.2%", "88 pts | A-Grade"), before or after it in a small box, or in a row of labels above a row
of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise

from backtest.reports.lines import BRACKETS, LETTERS, is_prose, outer_tokens
from backtest.reports.page import Line
from backtest.reports.pairing import TOLD, pair_lines
from backtest.reports.text import BOUNDARY, Token, Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds


class Origin(IntEnum):
    """How a label and its value came together, the surest last."""

    BARE = 0
    PROSE = 1
    BRACKET = 2
    INLINE = 3
    BOX = 4
    COLUMN = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its label. alternative: printed in brackets behind another ("4.10/5.00 (82%)")."""

    token: Token
    label: str
    kinds: Kind
    line: Line
    origin: Origin
    alternative: bool = False
    whole: bool = False
    """Nothing but the number stands in its piece of text."""


@dataclass(slots=True)
class Facts:
    """What a record's lines say: numbers with labels, and texts with labels (company, grade, ticker)."""

    numbers: list[Fact] = field(default_factory=list)
    texts: list[tuple[Kind, str, Line]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table's row. header, kinds: what stands above its column."""

    text: str
    lines: tuple[Line, ...]
    header: str = ""
    kinds: Kind = Kind.NONE


_HEADERS = re.compile(r"\s*[/(|&+,]\s*|\)|\s+and\s+")
_BY_UNIT = {Unit.MONEY: Kind.PRICE, Unit.PERCENT: Kind.GAP, Unit.POINTS: Kind.SCORE, Unit.RATIO: Kind.SCORE}
_SEPARATOR = re.compile(r"\s*(?:[·•|;／‖]|\s[–—-]\s|→|, (?=\D)|(?<=[\d%)])\. (?=[A-Z])|、|。)\s*")


def collect_facts(lines: Sequence[Line], skip: frozenset[int] = frozenset()) -> Facts:
    """Return every fact of a record's lines.

    skip: indices of lines that are no labels (the ticker's and the company's); bare numbers in them count.
    """
    facts = Facts()
    printed = [line for line in lines if not is_prose(line)]
    paired = pair_lines(printed, skip)
    for line in printed:
        label = paired.get(line.index)
        _text_facts(line, facts)
        if line.tokens:
            facts.numbers += _line_facts(line, label, line.index in skip)
        if label is not None and label_kinds(label.plain) & TOLD:
            facts.texts.append((label_kinds(label.plain), line.plain, line))
    if not any(fact.kinds & (Kind.SCORE | Kind.PRICE | Kind.GAP) for fact in facts.numbers):
        for line in lines:  # only a stock that is described by sentences alone is read from them
            if is_prose(line):
                facts.numbers += _prose_facts(line)
    return facts


def _line_facts(line: Line, label: Line | None, skipped: bool) -> Iterator[Fact]:
    """Yield the numbers of a line with their labels; label: a line of its own that announces them."""
    text, tokens = line.text, line.tokens
    brackets = [match.span() for match in BRACKETS.finditer(text)]
    outer = outer_tokens(text, tokens)
    blanked = BRACKETS.sub(lambda match: " " * len(match[0]), text)
    names: dict[int, str] = {}
    alone: set[int] = set()
    for start, end in _clauses(blanked):
        inside = [one for one in outer if start <= one.start and one.end <= end and one.unit is not Unit.DATE]
        names.update(_names_in_clause(blanked, start, end, inside))
        if len(inside) == 1 and blanked[start:end].strip() == blanked[inside[0].start : inside[0].end].strip():
            alone.add(inside[0].start)
    for start, end in brackets:  # "$140.20 (price)"
        note = text[start + 1 : end - 1]
        before = [token for token in outer if token.end <= start and not text[token.end : start].strip(" " + BOUNDARY)]
        if before and is_plain_label(note) and not label_kinds(names.get(before[-1].start, "")):
            names[before[-1].start] = note
    box = label.plain if label is not None else ""
    for token in tokens:
        name = names.get(token.start, "")
        if token in outer:
            if skipped and not label_kinds(name):
                name = ""
            origin = Origin.INLINE if name else Origin.BOX if box else Origin.BARE
            whole = token.start in alone or _is_whole(line, token)
            yield Fact(token, name or box, label_kinds(name or box), line, origin, False, whole)
            continue
        previous = [other for other in outer if other.end <= token.start]
        between = text[previous[-1].end : token.start] if previous else ""
        alternative = bool(previous) and not BRACKETS.sub("", between).strip(" ([" + BOUNDARY)
        if alternative:
            note = text[token.end : token.end + 20].split(")")[0]
            name = names.get(previous[-1].start, box)
            name = f"{name} {note}" if LETTERS.search(note) else name or box
        else:
            name = BRACKETS.sub(" ", re.split(r"[(\[]", text[: token.start])[0]).replace(BOUNDARY, " ").strip()
            inner = _as_label(re.split(r"[(\[,;|]", text[: token.start])[-1])
            name = inner if previous and inner else name  # "Price: $64.15 (prev $61.10)": words of its own
            if skipped and not label_kinds(name):
                name = ""  # the stock's own name announces nothing
        yield Fact(token, name, label_kinds(name), line, Origin.BRACKET, alternative)


def _is_whole(line: Line, token: Token) -> bool:
    return any(token.text in (segment.text, segment.text.strip("()[]★☆⭐* ")) for segment in line.segments)


def _clauses(text: str) -> list[tuple[int, int]]:
    marks = [match.span() for match in _SEPARATOR.finditer(text)]
    starts = [0, *(end for _, end in marks)]
    return list(zip(starts, [*(start for start, _ in marks), len(text)], strict=True))


def _names_in_clause(text: str, start: int, end: int, tokens: Sequence[Token]) -> dict[int, str]:
    if not tokens:
        return {}
    gaps = [text[start : tokens[0].start]]
    gaps += [text[one.end : other.start] for one, other in pairwise(tokens)]
    gaps.append(text[tokens[-1].end : end])
    labels = [_as_label(gap) for gap in gaps]
    if tokens[-1].of == 100 and gaps[-1].startswith(BOUNDARY) and not label_kinds(labels[-1]):
        labels[-1] = ""  # "82/100" says what it is; the other piece beside it ("Energy") is no label of it
    if not labels[0] and labels[-1] and (len(tokens) > 1 or not any(labels[:-1])):
        chosen = labels[1:]
    else:
        chosen = labels[:-1]
        tail = labels[-1]
        last = chosen[-1]
        if tail and (not last or (not label_kinds(last) and label_kinds(tail))):
            chosen = [*chosen[:-1], tail]
        elif (
            tail
            and Kind.OTHER in label_kinds(tail)
            and Kind.OTHER not in label_kinds(last)
            and not gaps[0].rstrip().endswith((":", BOUNDARY))
        ):
            chosen = [*chosen[:-1], f"{last} {tail}"]
    return {token.start: name for token, name in zip(tokens, chosen, strict=True) if name}


def _as_label(gap: str) -> str:
    """Return the words next to a number that may label it: the last piece before it, without signs."""
    text = gap.replace(BOUNDARY, " ").strip(" :：=-–—,;()[]@~≈/+*★☆⭐")
    return text if LETTERS.search(text) else ""


def _text_facts(line: Line, facts: Facts) -> None:
    for piece in re.split(r"\s*[|•·;]\s*", line.text):
        match = re.match(rf"([^:：{BOUNDARY}]{{1,30}})\s*(?:[:：]\s*{BOUNDARY}?|{BOUNDARY})\s*(.+)", piece, re.DOTALL)
        if match and is_plain_label(match.group(1)):
            kinds = label_kinds(match.group(1))
            if kinds & TOLD:
                facts.texts.append((kinds, match.group(2).split(BOUNDARY)[0].strip(), line))


_PROSE = {
    Kind.SCORE | Kind.TOTAL: re.compile(
        r"(?i)\b(?:total|overall|composite|backtest|final)\s+(?:weighted\s+)?score\s*(?:of|:|is|=|at)?\s*$"
    ),
    Kind.SCORE: re.compile(
        r"(?i)\b(?:score[sd]?|scoring|rated|points?|punkten?|punktzahl|スコア)\s*(?:of|:|is|=|at|von|は)?\s*$"
    ),
    Kind.PRICE: re.compile(
        r"(?i)\bgapp(?:ed|ing)\b[^;:,()$]{0,24}%\s+to\s*$|\b(?:price[d]?|trad(?:es|ing)|quoted?|indicated|last|kurs|cours|precio|株価)\s*(?:of|:|is|=|at|near|around|von|bei|は)?\s*$"
    ),
    Kind.GAP: re.compile(
        r"(?i)\b(?:gap(?:s|ped|ping)?(?:[ -](?:up|down))?|ギャップ)\s*(?:of|:|is|=|up|by|von|は)?\s*$"
    ),
}
_PROSE_AFTER = {
    Kind.GAP: re.compile(r"(?i)^\s*(?:gap\b|gap-up)"),
    Kind.SCORE: re.compile(r"(?i)^\s*(?:total )?(?:score)\b"),
}


def _prose_facts(line: Line) -> Iterator[Fact]:
    text = line.text.replace(BOUNDARY, " ")
    for token in tokens_in(text, line.decimal_comma):
        if token.unit in (Unit.RANGE, Unit.DATE, Unit.AMOUNT, Unit.MULTIPLE):
            continue
        before, after = text[max(0, token.start - 40) : token.start], text[token.end : token.end + 20]
        for kinds, pattern in _PROSE.items():
            if pattern.search(before) or (kinds in _PROSE_AFTER and _PROSE_AFTER[kinds].search(after)):
                yield Fact(token, before.strip()[-24:], kinds, line, Origin.PROSE)
                break


def column_facts(cells: Sequence[Cell]) -> Iterator[Fact]:
    """Yield the numbers of a table row, each under its header; words in the cell may say that it is another number."""
    for cell in cells:
        comma = bool(cell.lines) and cell.lines[0].decimal_comma
        end, first = 0, True
        for token in tokens_in(cell.text, comma) if cell.lines else ():
            inside = "(" in cell.text[: token.start] and ")" in cell.text[token.end :]
            own, end = cell.text[end : token.start], token.end
            others = Kind.OTHER in label_kinds(own)
            label = own if others else _header_for(cell, token)
            second = (not first or inside) and label == cell.header
            first &= others
            whole = token.text == cell.text
            yield Fact(token, label, label_kinds(label), cell.lines[0], Origin.COLUMN, second, whole)


def _header_for(cell: Cell, token: Token) -> str:
    """Return the part of a shared header ("Price (Gap)") that a number belongs to by its unit."""
    wanted = _BY_UNIT.get(token.unit, Kind.NONE)
    parts = [part for part in _HEADERS.split(cell.header) if part and label_kinds(part)]
    fitting = [part for part in parts if wanted & label_kinds(part)]
    return fitting[0] if len(fitting) == 1 and len(parts) > 1 else cell.header
