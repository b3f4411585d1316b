"""One change of a function, as mutmut wrote it, and what became of it."""

from __future__ import annotations

import difflib
import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed by a test"
    TYPED = "refused by the type checker"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    UNTESTED = "no tests"
    NOT_RUN = "not run"


VERDICTS = {
    1: Verdict.KILLED,
    3: Verdict.KILLED,  # pytest itself broke on it
    37: Verdict.TYPED,
    0: Verdict.SURVIVED,
    5: Verdict.UNTESTED,
    33: Verdict.UNTESTED,
    -24: Verdict.TIMEOUT,  # SIGXCPU, which mutmut sends by the clock too
    24: Verdict.TIMEOUT,
    36: Verdict.TIMEOUT,
    -9: Verdict.TIMEOUT,  # the system's, one second after SIGXCPU
}
"""By the exit code that mutmut keeps; another one, or none, is NOT_RUN."""

CAUGHT = (Verdict.KILLED, Verdict.TYPED, Verdict.TIMEOUT)

_NAME = re.compile(r"(?P<function>x(_|ǁ(?P<owner>\w+)ǁ)(?P<name>\w+?))__mutmut_\d+")


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """What makes a mutant, without its number: two of the same text are one change.

    function: `name` or `Class.name`. text: the lines taken out (`-`) and put in (`+`), dedented.
    """

    module: str
    function: str
    text: str

    def __str__(self) -> str:
        return f"{self.module} {self.function}\n{self.text}"

    @property
    def line(self) -> str:
        """The same in one line."""
        return f"{self.module} {self.function}: {' '.join(line.strip() for line in self.text.splitlines())}"


@dataclass(frozen=True, slots=True)
class Mutant:
    key: str
    change: Change
    verdict: Verdict


def read_mutants(folder: Path, modules: Sequence[str]) -> Iterator[Mutant]:
    """Yield the mutants of the modules from what mutmut left in a group's folder."""
    for module in modules:
        written = folder / "mutants" / module
        kept = json.loads(written.with_name(f"{written.name}.meta").read_text(encoding="utf-8"))
        spans = json.loads(written.with_name(f"{written.name}.spans").read_text(encoding="utf-8"))["spans"]
        lines = written.read_text(encoding="utf-8").splitlines()

        def source(name: str, spans: dict[str, list[int]] = spans, lines: list[str] = lines) -> list[str]:
            start, end = spans[name]
            return [re.sub(r"(x_|xǁ\w+ǁ)(\w+?)__mutmut_(orig|\d+)", r"\2", line) for line in lines[start - 1 : end]]

        for key, code in kept["exit_code_by_key"].items():
            name = key.rpartition(".")[2]
            parts = _NAME.fullmatch(name)
            assert parts is not None, f"{key} is spelled otherwise than mutmut 3.8 spells it"
            owner = f"{parts['owner']}." if parts["owner"] else ""
            text = changed_lines(source(f"{parts['function']}__mutmut_orig"), source(name))
            change = Change(module, f"{owner}{parts['name']}", text)
            yield Mutant(key, change, VERDICTS.get(code, Verdict.NOT_RUN))


def changed_lines(before: Sequence[str], after: Sequence[str]) -> str:
    """Return the lines taken out and put in, one below the other, as far left as they go together."""
    found = [line for line in difflib.ndiff(before, after) if line[0] in "-+"]
    texts = textwrap.dedent("\n".join(line[2:] for line in found)).splitlines()
    return "\n".join(f"{line[0]} {text}" for line, text in zip(found, texts, strict=True))
