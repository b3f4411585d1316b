"""Finds candidate sources without importing them: shipped ones, the user's folder, installed packages.

A source is a module with a literal `STRATEGY_META` and a function `propose(history, params)`. Its own folder holds the
shipped ones; the user's is `strategies.dir` of the configuration; a package offers one as an entry point of the group
`earnings_drift.strategies`, whose name is the id. A module of the user's folder is one file: it may import whatever is
installed, but no file beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backtest.errors import ConfigError, InputError
from backtest.params import REPORTS
from backtest.plugin_parameters import Parameter, declared
from backtest.plugins import BrokenPlugin, Origin, Plugin, PluginsFound, find_installed, find_plugins
from backtest.typed_settings import suggestion
from backtest.variant_settings import ID_PATTERN

PACKAGE = "backtest.sources"
LITERAL = "STRATEGY_META"
ENTRY_POINT_GROUP = "earnings_drift.strategies"
FUNCTION = "propose"
MOST_SESSIONS = 2_000
_KEYS = ("id", "name", "version", "features", "warm_up", "parameters")
_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Strategy:
    """A candidate source as it describes itself. warm_up: sessions it sees. features: words that may be asked for."""

    id: str
    name: str
    version: str
    features: tuple[str, ...]
    warm_up: int
    parameters: Mapping[str, Parameter]
    plugin: Plugin

    @property
    def recorded_version(self) -> str:
        """The version as manifests hold it; of a file that is not shipped with the hash of its bytes, so that a changed
        file is another strategy. Raises InputError (7)."""
        if self.plugin.origin is Origin.SHIPPED:
            return self.version
        return f"{self.version}+{hashlib.sha256(read_source(self.plugin)).hexdigest()[:_VERSION_DIGITS]}"


@dataclass(frozen=True, slots=True)
class StrategiesFound:
    """Every candidate source by id, and those that are broken."""

    by_id: Mapping[str, Strategy]
    broken: tuple[BrokenPlugin, ...] = ()


def find_strategies(folder: Path | None = None) -> StrategiesFound:
    """Return the shipped sources, those of the user's folder and the installed ones. Raises ConfigError (6).

    folder: `strategies.dir`, None: there is none.
    """
    return _described(_beside_installed(folder).and_then(find_installed(ENTRY_POINT_GROUP, LITERAL, (FUNCTION,))))


def find_strategy(source_id: str, folder: Path | None = None) -> Strategy:
    """Return one by its id.

    Raises ConfigError (6) naming the known ones; InputError (7) for one that is broken, with its file and error.
    """
    found = _shipped() if folder is None else _described(_beside_installed(folder))
    if source_id not in found.by_id:  # only then is it worth a look at every installed package
        found = find_strategies(folder)
    if source_id in found.by_id:
        return found.by_id[source_id]
    for one in found.broken:
        if one.name == source_id:
            raise InputError(f"candidate source {source_id} unusable in {one.place}: {one.error}")
    if source_id == REPORTS:
        raise ConfigError(f"candidate source {REPORTS} scans nothing (expected one of {', '.join(found.by_id)})")
    known = suggestion(source_id, (REPORTS, *found.by_id))
    places = ", ".join(one.place for one in found.broken)
    more = f"; {places} cannot be used" if places else ""
    raise ConfigError(f"candidate source not known: {source_id} (expected {known}{more})")


def read_source(plugin: Plugin) -> bytes:
    """Return the bytes of a plug-in's file. Raises InputError (7)."""
    try:
        return plugin.path.read_bytes()
    except OSError as error:
        raise InputError(f"candidate source {plugin.id} unreadable in {plugin.path}: {error.strerror}") from None


@cache
def _shipped() -> StrategiesFound:
    return _described(_shipped_plugins())


@cache
def _shipped_plugins() -> PluginsFound:
    return find_plugins(Path(__file__).parent, PACKAGE, LITERAL, (FUNCTION,))


def _beside_installed(folder: Path | None) -> PluginsFound:
    shipped = _shipped_plugins()
    if folder is None:
        return shipped
    if not folder.is_dir():
        raise ConfigError(
            f"strategies.dir not valid: {folder} is no folder (expected one with strategy files, or none)"
        )
    return shipped.and_then(find_plugins(folder, "", LITERAL, (FUNCTION,), Origin.FOLDER))


def _described(found: PluginsFound) -> StrategiesFound:
    by_id: dict[str, Strategy] = {}
    broken = list(found.broken)
    for plugin in found.by_id.values():
        try:
            by_id[plugin.id] = _read(plugin)
        except ValueError as error:
            broken.append(BrokenPlugin(plugin.id, str(plugin.path), f"{LITERAL}: {error}", plugin.origin))
    return StrategiesFound(by_id, tuple(broken))


def _read(plugin: Plugin) -> Strategy:
    meta = plugin.meta
    missing = [name for name in _KEYS if name not in meta]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    unknown = [name for name in meta if name not in _KEYS]
    if unknown:
        raise ValueError(f"{unknown[0]} is unknown (expected {', '.join(_KEYS)})")
    if not ID_PATTERN.fullmatch(plugin.id) or plugin.id == REPORTS:
        raise ValueError(f"the id {plugin.id!r} is none (expected up to 32 of a-z, 0-9 and _, a letter first)")
    for name in ("name", "version"):
        if not isinstance(meta[name], str) or not meta[name].strip() or not meta[name].isprintable():
            raise ValueError(f"{name} is no text")
    warm_up = meta["warm_up"]
    if isinstance(warm_up, bool) or not isinstance(warm_up, int) or not 1 <= warm_up <= MOST_SESSIONS:
        raise ValueError(f"warm_up is {warm_up!r} (expected a number of sessions from 1 to {MOST_SESSIONS:,})")
    return Strategy(
        plugin.id, meta["name"], meta["version"], _features(meta["features"]), warm_up, declared(meta), plugin
    )


def _features(given: Any) -> tuple[str, ...]:
    is_list = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    words = tuple(given) if is_list else ()
    if not is_list or not all(isinstance(word, str) and word for word in words):
        raise ValueError("features is no list of words")
    return words
