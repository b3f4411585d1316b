"""Plays a year: each day's runs with all that goes wrong, then an evening on which a person puts things in order."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from live.parity.folder import scratch_folder
from tests.proofs import events
from tests.proofs.chaos.programs import settle, start, switch_off
from tests.proofs.chaos.schedule import Schedule, Step
from tests.proofs.chaos.world import World
from tests.proofs.invariants import Violation
from tests.proofs.soak.evening import Evening, evening_of, evening_violations

Progress = Callable[[int], None]
MEASURED_EVERY = 10
"""Days between two measurements of what runs cost; the last day is measured too."""
SETTLED = (0, 9, 12)
"""How what a person does by `reconcile` may end: nothing more differs."""


@dataclass
class Year:
    """What became of a year. broken: how many things went wrong. codes: how many runs ended so."""

    violations: list[str] = field(default_factory=list)
    evenings: list[Evening] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    runs: int = 0
    killed: int = 0
    broken: int = 0
    requests: int = 0


def play_year(schedule: Schedule, progress: Progress) -> Year:
    """Play a year in a folder of its own, which is gone afterwards. progress: told the number of each finished day."""
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir=scratch_folder()))
    try:
        (folder / "account").mkdir(mode=0o700)
        return _play(World(schedule, folder / "account"), progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _play(world: World, progress: Progress) -> Year:
    year, book = Year(), events.Book()
    with world.watch.installed():
        for number, day in enumerate(world.schedule.days):
            for step in day.steps:
                world.go(number, step.clock)
                _run(world, year, step, number)
            if world.account.state_db.exists():
                _evening(world, year, book, number)
            progress(number)
    year.violations = [str(one) for one in world.watch.found.values()]
    year.killed, year.requests = world.killed, world.watch.requests
    return year


def _run(world: World, year: Year, step: Step, number: int, *, is_quiet: bool = False) -> int | None:
    year.runs += 1
    year.broken += len(step.events)
    done = start(world, step, world.schedule.days[number].offers, number, is_quiet=is_quiet)
    if done is None:
        return None
    year.codes[done.code] += 1
    if done.code == 1:
        _say(world, "bug", f"{step.program} ended 1: {done.last_line}")
    world.outputs.clear()
    world.trace.clear()
    return done.code


def _evening(world: World, year: Year, book: events.Book, number: int) -> None:
    """A person takes back what is theirs, does what `reconcile` names, and lets `protect` run twice."""
    world.go(number, "19:00")
    world.cancel_by_hand(ours=False)
    world.begin_run()
    switch_off(world)
    _run(world, year, Step("19:00", "protect"), number, is_quiet=True)
    world.begin_run()
    done = settle(world)
    if done.code not in SETTLED:
        _say(world, "end", f"what reconcile names does not lead to agreement: {done.code} {done.last_line}")
    world.begin_run()
    switch_off(world)
    code = _run(world, year, Step("19:05", "protect"), number, is_quiet=True)
    if code != 0:
        _say(world, "end", f"protect of the evening ended {code}")
    world.watch.report(*evening_violations(world, book))
    is_measured = (number + 1) % MEASURED_EVERY == 0 or number + 1 == len(world.schedule.days)
    year.evenings.append(evening_of(world, is_measured=is_measured))


def _say(world: World, invariant: str, words: str) -> None:
    world.watch.report(Violation(invariant, world.account.exchange.now(), "", words))
