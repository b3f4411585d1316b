"""How a run ended: every code and message it met, the one that wins, and the last line on stderr.

Meaning and order of the codes: docs/faults.md#exit-codes and #start-up-order-and-precedence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backtest.errors import DriftError

PRECEDENCE = (12, 13, 1, 4, 11, 3, 2, 6, 10, 5, 7, 8, 9)
"""The first of these that a run met is its exit code; start-up refusals (2, 6, 10, 5, 7) come alone."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that keeps a run from ending 0."""

    code: int
    what: str
    next_step: str = ""

    @property
    def line(self) -> str:
        """The one line for stderr: code, what and where, what to do."""
        sentence = self.what.rstrip(".")
        return f"error[{self.code}] {sentence}." + (f" {self.next_step}" if self.next_step else "")


@dataclass(slots=True)
class Outcome:
    """Collects endings and notes of one run, in the order they were met. notes change no exit code."""

    endings: list[Ending] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, error: DriftError) -> None:
        """Count an expected error under its own exit code."""
        self.end(error.exit_code, error.what, error.next_step)

    def end(self, code: int, what: str, next_step: str = "") -> None:
        """Count an ending; the same words twice count once."""
        ending = Ending(code, what, next_step)
        if ending not in self.endings:
            self.endings.append(ending)

    def unresolved(self, what: str, next_step: str = "") -> None:
        """Count a line left open or abandoned (9)."""
        self.end(9, what, next_step)

    def note(self, text: str) -> None:
        """Keep a sentence for the log, `--json` and the person; it changes no exit code."""
        if text not in self.notes:
            self.notes.append(text)

    @property
    def worst(self) -> Ending | None:
        """The ending that decides, or None; among equals the first met."""
        return min(self.endings, key=lambda ending: _rank(ending.code), default=None)

    @property
    def exit_code(self) -> int:
        worst = self.worst
        return 0 if worst is None else worst.code

    def as_json(self) -> dict[str, object]:
        """Return exit_code, all endings (the deciding one first) and the notes."""
        ordered = sorted(self.endings, key=lambda ending: _rank(ending.code))
        return {
            "exit_code": self.exit_code,
            "endings": [{"code": e.code, "what": e.what, "next_step": e.next_step} for e in ordered],
            "notes": list(self.notes),
        }


def _rank(code: int) -> int:
    return PRECEDENCE.index(code) if code in PRECEDENCE else len(PRECEDENCE)
