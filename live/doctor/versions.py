"""Whether installed versions lie in the ranges that the package declares; pure.

Ranges are those of pyproject.toml: `>=` and `<` mostly. Versions are compared by their numbers alone.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^]]*\])?\s*([^;]*)(?:;\s*(.*))?")
_CLAUSE = re.compile(r"(>=|<=|==|!=|<|>)\s*(\d+(?:\.\d+)*)")
_COMPARE: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package and its range, like `>=2.33,<3`; marker: when it is needed, like `extra == 'notify'`."""

    name: str
    range: str
    marker: str = ""


def parse_requirement(text: str) -> Requirement:
    """Read a line of a package's metadata. Raises ValueError for what is none."""
    found = _REQUIREMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"no requirement: {text!r}")
    return Requirement(found[1], found[2].strip(), (found[3] or "").strip())


def is_within(version: str, range_: str) -> bool:
    """Return whether a version satisfies every clause of a range. Raises ValueError for a clause of another form."""
    for clause in filter(None, (part.strip() for part in range_.split(","))):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            raise ValueError(f"no clause of a range: {clause!r}")
        ours, theirs = _numbers(version), _numbers(found[2])
        width = max(len(ours), len(theirs))
        if not _COMPARE[found[1]](_padded(ours, width), _padded(theirs, width)):
            return False
    return True


def outside(
    requirements: Iterable[Requirement], installed: Callable[[str], str | None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the packages that are missing, and those of another version, each in words.

    installed: gives a package's version, None when it is not there.
    """
    missing, others = [], []
    for one in requirements:
        version = installed(one.name)
        if version is None:
            missing.append(f"{one.name} ({one.range})")
        elif not is_within(version, one.range):
            others.append(f"{one.name} {version} (expected {one.range})")
    return tuple(missing), tuple(others)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _padded(numbers: tuple[int, ...], width: int) -> tuple[int, ...]:
    return numbers + (0,) * (width - len(numbers))
