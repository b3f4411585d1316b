"""The table of trailing exits, read from the literals of this package's modules without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import backtest.trailing_exits
from backtest.errors import ConfigError
from backtest.plugin_parameters import Parameter, declared
from backtest.plugins import BrokenPlugin, Plugin, find_plugins
from backtest.typed_settings import suggestion

NO_EXIT = "none"
WEEK, DAY, NEVER = "week", "day", "never"
PACKAGE, LITERAL = "backtest.trailing_exits", "EXIT_META"
FUNCTIONS = ("figures", "is_broken")
"""What a module defines: `backtest.trailing_exits.rule.Rule`."""


@dataclass(frozen=True, slots=True)
class TrailingExit:
    """One trailing exit as it describes itself (`backtest.trailing_exits`).

    judged: week, day or never. reads: close or low. warm_up: of a daily one, the sessions it sees. figures: by name,
    whether each is a price. period: of its indicator, in weeks or sessions; None: the period beside its id does not
    act. parameters: further ones.
    """

    id: str
    short: str
    judged: str
    words: str
    module: str
    reads: str = "close"
    warm_up: int = 0
    figures: Mapping[str, bool] = field(default_factory=dict)
    period: Parameter | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Table:
    by_id: Mapping[str, TrailingExit]
    broken: tuple[BrokenPlugin, ...]


def trailing_exits() -> Mapping[str, TrailingExit]:
    """Return every trailing exit by its id."""
    return _table().by_id


def trailing_exit(exit_id: str, where: str = "trailing_stop") -> TrailingExit:
    """Return one by its id. Raises ConfigError (6) naming the known ones, or the broken file that should be it."""
    table = _table()
    if exit_id in table.by_id:
        return table.by_id[exit_id]
    for one in table.broken:
        if one.name == exit_id:
            raise ConfigError(f"{where} not usable: {exit_id}, {one.place}: {one.error}")
    raise ConfigError(f"{where} not known: {exit_id!r} (expected {suggestion(exit_id, table.by_id)})")


@cache
def _table() -> _Table:
    found: dict[str, TrailingExit] = {}
    broken: list[BrokenPlugin] = []
    for folder in backtest.trailing_exits.__path__:
        plugins = find_plugins(Path(folder), PACKAGE, LITERAL, FUNCTIONS)
        broken += plugins.broken
        for plugin in plugins.by_id.values():
            try:
                found[plugin.id] = _described(plugin, found)
            except ValueError as error:
                broken.append(BrokenPlugin(plugin.id, str(plugin.path), str(error)))
    return _Table(found, tuple(broken))


def _described(plugin: Plugin, known: Mapping[str, TrailingExit]) -> TrailingExit:
    """Return what a module's literal says. Raises ValueError with a phrase for what is not valid in it."""
    meta = plugin.meta
    judged, reads, figures = (meta.get(name) for name in ("judged", "reads", "figures"))
    texts = {name: meta.get(name) for name in ("short", "words")}
    for name, text in texts.items():
        if not isinstance(text, str) or not text:
            raise ValueError(f"{name} is no text")
    if texts["short"] in {one.short for one in known.values()} or plugin.id in known:
        raise ValueError(f"its id or short, {texts['short']}, is another one's already")
    if judged == NEVER:
        return TrailingExit(plugin.id, str(texts["short"]), NEVER, str(texts["words"]), plugin.module)
    if judged not in (WEEK, DAY) or reads not in ("close", "low"):
        raise ValueError("judged has to be week, day or never, reads close or low")
    if not isinstance(figures, dict) or not figures or not {*figures.values()} <= {"price", "number"}:
        raise ValueError("figures names no figure as price or number")
    return TrailingExit(
        id=plugin.id,
        short=str(texts["short"]),
        judged=judged,
        words=str(texts["words"]),
        module=plugin.module,
        reads=reads,
        warm_up=_warm_up(meta) if judged == DAY else 0,
        figures={str(name): kind == "price" for name, kind in figures.items()},
        period=declared({"parameters": {"period": meta["period"]}})["period"] if "period" in meta else None,
        parameters=_parameters(meta),
    )


def _parameters(meta: Mapping[str, Any]) -> Mapping[str, Parameter]:
    found = declared(meta)
    if "period" in found:
        raise ValueError("period stands beside the parameters, not among them")
    return found


def _warm_up(meta: Mapping[str, Any]) -> int:
    sessions = meta.get("warm_up")
    if type(sessions) is not int or not 1 <= sessions <= 1_000:
        raise ValueError("warm_up is no number of sessions between 1 and 1000")
    return sessions
