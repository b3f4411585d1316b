"""Which label of a run of labels and values announces which value: those beside it, all on one side, or row by row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from backtest.reports.bits import LETTER, Bit
from backtest.reports.text import Unit
from backtest.reports.words import Kind, label_kinds

_NUMBERS = (Unit.RATIO, Unit.POINTS, Unit.NUMBER)
_ANNOUNCED = {
    Kind.PRICE: (Unit.MONEY,), Kind.GAP: (Unit.PERCENT,), Kind.GRADE: (LETTER,), Kind.SCORE: _NUMBERS,
}  # fmt: skip
_NEVER = {
    Kind.PRICE: (LETTER, Unit.PERCENT, Unit.RATIO, Unit.POINTS, Unit.MULTIPLE),
    Kind.GAP: (LETTER, Unit.MONEY, Unit.AMOUNT),
    Kind.SCORE: (LETTER, Unit.MONEY, Unit.AMOUNT, Unit.MULTIPLE),
}
"""The units of what a label surely announces, and of what it cannot."""


def _goes(label: Bit, other: Bit) -> bool:
    """Return whether a label may announce a value."""
    return (
        other.value is not None
        and not other.value.label
        and other.value.unit not in _NEVER.get(label_kinds(label.text), ())
    )


def _surely(label: Bit, other: Bit) -> bool:
    kinds = label_kinds(label.text)
    return other.value is not None and any(
        kind in kinds and other.value.unit in units for kind, units in _ANNOUNCED.items()
    )


def _beside(run: Sequence[Bit]) -> list[tuple[Bit, Bit]]:
    """Return which labels announce the value behind them; a letter is stepped over by what cannot announce it."""
    found = []
    for position, label in enumerate(run):
        for other in run[position + 1 : position + 3] if label.is_label else ():
            if _goes(label, other):
                found.append((label, other))
            if other.value is None or other.value.unit != LETTER or _goes(label, other):
                break
    return found


def _in_rows(run: Sequence[Bit]) -> list[tuple[Bit, Bit]] | None:
    """Return the pairs of a run that is rows of several labels and of as many values in turn; None when it has none.

    Where the rows are not as long as each other no label announces anything.
    """
    rows = [list(row) for _, row in groupby(run, key=lambda bit: bit.is_label)]
    if not any(len(one) > 1 and len(other) > 1 for one, other in pairwise(rows)):
        return None
    pairs = list(zip(rows[::2], rows[1::2], strict=False))
    if len(rows) % 2 or any(len(one) != len(other) for one, other in pairs):
        return []
    both = (pair for one, other in pairs for pair in zip(one, other, strict=True))
    return [(one, other) if one.is_label else (other, one) for one, other in both]


def pair(run: list[Bit]) -> list[Bit]:
    """Let the labels of a run announce the values beside them: all those behind, or all those before them."""
    behind, before = _beside(run), [pair for pair in _beside(run[::-1]) if not pair[0].colon]
    scores = [2 * len(way) + sum(_surely(*pair) for pair in way) for way in (behind, before)]
    starts = run[0].is_label or not run[-1].is_label
    chosen = behind if scores[0] > scores[1] or (scores[0] == scores[1] and starts) else before
    in_rows = _in_rows(run)
    chosen = chosen if in_rows is None else in_rows
    if not chosen:
        return run
    if chosen is behind:
        for label, first, second in zip(run, run[1:], run[2:], strict=False):
            if label.is_label and first.value and second.value and not second.value.label and _surely(label, second):
                second.value.label = label.text  # "Gap Size / 2 / 17.9%"
    for label, other in chosen:
        if other.value is not None:
            other.value.label = label.text
    used = {id(bit) for pair in chosen for bit in pair}
    return [*(bit for bit in run if id(bit) not in used), Bit()]
