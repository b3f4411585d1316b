"""Labels and values that stand in different lines: in a small box, in a list, in rows one above the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from backtest.reports.lines import common_node, is_label, is_value
from backtest.reports.page import Line, Node
from backtest.reports.words import Kind, is_plain_label, label_kinds

TOLD = Kind.COMPANY | Kind.GRADE | Kind.TICKER | Kind.SCORE | Kind.PRICE | Kind.GAP
_SYMBOLS_ONLY = re.compile(r"[^\w]*")


def pair_lines(lines: Sequence[Line], skip: frozenset[int]) -> dict[int, Line]:
    """Return label lines by the index of the value line they announce."""
    roles = ["x" if line.index in skip else "v" if is_value(line) else "l" if is_label(line) else "x" for line in lines]
    inside = {line.index for line in lines}
    paired = {line.index: label for line in lines if (label := line.label) is not None and label.index in inside}
    taken = {label.index: 1_000 for label in paired.values()}
    wishes: list[tuple[int, Line, Line]] = []
    for position, line in enumerate(lines):
        if roles[position] == "v" and line.index not in paired:
            label = _label_beside(lines, roles, position, taken)
            if label is not None:
                wishes.append((_nearness(line.node, label.node), line, label))
    for near, line, label in sorted(wishes, key=lambda wish: -wish[0]):
        if taken.setdefault(label.index, near) == near:  # a label belongs to the value standing closest to it
            paired[line.index] = label
    return paired


def _label_beside(lines: Sequence[Line], roles: Sequence[str], position: int, taken: Mapping[int, int]) -> Line | None:
    """Return the label of a value: the one that shares the smallest block with it."""
    line = lines[position]
    before, after = (_neighbour(lines, roles, position, step) for step in (-1, 1))
    near = [-1 if index is None else _nearness(line.node, lines[index].node) for index in (before, after)]
    if near[0] == near[1] and before is not None:
        chosen = before if _labels_come_first(lines, roles, position) else after
    else:
        chosen = before if near[0] > near[1] else after
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


def _nearness(one: Node, other: Node) -> int:
    return common_node(one, other).depth


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
