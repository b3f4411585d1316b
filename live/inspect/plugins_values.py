"""Plug-ins as they are shown: candidate sources and broker adapters alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from backtest.plugin_parameters import Parameter, declared
from backtest.plugins import BrokenPlugin, Plugin
from backtest.sources.registry import Strategy


@dataclass(frozen=True, slots=True)
class Shown:
    """One plug-in. where: shipped, folder or installed; place: its file. version, warm_up: None where it has none.

    used_by: what of the configuration chose it.
    """

    id: str
    name: str
    version: str | None
    where: str
    place: str
    module: str
    features: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    warm_up: int | None = None
    used_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """What was found. kind: `strategies` or `brokers`. asked: the feature of those shown, None: of any."""

    kind: str
    every: tuple[Shown, ...]
    broken: tuple[BrokenPlugin, ...]
    asked: str | None = None

    @property
    def shown(self) -> tuple[Shown, ...]:
        return tuple(one for one in self.every if self.asked is None or self.asked in one.features)

    @property
    def features(self) -> tuple[str, ...]:
        """Every feature that any of them has."""
        return tuple(sorted({word for one in self.every for word in one.features}))

    def without(self, failed: Mapping[str, str]) -> Listed:
        """Return the same with some that cannot be used after all. failed: the error by id."""
        lost = [BrokenPlugin(one.id, one.place, failed[one.id]) for one in self.every if one.id in failed]
        return replace(self, every=tuple(o for o in self.every if o.id not in failed), broken=(*self.broken, *lost))


def shown_strategy(one: Strategy, used_by: Iterable[str]) -> Shown:
    """Return a candidate source as it is shown. Raises InputError (7) for a file that can no longer be read."""
    plugin = one.plugin
    return Shown(
        one.id,
        one.name,
        one.recorded_version,
        plugin.origin.value,
        str(plugin.path),
        plugin.module,
        one.features,
        one.parameters,
        one.warm_up,
        tuple(used_by),
    )


def shown_adapter(one: Plugin, *, is_chosen: bool) -> Shown:
    """Return a broker adapter as it is shown. Raises ValueError, with a phrase, for a literal that is not valid."""
    features, version = one.meta.get("features", ()), one.meta.get("version")
    if not isinstance(features, list | tuple) or not all(isinstance(word, str) for word in features):
        raise ValueError("features is no list of words")
    return Shown(
        one.id,
        str(one.meta.get("name", one.id)),
        None if version is None else str(version),
        one.origin.value,
        str(one.path),
        one.module,
        tuple(features),
        declared(one.meta),
        used_by=("broker.id",) if is_chosen else (),
    )


def plugins_json(listed: Listed) -> dict[str, Any]:
    """Return what was found as plain JSON values."""
    return {
        listed.kind: [dict(_fields(one)) for one in listed.shown],
        "broken": [
            {"name": one.name, "where": one.origin.value, "place": one.place, "error": one.error}
            for one in listed.broken
        ],
        "features": list(listed.features),
        "feature": listed.asked,
    }


def _fields(one: Shown) -> Iterator[tuple[str, Any]]:
    yield from (("id", one.id), ("name", one.name), ("version", one.version))
    yield from (("where", one.where), ("place", one.place), ("module", one.module))
    yield from (("features", list(one.features)), ("warm_up", one.warm_up), ("used_by", list(one.used_by)))
    yield "parameters", {name: _parameter(parameter) for name, parameter in one.parameters.items()}


def _parameter(one: Parameter) -> dict[str, Any]:
    low, high, default = (_plain(value) for value in (one.low, one.high, one.default))
    found = {"type": one.kind, "default": default, "low": low, "high": high, "below": one.below}
    return found | {"help": one.help or None}


def _plain(value: object) -> object:
    """Return a number as JSON has it: whole ones as they are, others as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value
