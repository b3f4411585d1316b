"""What may differ from an undisturbed run, and why that is safe: a small table, each line with what documents it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.proofs.crash.programs import ADMIN, DAY, EXECUTOR, GENERATOR
from tests.proofs.invariants import Violation


@dataclass(frozen=True, slots=True)
class Safe:
    """Something that is found after a run and is no violation. words: a part of what is said. documented: where."""

    invariant: str
    words: str
    programs: tuple[str, ...]
    why: str
    documented: str


SAFE = (
    Safe(
        "I21",
        "was left behind",
        (GENERATOR, EXECUTOR, ADMIN),
        "what a killed process was writing keeps its temporary name, which begins with a dot and which nobody reads",
        "I21",
    ),
    Safe(
        "I20",
        "without a row in the run log",
        (ADMIN,),
        "a command that finds nothing to do leaves none, and a state DB that was made anew has the row of its maker",
        "I20",
    ),
    Safe(
        "I4",
        "at the exchange, wanted one of",
        (GENERATOR,),
        "it books fills and sends no order: the stops of what was just bought follow with the next run of the executor",
        "F145",
    ),
)
CODES = {DAY: frozenset({0, 9})}
"""What the same command again may end with where that depends on how much of the day was left to it: 9 belongs to the
run that leaves a line open or gives it up, one that finds every line ended says 0 (docs/faults.md, exit codes)."""


def is_safe(program: str, violation: Violation) -> bool:
    """Return whether a violation found at the end of a run of this program is one of the table."""
    return any(
        one.invariant == violation.invariant and one.words in violation.words and program in one.programs
        for one in SAFE
    )
