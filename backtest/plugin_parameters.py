"""The parameters that a plug-in declares in its literal: types, defaults, ranges; and the values given for them.

    "parameters": {"period": {"type": "int", "default": 14, "low": 2, "high": 250, "help": "sessions"}}

type: int, number (exact decimals), text or bool. low and high are inclusive and may be left out; below names another
parameter whose value has to be higher.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from backtest.errors import ConfigError
from backtest.typed_settings import unknown_key, wrong_value

PluginValue: TypeAlias = int | Decimal | str | bool
Values: TypeAlias = tuple[tuple[str, PluginValue], ...]
"""Values by name, sorted by name: hashable, as the parameters of a run have to be."""
_TYPES: Mapping[str, tuple[type, ...]] = {"int": (int,), "number": (int, Decimal), "text": (str,), "bool": (bool,)}
_EXPECTED = {"int": "a whole number", "number": "a number", "text": "text", "bool": "true or false"}
_KEYS = frozenset({"type", "default", "low", "high", "below", "help"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter. kind: int, number, text or bool. low, high: inclusive, None: no bound.

    below: the parameter whose value has to be higher, None: none has.
    """

    name: str
    kind: str
    default: PluginValue
    low: Decimal | None = None
    high: Decimal | None = None
    help: str = ""
    below: str | None = None

    def read(self, value: object, where: str) -> PluginValue:
        """Return a value of a configuration or a command line as this parameter's. Raises ConfigError (6)."""
        is_flag = isinstance(value, bool)
        if is_flag != (self.kind == "bool") or not isinstance(value, _TYPES[self.kind]):
            raise wrong_value(self.name, value, _EXPECTED[self.kind], where)
        if isinstance(value, int | Decimal) and not is_flag and not self._is_inside(value):
            raise wrong_value(self.name, value, self.range, where)
        if self.kind == "number":  # a whole one as int, so that 30 and 30.0 are written alike everywhere
            number = Decimal(str(value))
            return int(number) if number == int(number) else number
        assert isinstance(value, int | str)
        return value

    @property
    def range(self) -> str:
        """The range in words: `between 2 and 250`; empty without bounds."""
        if self.low is not None and self.high is not None:
            return f"between {self.low} and {self.high}"
        if self.low is not None:
            return f"at least {self.low}"
        return f"at most {self.high}" if self.high is not None else ""

    def _is_inside(self, value: int | Decimal) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def declared(meta: Mapping[str, Any]) -> Mapping[str, Parameter]:
    """Return the parameters of a plug-in's literal. Raises ValueError with a phrase for what is not valid in it."""
    given = meta.get("parameters", {})
    if not isinstance(given, dict):
        raise ValueError("parameters is no dict")
    found = {name: _parameter(name, one) for name, one in given.items()}
    for one in found.values():
        if one.below is not None and one.below not in found:
            raise ValueError(f"parameters: {one.name} is to be below {one.below}, which is none")
    try:
        require_order(found, {name: one.default for name, one in found.items()}, "")
    except ConfigError:
        raise ValueError("parameters: the defaults contradict each other") from None
    return found


def read_values(
    parameters: Mapping[str, Parameter], given: Mapping[str, object], where: str, *, is_complete: bool = True
) -> Values:
    """Return the value of every parameter: as given, else its default. Raises ConfigError (6).

    is_complete: whether no other one is given later; else `require_order` has to be asked when all are.
    """
    for name in given:
        if name not in parameters:
            raise unknown_key(name, parameters, where) if parameters else _takes_none(name, where)
    values = {name: one.read(given[name], where) if name in given else one.default for name, one in parameters.items()}
    if is_complete:
        require_order(parameters, values, where)
    return as_values(values.items())


def require_order(parameters: Mapping[str, Parameter], values: Mapping[str, PluginValue], where: str) -> None:
    """Refuse values that are fine alone, one of which is not below the other. Raises ConfigError (6)."""
    for name, one in parameters.items():
        low, high = values[name], None if one.below is None else values[one.below]
        if isinstance(low, int | Decimal) and isinstance(high, int | Decimal) and low >= high:
            raise wrong_value(name, low, f"less than {one.below}, {high}", where)


def as_values(items: Iterable[tuple[str, PluginValue]]) -> Values:
    """Return values in the form that parameters of a run hold them."""
    return tuple(sorted(items))


def _takes_none(name: str, where: str) -> ConfigError:
    return ConfigError(f"unknown key in {where}: {name} (expected no parameters)")


def _parameter(name: object, given: object) -> Parameter:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"parameters: {name!r} is no name")
    if not isinstance(given, dict) or not given.keys() >= {"type", "default"} or not given.keys() <= _KEYS:
        raise ValueError(f"parameters: {name} needs type and default (low, high and help may be given)")
    if given["type"] not in _TYPES:
        raise ValueError(f"parameters: {name} has the type {given['type']!r} (expected one of {', '.join(_TYPES)})")
    low, high = (None if (end := given.get(key)) is None else _number(name, end) for key in ("low", "high"))
    default = _number(name, given["default"]) if isinstance(given["default"], float) else given["default"]
    parameter = Parameter(name, given["type"], 0, low, high, str(given.get("help", "")), given.get("below"))
    try:
        read = parameter.read(default, "")
    except ConfigError:
        raise ValueError(f"parameters: {name} has a default that its own type and range refuse") from None
    return replace(parameter, default=read)


def _number(name: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    if isinstance(value, bool) or not number.is_finite():
        raise ValueError(f"parameters: {name} has a bound or default that is no number")
    return number
