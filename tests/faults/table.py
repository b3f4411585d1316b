"""The fault tables of docs/faults.md: their rows read, and their last column written from the calls of `fault_ends`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.faults.calls import Call
from tests.paths import ROOT

PAGE = ROOT / "docs" / "faults.md"
_ROW = re.compile(r"^\| (F\d+) \| (.*) \| (.*) \| (.*) \| (.*) \|$")
_CODE = re.compile(r"(?<![\w.])(\d{1,2})(?![\w.]| s\b| days\b)")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a fault table. tests: the last column as it stands."""

    fault: str
    what: str
    happens: str
    exit: str
    tests: str

    @property
    def codes(self) -> frozenset[int]:
        """Return the exit codes that the row names; none where it says "as the refusal"."""
        return frozenset(int(code) for code in _CODE.findall(self.exit))

    def text(self) -> str:
        return f"| {self.fault} | {self.what} | {self.happens} | {self.exit} | {self.tests} |"


def read_rows(page: str) -> tuple[Row, ...]:
    """Return the rows of every fault table of the page, in order."""
    return tuple(Row(*found.groups()) for line in page.splitlines() if (found := _ROW.match(line)))


def by_fault(calls: Sequence[Call]) -> dict[str, list[Call]]:
    """Return the calls of each id."""
    found: dict[str, list[Call]] = {}
    for call in calls:
        for fault in call.faults:
            found.setdefault(fault, []).append(call)
    return found


def with_tests(page: str, calls: Mapping[str, Sequence[Call]]) -> str:
    """Return the page with the last column of every fault row made from the calls; a row without any stays."""
    return "\n".join(_written(line, calls) for line in page.split("\n"))


def _written(line: str, calls: Mapping[str, Sequence[Call]]) -> str:
    found = _ROW.match(line)
    if found is None or found[1] not in calls:
        return line
    names = dict.fromkeys(call.name for call in calls[found[1]])
    return replace(Row(*found.groups()), tests="<br>".join(f"`{name}`" for name in names)).text()


def lacking(rows: Sequence[Row], calls: Mapping[str, Sequence[Call]]) -> list[str]:
    """Return what is not asserted yet: a row without a call, an exit code that no call of its row has."""
    lines = []
    for row in rows:
        asserted = {code for call in calls.get(row.fault, ()) for code in call.codes}
        if row.fault not in calls:
            lines.append(f"{row.fault}: no test meets it through a program ({row.what})")
        elif missing := row.codes - asserted:
            lines.append(f"{row.fault}: no test asserts {', '.join(map(str, sorted(missing)))} (exit: {row.exit})")
    unknown = calls.keys() - {row.fault for row in rows}
    return [*lines, *(f"{fault}: no such row" for fault in sorted(unknown))]
