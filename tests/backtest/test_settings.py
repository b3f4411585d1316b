"""Settings in words: the strict YAML, ranges, `--set`, and the canonical form."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from backtest.errors import ConfigError
from backtest.params import Accept, MarketFilter, Params, ReportJson, StopMode, Variant
from backtest.settings import (
    LIMITS,
    apply_setting,
    apply_settings,
    load_params,
    params_from_mapping,
    params_to_plain,
    require_live_modes,
)
from backtest.strict_yaml import parse_yaml


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        params_from_mapping(parse_yaml(text, "c.yaml"), "c.yaml")
    assert caught.value.exit_code == 6
    assert "\n" not in caught.value.line()
    return caught.value.line()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_positions: 1\nmax_positions: 2", "`max_positions` a second time"),
        ("max_positions: &a 1\nperiod: *a", "an anchor or alias"),
        ("max_positions: !!int 3", "the tag"),
        ("max_positions: ! 3", "the tag"),
        ("max_positions:\t3", "a tab"),
        ("max_positions:", "no value"),
        ("? [1]\n: 2", "a key that is no plain word"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("- 1", "no mapping"),
        ("", "no mapping"),
        ("a: [1", "valid YAML"),
        ("a: " + "[" * 30 + "]" * 30, "more than 20 levels"),
    ],
)
def test_yaml_that_two_readers_could_understand_differently_is_refused(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rotation: no", "'no' (expected true or false)"),
        ("rotation: on", "'on' (expected true or false)"),
        ("rotation: 1", "1 (expected true or false)"),
        ("max_positions: 010", "'010' (expected a whole number)"),
        ("max_positions: 9:30", "'9:30' (expected a whole number)"),
        ("max_positions: 2026-02-17", "'2026-02-17' (expected a whole number)"),
        ("max_positions: true", "true (expected a whole number)"),
        ("max_positions: 2.0", "2.0 (expected a whole number)"),
        ("max_positions: '20'", "'20' (expected a whole number)"),
        ("max_positions: none", "none (expected a whole number)"),
        ("max_positions: 1e3", "'1e3' (expected a whole number)"),
        ("max_positions: 0x10", "'0x10' (expected a whole number)"),
        ("stop_loss_pct: .nan", "'.nan' (expected a number)"),
        ("stop_loss_pct: 1_0", "'1_0' (expected a number)"),
        ("stop_loss_pct: [1]", "a list (expected a number)"),
        ("stop_mode: sometimes", "expected one of intraday"),
        ("min_grade: E", "expected one of A, B, C, D"),
        ("primary: none", "expected `name: value` lines"),
        ("primary: {period: 3, length: 4}", "unknown key"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_whatever_yaml_1_1_makes_of_it(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stop_loss_pct: 0", "more than 0 and less than 100"),
        ("stop_loss_pct: 100", "more than 0 and less than 100"),
        ("stop_loss_pct: 7.255", "at most 2 decimals"),
        ("max_positions: 0", "between 1 and 1,000"),
        ("position_size: 0", "more than 0"),
        ("slippage_pct: -0.5", "between 0 and 50"),
        ("min_score: 101", "between 0 and 100"),
        ("min_score: 70\nmax_score: 60", "at most max_score"),
        ("min_gap: 5\nmax_gap: 1", "at most max_gap"),
        ("market_filter: {file: vix.csv}", "market_filter.max not valid"),
        ("market_filter: {max: 25}", "market_filter.file not valid"),
        ("market_filter: {file: vix.csv, max: none}", "both, or neither"),
        (f"market_filter: {{file: {256 * 'v'}, max: 1}}", "at most 255 printable characters"),
        ('market_filter: {file: "vix\\t.csv", max: 1}', "at most 255 printable characters"),
        ("primary: {trailing_stop: none}", "or max_holding_days"),
        ("primary: {period: 60}", "at most indicator_window_weeks, 57"),
    ],
)
def test_a_number_out_of_its_range_is_refused(text: str, said: str) -> None:
    assert said in refusal(text)


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    assert "stop_los_pct (expected perhaps stop_loss_pct)" in refusal("stop_los_pct: 5")


def test_a_strategy_section_changes_what_it_names_and_nothing_else() -> None:
    text = "max_positions: 5\nmax_holding_days: 60\nprimary: {trailing_stop: none, period: 8}\nmin_score: 70.5"
    assert params_from_mapping(parse_yaml(text, "c"), "c") == replace(
        Params(),
        max_positions=5,
        max_holding_days=60,
        primary=Variant("none", 8),
        min_score=Decimal("70.5"),
    )


@pytest.mark.parametrize("text", ["market_filter: none", "market_filter: {file: none, max: none}", "rotation: true"])
def test_a_section_that_is_none_switches_all_of_it_off(text: str) -> None:
    assert params_from_mapping(parse_yaml(text, "c"), "c") == Params()


def test_a_section_that_must_have_a_value_is_not_none() -> None:
    assert "expected `name: value` lines" in refusal("primary: none")


def test_a_market_filter_is_a_file_and_a_number() -> None:
    params = apply_settings(Params(), ["market_filter.file=data/vix.csv", "market_filter.max=25.50"])
    assert params.market_filter == MarketFilter("data/vix.csv", Decimal("25.5"))
    plain = params_to_plain(params)
    assert (plain["market_filter.file"], plain["market_filter.max"]) == ("data/vix.csv", "25.5")


def test_set_takes_names_without_the_section_and_the_three_words() -> None:
    params = apply_settings(
        Params(), ["max_positions=5", "primary.trailing_stop=weekly_nweek_low", "rotation=false", "max_holding_days=30"]
    )
    assert (params.max_positions, params.rotation, params.max_holding_days) == (5, False, 30)
    assert params.primary == Variant("weekly_nweek_low", 10)
    assert apply_settings(params, ["max_holding_days=none"]).max_holding_days is None


def test_settings_that_only_fit_together_may_come_in_any_order() -> None:
    one = apply_settings(Params(), ["primary.trailing_stop=none", "max_holding_days=60"])
    assert one == apply_settings(Params(), ["max_holding_days=60", "primary.trailing_stop=none"])
    with pytest.raises(ConfigError, match="or max_holding_days"):
        apply_settings(Params(), ["shadow.trailing_stop=none"])


@pytest.mark.parametrize(
    "setting", ["max_positions", "=3", "max_positions=", "primary=3", "stop.loss=3", "max_positions=x"]
)
def test_a_setting_that_is_none_is_refused_in_one_line(setting: str) -> None:
    with pytest.raises(ConfigError) as caught:
        apply_setting(Params(), setting)
    assert "\n" not in caught.value.line()


def test_the_canonical_form_reads_back_as_the_same_parameters() -> None:
    params = apply_settings(
        Params(), ["stop_loss_pct=7.50", "min_gap=-3.125", "shadow.period=9", "initial_capital=1000"]
    )
    plain = params_to_plain(params)
    assert plain["stop_loss_pct"] == "7.5"
    settings = [
        f"{name}={'none' if v is None else str(v).lower() if isinstance(v, bool) else v}" for name, v in plain.items()
    ]
    assert apply_settings(Params(), settings) == params


def leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    hints = get_type_hints(type(value))
    found: dict[str, Any] = {}
    for field in fields(value):
        if field.name in ("primary", "shadows"):  # tests/backtest/test_variant_settings.py
            continue
        if is_dataclass(getattr(value, field.name)):
            found |= leaves(getattr(value, field.name), f"{prefix}{field.name}.")
        else:
            found[prefix + field.name] = hints[field.name]
    return found


def test_every_parameter_stands_in_the_canonical_form() -> None:
    of_variants = {"primary.trailing_stop", "primary.period", "primary.source", "shadow.trailing_stop", "shadow.period"}
    assert set(params_to_plain(Params())) == set(leaves(Params())) | of_variants


def test_every_number_has_a_limit() -> None:
    numbers = {
        name.split(".")[-1] for name, hint in leaves(Params()).items() if {int, Decimal} & {hint, *get_args(hint)}
    }
    assert numbers | {"period"} == set(LIMITS)


@pytest.mark.parametrize(
    "setting", ["stop_mode=close", "stop_fill=stop_price", "size_on=entry_open", "allow_same_day_reentry=true"]
)
def test_what_only_a_simulator_can_do_is_refused_for_live(setting: str) -> None:
    require_live_modes(Params(), "c")
    with pytest.raises(ConfigError, match="for live trading"):
        require_live_modes(apply_setting(Params(), setting), "c")


def test_of_a_shadow_live_refuses_the_take_profit_alone(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("strategy:\n  shadows:\n    - {id: a, take_profit_pct: 5}\n    - {id: b, stop_mode: close}\n")
    with pytest.raises(ConfigError, match=r"shadows\.a\.take_profit_pct not valid in c: '5' \(expected none for live"):
        require_live_modes(load_params(file), "c")
    file.write_text("strategy:\n  shadows:\n    - {id: b, stop_mode: close}\n")
    require_live_modes(load_params(file), "c")


def test_a_configuration_file_may_hold_other_sections_but_no_unknown_ones(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("strategy:\n  stop_mode: close\nbroker:\n  id: sim\n", encoding="utf-8")
    assert load_params(file).stop_mode is StopMode.CLOSE
    file.write_text("stratgy:\n  stop_mode: close\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="perhaps strategy"):
        load_params(file)
    assert load_params(None) == Params()


@pytest.mark.parametrize("word", ["candidates", "analyzer", "none"])
def test_the_strategy_says_which_json_wins_over_a_report(word: str) -> None:
    params = apply_setting(Params(), f"report_json={word}")
    assert params.report_json == word
    assert params_to_plain(params)["report_json"] == word
    with pytest.raises(ConfigError, match="one of candidates"):
        apply_setting(Params(), "report_json=html")


def test_live_trading_reads_a_json_when_there_is_one() -> None:
    with pytest.raises(ConfigError, match="candidates or analyzer"):
        require_live_modes(replace(Params(), report_json=ReportJson.NONE), "c.yaml")


def test_readings_in_doubt_are_accepted_only_on_request() -> None:
    assert Params().accept is Accept.CONFIRMED
    assert apply_setting(Params(), "accept=doubtful").accept is Accept.DOUBTFUL
    with pytest.raises(ConfigError, match="one of confirmed, doubtful"):
        apply_setting(Params(), "accept=refused")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \x00"])
def test_a_configuration_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError):
        load_params(file)


def test_a_missing_configuration_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_params(tmp_path / "nope.yaml")
    assert "--config" in caught.value.line()
