"""What a shadow has otherwise than the executed strategy, from parameters by their dotted names; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backtest.typed_settings import as_set

ABSENT = "-"
_NAMES = ("id", "source_version", "symbols_sha256")
"""What names a strategy or records a file; what that makes different has a name of its own."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One parameter. executed, shadow: as the configuration has them; `-`: it does not have it."""

    name: str
    executed: str
    shadow: str


def otherwise(plain: Mapping[str, Any], strategy: str) -> tuple[Otherwise, ...]:
    """Return what a shadow has otherwise than the executed strategy.

    plain: the parameters in canonical form, of a configuration or as a run recorded them. strategy: the shadow's id.
    """
    own = own_settings(plain, strategy)
    found = (
        Otherwise(name, as_set(plain.get(name, plain.get(f"primary.{name}", ABSENT))), as_set(value))
        for name, value in own.items()
        if name not in _NAMES
    )
    return tuple(one for one in found if one.executed != one.shadow)


def own_settings(plain: Mapping[str, Any], strategy: str) -> dict[str, Any]:
    """Return the parameters that stand in a shadow's own section, by their names in it."""
    for prefix in (f"shadows.{strategy}.", "shadow."):
        own = {name.removeprefix(prefix): value for name, value in plain.items() if name.startswith(prefix)}
        if own:
            return own
    return {}


def as_if_executed(plain: Mapping[str, Any], strategy: str) -> dict[str, Any]:
    """Return the parameters under which a shadow decides, as if it were the executed strategy."""
    own = own_settings(plain, strategy)
    return {**plain, **{f"primary.{name}": value for name, value in own.items()}, **own}


def otherwise_text(found: tuple[Otherwise, ...]) -> str:
    """Return the differences in words: `stop_loss_pct 5 (executed 10), max_positions 4 (executed 20)`."""
    return ", ".join(f"{one.name} {one.shadow} (executed {one.executed})" for one in found)


def otherwise_json(found: tuple[Otherwise, ...]) -> dict[str, dict[str, str]]:
    """Return the differences by name, both sides as the configuration has them."""
    return {one.name: {"executed": one.executed, "shadow": one.shadow} for one in found}
