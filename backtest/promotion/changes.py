"""What a promotion changes: a run's manifest against the one in force and the configuration. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backtest.strict_json import JsonValue
from backtest.typed_settings import say

Plain = Mapping[str, JsonValue]
ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. before, after: as a user writes it; `-`: it is not there."""

    name: str
    before: str
    after: str


def changes(before: Plain, after: Plain) -> tuple[Change, ...]:
    """Return what differs between two sets of named values, in the order of `after`; what only `before` has is last."""
    names = {**after, **before}
    return tuple(
        Change(name, _said(before, name), _said(after, name))
        for name in names
        if name not in before or name not in after or not _is_same(before[name], after[name])
    )


def as_yaml(differing: tuple[Change, ...]) -> list[str]:
    """Return the lines of a configuration's `strategy:` section that hold the values after the change.

    What is not there afterwards goes with what is said of its section.
    """
    lines = ["strategy:"]
    open_sections: tuple[str, ...] = ()
    there = (one for one in differing if one.after != ABSENT)
    for one in sorted(there, key=lambda change: "." in change.name):
        *outer, name = one.name.split(".")
        for depth, section in enumerate(outer):
            if open_sections[: depth + 1] != tuple(outer[: depth + 1]):
                lines.append(f"{'  ' * (depth + 1)}{section}:")
        open_sections = tuple(outer)
        lines.append(f"{'  ' * (len(outer) + 1)}{name}: {one.after}")
    return lines


def _said(values: Plain, name: str) -> str:
    if name not in values:
        return ABSENT
    value = values[name]
    return value if isinstance(value, str) else say(value)


def _is_same(one: JsonValue, other: JsonValue) -> bool:
    return type(one) is type(other) and one == other
