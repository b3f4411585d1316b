"""`admin strategies` and `admin brokers`: which plug-ins were found, where, and which cannot be used."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping

from backtest.errors import ConfigError
from backtest.plugins import BrokenPlugin, Origin
from backtest.sources.registry import FUNCTION, find_strategies
from backtest.strategies import PRIMARY
from live.brokers.registry import find_all_adapters
from live.config import LiveConfig
from live.inspect.plugins_text import print_plugins
from live.inspect.plugins_values import Listed, Shown, plugins_json, shown_adapter, shown_strategy
from live.run.configuration import read_configuration
from live.run.options import RunOptions
from live.run.outlets import hide_addresses
from live.run.program import Run

CHECK_S = 20.0
"""How long the import of one module may take."""
_IMPORT = "import importlib, sys; importlib.import_module(sys.argv[1])"
_RUN_FILE = "import runpy, sys; sys.exit(0 if callable(runpy.run_path(sys.argv[1]).get(sys.argv[2])) else 1)"


def show_strategies(run: Run, options: RunOptions, feature: str | None, *, is_check: bool) -> None:
    """Print the candidate sources.

    Raises ConfigError (6): the configuration, and with `is_check` for any that cannot be used.
    """
    config = _configuration(run, options)
    found = find_strategies(config.strategies.dir)
    shown = [shown_strategy(one, _users(config, one.id)) for one in found.by_id.values()]
    _show(run, Listed("strategies", tuple(shown), found.broken, feature), is_check=is_check)


def show_brokers(run: Run, options: RunOptions, feature: str | None, *, is_check: bool) -> None:
    """Print the broker adapters. Raises as `show_strategies`."""
    config = _configuration(run, options)
    found = find_all_adapters()
    shown: list[Shown] = []
    broken = list(found.broken)
    chosen = options.broker or config.broker.id
    for one in found.by_id.values():
        try:
            shown.append(shown_adapter(one, is_chosen=one.id == chosen))
        except ValueError as error:
            broken.append(BrokenPlugin(one.id, str(one.path), f"ADAPTER_META: {error}", one.origin))
    _show(run, Listed("brokers", tuple(shown), tuple(broken), feature), is_check=is_check)


def _configuration(run: Run, options: RunOptions) -> LiveConfig:
    config = read_configuration(options)
    hide_addresses(run.redactor, config)
    return config


def _users(config: LiveConfig, source_id: str) -> Iterable[str]:
    strategy = config.strategy
    if strategy.source.id == source_id:
        yield PRIMARY
    yield from (one.strategy_id for one in strategy.watched if one.source is not None and one.source.id == source_id)


def _show(run: Run, listed: Listed, *, is_check: bool) -> None:
    if is_check:
        listed = listed.without(_failed(listed.every))
    run.report |= plugins_json(listed)
    print_plugins(run, listed)
    if is_check and listed.broken:
        names = ", ".join(one.name for one in listed.broken)
        raise ConfigError(f"plug-ins that cannot be used: {names} (expected all of them usable)")


def _failed(plugins: Iterable[Shown]) -> Mapping[str, str]:
    """Return why a plug-in cannot be imported, by its id. Each is imported in a process of its own."""
    failed = {}
    for one in plugins:
        in_folder = one.where == Origin.FOLDER
        words = [_RUN_FILE, one.place, FUNCTION] if in_folder else [_IMPORT, one.module]
        try:
            done = subprocess.run(
                [sys.executable, "-c", *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=CHECK_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            failed[one.id] = f"importing it: {type(error).__name__}"
            continue
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"it ended the program with {done.returncode}"]
            failed[one.id] = f"importing it: {lines[-1]}"
    return failed
