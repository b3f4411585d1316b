"""The table of trailing exits, read from the literals of this folder's modules without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backtest.errors import ConfigError
from backtest.plugin_parameters import Parameter, declared
from backtest.plugins import find_plugins
from backtest.typed_settings import suggestion

NO_EXIT = "none"
PACKAGE = "backtest.trailing_exits"


@dataclass(frozen=True, slots=True)
class TrailingExit:
    """One trailing exit as it describes itself.

    short: how strategy ids begin. judged: week, day or never. uses_period: whether the `period` beside its id acts, in
    weeks or sessions. parameters: further ones, by name.
    """

    id: str
    short: str
    judged: str
    uses_period: bool
    parameters: Mapping[str, Parameter]
    module: str


@cache
def trailing_exits() -> Mapping[str, TrailingExit]:
    """Return every trailing exit by its id."""
    found = find_plugins(Path(__file__).parent, PACKAGE, "EXIT_META")
    return {
        one.id: TrailingExit(
            one.id, one.meta["short"], one.meta["judged"], one.meta["uses_period"], declared(one.meta), one.module
        )
        for one in found.by_id.values()
    }


def trailing_exit(exit_id: str, where: str = "trailing_stop") -> TrailingExit:
    """Return one by its id. Raises ConfigError (6) naming the known ones."""
    known = trailing_exits()
    if exit_id not in known:
        raise ConfigError(f"{where} not known: {exit_id!r} (expected {suggestion(exit_id, known)})")
    return known[exit_id]
