"""Reads the configuration of the daily programs: strict YAML and `--set` → one frozen `LiveConfig`.

The `strategy:` section is read by `backtest.settings`; the others by the types of their fields, so a
setting added to a class of `live.config` needs no line here but the range of a number. Unknown and
duplicate keys are errors (6).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

from backtest.errors import ConfigError
from backtest.model import TICKER_PATTERN
from backtest.params import Params
from backtest.text import is_web_address
from live.config import NOTIFY_CODES, LiveConfig, NotifyKind

if TYPE_CHECKING:
    from backtest.typed_settings import Limit

_RANGES: Mapping[str, tuple[int, int]] = {
    "poll_timeout_s": (1, 600),
    "poll_interval_s": (0, 60),
    "entry_cutoff_minutes": (0, 390),
    "max_workers": (1, 4),
    "min_buying_power": (0, 1_000_000_000),
    "max_daily_trade_orders": (1, 10_000),
    "max_daily_stop_orders": (1, 10_000),
    "max_quote_spread_pct": (0, 100),
    "max_snapshot_age_s": (1, 3600),
    "max_drawdown_pct": (0, 100),
    "max_daily_loss_pct": (0, 100),
    "max_position_usd": (1, 100_000_000),
    "max_position_pct": (0, 1_000),
    "max_orders_per_day": (1, 10_000),
}
"""The range of every number, both ends included."""
_RECORDED = ("strategy", "execution", "safety")
"""The sections that a run records."""
MOST_DECIMALS = 12
"""As many as strict YAML takes; the sections here do not limit them further."""


def load_config(path: Path, settings: tuple[str, ...] = ()) -> LiveConfig:
    """Read a configuration file and apply `section.key=value` overrides in order.

    Raises ConfigError (6) for a file that is missing or not strict YAML, an unknown key (with the
    nearest known one), a wrong type or range, a what-if of the backtest that live cannot do, and for
    `live.enabled` without every safety limit.
    """
    from backtest.strict_yaml import read_config_bytes  # late: YAML costs 20 ms that --help need not wait for

    return _with_sources(replace(_parse(read_config_bytes(path), str(path), settings), file=path))


def _with_sources(config: LiveConfig) -> LiveConfig:
    """Return the configuration with its candidate sources complete, as far as their files can be read.

    A file that cannot be read must keep no program from protecting shares: the generator asks for it again.
    """
    if all(one.source is None for one in (config.strategy.primary, *config.strategy.shadows)):
        return config
    from backtest.sources.resolve import resolve_readable

    config = replace(config, strategy=resolve_readable(config.strategy, config.strategies.dir))
    return replace(config, config_sha256=compute_config_sha256(config))


@lru_cache(maxsize=8)
def _parse(content: bytes, where: str, settings: tuple[str, ...]) -> LiveConfig:
    """Parse content once: a replay in one process reads the same file thousands of times."""
    from backtest.earlier_versions import with_current_names
    from backtest.settings import in_order
    from backtest.strict_yaml import parse_yaml
    from backtest.typed_settings import unknown_key

    tree: dict[str, Any] = with_current_names(parse_yaml(content, where), where)
    for section in tree:
        if section not in _sections():
            raise unknown_key(section, _sections(), where)
    config = LiveConfig(
        **{
            name: _read_section(kind, tree.get(name, {}), f"{where} {name}")
            for name, kind in _sections().items()
            if name in tree
        }
    )
    for setting in in_order(settings):
        config = _apply(config, setting)
    return _checked(config, where)


@cache
def _sections() -> dict[str, Any]:
    hints = get_type_hints(LiveConfig)
    return {name: kind for name, kind in hints.items() if name not in ("config_sha256", "file")}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _limits() -> dict[str, Limit]:
    from backtest.typed_settings import Limit

    return {name: Limit(low, high, MOST_DECIMALS) for name, (low, high) in _RANGES.items()}


def _apply(config: LiveConfig, setting: str) -> LiveConfig:
    from backtest.earlier_versions import current_name
    from backtest.settings import apply_setting
    from backtest.strict_yaml import parse_scalar
    from backtest.typed_settings import read_dataclass, unknown_key

    name, equals, text = (part.strip() for part in setting.partition("="))
    section, dot, key = current_name(name).partition(".")
    if not (equals and dot and section and key and text):
        raise ConfigError(f"setting not valid in --set: {setting!r} (expected section.key=value)")
    if section not in _sections():
        raise unknown_key(section, _sections(), "--set")
    if section == "strategy":
        return replace(config, strategy=apply_setting(config.strategy, f"{key}={text}", "--set strategy"))
    kind = _sections()[section]
    if key not in _hints(kind):
        raise unknown_key(key, _hints(kind), f"--set {section}")
    is_list = get_origin(_hints(kind)[key]) is tuple
    value: object = [part.strip() for part in text.split(",") if part.strip()] if is_list else parse_scalar(text)
    changed = read_dataclass(getattr(config, section), {key: value}, f"--set {section}", _limits())
    return replace(config, **{section: changed})


def _read_section(kind: Any, content: object, where: str) -> Any:
    from backtest.settings import params_from_mapping
    from backtest.typed_settings import read_dataclass, say

    if not isinstance(content, Mapping):
        raise ConfigError(f"section not valid in {where}: {say(content)} (expected `name: value` lines)")
    return params_from_mapping(content, where) if kind is Params else read_dataclass(kind(), content, where, _limits())


def _checked(config: LiveConfig, where: str) -> LiveConfig:
    from backtest.settings import check_together, require_live_modes
    from backtest.typed_settings import wrong_value

    check_together(config.strategy, where)
    require_live_modes(config.strategy, where)
    for ticker in config.execution.ignore_tickers:
        if not TICKER_PATTERN.fullmatch(ticker):
            raise wrong_value("ignore_tickers", ticker, "tickers like BRK.B", where)
    if str(config.paths.state_db) == ":memory:":
        raise wrong_value("state_db", ":memory:", "a file: that one forgets every order that is sent", where)
    words = (*NOTIFY_CODES, *NotifyKind)
    for word in config.notify.on:
        if word not in words:
            raise wrong_value("on", word, "codes from 1 to 13, or " + ", ".join(NotifyKind), f"{where} notify")
    if config.heartbeat.url is not None and not is_web_address(config.heartbeat.url):
        raise ConfigError(f"url not valid in {where} heartbeat (expected a web address like https://hc-ping.com/…)")
    if config.execution.poll_interval_s <= 0:
        raise wrong_value("poll_interval_s", config.execution.poll_interval_s, "more than 0", where)
    if config.live.enabled and config.safety.missing:
        missing = ", ".join(config.safety.missing)
        raise ConfigError(
            f"live.enabled not valid in {where}: true without {missing} (expected every safety limit set)"
        )
    return replace(config, config_sha256=compute_config_sha256(config))


def compute_config_sha256(config: LiveConfig) -> str:
    """Return the sha256 over the canonical JSON of the strategy's parameters, as they are in force."""
    from backtest.settings import params_to_plain

    content = json.dumps(params_to_plain(config.strategy), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def config_sha256_of_0_1_0(config: LiveConfig) -> str:
    """Return what 0.1.0 wrote into its signal files: a hash over strategy, execution and safety as it knew them."""
    from backtest.earlier_versions import ADDED_PARAMETERS, HASHED_BY_0_1_0

    settings = settings_of(config)
    known = {**HASHED_BY_0_1_0, "strategy": settings["strategy"].keys() - ADDED_PARAMETERS}
    content = {section: {key: settings[section][key] for key in keys} for section, keys in known.items()}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@lru_cache(maxsize=8)
def settings_of(config: LiveConfig) -> Mapping[str, Mapping[str, object]]:
    """Return what a run records of the settings in force: section → key → plain value, parameters by dotted name."""
    return {name: values for name, values in all_settings_of(config).items() if name in _RECORDED}


def all_settings_of(config: LiveConfig) -> dict[str, dict[str, object]]:
    """Return every setting in force in the form of `settings_of`; secrets are among them."""
    from backtest.settings import params_to_plain

    return {
        name: {**params_to_plain(config.strategy)} if kind is Params else _plain(getattr(config, name))
        for name, kind in _sections().items()
    }


def _plain(section: Any) -> dict[str, object]:
    from backtest.settings import plain_value

    def plain(value: object) -> object:
        if isinstance(value, tuple):
            return list(value)
        return str(value) if isinstance(value, str | Path) else plain_value(value)

    return {item.name: plain(getattr(section, item.name)) for item in fields(section)}
