"""Which configurations a study tries: settings with several values make a grid, settings with one value are fixed.

A value is one of the words and numbers that `--set` takes, a list of them (`5,8,10`), or a range with both ends
(`5..15:1`; without a step 1), or a list of both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from backtest.errors import ConfigError
from backtest.model import Grade
from backtest.params import Params
from backtest.settings import PlainValue, apply_setting, check_together, in_order, params_to_plain
from backtest.strategies import PLACES
from backtest.strict_yaml import YamlValue, load_yaml_file
from backtest.typed_settings import as_set, say

MOST_VALUES = 10_000
MOST_POINTS = 100_000
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?::({_NUMBER}))?")
_NEXT = "Give fewer values, or try some of them with --random N."


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter with the values that are tried, numbers and grades in order; shown: as a manifest has them."""

    name: str
    values: tuple[Any, ...]
    shown: tuple[PlainValue, ...]
    is_ordered: bool

    def text(self, place: int) -> str:
        """Return a value as a user would write it."""
        value = self.shown[place]
        return value if isinstance(value, str) else say(value)


@dataclass(frozen=True, slots=True)
class Grid:
    """The axes of a study, and the parameters that are the same in every configuration."""

    base: Params
    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        return math.prod(len(axis.values) for axis in self.axes)

    def places(self, number: int) -> tuple[int, ...]:
        """Return where the point of that number stands on each axis; the last axis changes first."""
        found = []
        for axis in reversed(self.axes):
            number, place = divmod(number, len(axis.values))
            found.append(place)
        return tuple(reversed(found))

    def params(self, places: Sequence[int]) -> Params:
        """Return the parameters of a point, not yet checked together."""
        params = self.base
        values = {axis.name: axis.values[place] for axis, place in zip(self.axes, places, strict=True)}
        for name in in_order(values):
            params = _with(params, name, values[name])
        return params

    def unchanged(self, params: Params) -> Params:
        """Return the configuration without a choice: what is fixed here, the others as `params` have them.

        Raises ConfigError (6) when these contradict each other.
        """
        kept, plain = self.base, params_to_plain(params)
        for name in in_order(axis.name for axis in self.axes):
            if name in plain:  # else it is a parameter of another trailing exit
                kept = _with(kept, name, plain[name] if is_of_variant(name) else _value(params, name))
        check_together(kept, "the configuration left as it is")
        return kept

    def name(self, places: Sequence[int]) -> str:
        """Return a point in words: `stop_loss_pct=8, primary.period=10`."""
        return ", ".join(f"{axis.name}={axis.text(place)}" for axis, place in zip(self.axes, places, strict=True))


@dataclass(frozen=True, slots=True)
class Point:
    """One configuration of a grid."""

    places: tuple[int, ...]
    params: Params


@dataclass(frozen=True, slots=True)
class Drawn:
    """The configurations of a study. refused: combinations that contradict themselves, each by name with why."""

    points: tuple[Point, ...]
    refused: tuple[tuple[str, str], ...]


def read_grid(params: Params, settings: Iterable[str], file: Path | None = None) -> Grid:
    """Return the grid that settings, and a YAML file of them, span over `params`.

    Raises ConfigError (6): an unknown parameter (with the nearest), a value that is none, an empty range, a parameter
    given twice, nothing with several values, more than `MOST_VALUES` values.
    """
    given: dict[str, list[str]] = {}
    origin: dict[str, str] = {}
    for where, name, texts in (*_of_file(file), *map(_of_setting, settings)):
        if name in given and len({*given[name], *texts}) > 1:
            raise ConfigError(f"{name} not valid in {where}: given twice (expected once, with all its values)")
        given[name], origin[name] = texts, where
    read: dict[str, Axis] = {}
    for name in in_order(given):
        read[name] = _axis(params, name, given[name], origin[name])
        params = _with(params, name, read[name].values[0])
    axes = [read[name] for name in given if len(read[name].values) > 1]
    if not axes:
        raise ConfigError(
            "nothing to try: no parameter has several values (expected at least one)",
            next_step="For example: --set stop_loss_pct=5,8,10 or --set primary.period=4..20:2.",
        )
    return Grid(params, tuple(axes))


def draw(grid: Grid, count: int | None = None, seed: int = 1) -> Drawn:
    """Return the configurations of the whole grid, or `count` of them drawn without replacement, in grid order.

    Raises ConfigError (6) when the grid has too many points, or when every combination contradicts itself.
    """
    if count is None and grid.size > MOST_POINTS:
        raise ConfigError(
            f"grid of {grid.size:,} points is too big (expected at most {MOST_POINTS:,})", next_step=_NEXT
        )
    wanted = grid.size if count is None else min(count, grid.size)
    points: dict[int, Point] = {}
    refused: list[tuple[str, str]] = []
    for number in range(grid.size) if count is None else _shuffled(grid.size, seed, 20 * wanted):
        places = grid.places(number)
        params = grid.params(places)
        try:
            check_together(params, "it")
        except ConfigError as error:
            refused.append((grid.name(places), error.what))
            continue
        points[number] = Point(places, params)
        if len(points) == wanted:
            break
    if not points:
        name, why = refused[0]
        raise ConfigError(
            f"grid without a point: all {len(refused)} combinations are refused, the first is {name}: {why}"
        )
    return Drawn(tuple(points[number] for number in sorted(points)), tuple(refused))


def _shuffled(size: int, seed: int, most: int) -> Iterator[int]:
    """Yield numbers below `size` in random order, each once, at most `most` where there are very many."""
    import numpy as np

    rng = np.random.default_rng(seed)
    if size <= MOST_POINTS:
        yield from rng.permutation(size).tolist()
        return
    seen: set[int] = set()
    drawn = (int(rng.integers(0, size)) if size < 2**63 else int(rng.random() * size) for _ in range(10 * most))
    for number in islice((n for n in drawn if n not in seen), most):
        seen.add(number)
        yield number


def _of_setting(setting: str) -> tuple[str, str, list[str]]:
    name, equals, text = setting.partition("=")
    if not equals or not name.strip() or not text.strip():
        raise ConfigError(
            f"setting not valid in --set: {setting!r} (expected name=value, name=value,value or name=low..high)"
        )
    return "--set", name.strip(), _expanded(name.strip(), text.split(","), "--set")


def _of_file(file: Path | None) -> Iterator[tuple[str, str, list[str]]]:
    for name, value in _flat(load_yaml_file(file), "") if file is not None else ():
        items = value if isinstance(value, list) else [value]
        if not items:
            raise ConfigError(f"{name} not valid in {file}: an empty list (expected at least one value)")
        for item in items:
            if isinstance(item, list | dict):
                raise ConfigError(f"{name} not valid in {file}: {say(item)} inside a list (expected words and numbers)")
        texts = [item if isinstance(item, str) else say(item) for item in items]
        yield str(file), name, _expanded(name, [part for text in texts for part in text.split(",")], str(file))


def _flat(section: Mapping[str, YamlValue], prefix: str) -> Iterator[tuple[str, YamlValue]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _expanded(name: str, texts: Sequence[str], where: str) -> list[str]:
    """Return the values as texts, ranges written out. Raises ConfigError (6)."""
    found: list[str] = []
    for text in map(str.strip, texts):
        if not text:
            raise ConfigError(f"{name} not valid in {where}: an empty value (expected values between commas)")
        matched = _RANGE.fullmatch(text)
        if matched is None:
            found.append(text)
            continue
        low, high, step = Decimal(matched[1]), Decimal(matched[2]), Decimal(matched[3] or 1)
        if step <= 0 or low > high:
            why = "a step of 0 or less" if step <= 0 else "an empty range"
            raise ConfigError(f"{name} not valid in {where}: {text}: {why} (expected low..high:step)")
        count = int((high - low) / step) + 1
        if count > MOST_VALUES:
            raise ConfigError(
                f"{name} not valid in {where}: {text}: {count:,} values (expected at most {MOST_VALUES:,})"
            )
        found += [format(low + n * step, "f") for n in range(count)]
    return found


def _axis(params: Params, name: str, texts: Sequence[str], where: str) -> Axis:
    """Return the values of a parameter, each once, numbers and grades in order. Raises ConfigError (6)."""
    values: dict[PlainValue, Any] = {}
    for text in texts:
        changed = apply_setting(params, f"{name}={text}", where)
        plain = params_to_plain(changed)
        if name not in plain:
            raise ConfigError(f"{name} not possible in {where}: it changes the shadow's id (expected one with an id)")
        values[plain[name]] = plain[name] if is_of_variant(name) else _value(changed, name)
    known = [value for value in values.values() if value is not None]
    is_ordered = len(known) > 1 and all(_has_order(value) for value in known)
    none_at = -1 if name.rpartition(".")[2].startswith("min_") else 1  # without a lower limit, without an upper one

    def order(item: tuple[PlainValue, Any]) -> tuple[int, Any]:
        return (none_at, 0) if item[1] is None else (0, item[1])

    pairs = sorted(values.items(), key=order) if is_ordered else list(values.items())
    return Axis(name, tuple(value for _, value in pairs), tuple(shown for shown, _ in pairs), is_ordered)


def _has_order(value: object) -> bool:
    """Return whether a value is a number or a grade; other words have no order."""
    return isinstance(value, int | Decimal | Grade) and not isinstance(value, bool)


def _value(params: Any, name: str) -> Any:
    for part in name.split("."):
        params = getattr(params, part)
    return params


def _with(params: Any, name: str, value: Any) -> Any:
    """Return parameters with one value changed; dotted names reach into a part of them."""
    head, _, tail = name.partition(".")
    if is_of_variant(name):
        return apply_setting(params, f"{name}={as_set(value)}")
    return replace(params, **{head: _with(getattr(params, head), tail, value) if tail else value})


def is_of_variant(name: str) -> bool:
    """Return whether a parameter is one of the strategies' variants."""
    return name.partition(".")[0] in PLACES
