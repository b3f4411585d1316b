"""Finds modules of a folder by a literal in their source text, without importing them.

The literal is a dict of plain values (texts, numbers, lists, dicts, none) with an `id`. What is found and cannot be
used is kept with its error, so that a list of plug-ins can tell of it: nothing vanishes without a word.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any


class Origin(StrEnum):
    """Where a plug-in comes from: this package, the user's folder, a package that offers it as an entry point."""

    SHIPPED = "shipped"
    FOLDER = "folder"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A module as found; it is imported only when it is chosen. meta: its literal. path: its file."""

    id: str
    module: str
    path: Path
    meta: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = Origin.SHIPPED


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """What has the literal, or would have it, and cannot be used. name: by which it may be asked for. error: a phrase.

    place: its file, or the entry point.
    """

    name: str
    place: str
    error: str
    origin: Origin = Origin.SHIPPED


@dataclass(frozen=True, slots=True)
class PluginsFound:
    """Plug-ins by id, in the order of their file names, and those that are broken."""

    by_id: Mapping[str, Plugin]
    broken: tuple[BrokenPlugin, ...] = ()

    def and_then(self, others: PluginsFound) -> PluginsFound:
        """Return both; where an id is in both the others' is broken."""
        taken = [
            BrokenPlugin(one.id, str(one.path), _taken(self.by_id[one.id]), one.origin)
            for one in others.by_id.values()
            if one.id in self.by_id
        ]
        return PluginsFound({**others.by_id, **self.by_id}, (*self.broken, *others.broken, *taken))

    def broken_as(self, name: str) -> BrokenPlugin | None:
        """Return the broken one that a person means by a name; None without one."""
        return next((one for one in self.broken if one.name == name), None)


def find_plugins(
    folder: Path, package: str, literal: str, functions: Sequence[str] = (), origin: Origin = Origin.SHIPPED
) -> PluginsFound:
    """Return the modules of `package` in `folder` that describe themselves by a dict named `literal`.

    Modules without the literal are no plug-ins. functions: what a plug-in has to define. Of two with one id the first
    by file name counts, the other is broken.
    """
    found: dict[str, Plugin] = {}
    broken = []
    for path in sorted(folder.glob("*.py")):
        try:
            meta = read_meta(path, literal, functions)
            if meta is None:
                continue
            if meta["id"] in found:
                raise ValueError(_taken(found[meta["id"]]))
        except ValueError as error:
            broken.append(BrokenPlugin(path.stem, str(path), str(error), origin))
            continue
        module = f"{package}.{path.stem}" if package else path.stem
        found[meta["id"]] = Plugin(meta["id"], module, path, meta, origin)
    return PluginsFound(found, tuple(broken))


def find_installed(group: str, literal: str, functions: Sequence[str] = ()) -> PluginsFound:
    """Return the modules that installed packages offer as entry points of a group; an entry point's name is the id."""
    from importlib.metadata import entry_points  # late: it looks at every installed package

    found = PluginsFound({})
    for point in sorted(entry_points(group=group), key=lambda one: one.name):
        try:
            path = _file_of(point.module)
            meta = read_meta(path, literal, functions)
            if meta is None:
                raise ValueError(f"{path} has no {literal}")
            if meta["id"] != point.name:
                raise ValueError(f"{path} has the id {meta['id']!r} (expected the entry point's name)")
            one = PluginsFound({point.name: Plugin(point.name, point.module, path, meta, Origin.INSTALLED)})
        except ValueError as error:
            place = f"entry point {point.name} = {point.value}"
            one = PluginsFound({}, (BrokenPlugin(point.name, place, str(error), Origin.INSTALLED),))
        found = found.and_then(one)
    return found


def _file_of(module: str) -> Path:
    """Return the file of a module that is not imported. Raises ValueError."""
    from importlib.util import find_spec

    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and not rest and spec.origin is not None:
        return Path(spec.origin)
    for place in (spec.submodule_search_locations if spec is not None else None) or ():
        path = Path(place, *rest)
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    raise ValueError(f"there is no module {module}")


def _taken(by: Plugin) -> str:
    return f"the id {by.id!r} is that of {by.module} already"


def read_meta(path: Path, literal: str, functions: Sequence[str] = ()) -> dict[str, Any] | None:
    """Return a module's literal; None when it has none.

    Raises ValueError, with a phrase for a person, for a file that cannot be read or parsed, a literal that is no dict
    of plain values or has no id, and one of the functions that the module does not define.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8 text") from None
    return _meta_in(text, literal, tuple(functions))


@lru_cache(maxsize=64)
def _meta_in(text: str, literal: str, functions: tuple[str, ...]) -> dict[str, Any] | None:
    """The same text is parsed once a process: a replay asks for it in every run of a program."""
    if literal not in text:  # a module that is no plug-in need not be parsed at every start of a program
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whoever imports the module is told of them, with its name
            tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise ValueError(f"no Python{line}: {error.msg if isinstance(error, SyntaxError) else error}") from None
    except (RecursionError, MemoryError):  # how Python's parser says it
        raise ValueError("no Python: it is nested too deep") from None
    for value in _assigned(tree, literal):
        meta = _evaluate(value, literal)
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        missing = [name for name in functions if name not in defined]
        if missing:
            raise ValueError(f"it defines no function {missing[0]}")
        return meta
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
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ValueError(
            f"{literal} is no literal (expected plain values only: it is read without running it)"
        ) from None
    if not isinstance(meta, dict) or not all(isinstance(key, str) for key in meta):
        raise ValueError(f"{literal} is no dict with texts as keys")
    if not isinstance(meta.get("id"), str) or not meta["id"]:
        raise ValueError(f"{literal} has no id")
    return meta
