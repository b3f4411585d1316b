"""Tries one point: kills the command there, starts it again, lets the rest of the day run, and compares.

A state that was carried through to the next morning once is not carried through again: what follows depends on nothing
else. (A part of the points is carried through all the same, see `CARRIED_THROUGH_AGAIN`.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.proofs.crash.account import copy_account
from tests.proofs.crash.commands import COMMANDS, Command
from tests.proofs.crash.ends import End, differing, end_of, left_end, state_key
from tests.proofs.crash.points import How, Point
from tests.proofs.crash.safe_ends import CODES
from tests.proofs.crash.trial import Trial, open_trial
from tests.proofs.dying import Steps, dying

CARRIED_THROUGH_AGAIN = 0.05
"""The part of the points that is carried through to the next morning though its state is known."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """How a command goes when nobody kills it. steps: by kind. codes: of it and of the same command again. naked: the
    tickers that it leaves without protection, whose buys still work."""

    steps: dict[str, int]
    codes: frozenset[int]
    naked: frozenset[str]
    end: End


@dataclass(frozen=True, slots=True)
class Tried:
    """What a point brought. deaths: how often the command died. is_carried_through: the rest of the day was run."""

    point: Point
    deaths: int
    is_carried_through: bool
    found: tuple[str, ...]


@dataclass
class Machine:
    """Tries points in a folder with the mornings. seed: chooses which states are carried through again."""

    mornings: Path
    scratch: Path
    seed: int = 1
    _undisturbed: dict[str, Undisturbed] = field(default_factory=dict)
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _number: int = 0

    def undisturbed(self, name: str) -> Undisturbed:
        """Return how a command goes when nobody kills it; found out once."""
        if name not in self._undisturbed:
            self._undisturbed[name] = self._go_undisturbed(COMMANDS[name])
        return self._undisturbed[name]

    def _go_undisturbed(self, command: Command) -> Undisturbed:
        with open_trial(self._copy(command.morning), command) as trial:
            steps = Steps()
            with dying(steps, trial.account.exchange):
                first = trial.run(command.words)
            naked = trial.naked()
            trial.go_on(command.rest)
            end = end_of(trial.account)
            assert not trial.found, trial.found
            assert not trial.told_otherwise(), trial.told_otherwise()
            assert not end["naked"], end["naked"]
            assert not end["different at the exchange"], end["different at the exchange"]
        with open_trial(self._copy(command.morning), command) as trial:
            trial.run(command.words)
            second = trial.run(command.words)
        return Undisturbed(steps.taken, frozenset({first.code, second.code}), naked, end)

    def steps_after(self, point: Point) -> dict[str, int]:
        """Return how many steps the same command again takes after the deaths of a point."""
        command = COMMANDS[point.command]
        with open_trial(self._copy(command.morning), command) as trial:
            trial.die(command, point)
            steps = Steps()
            with dying(steps, trial.account.exchange):
                trial.run(command.words)
        return steps.taken

    def try_point(self, point: Point) -> Tried:
        """Kill, start again, go on, compare."""
        if point.how is How.LEFT:
            return self._try_left(point)
        command, wanted = COMMANDS[point.command], self.undisturbed(point.command)
        with open_trial(self._copy(command.morning), command) as trial:
            deaths = trial.die(command, point)
            again = trial.run(command.words)
            if again.code not in wanted.codes | CODES.get(command.words[0], frozenset()):
                trial.found.append(f"the same command again ended {again.code}: {again.last_line}")
            if more := trial.naked() - wanted.naked:
                trial.found.append(f"without protection after the same command again: {', '.join(sorted(more))}")
            key = f"{command.name} {state_key(trial.account, (again.code,))}"
            is_new = key not in self._known
            if is_new or Random(f"{self.seed} {point.text}").random() < CARRIED_THROUGH_AGAIN:
                found = self._carry_through(trial, command, wanted)
                if not is_new and found != self._known[key]:
                    trial.found.append(f"a known state ended otherwise: {found}")
                self._known[key] = found
                is_new = True
            return Tried(point, deaths, is_new, (*trial.found, *self._known[key]))

    def _try_left(self, point: Point) -> Tried:
        """Kill, let the timetable go on, and compare what must hold however late an order went out."""
        command, wanted = COMMANDS[point.command], self.undisturbed(point.command)
        with open_trial(self._copy(command.morning), command) as trial:
            deaths = trial.die(command, point)
            trial.go_on(command.rest)
            differences = differing(left_end(end_of(trial.account)), left_end(wanted.end))
            found = [f"{part}: {words}" for part, words in differences.items()]
            return Tried(point, deaths, True, (*trial.found, *found, *trial.told_otherwise()))

    def _carry_through(self, trial: Trial, command: Command, wanted: Undisturbed) -> tuple[str, ...]:
        before, trial.found = trial.found, []
        trial.go_on(command.rest)
        differences = differing(end_of(trial.account), wanted.end)
        trial.found += [f"{part}: {words}" for part, words in differences.items()]
        trial.found += [f"events: {words}" for words in trial.told_otherwise()]
        found, trial.found = tuple(trial.found), before
        return found

    def _copy(self, morning: str) -> Path:
        self._number += 1
        folder = self.scratch / f"{self._number}"
        copy_account(self.mornings / morning, folder)
        return folder
