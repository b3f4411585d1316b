"""The two strategies of a configuration by name, and the parameters under which one of them is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backtest.params import Params

STRATEGIES = PRIMARY, SHADOW = "primary", "shadow"


def as_executed(params: Params, strategy: str) -> Params:
    """Return the parameters under which `strategy`, one of `STRATEGIES`, is the one that is run."""
    return params.as_shadow() if strategy == SHADOW else params
