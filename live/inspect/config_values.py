"""The settings in force as values: what each one is, where it comes from, and what of a secret may be shown. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backtest.redaction import MASK

Sections = Mapping[str, Mapping[str, object]]
"""Section → key → plain value, as `live.config_file.all_settings_of` returns them."""


class Origin(StrEnum):
    """Where a value comes from; the flags that stand for a setting are named by themselves."""

    DEFAULT = "default"
    FILE = "file"
    SET = "--set"
    STATE_DB = "--state-db"
    BROKER = "--broker"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: value and default are plain, what is secret in them is shortened.

    has_default: the configuration without any file has it too; of a candidate source or a list of shadows it has not.
    """

    section: str
    key: str
    value: object
    default: object
    origin: Origin
    is_default: bool
    has_default: bool = True

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"


def settings_in_force(
    in_force: Sections,
    defaults: Sections,
    in_file: Mapping[str, object],
    named: Sequence[str],
    flags: Mapping[str, str],
) -> tuple[Setting, ...]:
    """Return every setting in the order of the configuration's classes.

    in_file: the file's content. named: the settings that `--set` names. flags: setting → what a flag of its own says.
    """
    given = set(_names(in_file))
    return tuple(
        _setting(section, key, value, defaults[section], given, named, flags)
        for section, values in in_force.items()
        for key, value in values.items()
    )


def _setting(
    section: str,
    key: str,
    value: object,
    defaults: Mapping[str, object],
    given: set[str],
    named: Sequence[str],
    flags: Mapping[str, str],
) -> Setting:
    name = f"{section}.{key}"
    if name in flags:
        value, origin = flags[name], _FLAGS[name]
    else:
        origin = Origin.SET if name in named else Origin.FILE if _is_given(name, given) else Origin.DEFAULT
    if key not in defaults:
        return Setting(section, key, shown(name, value), None, origin, origin is Origin.DEFAULT, has_default=False)
    default = defaults[key]
    return Setting(section, key, shown(name, value), shown(name, default), origin, value == default)


def _is_given(name: str, given: set[str]) -> bool:
    """Return whether a file has a setting, or a list that it is made of (`strategy.shadows`)."""
    return name in given or any(name.startswith(f"{one}.") for one in given)


_FLAGS = {"paths.state_db": Origin.STATE_DB, "broker.id": Origin.BROKER}


def _names(content: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def shown(name: str, value: object) -> object:
    """Return what of a setting may be shown: of an address its scheme, of a command line the program alone."""
    if name == "notify.command" and isinstance(value, str):
        return _program_of(value)
    if name == "notify.urls" and isinstance(value, list):
        return [_scheme_of(str(one)) for one in value]
    return _scheme_of(value) if name == "heartbeat.url" and isinstance(value, str) else value


def _scheme_of(address: str) -> str:
    scheme, is_there, _ = address.partition("://")
    return f"{scheme}://{MASK}" if is_there and scheme.isalnum() else MASK


def _program_of(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError:
        return MASK
    return " ".join([*words[:1], MASK] if len(words) > 1 else words)
