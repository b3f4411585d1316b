"""A strategy's variant in words: the sections `primary`, `shadow` and the list `shadows`, and back.

A single shadow that differs in stop and period alone is written as `shadow:`; everything else is `shadows:`, a list
whose elements may set further parameters of the strategy, with an `id` then. Dotted names are `primary.period`,
`shadow.period` and, of a list, `shadows.ID.period`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from backtest.errors import ConfigError
from backtest.params import REPORTS, CandidateSource, Params, Variant
from backtest.plugin_parameters import PluginValue, Values, as_values, read_values, require_order
from backtest.strategies import PLACES
from backtest.trailing_exits.registry import DAY, NO_EXIT, WEEK, TrailingExit, trailing_exit
from backtest.typed_settings import Limit, read_dataclass, say, unknown_key, wrong_value

ID_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,31}")
SHARED = frozenset({"primary", "shadows", "entry_mode", "report_json", "max_identity_deviation_pct", "market_filter"})
"""What all strategies of a configuration have alike: which reports are read and how, and when nothing is bought."""
_OWN = ("trailing_stop", "period", "id", "source", "source_parameters", "symbols_file")
LONGEST_FILE = 255
"""Characters that a signal file holds of a path."""
RECORDED = ("source_version", "symbols_sha256")
"""Of a scan, written by the program that resolved the source."""


def overridable() -> tuple[str, ...]:
    """Return the parameters that a shadow may have otherwise."""
    return tuple(one.name for one in fields(Params) if one.name not in SHARED)


def read_variant(
    base: Variant, given: object, where: str, limits: Mapping[str, Limit], *, params: Params | None = None
) -> Variant:
    """Return `base` with what a section gives. params: given, it may set those parameters too, as a shadow's.

    Raises ConfigError (6).
    """
    if not isinstance(given, Mapping):
        raise ConfigError(f"section not valid in {where}: {say(given)} (expected `name: value` lines)")
    given = dict(given)
    exit_id = str("none" if (word := given.pop("trailing_stop", base.trailing_stop)) is None else word)
    exit_ = trailing_exit(exit_id, f"trailing_stop in {where}")
    own = {name: given.pop(name) for name in ("period",) if name in given}
    period = read_dataclass(replace(base, period=_period(base, exit_)), own, where, limits).period
    kept = dict(base.exit_parameters) if exit_id == base.trailing_stop else {}
    parameters = {**kept, **{name: given.pop(name) for name in exit_.parameters if name in given}}
    variant = replace(
        base,
        trailing_stop=exit_id,
        period=period,
        exit_parameters=read_values(exit_.parameters, parameters, where, is_complete=False),
        id=_read_id(given.pop("id"), where) if "id" in given else base.id,
        source=_read_source(base.source, given, where, params),
    )
    if not given:
        return variant
    if params is None:
        raise unknown_key(next(iter(given)), (*_OWN, *exit_.parameters), where)
    return replace(
        variant, overrides=_read_overrides(variant.overrides, given, params, where, limits, exit_.parameters)
    )


def _period(base: Variant, exit_: TrailingExit) -> int:
    """Return the period that stays when none is given: an exit in another unit begins with its own default."""
    before = trailing_exit(base.trailing_stop)
    if exit_.period is None or exit_.id == before.id or DAY not in (exit_.judged, before.judged):
        return base.period
    assert isinstance(exit_.period.default, int)
    return exit_.period.default


def check_variant(params: Params, name: str, where: str) -> None:
    """Refuse a strategy whose source or trailing exit does not fit its parameters. Raises ConfigError (6).

    params: those under which it is the executed one. name: how the message calls it.
    """
    _check_source(params.source, name, where)
    variant, exit_ = params.primary, trailing_exit(params.primary.trailing_stop)
    if variant.trailing_stop == NO_EXIT and params.max_holding_days is None:
        raise ConfigError(
            f"{name}.trailing_stop not valid in {where}: none (expected a trailing exit, or max_holding_days)"
        )
    if exit_.period is not None:
        exit_.period.read(variant.period, f"{where} {name}")
    if exit_.judged == WEEK and variant.period > params.indicator_window_weeks:
        raise ConfigError(
            f"{name}.period not valid in {where}: {variant.period} "
            f"(expected at most indicator_window_weeks, {params.indicator_window_weeks})"
        )
    require_order(exit_.parameters, dict(variant.exit_parameters), f"{where} {name}")


def _read_id(value: object, where: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not ID_PATTERN.fullmatch(value):
        raise wrong_value("id", value, "up to 32 of a-z, 0-9 and _, a letter first", where)
    if value in PLACES:
        raise wrong_value("id", value, f"none of {', '.join(PLACES)}, which name a place", where)
    return value


def _read_source(base: CandidateSource | None, given: dict[str, Any], where: str, params: Params | None) -> Any:
    """Take what describes the source out of `given`. Another source begins without the parameters of the one before.

    params: of the executed strategy when it is a shadow's: what is left out of a source is as there.
    """
    names = ("source", "source_parameters", "symbols_file", *RECORDED)
    taken = {name: given.pop(name) for name in names if name in given}
    if not taken:
        return base
    source = base or (None if params is None else params.primary.source) or CandidateSource()
    if "source" in taken:
        source_id = taken["source"]
        if not isinstance(source_id, str) or not ID_PATTERN.fullmatch(source_id):
            raise wrong_value("source", source_id, f"{REPORTS}, or the id of a candidate source", where)
        if source_id != source.id:
            source = CandidateSource(source_id)
    if "source_parameters" in taken:
        source = replace(source, parameters=_read_given(taken["source_parameters"], source.parameters, where))
    texts = {"symbols_file": "symbols_file", "source_version": "version", "symbols_sha256": "symbols_sha256"}
    for name, attribute in texts.items():
        if name in taken:
            changed: dict[str, Any] = {attribute: _read_text(name, taken[name], where)}
            source = replace(source, **changed)
    if source.id == REPORTS and source != CandidateSource():
        raise ConfigError(f"source not valid in {where}: {REPORTS} takes no parameters and no symbols_file")
    return None if source.id == REPORTS and params is None else source


def _read_text(name: str, value: object, where: str) -> str | None:
    if name in RECORDED and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)  # a version such as 1 or 1.10
    if value is not None and not isinstance(value, str):
        raise wrong_value(name, value, "text", where)
    return value


def _read_given(value: object, before: Values, where: str) -> Values:
    """Return parameters of a source as given; their types and ranges are the source's own and checked with it."""
    if value is None:
        return ()
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise wrong_value("source_parameters", value, "`name: value` lines", where)
    given: dict[str, PluginValue] = {**dict(before), **value}
    return as_values(given.items())


def _read_overrides(
    before: Sequence[tuple[str, Any]],
    given: Mapping[str, Any],
    params: Params,
    where: str,
    limits: Mapping[str, Limit],
    more: Mapping[str, object],
) -> tuple[tuple[str, Any], ...]:
    for name in given:
        if name not in overridable():
            raise unknown_key(name, (*_OWN, *more, *overridable()), where)
    read = read_dataclass(params, given, where, limits)
    return tuple(sorted({**dict(before), **{name: getattr(read, name) for name in given}}.items()))


def read_shadows(params: Params, given: object, where: str, limits: Mapping[str, Limit]) -> tuple[Variant, ...]:
    """Return the shadows of a list; what an element leaves out is as in the executed strategy.

    Raises ConfigError (6) for a shadow that differs in more than stop and period without an id.
    """
    if given is None:
        return ()
    if not isinstance(given, list):
        raise ConfigError(f"shadows not valid in {where}: {say(given)} (expected a list of shadows, or none)")
    found = []
    base = replace(params.primary, id=None, source=None)
    for number, one in enumerate(given, 1):
        place = f"{where} shadows, element {number}"
        shadow = read_variant(base, one, place, limits, params=params)
        if shadow.id is None and not shadow.is_plain:
            raise ConfigError(
                f"id missing in {place} (expected one, for it differs in more than trailing stop and period)"
            )
        found.append(shadow)
    return tuple(found)


def set_shadow(params: Params, name: str, change: Callable[[Variant], Variant], where: str) -> tuple[Variant, ...]:
    """Return the shadows with the one of that strategy id changed. Raises ConfigError (6) naming the known ones."""
    known = [one.strategy_id for one in params.shadows]
    if name not in known:
        raise unknown_key(f"shadows.{name}", [f"shadows.{one}" for one in known], where)
    return tuple(change(one) if one.strategy_id == name else one for one in params.shadows)


def is_recorded(name: str) -> bool:
    """Return whether a parameter is one that nobody sets: it is made of a file that a candidate source names."""
    return name.rpartition(".")[2] in RECORDED


def _check_source(source: CandidateSource, name: str, where: str) -> None:
    """Refuse a scan without the symbols it is asked about. name: of the strategy. Raises ConfigError (6)."""
    if source.id == REPORTS:
        return
    file = source.symbols_file
    if file is None or len(file) > LONGEST_FILE or not file.isprintable():
        raise ConfigError(
            f"{name}.symbols_file not valid in {where}: {say(file)} (expected the file of the symbols that "
            f"{source.id} is asked about)"
        )


def single_shadow(params: Params, where: str) -> Variant:
    """Return the only shadow, which `shadow:` means. Raises ConfigError (6) when there are several or none."""
    if len(params.shadows) != 1:
        names = ", ".join(f"shadows.{one.strategy_id}" for one in params.shadows)
        raise ConfigError(f"shadow not valid in {where}: there are {len(params.shadows)} shadows (expected {names})")
    return params.shadows[0]


def plain_variant(variant: Variant, plain: Callable[[object], Any], *, is_primary: bool = False) -> dict[str, Any]:
    """Return a variant by the names of its parameters in canonical form. plain: one value in canonical form."""
    values: dict[str, Any] = {"trailing_stop": variant.trailing_stop, "period": variant.period}
    values |= variant.exit_parameters
    if is_primary and variant.id is not None:
        values["id"] = variant.id
    source = variant.source or (CandidateSource() if is_primary else None)
    if source is not None:
        values["source"] = source.id
        values |= {f"source_parameters.{name}": value for name, value in source.parameters}
        recorded = {
            "symbols_file": source.symbols_file,
            "source_version": source.version,
            "symbols_sha256": source.symbols_sha256,
        }
        values |= {name: value for name, value in recorded.items() if value is not None}
    values |= variant.overrides
    return {name: plain(value) for name, value in values.items()}


def plain_shadows(params: Params, plain: Callable[[object], Any]) -> dict[str, Any]:
    """Return the shadows by dotted names: `shadow.*` of a single plain one, else `shadows.ID.*`; none: `shadows`."""
    if not params.shadows:
        return {"shadows": None}
    if len(params.shadows) == 1 and params.shadows[0].is_plain:
        return {f"shadow.{name}": value for name, value in plain_variant(params.shadows[0], plain).items()}
    return {
        f"shadows.{one.strategy_id}.{name}": value
        for one in params.shadows
        for name, value in plain_variant(one, plain).items()
    }
