"""What is killed, each in the situation in which it has most to do, and what is run on that day after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.proofs.crash.day import (
    ALL,
    DECIDED,
    EVE,
    GENERATE,
    LOST,
    PLACE,
    PLACED,
    POLL,
    PROTECT,
    TODAY,
    TOMORROW,
    TRADED,
    at,
)
from tests.proofs.crash.script import FILLS_PARTLY_IN_CANCEL

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the day at its time; not run when it is later than `unless_after` already."""

    at: datetime
    words: Words
    unless_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One command that is killed. morning: the kept folder it begins with. rest: what follows on that day, and the
    next morning."""

    name: str
    morning: str
    at: datetime
    words: Words
    rest: tuple[Step, ...]


AFTERNOON = (Step(at(TODAY, "15:45"), PROTECT), Step(at(TODAY, "16:05"), PROTECT))
NEXT_MORNING = Step(at(TOMORROW, "09:00"), GENERATE)
OPENED = (Step(at(TODAY, "09:31"), POLL), *AFTERNOON, NEXT_MORNING)
SWITCH_OFF = ("live.admin", "kill-switch", "off")
DAY = ("live.day", "--report-dir", "reports", "--sessions", "1")

GOES_ON = ("place", "poll", "protect")
"""Commands that the timetable's next run finishes where nobody starts them again."""

COMMANDS: Mapping[str, Command] = {
    one.name: one
    for one in (
        Command("generator", EVE, at(TODAY, "09:00"), GENERATE, (Step(at(TODAY, "09:20"), PLACE), *OPENED)),
        Command("place", DECIDED, at(TODAY, "09:20"), PLACE, OPENED),
        Command("poll", PLACED, at(TODAY, "09:31"), POLL, (*AFTERNOON, NEXT_MORNING)),
        Command("all", DECIDED, at(TODAY, "09:31"), ALL, (*AFTERNOON, NEXT_MORNING)),
        Command(
            "protect",
            PLACED,
            at(TODAY, "09:31"),
            PROTECT,
            (Step(at(TODAY, "09:33"), POLL), *AFTERNOON, NEXT_MORNING),
        ),
        Command(
            "close",
            TRADED,
            at(TODAY, "10:00"),
            ("live.admin", "close", FILLS_PARTLY_IN_CANCEL, "--yes"),
            (*AFTERNOON, NEXT_MORNING),
        ),
        Command("flatten", TRADED, at(TODAY, "10:00"), ("live.admin", "flatten", "--yes"), (*AFTERNOON, NEXT_MORNING)),
        Command(
            "kill-switch",
            PLACED,
            at(TODAY, "09:25"),
            ("live.admin", "kill-switch", "on", "--exits", "--reason", "a storm"),
            OPENED,
        ),
        Command(
            "rebuild",
            LOST,
            at(TODAY, "10:00"),
            ("live.admin", "rebuild", "--yes"),
            (Step(at(TODAY, "10:05"), SWITCH_OFF), *AFTERNOON, NEXT_MORNING),
        ),
        Command("day", EVE, at(TODAY, "08:55"), DAY, (Step(at(TOMORROW, "08:55"), DAY, at(TOMORROW, "16:00")),)),
    )
}
"""By the name that a point has."""
