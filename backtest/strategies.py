"""The strategies of a configuration by name, and the parameters under which one of them is run.

`primary` is the executed one; a shadow is named by its strategy id, the only one also by `shadow`.
"""

from __future__ import annotations

from backtest.errors import UsageError
from backtest.params import REPORTS, Params

PLACES = PRIMARY, SHADOW, SHADOWS = "primary", "shadow", "shadows"
"""The sections of `strategy` that describe strategies; no strategy has one of them for its id."""


def watched_strategies(params: Params) -> dict[str, Params]:
    """Return the shadows that keep a book by strategy id, each with the parameters under which it is executed."""
    return {shadow.strategy_id: params.as_shadow(shadow) for shadow in params.watched}


def strategy_names(params: Params) -> tuple[str, ...]:
    """Return the names of a configuration's strategies: `primary`, and of the shadows `shadow` or their ids."""
    if len(params.shadows) == 1:
        return PRIMARY, SHADOW
    return (PRIMARY, *(one.strategy_id for one in params.shadows))


def as_executed(params: Params, strategy: str) -> Params:
    """Return the parameters under which the strategy of this name is the one that is run.

    Raises UsageError (2) for a name that the configuration does not know.
    """
    if strategy in (PRIMARY, params.primary.strategy_id):
        return params
    for shadow in params.shadows:
        if strategy == shadow.strategy_id or (strategy == SHADOW and len(params.shadows) == 1):
            return params.as_shadow(shadow)
    known = ", ".join(dict.fromkeys((*strategy_names(params), *(one.strategy_id for one in params.shadows))))
    raise UsageError(f"strategy not known: {strategy} (expected one of {known})")


def takes_reports(params: Params) -> bool:
    """Return whether any strategy of a configuration takes its candidates from reports."""
    return any(own.source.id == REPORTS for own in every_strategy(params))


def every_strategy(params: Params) -> tuple[Params, ...]:
    """Return the parameters under which each strategy is the executed one, the executed one first."""
    return (params, *(params.as_shadow(shadow) for shadow in params.watched))
