"""No trailing exit: only stop and holding time sell."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.trailing_exits.rule import Flags, Given, Values

EXIT_META = {"id": "none", "short": "none", "judged": "never", "words": "nothing"}


def figures(window: Sequence[Values], given: Given) -> tuple[Values, ...] | None:
    """Return nothing: no close is judged."""
    return None


def is_broken(close: Values, figures: tuple[Values, ...], given: Given) -> Flags:
    """Return that nothing sells."""
    return False
