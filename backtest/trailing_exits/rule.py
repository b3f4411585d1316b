"""What a trailing exit computes: its interface, and the module of an id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from backtest.trailing_exits.registry import trailing_exit
from backtest.weekly_bars import Values as Values

Flags: TypeAlias = bool | NDArray[np.bool_]
"""Whether it is broken at one judged close, or at each of many."""

Given: TypeAlias = Mapping[str, Any]
"""Parameters by name, `period` among them where the exit uses it."""


class Rule(Protocol):
    """The functions of a trailing exit's module; pure, of floats or of arrays alike."""

    @staticmethod
    def figures(window: Sequence[Values], given: Given) -> tuple[Values, ...] | None:
        """Return what the literal's `figures` names, at a judged close; None with too few bars.

        window: of the column it reads, oldest first, the judged week's or day's last, adjusted into units of that one.
        """
        ...

    @staticmethod
    def is_broken(close: Values, figures: tuple[Values, ...], given: Given) -> Flags:
        """Return whether the judged close sells. close: in the units of the window."""
        ...


@cache
def rule_of(exit_id: str) -> Rule:
    """Return the functions of a trailing exit. Raises ConfigError (6) for an unknown one."""
    return cast(Rule, import_module(trailing_exit(exit_id).module))
