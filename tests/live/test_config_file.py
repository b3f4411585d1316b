"""The configuration: every setting explained, nothing unknown, one hash over what can change a decision."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from backtest.errors import ConfigError
from backtest.params import Params
from live.config import LiveConfig, OnStopRefused
from live.config_file import load_config
from tests.paths import DEFAULT_CONFIG

DEFAULT = DEFAULT_CONFIG


def config(text: str, tmp_path: Path, *settings: str) -> LiveConfig:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    return load_config(path, settings)


def test_the_shipped_file_says_exactly_the_defaults() -> None:
    shipped = load_config(DEFAULT)
    for item in fields(LiveConfig):
        if item.name not in ("config_sha256", "file"):
            assert getattr(shipped, item.name) == getattr(LiveConfig(), item.name), item.name
    assert shipped.strategy == Params()
    assert shipped.max_daily_trade_orders == 45


def test_every_setting_stands_in_the_shipped_file_with_its_reason() -> None:
    text = DEFAULT.read_text()
    for section in fields(LiveConfig):
        if section.name in ("config_sha256", "file"):
            continue
        for item in fields(getattr(LiveConfig(), section.name)):
            assert re.search(rf"^  {item.name.removesuffix('s')}s?:", text, re.MULTILINE), f"{section.name}.{item.name}"
    uncommented = [line for line in text.splitlines() if re.match(r"  [a-z_]+: +\S", line) and "#" not in line]
    assert all("max_" in line or "enabled" in line for line in uncommented), uncommented


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    found = config("execution:\n  poll_timeout_s: 90\n  on_stop_refused: hold\n", tmp_path)
    assert found.execution.poll_timeout_s == 90
    assert found.execution.on_stop_refused is OnStopRefused.HOLD
    assert found.strategy == Params()


def test_set_overrides_the_file_in_order(tmp_path: Path) -> None:
    text = "strategy:\n  max_positions: 10\n"
    found = config(
        text,
        tmp_path,
        "strategy.max_positions=5",
        "strategy.primary.period=8",
        "execution.poll_interval_s=0.5",
        "execution.ignore_tickers=SPY, BRK.B",
        "safety.max_position_usd=20000",
        "paths.log_file=out/log.jsonl",
        "strategy.max_positions=6",
    )
    assert (found.strategy.max_positions, found.strategy.primary.period) == (6, 8)
    assert found.execution.poll_interval_s == Decimal("0.5")
    assert found.execution.ignore_tickers == ("SPY", "BRK.B")
    assert found.paths.log_file == Path("out/log.jsonl")
    assert found.max_daily_trade_orders == 17


def test_parameters_of_a_trailing_exit_may_stand_before_its_id(tmp_path: Path) -> None:
    settings = ("strategy.primary.fast=5", "strategy.primary.trailing_stop=sma_cross")
    found = config("strategy:\n  max_positions: 10\n", tmp_path, *settings)
    assert found.strategy.primary.strategy_id == "sma_5_50"


ALL_BUT_A_SIZE = "safety:\n  max_drawdown_pct: 10\n  max_daily_loss_pct: 3\n  max_orders_per_day: 60\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("executon:\n  max_workers: 2\n", "perhaps execution"),
        ("execution:\n  max_worker: 2\n", "perhaps max_workers"),
        ("strategy:\n  max_positons: 2\n", "perhaps max_positions"),
        ("execution:\n  max_workers: 2\n  max_workers: 3\n", "max_workers"),
        ("execution:\n  max_workers: 5\n", "between 1 and 4"),
        ("execution:\n  max_workers: 2.5\n", "whole number"),
        ("execution:\n  max_workers: true\n", "whole number"),
        ("execution:\n  max_workers: '2'\n", "whole number"),
        ("execution:\n  max_workers: 010\n", "whole number"),
        ("execution:\n  poll_timeout_s: 9:30\n", "whole number"),
        ("execution:\n  min_buying_power: .nan\n", "a number"),
        ("execution:\n  poll_interval_s: 0\n", "more than 0"),
        ("execution:\n  funds: margin\n", "one of buying_power, cash"),
        ("execution:\n  ignore_tickers: SPY\n", "list"),
        ("execution:\n  ignore_tickers: [spy]\n", "tickers like"),
        ("execution: 5\n", "lines"),
        ("execution:\n  max_workers: &a 2\n", "anchor"),
        ("execution:\n\tmax_workers: 2\n", "tab"),
        ("live:\n  enabled: no\n", "true or false"),
        ("live:\n  enabled: on\n", "true or false"),
        ("live:\n  enabled: true\n", "every safety limit"),
        (f"{ALL_BUT_A_SIZE}live:\n  enabled: true\n", "true without max_position_usd or max_position_pct (expected"),
        ("safety:\n  max_position_pct: 1001\n", "between 0 and 1,000"),
        ("strategy:\n  stop_mode: close\n", "live trading"),
        ("strategy:\n  stop_fill: stop_price\n", "live trading"),
        ("strategy:\n  take_profit_pct: 20\n", "take_profit_pct not valid in"),
        ("strategy:\n  size_on: entry_open\n", "live trading"),
        ("broker:\n  id: 5\n", "text"),
        ("paths:\n  state_db: none\n", "text"),
        ("- a\n", "mapping"),
    ],
)
def test_f105_a_configuration_that_is_not_strictly_right_is_6_in_one_line(
    text: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        config(text, tmp_path)
    assert caught.value.exit_code == 6
    assert words in caught.value.line()
    assert "\n" not in caught.value.line()


@pytest.mark.parametrize(
    "sizes",
    [
        ["max_position_usd=20000"],
        ["max_position_pct=5"],
        ["max_position_usd=20000", "max_position_pct=5"],
    ],
)
def test_one_of_the_two_sizes_of_an_entry_is_enough_for_live_trading(sizes: list[str], tmp_path: Path) -> None:
    settings = (*(f"safety.{size}" for size in sizes), "live.enabled=true")
    found = config(ALL_BUT_A_SIZE, tmp_path, *settings)
    assert found.live.enabled
    assert found.safety.missing == ()


NOWHERE = ["x", "execution=1", "execution.max_workers=", ".a=1", "max_workers=2", "no.such=1"]


@pytest.mark.parametrize("setting", NOWHERE)
def test_an_override_that_names_nothing_is_refused(setting: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--set"):
        config("live:\n  enabled: false\n", tmp_path, setting)


def test_a_missing_file_is_6_and_names_the_flag(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "none.yaml")
    assert caught.value.exit_code == 6
    assert "--config" in caught.value.line()


@pytest.mark.parametrize(
    "setting", ["strategy.max_positions=19", "strategy.shadow.period=5", "strategy.accept=doubtful"]
)
def test_the_hash_changes_with_the_strategy(setting: str) -> None:
    assert load_config(DEFAULT, (setting,)).config_sha256 != load_config(DEFAULT).config_sha256


@pytest.mark.parametrize(
    "setting",
    [
        "execution.poll_timeout_s=61",
        "execution.ignore_tickers=SPY",
        "safety.max_drawdown_pct=20",
        "notify.command=page-me",
        "paths.state_db=x.db",
        "prices.feed=iex",
        "broker.id=sim",
    ],
)
def test_f109_the_hash_changes_with_nothing_else(setting: str) -> None:
    assert load_config(DEFAULT, (setting,)).config_sha256 == load_config(DEFAULT).config_sha256


def test_the_hash_is_of_the_effective_settings_not_of_the_text(tmp_path: Path) -> None:
    assert config("strategy:\n  max_positions: 20\n", tmp_path).config_sha256 == load_config(DEFAULT).config_sha256
