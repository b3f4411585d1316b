"""Settings that do not go together are found, and those of configs/default.yaml do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from live.config_file import load_config
from live.doctor.answer import Answer, Status
from live.doctor.conflicts import CONFLICTS, conflicts, full_day_orders
from tests.paths import DEFAULT_CONFIG

SAFE = (
    "live.enabled=true",
    "safety.max_drawdown_pct=10",
    "safety.max_daily_loss_pct=3",
    "safety.max_position_usd=20000",
    "safety.max_orders_per_day=60",
)


def found(*settings: str) -> Sequence[Answer]:
    return tuple(conflicts(load_config(DEFAULT_CONFIG, settings)))


def test_the_settings_as_they_are_shipped_go_together() -> None:
    assert found() == ()


def test_a_live_configuration_with_every_limit_and_a_channel_goes_together() -> None:
    assert found(*SAFE, "notify.command=page-me") == ()


CASES = {
    "safety.max_position_usd 9,999 is below": (Status.FAIL, ["safety.max_position_usd=9999"]),
    "execution.ignore_tickers names 2": (Status.FAIL, ["strategy.max_positions=2", "execution.ignore_tickers=AA,BB"]),
    "safety.max_drawdown_pct is 0": (Status.FAIL, ["safety.max_drawdown_pct=0"]),
    "safety.max_daily_loss_pct is 0": (Status.FAIL, ["safety.max_daily_loss_pct=0"]),
    "safety.max_daily_loss_pct 10 is not below": (
        Status.WARN,
        ["safety.max_drawdown_pct=10", "safety.max_daily_loss_pct=10"],
    ),
    "execution.max_daily_trade_orders 39": (Status.WARN, ["execution.max_daily_trade_orders=39"]),
    "safety.max_orders_per_day 39": (Status.WARN, ["safety.max_orders_per_day=39"]),
    "execution.max_daily_stop_orders 19": (Status.WARN, ["execution.max_daily_stop_orders=19"]),
    "execution.min_buying_power 200,000": (Status.WARN, ["execution.min_buying_power=200000"]),
    "execution.poll_timeout_s 3": (Status.WARN, ["execution.poll_timeout_s=3"]),
    "execution.max_snapshot_age_s 2": (Status.WARN, ["execution.max_snapshot_age_s=2"]),
    "execution.entry_cutoff_minutes is 0": (Status.WARN, ["execution.entry_cutoff_minutes=0"]),
    "notify.on is set, and neither": (Status.WARN, ["notify.on=12"]),
    "notify.on is empty": (Status.WARN, ["notify.on=,", "notify.command=page-me"]),
    "live.enabled without notifications": (Status.WARN, [*SAFE]),
    "paths.backups_dir is none": (Status.WARN, ["paths.backups_dir=none"]),
}


@pytest.mark.parametrize("words", CASES)
def test_what_does_not_go_together_is_found_with_a_way_out(words: str) -> None:
    status, settings = CASES[words]
    (answer,) = found(*settings)
    assert answer.detail.startswith(words)
    assert (answer.status, answer.code) == (status, 6 if status is Status.FAIL else 0)
    assert answer.fix


@pytest.mark.parametrize(
    "setting",
    [
        "safety.max_position_usd=10000",
        "execution.max_daily_trade_orders=40",
        "execution.max_daily_stop_orders=20",
        "execution.min_buying_power=199999",
        "execution.poll_timeout_s=4",
        "heartbeat.url=https://example.com/x",
    ],
)
def test_what_just_suffices_is_no_conflict(setting: str) -> None:
    assert found(setting) == ()


def test_every_rule_is_met_by_a_case() -> None:
    met = {
        rule
        for rule in CONFLICTS
        for _, settings in CASES.values()
        if rule(load_config(DEFAULT_CONFIG, tuple(settings)))
    }
    assert met == set(CONFLICTS)


def test_a_daily_entry_limit_makes_a_full_day_smaller() -> None:
    assert full_day_orders(load_config(DEFAULT_CONFIG, ("strategy.daily_entry_limit=3",))) == 23
