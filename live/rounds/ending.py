"""How a day ends: with the worst exit code of its steps, told by the last step that ended so."""

from __future__ import annotations

from dataclasses import dataclass, field

from live.clock import new_york_minute
from live.rounds.round import Round
from live.run.outcome import PRECEDENCE, Outcome

REFUSED = (10, 5, 7, 6, 2)
"""What refuses a run before it begins; whatever a run that has begun ended with is worse."""
ORDER = (*(code for code in PRECEDENCE if code not in REFUSED), *REFUSED)
"""The first of these that a step ended with is the exit code of the day."""


@dataclass(slots=True)
class Ending:
    """Counts how the steps ended: by exit code, how many there were and the last one. Grows with neither days nor
    steps."""

    _ended: dict[int, tuple[int, Round]] = field(default_factory=dict)
    _left_open: str | None = None

    def add(self, round_: Round) -> None:
        """Count a step."""
        count, _ = self._ended.get(round_.end.code, (0, round_))
        self._ended[round_.end.code] = (count + 1, round_)

    def leave_open(self, what: str) -> None:
        """Count what the day should have done and has not (9)."""
        self._left_open = what

    def put_into(self, outcome: Outcome, total: int) -> None:
        """Make the outcome of the day of it. total: how many steps were run."""
        outcome.order = ORDER
        for code, (count, last) in self._ended.items():
            problem = last.end.problem
            if problem is not None:
                several = f"{count} of {total} runs ended {code}, the last: " if count > 1 else ""
                what = f"{several}{last.step} of {new_york_minute(last.at)}: {problem.what}"
                outcome.add_problem(code, what, problem.next_step)
        if self._left_open is not None:
            outcome.unresolved(self._left_open, "Nothing to do: the later runs take up what is left.")
