"""Strategies in words: the executed one, one shadow as ever, and any number of them."""

from __future__ import annotations

from typing import Any

import pytest

from backtest.errors import ConfigError
from backtest.model import Grade
from backtest.params import CandidateSource, Params, Variant
from backtest.settings import apply_settings, params_from_mapping, params_from_plain, params_to_plain
from backtest.strict_yaml import parse_yaml


def read(text: str) -> Params:
    section: Any = parse_yaml(text.encode(), "a file")
    return params_from_mapping(section, "a file strategy")


THREE = """
min_grade: B
shadows:
  - trailing_stop: weekly_nweek_low
    period: 4
  - id: only_a
    min_grade: A
  - id: tight
    period: 6
    stop_loss_pct: 5
    max_positions: 4
"""


def test_the_single_shadow_is_the_list_of_one() -> None:
    single = read("shadow:\n  trailing_stop: weekly_nweek_low\n  period: 6\n")
    assert single == read("shadows:\n  - trailing_stop: weekly_nweek_low\n    period: 6\n")
    assert params_to_plain(single)["shadow.period"] == 6


def test_each_shadow_is_the_executed_strategy_with_what_it_has_otherwise() -> None:
    params = read(THREE)
    assert [one.strategy_id for one in params.shadows] == ["nwl_p4", "only_a", "tight"]
    low, only_a, tight = map(params.as_shadow, params.shadows)
    assert (low.primary, low.min_grade) == (Variant("weekly_nweek_low", 4), Grade.B)
    assert (only_a.primary.strategy_id, only_a.primary.period, only_a.min_grade) == ("only_a", 10, Grade.A)
    assert (tight.primary.period, tight.stop_loss_bp, tight.max_positions, tight.min_grade) == (6, 500, 4, Grade.B)


def test_no_shadow_at_all_is_a_configuration_too() -> None:
    for text in ("shadows: none\n", "shadows: []\n", "shadow: none\n"):
        assert read(text).shadows == ()
    assert params_to_plain(read("shadows: none\n"))["shadows"] is None


@pytest.mark.parametrize(
    "text",
    [
        THREE,
        "shadows: none\n",
        "primary:\n  source: rsi_reversion\n  symbols_file: liquid.txt\n  source_parameters:\n    oversold: 25\n",
        "primary:\n  id: mine\n",
        "shadows:\n  - id: scanned\n    source: rsi_reversion\n    symbols_file: liquid.txt\n  - period: 5\n",
    ],
)
def test_the_canonical_form_reads_back_to_the_same(text: str) -> None:
    params = read(text)
    assert params_from_plain(params_to_plain(params), "a manifest") == params


def test_a_source_of_its_own_stands_in_the_strategys_name() -> None:
    params = read("primary:\n  source: rsi_reversion\n  symbols_file: liquid.txt\n")
    assert params.source == CandidateSource("rsi_reversion", symbols_file="liquid.txt")
    assert params.primary.strategy_id == "rsi_reversion_ema_p10"
    shadow = params.as_shadow(params.shadows[0])
    assert (shadow.primary.strategy_id, shadow.source.id) == ("nwl_p4", "rsi_reversion")
    assert shadow.as_shadow(shadow.shadows[0]) == shadow


def test_a_shadow_that_is_executed_is_no_shadow_of_itself() -> None:
    params = read(THREE)
    for shadow in params.shadows:
        executed = params.as_shadow(shadow)
        assert shadow.strategy_id not in [one.strategy_id for one in executed.shadows]
        assert params_from_plain(params_to_plain(executed), "its manifest") == executed
    assert Params().as_shadow(Params().shadows[0]).shadows == Params().shadows


def test_another_source_begins_without_the_parameters_of_the_one_before() -> None:
    params = read("primary:\n  source: rsi_reversion\n  symbols_file: liquid.txt\n")
    changed = apply_settings(params, ["primary.source=sma_cross", "primary.symbols_file=other.txt"])
    assert changed.source == CandidateSource("sma_cross", symbols_file="other.txt")
    with pytest.raises(ConfigError, match=r"primary\.symbols_file not valid in --set: none"):
        apply_settings(params, ["primary.source=sma_cross"])
    assert apply_settings(params, ["primary.source=reports"]) == Params()


def test_what_a_shadow_leaves_out_of_a_source_is_as_in_the_executed_strategy() -> None:
    primary = (
        "primary:\n  source: sma_cross\n  symbols_file: liquid.txt\n  source_parameters:\n    fast: 20\n    slow: 50\n"
    )
    text = (
        primary
        + "shadows:\n  - id: quick\n    source_parameters:\n      fast: 10\n  - id: rsi\n    source: rsi_reversion\n"
    )
    quick = read(text + "    symbols_file: other.txt\n").shadows[0].source
    assert quick == CandidateSource("sma_cross", (("fast", 10), ("slow", 50)), symbols_file="liquid.txt")
    with pytest.raises(ConfigError, match=r"rsi\.symbols_file not valid"):
        read(text)


def test_settings_name_one_shadow_of_several_by_its_id() -> None:
    changed = apply_settings(read(THREE), ["shadows.tight.stop_loss_pct=7", "shadows.tight.period=8"])
    tight = changed.as_shadow(changed.shadows[2])
    assert (tight.stop_loss_bp, tight.primary.period) == (700, 8)
    assert apply_settings(read(THREE), ["shadows=none"]).shadows == ()
    assert apply_settings(Params(), ["shadow.period=7"]).shadows[0].strategy_id == "nwl_p7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shadows:\n  - min_grade: A\n", "id missing"),
        ("shadows:\n  - id: a\n    min_grade: A\n  - id: a\n    min_grade: B\n", "strategy id given twice in a file"),
        ("shadows:\n  - period: 4\n  - period: 4\n", "strategy id given twice"),
        ("shadows:\n  - period: 4\n  - period: 10\n", "strategy id given twice in a file strategy: ema_p10"),
        ("shadows:\n  - id: 2fast\n    min_grade: A\n", "a letter first"),
        ("shadows:\n  - id: primary\n    min_grade: A\n", "none of primary, shadow, shadows"),
        ("shadows:\n  - id: a\n    min_grad: A\n", "perhaps min_grade"),
        ("shadows:\n  - id: a\n    entry_mode: next_day_open\n", "unknown key"),
        ("shadows:\n  - id: a\n    max_positions: 0\n", "between 1 and 1,000"),
        ("shadows: 5\n", "expected a list of shadows"),
        ("shadow:\n  period: 4\nshadows: []\n", "shadow and shadows"),
        ("shadow:\n  min_grade: A\n", "unknown key"),
        ("primary:\n  trailing_stop: weekly_emu\n", "perhaps weekly_ema"),
        ("primary:\n  source: reports\n  symbols_file: a.txt\n", "takes no parameters"),
        ("primary:\n  source: An Id\n", "the id of a candidate source"),
        ("shadows:\n  - id: a\n    trailing_stop: none\n", "a.trailing_stop not valid"),
        ("shadows:\n  - id: a\n    indicator_window_weeks: 5\n", "a.period not valid"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(text)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("shadow.period=4", "perhaps shadows.tight.period"),
        ("shadows.loose.period=4", "perhaps shadows"),
        ("shadows.tight=4", "expected"),
    ],
)
def test_a_setting_of_no_shadow_is_refused(setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        apply_settings(read(THREE), [setting])


def test_an_exit_in_another_unit_begins_with_its_own_period() -> None:
    daily = apply_settings(Params(), ["primary.trailing_stop=rsi_overbought"])
    assert (daily.primary.period, daily.primary.strategy_id) == (14, "rsi_14_70")
    given = apply_settings(Params(), ["primary.period=9", "primary.level=80", "primary.trailing_stop=rsi_overbought"])
    assert given.primary.strategy_id == "rsi_9_80"
    assert apply_settings(daily, ["primary.trailing_stop=weekly_ema"]).primary == Variant("weekly_ema", 10)
    assert apply_settings(Params(), ["primary.trailing_stop=weekly_nweek_low"]).primary.period == 10
    assert apply_settings(Params(), ["primary.trailing_stop=sma_cross"]).primary.strategy_id == "sma_20_50"


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (["primary.trailing_stop=sma_cross", "primary.fast=50"], "fast not valid .*: 50 .expected less than slow, 50"),
        (["primary.trailing_stop=sma_cross", "primary.slow=251"], "expected between 2 and 250"),
        (["primary.trailing_stop=rsi_overbought", "primary.period=101"], "period not valid .*between 2 and 100"),
        (["primary.trailing_stop=rsi_overbought", "primary.level=100"], "expected between 1 and 99"),
        (["primary.trailing_stop=rsi_overbought", "primary.fast=5"], "unknown key in --set: primary.fast"),
    ],
)
def test_parameters_of_an_exit_have_their_ranges(settings: list[str], error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        apply_settings(Params(), settings)


def test_parameters_that_fit_only_together_may_come_one_after_the_other() -> None:
    params = apply_settings(Params(), ["primary.trailing_stop=sma_cross", "primary.fast=60", "primary.slow=100"])
    assert params.primary.strategy_id == "sma_60_100"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("primary:\n  trailing_stop: rsi_overbought\n  level: 75\n", ["rsi_14_75", "nwl_p4"]),
        (
            "primary:\n  trailing_stop: sma_cross\n  fast: 3\nshadows:\n  - trailing_stop: weekly_ema\n"
            "  - id: tight\n    stop_loss_pct: 5\n    level: 60\n    trailing_stop: rsi_overbought\n",
            ["sma_3_50", "ema_p10", "tight"],
        ),
    ],
)
def test_daily_exits_are_read_back_from_a_manifest(text: str, ids: list[str]) -> None:
    params = read(text)
    assert [one.strategy_id for one in (params.primary, *params.shadows)] == ids
    assert params_from_plain(params_to_plain(params), "a manifest") == params
