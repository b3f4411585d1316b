"""A trailing exit that this project does not have, as a file in a folder that its package looks into."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import backtest.trailing_exits
from backtest.trailing_exits import registry, rule

SESSION_LOW = """
import numpy as np

EXIT_META = {
    "id": "session_low",
    "short": "low",
    "judged": "day",
    "reads": "low",
    "warm_up": 6,
    "figures": {"lowest": "price"},
    "words": "it closed below the lowest low of the sessions before",
    "period": {"type": "int", "default": 3, "low": 1, "high": 5},
    "parameters": {"above_pct": {"type": "int", "default": 0, "low": 0, "high": 50}},
}


def figures(window, given):
    if len(window) <= given["period"]:
        return None
    return (np.minimum.reduce(window[-1 - given["period"] : -1]) * (1 + given["above_pct"] / 100),)


def is_broken(close, figures, given):
    return close < figures[0]
"""


@contextmanager
def dropped_in(folder: Path, **files: str) -> Iterator[None]:
    """Have the package of trailing exits look into a folder with these files too, by their names."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    places = backtest.trailing_exits.__path__
    before = list(places)
    places.append(str(folder))
    _forget()
    try:
        yield
    finally:
        places[:] = before
        _forget()
        for name in files:
            sys.modules.pop(f"{registry.PACKAGE}.{name}", None)


def _forget() -> None:
    registry._table.cache_clear()
    rule.rule_of.cache_clear()
