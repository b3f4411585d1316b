"""What makes a shadow the executed strategy, and the executed one a shadow in its place; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from backtest.params import Params, Variant
from backtest.settings import PlainValue, params_to_plain, plain_value
from backtest.typed_settings import as_set
from backtest.variant_settings import RECORDED, overridable, plain_variant

_BARE = re.compile(r"[A-Za-z0-9_./+-]+")


@dataclass(frozen=True, slots=True)
class Following:
    """What makes a shadow the executed strategy.

    file: the configuration. settings: by name, as `--set` takes them; empty where more than trailing stops and periods
    change places. lines: the same as lines of the configuration. manifest: how to make the new one.
    """

    file: str
    settings: Mapping[str, str]
    lines: tuple[str, ...]
    manifest: str


def names_of(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that `lines_to_follow` sets in `strategy:`, sections by their own."""
    return tuple(line.strip().partition(":")[0] for line in lines if re.match(r"  [a-z]", line))


def settings_to_follow(params: Params, shadow: Variant) -> dict[str, str]:
    """Return the settings that exchange the only shadow and the executed strategy; empty where they do not suffice."""
    if len(params.shadows) != 1 or not (shadow.is_plain and params.primary.is_plain):
        return {}
    return {
        f"strategy.{place}.{key}": str(value)
        for place, variant in (("primary", shadow), ("shadow", params.primary))
        for key, value in (
            ("trailing_stop", variant.trailing_stop),
            ("period", variant.period),
            *variant.exit_parameters,
        )
    }


def exchanged(params: Params, shadow: Variant) -> Params:
    """Return the parameters under which a shadow is executed, and what was executed is a shadow in its place.

    Every strategy goes on to decide as before: what a shadow took from the executed strategy is its own now.
    """
    base = params.as_shadow(shadow)
    beside = (
        _beside(base, params, params.primary.strategy_id)
        if one == shadow
        else _beside(base, params.as_shadow(one), one.strategy_id)
        for one in params.shadows
    )
    return replace(base, shadows=tuple(beside))


def _beside(executed: Params, own: Params, name: str) -> Variant:
    """Return a strategy as a shadow of another. own: the parameters under which it is executed."""
    values = ((one, getattr(own, one)) for one in overridable())
    shadow = replace(
        own.primary,
        id=None,
        source=None if own.source == executed.source else own.source,
        overrides=tuple(sorted((one, value) for one, value in values if value != getattr(executed, one))),
    )
    return shadow if shadow.is_plain and shadow.strategy_id == name else replace(shadow, id=name)


def lines_to_follow(params: Params, shadow: Variant) -> tuple[str, ...]:
    """Return the lines of a configuration's `strategy:` that make a shadow the executed strategy."""
    after = exchanged(params, shadow)
    before, now = params_to_plain(params), params_to_plain(after)
    changed = [name for name in now if "." not in name and name != "shadows" and now[name] != before[name]]
    primary = plain_variant(after.primary, plain_value, is_primary=True)
    if params.primary.source is None and after.primary.source is None:
        del primary["source"]
    lines = ["strategy:", *(f"  {name}: {_text(now[name])}" for name in changed)]
    lines += ["  primary:", *(f"    {line}" for line in _section(primary)), "  shadows:"]
    for one in after.shadows:
        first, *rest = _section({**({} if one.id is None else {"id": one.id}), **plain_variant(one, plain_value)})
        lines += [f"    - {first}", *(f"      {line}" for line in rest)]
    return tuple(lines)


def _section(values: Mapping[str, PlainValue]) -> Iterator[str]:
    """Yield a strategy's lines; what is read from a file that it names is not set."""
    deeper = {name: value for name, value in values.items() if "." in name}
    for name, value in values.items():
        if name not in deeper and name not in RECORDED:
            yield f"{name}: {_text(value)}"
    if deeper:
        yield "source_parameters:"
    for name, value in deeper.items():
        yield f"  {name.partition('.')[2]}: {_text(value)}"


def _text(value: PlainValue) -> str:
    text = as_set(value)
    return text if _BARE.fullmatch(text) or not isinstance(value, str) else json.dumps(text)
