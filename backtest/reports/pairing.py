"""Labels and values that stand in different lines: in a small box, in a list, in rows one above the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from backtest.reports.lines import common_node, is_label, is_value
from backtest.reports.page import Line, Node
from backtest.reports.words import Kind, is_plain_label, label_kinds

_SAYS_VALUE = re.compile(r"[:：]\s*\S")
TOLD = Kind.COMPANY | Kind.GRADE | Kind.TICKER | Kind.SCORE | Kind.PRICE | Kind.GAP
_SYMBOLS_ONLY = re.compile(r"[^\w]*")


def pair_lines(lines: Sequence[Line], skip: frozenset[int]) -> dict[int, Line]:
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
            kinds & TOLD
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
