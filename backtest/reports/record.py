"""A record, one place of the page that speaks of one stock, and its facts: which label belongs to which value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from backtest.reports.directory import Directory
from backtest.reports.grades import CHIP, bare_grade
from backtest.reports.lines import BRACKETS, LETTERS, TOLD, outer_tokens, pair_lines
from backtest.reports.mentions import Mention, is_company_like, mentions_in
from backtest.reports.page import Line, Node
from backtest.reports.text import BOUNDARY, Token, Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its label."""

    token: Token
    label: str
    kinds: Kind
    line: Line
    bracketed: bool = False
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


_SEPARATOR = re.compile(rf"\s*(?:[·•|;／‖]|\s[–—-]\s|, (?=\D)|(?<=[a-z\d%)])\. (?=[A-Z])|、|。)\s*|{CHIP}")


def collect_facts(lines: Sequence[Line], mention: Mention | None = None) -> Facts:
    """Return every fact of a record's lines. mention: the stock's, whose line is no label; bare numbers in it count."""
    facts, own = Facts(), mention.line if mention is not None else None
    paired = pair_lines(lines, own)
    for line in lines:
        label = paired.get(line.index)
        _text_facts(line, facts, mention.tickers if mention is not None else ())
        if line.tokens:
            asked = "facts", label.index if label else None, line is own
            if asked not in line.memo:
                line.memo[asked] = list(_line_facts(line, label, line is own))
            facts.numbers += line.memo[asked]
        if label is not None and label_kinds(label.plain) & TOLD:
            facts.texts.append((label_kinds(label.plain), line.plain, line))
    return facts


def _line_facts(line: Line, label: Line | None, skipped: bool) -> Iterator[Fact]:
    """Yield the numbers of a line with their labels; label: a line of its own that announces them."""
    text = line.text
    outer = outer_tokens(text, line.tokens)
    names = _names_in_clauses(BRACKETS.sub(lambda match: " " * len(match[0]), text), outer)
    box = label.plain if label is not None else ""
    for token in line.tokens:
        name = names.get(token.start, "")
        if token not in outer:
            name = _as_label(re.split(r"[)\],;|]", text[token.end :])[0])  # "(+5.2% gap)"
            if Kind.GAP not in label_kinds(name):
                name = _before_brackets(text, token, any(other.end <= token.start for other in outer))
        kinds = label_kinds(name)
        if skipped and (not kinds or (not kinds & (TOLD | Kind.GAP) and is_company_like(name))):
            name = ""  # the stock's own name announces nothing
        is_outer = token in outer
        name = name or (box if is_outer else "")
        yield Fact(token, name, label_kinds(name), line, not is_outer, _is_whole(line, token, is_outer))


def _before_brackets(text: str, token: Token, is_second: bool) -> str:
    """Return the words that announce a number in brackets: "Price: $64.15 (prev $61.10)", "Gap Size (25%)"."""
    inner = _as_label(re.split(r"[(\[,;|]", text[: token.start])[-1])
    if is_second and inner:
        return inner
    before = BRACKETS.sub(" ", re.split(r"[(\[]", text[: token.start])[0]).replace(BOUNDARY, " ").strip()
    return "" if bare_grade(before) else before  # "B (84)"


def _is_whole(line: Line, token: Token, is_outer: bool) -> bool:
    return any(
        token.text == piece.strip("()[]★☆⭐* ")
        for segment in line.segments
        if is_outer or re.search(CHIP, segment.text)
        for piece in _SEPARATOR.split(segment.text)
    )


def _names_in_clauses(text: str, tokens: Sequence[Token]) -> dict[int, str]:
    """Return the words before each number of a clause, or behind each when the clause begins with a number."""
    names: dict[int, str] = {}
    marks = [match.span() for match in _SEPARATOR.finditer(text)]
    for start, end in zip([0, *(end for _, end in marks)], [*(start for start, _ in marks), len(text)], strict=True):
        inside = [one for one in tokens if start <= one.start and one.end <= end and one.unit is not Unit.DATE]
        if not inside:
            continue
        edges = [start, *(edge for one in inside for edge in (one.start, one.end)), end]
        gaps = [text[left:right] for left, right in zip(edges[::2], edges[1::2], strict=True)]
        labels = [_as_label(gap) for gap in gaps]
        if inside[-1].of == 100 and gaps[-1].startswith(BOUNDARY) and not label_kinds(labels[-1]):
            labels[-1] = ""  # "82/100" says what it is; the other piece beside it ("Energy") is no label of it
        chosen = labels[:-1] if labels[0] or not labels[-1] else labels[1:]
        for position, gap in enumerate(gaps[1:-1], start=1):
            if gap.strip() == "/" and not chosen[position]:
                chosen[position] = chosen[position - 1]  # "EPS actual / est. $3.26 / $2.46"
        names.update((one.start, name) for one, name in zip(inside, chosen, strict=True) if name)
    return names


_SCALE = re.compile(r"(?si).*(?:/|\bmax(?:imum|\.)?(?: of)?|\bof) ?(?:5|10|100)\b")
"""What a number before is out of: behind it the words of the next one begin."""


def _as_label(gap: str) -> str:
    """Return the words next to a number that may label it: the last piece before it, without signs."""
    text = _SCALE.sub("", gap).replace(BOUNDARY, " ").strip(" :：=-–—→,;()[]@~≈/+*★☆⭐")
    return text if LETTERS.search(text) and not bare_grade(text) else ""


_ENTRIES = re.compile(r"\s*[|•·;]\s*")
_LABELLED = re.compile(rf"([^:：{BOUNDARY}]{{1,30}})\s*(?:[:：]\s*{BOUNDARY}?|{BOUNDARY})\s*(.+)", re.DOTALL)


def _text_facts(line: Line, facts: Facts, tickers: Sequence[str]) -> None:
    for piece in _ENTRIES.split(line.text):
        match = _LABELLED.match(piece)
        if match and match.group(1) not in tickers and is_plain_label(match.group(1)):
            kinds = label_kinds(match.group(1))
            if kinds & TOLD:
                facts.texts.append((kinds, match.group(2).split(BOUNDARY)[0].strip(), line))


_IN_BRACKETS = re.compile(r"\(([^()]+)\)")
_HEADS = re.compile(r"\s*[/&+|·]\s*|, | and | und | et ")
"""What parts the labels of a column whose cells hold several values: "Price / gap"."""


def column_facts(cells: Sequence[Cell]) -> Iterator[Fact]:
    """Yield the first number of each cell under its header, all where the header names as many, and those that words in
    the cell call another number."""
    for cell in cells:
        text = BOUNDARY.join(line.plain for line in cell.lines)
        tokens = tokens_in(text, cell.lines[0].decimal_comma) if cell.lines else ()
        parts = [part for part in _HEADS.split(cell.header) if label_kinds(part) & ~Kind.GRADE]
        within = _IN_BRACKETS.search(cell.header) if cell.kinds is Kind.GRADE else None  # "Grade (score)" over "B (79)"
        over = within[1] if within and Kind.SCORE in label_kinds(within[1]) else cell.header
        end, first = 0, True
        for position, token in enumerate(tokens):
            own, end = text[end : token.start].replace(BOUNDARY, " "), token.end
            header = parts[position] if 1 < len(parts) == len(tokens) else over
            label = own if Kind.OTHER in label_kinds(own) else header
            if first or label is own or header is not over:
                yield Fact(token, label, label_kinds(label), cell.lines[0], False, token.text == cell.text)
            first &= label is own


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
        return collect_facts(self.lines, self.mention)

    @cached_property
    def numbers(self) -> list[Fact]:
        """Every number with its label: in a table row those of its columns."""
        return list(column_facts(self.cells)) if self.cells else self.facts.numbers


def best_mention(lines: Sequence[Line], directory: Directory | None) -> Mention | None:
    """Return the stock that lines name most surely."""
    found = [mention.judged(directory) for line in lines for mention in mentions_in(line)]
    return max(found, key=lambda one: one.strength, default=None)
