"""Finds modules of a folder by a literal in their source text, without importing them.

The literal is a dict of plain values (texts, numbers, lists, dicts, none) with an `id`. What is found and cannot be
used is kept with its error, so that a list of plug-ins can tell of it: nothing vanishes without a word.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Plugin:
    """A module as found; it is imported only when it is chosen. meta: its literal. path: its file, None: installed."""

    id: str
    module: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A file that has the literal, or would have it, and cannot be used. error: one phrase."""

    path: Path
    error: str


@dataclass(frozen=True, slots=True)
class PluginsFound:
    """What a folder holds: plug-ins by id, in the order of their file names, and the files that are broken."""

    by_id: Mapping[str, Plugin]
    broken: tuple[BrokenPlugin, ...] = ()


def find_plugins(folder: Path, package: str, literal: str) -> PluginsFound:
    """Return the modules of `package` in `folder` that describe themselves by a dict named `literal`.

    Modules without the literal are no plug-ins. Of two with one id the first by file name counts, the other is broken.
    """
    found: dict[str, Plugin] = {}
    broken = []
    for path in sorted(folder.glob("*.py")):
        try:
            meta = read_meta(path, literal)
            if meta is None:
                continue
            if meta["id"] in found:
                raise ValueError(f"the id {meta['id']!r} is that of {found[meta['id']].module} already")
        except ValueError as error:
            broken.append(BrokenPlugin(path, str(error)))
            continue
        module = f"{package}.{path.stem}" if package else path.stem
        found[meta["id"]] = Plugin(meta["id"], module, meta, path)
    return PluginsFound(found, tuple(broken))


def read_meta(path: Path, literal: str) -> dict[str, Any] | None:
    """Return a module's literal; None when it has none.

    Raises ValueError, with a phrase for a person, for a file that cannot be read or parsed, a literal that is no dict
    of plain values or has no id.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8 text") from None
    if literal not in text:  # a module that is no plug-in need not be parsed at every start of a program
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise ValueError(f"no Python{line}: {error.msg if isinstance(error, SyntaxError) else error}") from None
    for value in _assigned(tree, literal):
        return _evaluate(value, literal)
    return None


def _assigned(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            yield from [] if node.value is None else [node.value]


def _evaluate(node: ast.expr, literal: str) -> dict[str, Any]:
    try:
        meta = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        raise ValueError(
            f"{literal} is no literal (expected plain values only: it is read without running it)"
        ) from None
    if not isinstance(meta, dict) or not all(isinstance(key, str) for key in meta):
        raise ValueError(f"{literal} is no dict with texts as keys")
    if not isinstance(meta.get("id"), str) or not meta["id"]:
        raise ValueError(f"{literal} has no id")
    return meta
