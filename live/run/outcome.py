"""How a run ended: every code and message it met, the one that wins, and the last line on stderr.

Meaning and order of the codes: docs/faults.md#exit-codes and #start-up-order-and-precedence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backtest.errors import DriftError, error_line

PRECEDENCE = (12, 13, 1, 4, 11, 3, 2, 6, 10, 5, 7, 8, 9)
"""The first of these that a run met is its exit code; start-up refusals (2, 6, 10, 5, 7) come alone."""


@dataclass(frozen=True, slots=True)
class RunProblem:
    """One thing that keeps a run from ending with 0. is_entry: it is about an entry only; nothing that is held."""

    code: int
    what: str
    next_step: str
    is_entry: bool = False

    @property
    def line(self) -> str:
        """The one line for stderr: code, what and where, what to do."""
        return error_line(self.code, self.what, self.next_step)


@dataclass(slots=True)
class Outcome:
    """Collects problems and notes of one run, in the order they were met. notes change no exit code.

    order: which code wins; `PRECEDENCE` within one run.
    """

    problems: list[RunProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    order: tuple[int, ...] = PRECEDENCE
    _seen: set[RunProblem | str] = field(default_factory=set)

    def add_error(self, error: DriftError) -> None:
        """Count an expected error under its own exit code."""
        self.add_problem(error.exit_code, error.what, error.next_step)

    def add_problem(self, code: int, what: str, next_step: str, *, is_entry: bool = False) -> None:
        """Count a problem; the same words twice count once."""
        problem = RunProblem(code, what, next_step, is_entry)
        if problem not in self._seen:
            self._seen.add(problem)
            self.problems.append(problem)

    def unresolved(self, what: str, next_step: str, *, is_entry: bool = False) -> None:
        """Count a line left open or abandoned (9)."""
        self.add_problem(9, what, next_step, is_entry=is_entry)

    def lead(self, code: int, what: str, next_step: str) -> None:
        """Count a problem ahead of all others of its code: the last line is about it."""
        self.problems.insert(0, RunProblem(code, what, next_step))

    def note(self, text: str) -> bool:
        """Keep a sentence for log, `--json` and person; return whether it is new. It changes no exit code."""
        if text in self._seen:
            return False
        self._seen.add(text)
        self.notes.append(text)
        return True

    @property
    def worst(self) -> RunProblem | None:
        """The problem that decides, or None; among equals the first met."""
        return min(self.problems, key=self._rank, default=None)

    @property
    def exit_code(self) -> int:
        worst = self.worst
        return 0 if worst is None else worst.code

    def ordered(self) -> list[RunProblem]:
        """Return all problems, the deciding one first."""
        return sorted(self.problems, key=self._rank)

    def as_json(self) -> dict[str, object]:
        """Return exit_code, all problems (the deciding one first) and the notes."""
        return {
            "exit_code": self.exit_code,
            "endings": [{"code": one.code, "what": one.what, "next_step": one.next_step} for one in self.ordered()],
            "notes": list(self.notes),
        }

    def _rank(self, problem: RunProblem) -> int:
        return self.order.index(problem.code) if problem.code in self.order else len(self.order)
