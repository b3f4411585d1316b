"""Labels and values that stand in different lines: in a small box, in a list, in rows one above the other."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.reports.lines import common_node, is_label, is_value
from backtest.reports.page import Line
from backtest.reports.words import Kind, label_kinds

NAMES = Kind.COMPANY | Kind.TICKER
TOLD = Kind.GRADE | Kind.SCORE | Kind.PRICE
MAX_STEPS = 2
"""Values of one box that a label may announce."""


def pair_lines(lines: Sequence[Line], own: Line | None) -> dict[int, Line]:
    """Return label lines by the index of the value line they announce: the one that shares the smallest block with it.

    A label belongs to the value standing closest to it.
    """
    roles = ["x" if line is own else "v" if is_value(line) else "l" if is_label(line) else "x" for line in lines]
    inside = {line.index for line in lines}
    paired = {line.index: label for line in lines if (label := line.label) is not None and label.index in inside}
    taken = {label.index for label in paired.values()}
    wishes: list[tuple[int, Line, Line]] = []
    for position, line in enumerate(lines):
        if roles[position] == "v" and line.index not in paired:
            beside = [one for step in (-1, 1) if (one := _neighbour(lines, roles, position, step)) is not None]
            near = [common_node(line.node, one.node).depth for one in beside]
            label = beside[near.index(max(near))] if beside else None
            kinds = label_kinds(label.plain) & ~NAMES if label is not None else Kind.NONE
            announces = kinds and not (line.tokens and kinds is Kind.GRADE)
            if label is not None and label.index not in taken and announces:
                wishes.append((max(near), line, label))
    nearest: dict[int, int] = {}
    for near_by, line, label in sorted(wishes, key=lambda wish: -wish[0]):
        if nearest.setdefault(label.index, near_by) == near_by:
            paired[line.index] = label
    return paired


def _neighbour(lines: Sequence[Line], roles: Sequence[str], position: int, step: int) -> Line | None:
    """Return the nearest label in one direction; other values of the same box are stepped over."""
    index = position + step
    while 0 <= index < len(lines):
        if roles[index] == "l":
            return lines[index]
        same_box = lines[index].node.parent is lines[position].node.parent
        passed = roles[index] == "v" and same_box and abs(index - position) <= MAX_STEPS
        if not passed:
            return None
        index += step
    return None
