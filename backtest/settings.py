"""Settings in words → `Params`, and back: the configuration's `strategy:` section, `--set`, the manifest.

Everything here is driven by the fields of `Params`, so a parameter added there is read, checked,
written and compared without another line; its limits stand in `LIMITS` below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from backtest.earlier_versions import with_current_names
from backtest.errors import ConfigError
from backtest.params import Params, ReportJson, SizeOn, StopFill, StopMode, Variant
from backtest.strategies import PLACES
from backtest.strict_yaml import YamlValue, load_yaml_file, parse_scalar
from backtest.trailing_exits.registry import trailing_exit
from backtest.typed_settings import Limit, nested, read_dataclass, say, unknown_key
from backtest.variant_settings import (
    ID_PATTERN,
    LONGEST_FILE,
    check_variant,
    overridable,
    plain_shadows,
    plain_variant,
    read_shadows,
    read_variant,
    set_shadow,
    single_shadow,
)

PlainValue: TypeAlias = str | int | bool | None
"""How a parameter stands in a manifest: decimals as text without trailing zeros, enums as their word."""

SECTIONS = ("strategy", "execution", "safety", "broker", "prices", "strategies", "live", "notify", "heartbeat", "paths")
"""The sections of a configuration file; the backtest reads `strategy`, `strategies` and `prices`."""


_SHARE_PRICE = Limit(0, 10_000_000, 4)
LIMITS: Mapping[str, Limit] = {
    "max_positions": Limit(1, 1_000),
    "position_size": Limit(0, 100_000_000, 2, open_ends=True),
    "stop_loss_pct": Limit(0, 100, 2, open_ends=True),
    "take_profit_pct": Limit(0, 1_000, 2, open_ends=True),
    "slippage_pct": Limit(0, 50, 2),
    "entry_slippage_pct": Limit(0, 50, 2),
    "entry_limit_pct": Limit(0, 100, 2),
    "max_holding_days": Limit(1, 36_500),
    "trailing_transition_weeks": Limit(0, 1_000),
    "indicator_window_weeks": Limit(1, 1_000),
    "period": Limit(1, 1_000),
    "daily_entry_limit": Limit(0, 1_000),
    "delisted_after_sessions": Limit(1, 250),
    "max_price_deviation_pct": Limit(0, 100_000, 2),
    "max_identity_deviation_pct": Limit(0, 100, 2),
    "min_score": Limit(0, 100, 4),
    "max_score": Limit(0, 100, 4),
    "min_gap": Limit(-100, 100_000, 4),
    "max_gap": Limit(-100, 100_000, 4),
    "min_price": _SHARE_PRICE,
    "max_price": _SHARE_PRICE,
    "max": Limit(-1_000_000_000, 1_000_000_000, 6),
    "commission_per_share": Limit(0, 100, 4),
    "commission_per_order": Limit(0, 1_000, 2),
    "initial_capital": Limit(0, 1_000_000_000_000, 2, open_ends=True),
}
"""By field name; `period` is the one of both variants, `max` the market filter's.

A number without an entry here fails a test."""


def load_params(path: Path | None) -> Params:
    """Return the parameters of a configuration file's `strategy:` section; the defaults without a file."""
    return Params() if path is None else params_from_mapping(section_of(path, "strategy"), f"{path} strategy")


def params_from_mapping(mapping: Mapping[str, YamlValue], where: str) -> Params:
    """Return the parameters a parsed `strategy:` section sets; what it leaves out keeps its default.

    where: the file and section for messages. Raises ConfigError for an unknown key (with the nearest
    known one), a wrong type, a number out of range, or values that contradict each other.
    """
    params = _read_params(Params(), mapping, where)
    check_together(params, where)
    return params


def _read_params(base: Params, mapping: Mapping[str, YamlValue], where: str) -> Params:
    """Return `base` with what a mapping sets: the strategies' variants by their own rules, the rest by its type."""
    variants = {name: mapping[name] for name in PLACES if name in mapping}
    params: Params = read_dataclass(base, {k: v for k, v in mapping.items() if k not in PLACES}, where, LIMITS)
    if "primary" in variants:
        primary = read_variant(params.primary, variants["primary"], f"{where} primary", LIMITS)
        params = replace(params, primary=primary)
    if "shadow" in variants and "shadows" in variants:
        raise ConfigError(f"duplicate setting in {where}: shadow and shadows (expected one of them)")
    if "shadow" in variants and variants["shadow"] is None:
        params = replace(params, shadows=())
    elif "shadow" in variants:
        shadow = read_variant(single_shadow(params, where), variants["shadow"], f"{where} shadow", LIMITS)
        params = replace(params, shadows=(shadow,))
    given = variants.get("shadows")
    if isinstance(given, Mapping):  # by id, as a manifest and `--set` name them
        given = [{**section, "id": name} for name, section in given.items() if isinstance(section, Mapping)]
        return replace(params, shadows=_without_made_ids(read_shadows(params, given, where, LIMITS)))
    return replace(params, shadows=read_shadows(params, given, where, LIMITS)) if "shadows" in variants else params


def _without_made_ids(shadows: tuple[Variant, ...]) -> tuple[Variant, ...]:
    made = (replace(one, id=None) for one in shadows)
    return tuple(
        own if own.is_plain and own.strategy_id == one.id else one for own, one in zip(made, shadows, strict=True)
    )


def apply_setting(params: Params, setting: str, where: str = "--set") -> Params:
    """Return `params` with one `name=value` applied, dotted names for variants (`primary.period=8`).

    Checks the value alone; see `apply_settings` for several that only fit together.
    """
    name, equals, text = setting.partition("=")
    name, text = name.strip(), text.strip()
    if not equals or not name or not text:
        raise ConfigError(f"setting not valid in {where}: {setting!r} (expected name=value)")
    known = settable(params)
    if name not in known and ".source_parameters." not in name:
        raise unknown_key(name, known, where)
    nested: Any = parse_scalar(text)
    head, *rest = name.split(".")
    if head == "shadows" and rest:
        shadow_id, *rest = rest
        section = _nested(rest, nested)

        def change(one: Variant) -> Variant:
            return read_variant(one, section, f"{where} shadows.{shadow_id}", LIMITS, params=params)

        return replace(params, shadows=set_shadow(params, shadow_id, change, where))
    return _read_params(params, _nested([head, *rest], nested), where)


def _nested(names: Sequence[str], value: Any) -> Any:
    for name in reversed(names):
        value = {name: value}
    return value


def settable(params: Params) -> tuple[str, ...]:
    """Return the names that a `--set` may give: every parameter, and what the strategies may have beside."""
    names = dict.fromkeys(params_to_plain(params))
    places = {"primary": params.primary} | {
        "shadow" if len(params.shadows) == 1 else f"shadows.{one.strategy_id}": one for one in params.shadows
    }
    for place, variant in places.items():
        more = ["id", "source", "symbols_file", *trailing_exit(variant.trailing_stop).parameters]
        more = more if place == "primary" else [*trailing_exit(variant.trailing_stop).parameters]
        names |= dict.fromkeys(f"{place}.{name}" for name in ("trailing_stop", "period", *more))
    for one in params.shadows:
        names |= dict.fromkeys(f"shadows.{one.strategy_id}.{name}" for name in overridable())
    return (*names, "shadows")


def in_order(settings: Iterable[str]) -> list[str]:
    """Return `name=value` settings as they are applied: trailing exits first, for others may be their parameters."""
    return sorted(settings, key=lambda one: not one.partition("=")[0].strip().endswith(".trailing_stop"))


def apply_settings(params: Params, settings: Iterable[str], where: str = "--set") -> Params:
    """Return `params` with every `name=value` applied (`in_order`), checked together at the end."""
    for setting in in_order(settings):
        params = apply_setting(params, setting, where)
    check_together(params, where)
    return params


def params_from_plain(plain: Mapping[str, object], where: str) -> Params:
    """Return the parameters that `params_to_plain` gave, as a manifest holds them; what it lacks keeps its default.

    Raises ConfigError for an unknown name or a value that does not fit.
    """
    parsed = {name: parse_scalar(value) if isinstance(value, str) else value for name, value in plain.items()}
    return params_from_mapping(nested(parsed), where)


def params_to_plain(params: Params) -> dict[str, PlainValue]:
    """Return every parameter by its dotted name in canonical form: the manifest's `parameters`."""
    return dict(_plain_items(params, ""))


def check_together(params: Params, where: str) -> None:
    """Refuse parameters that are fine alone and contradict each other. Raises ConfigError."""
    for name in ("score", "gap", "price"):
        low, high = getattr(params, f"min_{name}"), getattr(params, f"max_{name}")
        if low is not None and high is not None and low > high:
            raise ConfigError(f"min_{name} not valid in {where}: {low} (expected at most max_{name}, {high})")
    if (params.market_filter.file is None) != (params.market_filter.max is None):
        missing = "file" if params.market_filter.file is None else "max"
        raise ConfigError(
            f"market_filter.{missing} not valid in {where}: none (expected market_filter.file and max both, or neither)"
        )
    file = params.market_filter.file or ""
    if len(file) > LONGEST_FILE or not file.isprintable():
        raise ConfigError(
            f"market_filter.file not valid in {where}: {file[:40]!a} (expected at most {LONGEST_FILE} printable "
            "characters, for signal files name it)"
        )
    check_variant(params, "primary", where)
    for shadow in params.shadows:
        check_variant(params.as_shadow(shadow), "shadow" if shadow.is_plain else shadow.strategy_id, where)
    _check_ids(params, where)


def _check_ids(params: Params, where: str) -> None:
    """A strategy's id names its files and rows: it has to be one, and its own."""
    ids = [one.strategy_id for one in (params.primary, *params.shadows)]
    for one in ids:
        if not ID_PATTERN.fullmatch(one):
            raise ConfigError(f"strategy id not valid in {where}: {one} (expected a shorter one: set an id)")
    if len(params.shadows) == 1 and params.shadows[0].is_plain:
        return  # a shadow that is the executed strategy itself keeps no book
    for one in ids:
        if ids.count(one) > 1:
            raise ConfigError(f"strategy id given twice in {where}: {one} (expected every strategy with its own id)")


def require_live_modes(params: Params, where: str) -> None:
    """Refuse what only a simulator can do; of a shadow only a take profit: its rows keep no target. Raises ConfigError.

    Live knows one stop mode, stop fill and sizing, no take profit, and never sells and buys one ticker at the same
    open: the broker refuses opposite orders in one symbol (docs/decisions/0009).
    """
    wanted = {
        "stop_mode": StopMode.INTRADAY,
        "stop_fill": StopFill.GAP_AWARE,
        "take_profit_pct": None,
        "size_on": SizeOn.REFERENCE_PRICE,
        "allow_same_day_reentry": False,
    }
    found = {name: (getattr(params, name), value) for name, value in wanted.items()}
    shadows = ((f"shadows.{one.strategy_id}.take_profit_pct", params.as_shadow(one)) for one in params.watched)
    found |= {name: (one.take_profit_pct, None) for name, one in shadows}
    for name, (given, value) in found.items():
        if given is not value:
            raise ConfigError(
                f"{name} not valid in {where}: {say(plain_value(given))} "
                f"(expected {say(plain_value(value))} for live trading)",
                next_step="The other values are what-ifs of the backtest.",
            )
    if params.report_json is ReportJson.NONE:
        raise ConfigError(
            f"report_json not valid in {where}: none (expected candidates or analyzer for live trading)",
            next_step="Set strategy.report_json: candidates; it takes the page where no JSON lies beside it.",
        )


def section_of(path: Path, name: str) -> Mapping[str, YamlValue]:
    """Return one section of a configuration file as it stands there; empty when it has none. Raises ConfigError (6)."""
    content = with_current_names(load_yaml_file(path), str(path))
    for section in content:
        if section not in SECTIONS:
            raise unknown_key(section, SECTIONS, str(path))
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise ConfigError(f"{name} not valid in {path}: {say(found)} (expected `name: value` lines)")
    return found


def _plain_items(value: Any, prefix: str) -> Iterable[tuple[str, PlainValue]]:
    for field in fields(value):
        item = getattr(value, field.name)
        if field.name == "shadows":
            yield from plain_shadows(value, plain_value).items()
        elif isinstance(item, Variant):
            for name, plain in plain_variant(item, plain_value, is_primary=True).items():
                yield f"{prefix}{field.name}.{name}", plain
        elif is_dataclass(item):
            yield from _plain_items(item, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", plain_value(item)


def plain_value(value: object) -> PlainValue:
    """Return one parameter in canonical form. Raises TypeError for a type without a canonical form."""
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    raise TypeError(f"no canonical form for {type(value).__name__}")
