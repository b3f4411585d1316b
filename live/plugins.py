"""Finds the modules of a folder by a literal in their source text, without importing them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plugin:
    """A module as found; it is imported only when it is chosen. meta: its literal."""

    id: str
    module: str
    meta: Mapping[str, str] = field(default_factory=dict)


def find_plugins(folder: Path, package: str, literal: str) -> dict[str, Plugin]:
    """Return the modules of `package` in `folder` by id; literal: the name of the dict of texts that describes them."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        meta = read_meta(path, literal)
        if meta is not None:
            found[meta["id"]] = Plugin(meta["id"], f"{package}.{path.stem}", meta)
    return found


def read_meta(path: Path, literal: str) -> dict[str, str] | None:
    """Return a literal dict of a module's source; None when there is none, it is no dict of texts or has no id."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == literal for t in node.targets):
            return _evaluate(node.value)
    return None


def _evaluate(node: ast.expr) -> dict[str, str] | None:
    try:
        meta = ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    is_meta = isinstance(meta, dict) and all(isinstance(word, str) for pair in meta.items() for word in pair)
    return meta if is_meta and meta.get("id") else None
