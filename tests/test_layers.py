"""Imports run downwards: no file imports, at any place, what may import it; `docs/map.md` draws the wings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.paths import ROOT

VALUES = "live"
"""The files at the root of `live` that every wing may import."""
PROGRAMS = frozenset(
    {"live.__main__", "live.signal_generator", "live.executor", "live.admin", "live.replay", "live.day"}
)

MAY_IMPORT: dict[str, frozenset[str]] = {
    VALUES: frozenset(),
    "live.sim": frozenset({VALUES}),
    "live.alpaca": frozenset({VALUES}),
    "live.notify": frozenset({VALUES, "live.state_db"}),
    "live.signals": frozenset({VALUES}),
    "live.state_db": frozenset({VALUES}),
    "live.brokers": frozenset({VALUES, "live.alpaca", "live.sim"}),
    "live.prices": frozenset({VALUES, "live.brokers", "live.alpaca"}),
    "live.book": frozenset({VALUES, "live.signals", "live.state_db"}),
    "live.run": frozenset({VALUES, "live.brokers", "live.notify", "live.prices", "live.state_db"}),
    "live.generate": frozenset({VALUES, "live.run", "live.book", "live.signals", "live.state_db", "live.prices"}),
    "live.execute": frozenset({VALUES, "live.run", "live.book", "live.notify", "live.signals", "live.state_db"}),
    "live.inspect": frozenset(
        {VALUES, "live.run", "live.book", "live.brokers", "live.prices", "live.signals", "live.state_db",
         "live.execute", "live.generate", "live.parity"}
    ),
    "live.doctor": frozenset(
        {VALUES, "live.run", "live.book", "live.brokers", "live.alpaca", "live.notify", "live.prices", "live.signals",
         "live.state_db", "live.execute", "live.generate", "live.inspect"}
    ),
    "live.page": frozenset({VALUES, "live.run", "live.book", "live.inspect", "live.signals", "live.state_db"}),
    "live.administer": frozenset(
        {VALUES, "live.run", "live.book", "live.brokers", "live.alpaca", "live.notify", "live.prices", "live.signals",
         "live.state_db", "live.execute", "live.generate", "live.inspect", "live.doctor", "live.page"}
    ),
    "live.rounds": frozenset({VALUES, "live.run", "live.alpaca", "live.execute", "live.sim", "live.state_db"}),
    "live.parity": frozenset({VALUES, "live.run", "live.brokers", "live.signals", "live.sim", "live.state_db"}),
    "programs": frozenset(
        {VALUES, "live.run", "live.generate", "live.execute", "live.inspect", "live.administer", "live.parity",
         "live.rounds"}
    ),
}  # fmt: skip
"""Wing → the wings below it that it may import; its own files are allowed, as long as they form no circle."""

DECIDES = "live.execute.decide"
ACTS = (
    "live.run",
    "live.state_db.db",
    "live.state_db.connection",
    "live.clock",
    "live.book.sync",
    "requests",
    "sqlite3",
)
"""What a module that decides never imports: whatever can read the world or change it."""


@cache
def modules() -> dict[str, Path]:
    files = (path for package in ("backtest", "live", "demo") for path in (ROOT / package).rglob("*.py"))
    return {name_of(path): path for path in files}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(module: str) -> frozenset[str]:
    """Return every module that a file imports: at its top, inside functions, for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules() else node.module for name in names}
    return frozenset(found)


def wing_of(module: str) -> str:
    if module in PROGRAMS:
        return "programs"
    parts = module.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 else VALUES


def upward_imports() -> Iterator[str]:
    for module in sorted(modules()):
        if not module.startswith("live.") or (ROOT / Path(*module.split("."))).is_dir():
            continue
        wing = wing_of(module)
        for name in sorted(imports(module)):
            if name.startswith("live.") and wing_of(name) not in MAY_IMPORT[wing] | {wing}:
                yield f"{module} -> {name}"


def test_every_wing_is_in_the_table() -> None:
    wings = {wing_of(module) for module in modules() if module.startswith("live.")}
    assert wings - {"live"} <= set(MAY_IMPORT)


def test_no_import_in_live_runs_back_up() -> None:
    assert list(upward_imports()) == []


def test_no_program_imports_another_one() -> None:
    pairs = {(module, name) for module in PROGRAMS for name in imports(module) if name in PROGRAMS}
    assert {pair for pair in pairs if pair[0] != "live.replay"} == set()


@pytest.mark.parametrize("package", ["backtest", "live"])
def test_no_shipped_file_imports_the_demo_or_the_tests(package: str) -> None:
    wrong = [
        f"{m} -> {n}" for m in modules() if m.startswith(package) for n in imports(m) if top(n) in ("demo", "tests")
    ]
    assert wrong == []


def test_backtest_never_imports_live() -> None:
    wrong = [f"{m} -> {n}" for m in modules() if top(m) == "backtest" for n in imports(m) if top(n) == "live"]
    assert wrong == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles() == []


def test_what_decides_imports_nothing_that_acts() -> None:
    deciding = [module for module in modules() if module.startswith(DECIDES)]
    wrong = [f"{m} -> {n}" for m in deciding for n in imports(m) if any(n == a or n.startswith(a + ".") for a in ACTS)]
    assert wrong == []


def top(module: str) -> str:
    return module.split(".")[0]


def circles() -> list[list[str]]:
    """Return the groups of files of which each reaches every other (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for name in sorted(imports(module) & modules().keys()):
            if name not in index:
                visit(name)
                low[module] = min(low[module], low[name])
            elif name in stack:
                low[module] = min(low[module], index[name])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                found.append(sorted(group))

    for module in sorted(modules()):
        if module not in index:
            visit(module)
    return sorted(found)
