"""Plug-ins for people: a table, the parameters of each, and what cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backtest.plugin_parameters import Parameter
from backtest.tables import Column
from backtest.text import how_many
from backtest.typed_settings import say
from live.inspect.plugins_values import Listed, Shown
from live.run.program import Run

PLUGINS = (
    Column("id"), Column("name"), Column("version", 1), Column("where"), Column("used by", 2),
    Column("features", is_below=True), Column("file", is_below=True),
)  # fmt: skip
PARAMETERS = (Column("of"), Column("parameter"), Column("default"), Column("range"), Column("what it is", 1))
_NAMES = {"strategies": ("strategy", "candidate source"), "brokers": ("broker", "broker adapter")}


def print_plugins(run: Run, listed: Listed) -> None:
    """Print what was found."""
    console, (_, words) = run.console, _NAMES[listed.kind]
    shown = listed.shown
    console.say(f"{how_many(len(shown), words)}{_asked(listed)}", "bold")
    if shown:
        console.table(PLUGINS, [_cells(one) for one in shown])
    rows = [row for one in shown for row in _parameter_rows(one)]
    if rows:
        console.table(PARAMETERS, rows)
    if listed.asked is not None and not shown:
        known = ", ".join(listed.features) or "none"
        console.prose(f"features that any of them has: {known}")
    for broken in listed.broken:
        console.prose(f"cannot be used: {broken.name} ({broken.origin}), {broken.place}: {broken.error}", "red")


def _asked(listed: Listed) -> str:
    return "" if listed.asked is None else f" with the feature {listed.asked}"


def _cells(one: Shown) -> Sequence[str]:
    where = one.place if one.where != "shipped" else ""
    used = ", ".join(one.used_by)
    return one.id, one.name, one.version or "-", one.where, used, ", ".join(one.features), where


def _parameter_rows(one: Shown) -> Iterator[Sequence[str]]:
    for parameter in one.parameters.values():
        yield one.id, parameter.name, say(parameter.default), _range(parameter), parameter.help


def _range(one: Parameter) -> str:
    below = f"less than {one.below}" if one.below is not None else ""
    return ", ".join(part for part in (one.range, below) if part) or one.kind
