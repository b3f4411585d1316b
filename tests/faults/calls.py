"""Where `fault_ends` is called: read from the tests' source, so that a row's tests are known without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.paths import ROOT

_HELPER = "fault_ends"


@dataclass(frozen=True, slots=True)
class Call:
    """One call. codes: the exit codes written in it, those of its `Rerun` too."""

    faults: tuple[str, ...]
    file: str
    test: str
    codes: frozenset[int]

    @property
    def name(self) -> str:
        """Return the test as pytest names it."""
        return f"{self.file}::{self.test}"


class UnreadableCallError(Exception):
    """A call whose row cannot be read from the source."""


@cache
def all_calls() -> tuple[Call, ...]:
    """Return every call in the tests, by file and line. Raises UnreadableCallError."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return tuple(call for file in files for call in _calls_in(file) if file.parent.name != "faults")


def calls_in_text(text: str, file: str) -> tuple[Call, ...]:
    """Return the calls of a module. file: how its tests are named. Raises UnreadableCallError."""
    return tuple(call for node in ast.parse(text).body for call in _calls_of(node, file))


def _calls_in(path: Path) -> Sequence[Call]:
    text = path.read_text(encoding="utf-8")
    return calls_in_text(text, str(path.relative_to(ROOT))) if _HELPER in text else ()


def _calls_of(node: ast.stmt, file: str) -> Iterator[Call]:
    for inner in ast.walk(node):
        if not (isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == _HELPER):
            continue
        if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_")):
            raise UnreadableCallError(f"{file}:{inner.lineno}: {_HELPER} is called outside of a test function")
        first = inner.args[0] if inner.args else None
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            raise UnreadableCallError(f"{file}:{inner.lineno}: the row's id is not written in the call")
        yield Call(tuple(first.value.split()), file, node.name, frozenset(_codes_of(inner)))


def _codes_of(call: ast.Call) -> Iterator[int]:
    """Yield the integers given as exit codes: `exit_code=`, `Rerun(code, …)`; a conditional gives both of its own."""
    for keyword in call.keywords:
        if keyword.arg == "exit_code":
            yield from _integers(keyword.value)
        elif keyword.arg == "rerun" and isinstance(keyword.value, ast.Call):
            yield from _codes_of(keyword.value)
            for first in keyword.value.args[:1]:
                yield from _integers(first)


def _integers(value: ast.expr) -> Iterator[int]:
    for inner in ast.walk(value):
        if isinstance(inner, ast.Constant) and type(inner.value) is int:
            yield inner.value
