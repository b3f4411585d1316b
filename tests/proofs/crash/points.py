"""Where a command is killed, as it is written on the command line: `place:request:12:after`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.proofs.dying import KINDS, Death

AFTER = "after"


@dataclass(frozen=True, slots=True)
class Point:
    """One command with its deaths: of the first start, of the second start, and so on.

    is_process: the first start is a process of its own, which ends itself by SIGKILL.
    """

    command: str
    deaths: tuple[Death, ...]
    is_process: bool = False

    @property
    def text(self) -> str:
        """Return what `--point` takes: `place:request:12:after+commit:3`, with `@process` for a real one."""
        deaths = "+".join(_text(one) for one in self.deaths)
        return f"{self.command}:{deaths}{'@process' if self.is_process else ''}"


def read_point(text: str) -> Point:
    """Return the point that a text names. Raises ValueError."""
    words, _, how = text.partition("@")
    command, _, deaths = words.partition(":")
    if how not in ("", "process") or not deaths:
        raise ValueError(f"{text!r} is no point (expected for example place:request:12:after)")
    return Point(command, tuple(_death(one, text) for one in deaths.split("+")), how == "process")


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
