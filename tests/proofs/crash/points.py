"""Where a command is killed, as it is written on the command line: `place:request:12:after`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.proofs.dying import KINDS, Death

AFTER = "after"


class How(StrEnum):
    """How the command dies, and who goes on."""

    HERE = ""
    """In this process; the same command again."""
    PROCESS = "process"
    """The first start is a process of its own, which ends itself by SIGKILL; the same command again."""
    LEFT = "left"
    """In this process; nobody starts it again, the next run of the timetable goes on."""


@dataclass(frozen=True, slots=True)
class Point:
    """One command with its deaths: of the first start, of the second start, and so on."""

    command: str
    deaths: tuple[Death, ...]
    how: How = How.HERE

    @property
    def text(self) -> str:
        """Return what `--point` takes: `place:request:12:after+commit:3`, with `@process` or `@left`."""
        deaths = "+".join(_text(one) for one in self.deaths)
        return f"{self.command}:{deaths}{'@' if self.how else ''}{self.how}"


def read_point(text: str) -> Point:
    """Return the point that a text names. Raises ValueError."""
    words, _, how = text.partition("@")
    command, _, deaths = words.partition(":")
    if how not in list(How) or not deaths:
        raise ValueError(f"{text!r} is no point (expected for example place:request:12:after)")
    return Point(command, tuple(_death(one, text) for one in deaths.split("+")), How(how))


def _death(text: str, whole: str) -> Death:
    kind, _, rest = text.partition(":")
    number, _, after = rest.partition(":")
    if kind not in KINDS or not number.isdigit() or after not in ("", AFTER):
        raise ValueError(f"{whole!r} is no point (expected for example place:request:12:after)")
    return Death(kind, int(number), bool(after))


def _text(death: Death) -> str:
    return f"{death.kind}:{death.number}{f':{AFTER}' if death.after else ''}"


def points_of(command: str, steps: Mapping[str, int]) -> Iterator[Point]:
    """Yield every point of a command. steps: how many of each kind an undisturbed run takes."""
    for kind, count in steps.items():
        for number in range(count):
            for after in (False, True):
                yield Point(command, (Death(kind, number, after),))
