"""The table of trailing exits: a file more is an exit more, and what a file says wrongly is told."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from backtest.errors import ConfigError
from backtest.model import ExitReason
from backtest.params import Params
from backtest.settings import apply_settings, params_to_plain
from backtest.trailing_exits.registry import trailing_exit, trailing_exits
from tests.backtest.engine.cases import MODES, differences, world_of
from tests.backtest.trailing_exits.dropped_in import SESSION_LOW, dropped_in
from tests.paths import DEFAULT_CONFIG, ROOT

DROPPED_IN = ("primary.trailing_stop=session_low", "primary.period=3", "max_positions=7", "trailing_transition_weeks=9")


def test_the_table_is_what_the_folder_holds() -> None:
    files = {path.stem for path in (ROOT / "backtest" / "trailing_exits").glob("*.py")}
    assert set(trailing_exits()) == files - {"__init__", "registry", "rule"}


def test_the_configuration_names_exits_that_there_are() -> None:
    lines = DEFAULT_CONFIG.read_text(encoding="utf-8").split("    trailing_stop:")[1].split("    period:")[0]
    named = set(re.findall(r"\w+_\w+", lines)) - {"max_holding_days"}
    assert named
    assert named <= set(trailing_exits())


def test_a_file_dropped_into_the_folder_is_an_exit_that_a_backtest_runs(tmp_path: Path) -> None:
    with dropped_in(tmp_path, session_low=SESSION_LOW):
        params = apply_settings(Params(), DROPPED_IN)
        assert params.primary.strategy_id == "low_3_0"
        ends = []
        for seed in range(8):
            world = world_of(seed, date(2016, 3, 9), 30, 8, 12)
            prepared = world.prepared()
            assert prepared.is_fast
            assert [text for mode in MODES for text in differences(world, prepared, params, mode)] == []
            ends += [trade.exit_reason for trade in prepared.ledger(params).trades]
    assert ends.count(ExitReason.TREND_BREAK) > 10


def test_its_parameters_are_set_and_recorded_as_those_of_others(tmp_path: Path) -> None:
    with dropped_in(tmp_path, session_low=SESSION_LOW):
        params = apply_settings(Params(), ["primary.above_pct=5", "primary.trailing_stop=session_low"])
        plain = params_to_plain(params)
        assert (plain["primary.period"], plain["primary.above_pct"]) == (3, 5)
        with pytest.raises(ConfigError, match="expected between 0 and 50"):
            apply_settings(params, ["primary.above_pct=51"])
        with pytest.raises(ConfigError, match="expected between 1 and 5"):
            apply_settings(params, ["primary.period=6"])
    with pytest.raises(ConfigError, match="not known: 'session_low'"):
        trailing_exit("session_low")


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ('"judged": "day"', '"judged": "hour"', "judged has to be week, day or never"),
        ('"reads": "low"', '"reads": "volume"', "reads close or low"),
        ('"warm_up": 6', '"warm_up": "long"', "warm_up is no number of sessions"),
        ('"figures": {"lowest": "price"}', '"figures": {}', "figures names no figure"),
        ('"short": "low"', '"short": "ema"', "is another one's already"),
        ('"words": "it closed', '"word": "it closed', "words is no text"),
        ("def is_broken", "def is_it_broken", "it defines no function is_broken"),
        ('"above_pct"', '"period"', "period stands beside the parameters"),
        ('"default": 3', '"default": 9', "a default that its own type and range refuse"),
        ("EXIT_META = {", "EXIT_META = {,", "no Python in line"),
    ],
)
def test_a_file_that_is_no_exit_is_told_with_its_error(before: str, after: str, error: str, tmp_path: Path) -> None:
    broken = SESSION_LOW.replace(before, after)
    assert broken != SESSION_LOW
    with (
        dropped_in(tmp_path, session_low=broken),
        pytest.raises(ConfigError, match=rf"not usable: session_low, .*session_low\.py: .*{error}"),
    ):
        apply_settings(Params(), DROPPED_IN)
