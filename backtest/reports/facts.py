"""Lines → facts: which label belongs to which value.

A fact pairs one printed number with the words that announce it, wherever they stand: in the same line
("Gap: +5.2%", "88 pts | A-Grade"), before or after it in a small box, or in a row of labels above a row
of values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.page import Line, Node
from backtest.reports.sections import Section, section_of
from backtest.reports.text import BOUNDARY, Token, Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds


class Origin(IntEnum):
    """How a label and its value came together, the surest last."""

    BARE = 0
    PROSE = 1
    BRACKET = 2
    BESIDE = 3
    INLINE = 4
    BOX = 5
    COLUMN = 6


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its label. alternative: printed in brackets behind another ("4.10/5.00 (82%)")."""

    token: Token
    label: str
    kinds: Kind
    line: Line
    origin: Origin
    section: Section = Section.NONE
    alternative: bool = False
    whole: bool = False
    """Nothing but the number stands in its piece of text."""


@dataclass(slots=True)
class Facts:
    """What a record's lines say: numbers with labels, and texts with labels (company, grade, ticker)."""

    numbers: list[Fact] = field(default_factory=list)
    texts: list[tuple[Kind, str, Line]] = field(default_factory=list)
    sections: dict[int, Section] = field(default_factory=dict)


_SAYS_VALUE = re.compile(r"[:：]\s*\S")
_TOLD = Kind.COMPANY | Kind.GRADE | Kind.TICKER | Kind.SCORE | Kind.PRICE | Kind.GAP
_SEPARATOR = re.compile(r"\s*(?:[·•|;／‖]|\s[–—-]\s|→|, (?=\D)|、|。)\s*")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LETTERS = re.compile(r"[^\W\d_]")
_NOTHING = re.compile(
    r"(?i:n\.?/?a\.?|none|tbd|k\.\s?a\.|n\.?d\.?|s/?d|[-–—?]+|null|nil|not available|非公開|なし|不明)"
)
_SENTENCE = re.compile(r"[a-zäöüéè]{2}\.\s+[A-ZÄÖÜ]|[。]\s*\S")
_SYMBOLS_ONLY = re.compile(r"[^\w]*")


def is_prose(line: Line) -> bool:
    """Tell whether a line is running text, in which numbers stand without labels of their own."""
    known = line.memo.get("prose")
    if known is None:
        known = line.memo["prose"] = _is_prose(line)
    return known


def _is_prose(line: Line) -> bool:
    if len(line.segments) > 2 and len(line.text) / len(line.segments) < 25:
        return False
    words = len(re.findall(r"[^\W\d_]{2,}", line.plain))
    if words > 16:
        return words > 6 * max(1, len(line.tokens))
    return (bool(_SENTENCE.search(line.plain)) and words > 8) or (
        len(line.plain) > 60 and not line.plain.isascii() and "。" in line.plain
    )


def is_value(line: Line) -> bool:
    """Tell whether a line shows a value (or its absence) and no word that could label it."""
    known = line.memo.get("value")
    if known is None:
        known = line.memo["value"] = _is_value(line)
    return known


def _is_value(line: Line) -> bool:
    if _NOTHING.fullmatch(line.plain):
        return True
    return bool(line.tokens) and not _LETTERS.search(_without_tokens(line))


def is_label(line: Line) -> bool:
    """Tell whether a line could announce a value standing elsewhere."""
    text = line.plain
    if len(text) > 60 or not _LETTERS.search(text) or _NOTHING.fullmatch(text) or bare_grade(text):
        return False
    if GRADE_TEXT.fullmatch(text.strip(" ★☆⭐*:")):
        return False
    return not outer_tokens(line.text, line.tokens)


def outer_tokens(text: str, tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens that do not stand in brackets."""
    spans = [match.span() for match in _BRACKETS.finditer(text)]
    return [token for token in tokens if not any(start <= token.start and token.end <= end for start, end in spans)]


def collect_facts(lines: Sequence[Line], skip: frozenset[int] = frozenset()) -> Facts:
    """Return every fact of a record's lines.

    skip: indices of lines that are no labels (the ticker's and the company's); bare numbers in them count.
    """
    facts = Facts(sections=_sections(lines, skip))
    paired = _pair_lines([line for line in lines if not is_prose(line)], skip)
    for line in lines:
        section = facts.sections.get(line.index, Section.NONE)
        if is_prose(line):
            _prose_facts(line, section, facts)
            continue
        _line_facts(line, section, facts, paired.get(line.index), line.index in skip)
    for value_index, label in paired.items():
        kinds = label_kinds(label.plain)
        if kinds & _TOLD:
            value = next((line for line in lines if line.index == value_index), None)
            if value is not None:
                facts.texts.append((kinds, value.plain, value))
    return facts


def _sections(lines: Sequence[Line], skip: frozenset[int]) -> dict[int, Section]:
    """Return for each line what the sub-headings above it, inside the record, say."""
    result: dict[int, Section] = {}
    active: list[tuple[Node | None, int, Section]] = []
    for position, line in enumerate(lines):
        active = [entry for entry in active if any(entry[0] is node for node in line.node.ancestors())]
        flags = Section.NONE
        for _, _, section in active:
            flags |= section
        level = line.node.heading_level
        if line.index not in skip and position and not is_value(line):
            headed = level or (len(line.plain) <= 60 and not line.tokens and is_heading_like(line))
            if headed:
                own = section_of(line.plain)
                rank = level or 7
                active = [entry for entry in active if entry[1] < rank]
                active.append((line.node.parent, rank, own))
                flags = own
        result[line.index] = flags
    return result


def is_heading_like(line: Line) -> bool:
    """Tell whether a short line heads what follows: bold alone, or called a title by its class."""
    if line.node.heading_level or line.node.tag in ("caption", "legend", "summary"):
        return True
    if all(segment.strong for segment in line.segments) and not line.plain.endswith(":"):
        return True
    return any(word in line.hint.split() for word in ("title", "heading", "header", "headline", "section"))


def _pair_lines(lines: Sequence[Line], skip: frozenset[int]) -> dict[int, Line]:
    """Return label lines by the index of the value line they announce."""
    roles = ["x" if line.index in skip else "v" if is_value(line) else "l" if is_label(line) else "x" for line in lines]
    paired = _pair_runs(lines, roles)
    taken = {label.index: 1_000 for label in paired.values()}
    wishes: list[tuple[int, Line, Line]] = []
    for position, line in enumerate(lines):
        if roles[position] == "v" and line.index not in paired:
            label = _label_beside(lines, roles, position, taken)
            if label is not None:
                wishes.append((_nearness(line.node, label.node), line, label))
    for near, line, label in sorted(wishes, key=lambda wish: -wish[0]):
        if taken.get(label.index, near) == near:  # a label belongs to the value standing closest to it
            taken[label.index] = near
            paired[line.index] = label
    for position, line in enumerate(lines):  # words announced by words: company, grade, ticker
        kinds = label_kinds(line.plain) if roles[position] == "l" else Kind.NONE
        if (
            kinds & _TOLD
            and is_plain_label(line.plain)
            and line.index not in taken
            and not _SAYS_VALUE.search(line.plain)
        ):
            value = _text_beside(lines, roles, position)
            if value is not None:
                paired.setdefault(value.index, line)
    return paired


def _pair_runs(lines: Sequence[Line], roles: Sequence[str]) -> dict[int, Line]:
    """A row of labels above a row of as many values."""
    paired: dict[int, Line] = {}
    position = 0
    while position < len(lines):
        start = position
        while position < len(lines) and roles[position] == "l" and is_plain_label(lines[position].plain):
            position += 1
        labels = position - start
        if labels < 2:
            position = max(position, start + 1)
            continue
        first_value = position
        while position < len(lines) and position - first_value < labels and _may_be_value(lines, roles, position):
            position += 1
        ended = (
            position >= len(lines)
            or roles[position] != "v"
            or lines[position].node.parent is not lines[position - 1].node.parent
        )
        if position - first_value == labels and ended and _in_rows(lines, start, first_value, position):
            for offset in range(labels):
                paired[lines[first_value + offset].index] = lines[start + offset]
    return paired


def _in_rows(lines: Sequence[Line], start: int, middle: int, end: int) -> bool:
    """Tell whether labels and values stand in blocks of their own, or fill one block together."""
    above, below = lines[start].node, lines[middle].node
    for line in lines[start:middle]:
        above = common_node(above, line.node)
    for line in lines[middle:end]:
        below = common_node(below, line.node)
    if above is below:
        return above.first == lines[start].index and above.last == lines[end - 1].index + 1
    return (
        not above.first <= lines[middle].index < above.last and not below.first <= lines[middle - 1].index < below.last
    )


def _may_be_value(lines: Sequence[Line], roles: Sequence[str], position: int) -> bool:
    return roles[position] == "v" or (len(lines[position].plain) <= 24 and not is_plain_label(lines[position].plain))


def _label_beside(lines: Sequence[Line], roles: Sequence[str], position: int, taken: Mapping[int, int]) -> Line | None:
    before = _neighbour(lines, roles, position, -1)
    after = _neighbour(lines, roles, position, 1)
    line = lines[position]
    near_before = _nearness(line.node, lines[before].node) if before is not None else -1
    near_after = _nearness(line.node, lines[after].node) if after is not None else -1
    choices = [index for index in (before, after) if index is not None and lines[index].index not in taken]
    if not choices:
        return None
    chosen: int | None
    if before is not None and after is not None and near_before == near_after:
        chosen = before if _labels_come_first(lines, roles, position) else after
    else:
        chosen = before if near_before > near_after else after
    if chosen is None or lines[chosen].index in taken:
        return None
    label = lines[chosen]
    if label_kinds(label.plain):
        return label
    shared = common_node(line.node, label.node)
    inside = [other for other in range(len(lines)) if shared.first <= lines[other].index < shared.last]
    return label if len(inside) <= 4 and sum(roles[other] == "l" for other in inside) == 1 else None


def _neighbour(lines: Sequence[Line], roles: Sequence[str], position: int, step: int) -> int | None:
    """Return the nearest label in one direction; other values of the same box are stepped over."""
    index = position + step
    while 0 <= index < len(lines):
        if roles[index] == "l":
            return index
        symbols = bool(_SYMBOLS_ONLY.fullmatch(lines[index].plain))
        same_box = lines[index].node.parent is lines[position].node.parent
        if not symbols and not (roles[index] == "v" and same_box and abs(index - position) <= 2):
            return None
        index += step
    return None


def _text_beside(lines: Sequence[Line], roles: Sequence[str], position: int) -> Line | None:
    line = lines[position]
    best: tuple[int, int] | None = None
    for index in (position + 1, position - 1):
        if 0 <= index < len(lines) and roles[index] in "lx" and not is_plain_label(lines[index].plain):
            near = _nearness(line.node, lines[index].node)
            if best is None or near > best[0]:
                best = (near, index)
    if best is None or best[0] <= 0:
        return None
    return lines[best[1]] if _shared_lines(line.node, lines[best[1]].node) <= 24 else None


def common_node(one: Node, other: Node) -> Node:
    """Return the deepest block that holds both."""
    first: Node | None = one
    second: Node | None = other
    while first is not second and first is not None and second is not None:
        if first.depth >= second.depth:
            first = first.parent
        else:
            second = second.parent
    assert first is not None
    return first


def _nearness(one: Node, other: Node) -> int:
    return common_node(one, other).depth


def _shared_lines(one: Node, other: Node) -> int:
    shared = common_node(one, other)
    return shared.last - shared.first


def _labels_come_first(lines: Sequence[Line], roles: Sequence[str], position: int) -> bool:
    """Decide a flat list of labels and values by its ends and by the labels that are certain."""
    node = lines[position].node
    if node.tag in ("dd", "td"):
        return True
    if node.tag in ("dt", "th"):
        return False
    parent = node.parent or node
    inside = [index for index, line in enumerate(lines) if parent.first <= line.index < parent.last]
    votes = 0
    for index in inside:
        if roles[index] != "v":
            continue
        votes += int(index - 1 in inside and roles[index - 1] == "l" and is_plain_label(lines[index - 1].plain))
        votes -= int(index + 1 in inside and roles[index + 1] == "l" and is_plain_label(lines[index + 1].plain))
    if votes == 0 and inside:
        return not (roles[inside[0]] == "v" and roles[inside[-1]] == "l")
    return votes > 0


def _without_tokens(line: Line) -> str:
    text = line.text
    for token in reversed(line.tokens):
        text = text[: token.start] + " " + text[token.end :]
    return text


def _line_facts(line: Line, section: Section, facts: Facts, label: Line | None, skipped: bool) -> None:
    text, tokens = line.text, line.tokens
    _text_facts(line, facts)
    if not tokens:
        return
    brackets = [match.span() for match in _BRACKETS.finditer(text)]
    outer = outer_tokens(text, tokens)
    blanked = text
    for start, end in brackets:
        blanked = blanked[:start] + " " * (end - start) + blanked[end:]
    names: dict[int, tuple[str, Origin]] = {}
    alone: set[int] = set()
    for start, end in _clauses(blanked):
        inside = [token for token in outer if start <= token.start and token.end <= end]
        names.update(_names_in_clause(blanked, start, end, inside))
        if (
            len(inside) == 1
            and not blanked[start : inside[0].start].strip()
            and not blanked[inside[0].end : end].strip()
        ):
            alone.add(inside[0].start)
    for start, end in brackets:  # "$140.20 (price)"
        note = text[start + 1 : end - 1]
        before = [token for token in outer if token.end <= start and not text[token.end : start].strip(" " + BOUNDARY)]
        if before and is_plain_label(note) and not label_kinds(names.get(before[-1].start, ("", Origin.BARE))[0]):
            names[before[-1].start] = (note, Origin.INLINE)
    box_label = label.plain if label is not None else ""
    for token in outer:
        name, origin = names.get(token.start, ("", Origin.BARE))
        if not name and box_label:
            name, origin = box_label, Origin.BOX
        if skipped and origin is Origin.INLINE and not label_kinds(name):
            name, origin = "", Origin.BARE
        facts.numbers.append(
            Fact(
                token,
                name,
                label_kinds(name),
                line,
                origin,
                section,
                False,
                token.start in alone or _is_whole(line, token),
            )
        )
    for token in tokens:
        if token in outer:
            continue
        previous = [other for other in outer if other.end <= token.start]
        if previous and _BRACKETS.sub("", text[previous[-1].end : token.start]).strip(" ([" + BOUNDARY) == "":
            name, _ = names.get(previous[-1].start, (box_label, Origin.BOX))
            note = text[token.end : token.end + 20].split(")")[0]
            if _LETTERS.search(note) or _LETTERS.search(text[previous[-1].end : token.start]):
                name = f"{name} {note}"
            facts.numbers.append(
                Fact(token, name or box_label, label_kinds(name or box_label), line, Origin.BRACKET, section, True)
            )
        else:
            name = _BRACKETS.sub(" ", text[: token.start].split("(")[0].split("[")[0]).replace(BOUNDARY, " ").strip()
            facts.numbers.append(Fact(token, name, label_kinds(name), line, Origin.BRACKET, section))


def _is_whole(line: Line, token: Token) -> bool:
    return any(
        token.text == segment.text or segment.text.strip("()[]★☆⭐* ") == token.text for segment in line.segments
    )


def _clauses(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _SEPARATOR.finditer(text):
        spans.append((start, match.start()))
        start = match.end()
    spans.append((start, len(text)))
    return spans


def _names_in_clause(text: str, start: int, end: int, tokens: Sequence[Token]) -> dict[int, tuple[str, Origin]]:
    if not tokens:
        return {}
    gaps = [text[start : tokens[0].start]]
    gaps += [text[one.end : other.start] for one, other in zip(tokens, tokens[1:], strict=False)]
    gaps.append(text[tokens[-1].end : end])
    labels = [_as_label(gap) for gap in gaps]
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
    return {token.start: (name, Origin.INLINE) for token, name in zip(tokens, chosen, strict=True) if name}


def _as_label(gap: str) -> str:
    """Return the words next to a number that may label it: the last piece before it, without signs."""
    text = gap.replace(BOUNDARY, " ").strip(" :：=-–—,;()[]@~≈/+*★☆⭐")
    return text if _LETTERS.search(text) else ""


def _text_facts(line: Line, facts: Facts) -> None:
    for piece in re.split(r"\s*[|•·;]\s*", line.text):
        match = re.match(rf"([^:：{BOUNDARY}]{{1,30}})\s*(?:[:：]\s*{BOUNDARY}?|{BOUNDARY})\s*(.+)", piece, re.DOTALL)
        if match and is_plain_label(match.group(1)):
            kinds = label_kinds(match.group(1))
            if kinds & _TOLD:
                facts.texts.append((kinds, match.group(2).split(BOUNDARY)[0].strip(), line))


_PROSE = {
    Kind.SCORE | Kind.TOTAL: re.compile(
        r"(?i)\b(?:total|overall|composite|backtest|final)\s+(?:weighted\s+)?score\s*(?:of|:|is|=|at)?\s*$"
    ),
    Kind.SCORE: re.compile(
        r"(?i)\b(?:score[sd]?|scoring|rated|points?|punkten?|punktzahl|スコア)\s*(?:of|:|is|=|at|von|は)?\s*$"
    ),
    Kind.PRICE: re.compile(
        r"(?i)\b(?:price[d]?|trad(?:es|ing)|quoted|last|kurs|cours|precio|株価)\s*(?:of|:|is|=|at|near|around|von|bei|は)?\s*$"
    ),
    Kind.GAP: re.compile(r"(?i)\b(?:gap(?:s|ped|ping)?(?:[ -]up)?|ギャップ)\s*(?:of|:|is|=|up|by|von|は)?\s*$"),
}
_PROSE_AFTER = {
    Kind.GAP: re.compile(r"(?i)^\s*(?:gap\b|gap-up)"),
    Kind.SCORE: re.compile(r"(?i)^\s*(?:total )?(?:score)\b"),
}


def _prose_facts(line: Line, section: Section, facts: Facts) -> None:
    text = line.text.replace(BOUNDARY, " ")
    for token in tokens_in(text, line.decimal_comma):
        if token.unit in (Unit.RANGE, Unit.DATE, Unit.AMOUNT, Unit.MULTIPLE):
            continue
        before, after = text[max(0, token.start - 40) : token.start], text[token.end : token.end + 20]
        for kinds, pattern in _PROSE.items():
            if pattern.search(before) or (kinds in _PROSE_AFTER and _PROSE_AFTER[kinds].search(after)):
                facts.numbers.append(Fact(token, before.strip()[-24:], kinds, line, Origin.PROSE, section))
                break
