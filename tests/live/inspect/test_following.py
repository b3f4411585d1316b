"""What makes a shadow the executed strategy: lines of a configuration, under which everybody decides as before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backtest.params import Params, Variant
from backtest.settings import apply_settings, params_from_mapping
from backtest.strict_yaml import parse_yaml
from live.inspect.following import exchanged, lines_to_follow, settings_to_follow

PLAIN = "shadow:\n  trailing_stop: weekly_nweek_low\n  period: 4\n"
SEVERAL = """
min_grade: B
shadows:
  - trailing_stop: weekly_nweek_low
    period: 4
  - id: only_a
    min_grade: A
    daily_entry_limit: 3
  - id: tight
    period: 6
    stop_loss_pct: 5
"""
SCAN = """
primary:
  trailing_stop: sma_cross
  period: 20
  id: scan
  source: rsi_reversion
  source_parameters:
    period: 14
  symbols_file: my symbols.txt
daily_entry_limit: 5
shadows:
  - id: reports
    source: reports
    trailing_stop: weekly_ema
    period: 10
    daily_entry_limit: none
  - id: other_scan
    source_parameters:
      period: 7
  - id: same_scan
    stop_loss_pct: 4.5
"""
SCAN_SHADOW = """
shadows:
  - id: scan
    source: rsi_reversion
    symbols_file: symbols.txt
    trailing_stop: rsi_overbought
  - trailing_stop: weekly_nweek_low
    period: 4
"""


def section(text: str) -> dict[str, Any]:
    return dict(parse_yaml(text.encode(), "a file"))


def read(content: dict[str, Any]) -> Params:
    return params_from_mapping(content, "a file strategy")


def strategies(params: Params) -> dict[str, Params]:
    """Return the parameters of each strategy by its id, those of its name and of the shadows left out."""
    own = {one.strategy_id: params.as_shadow(one) for one in params.shadows}
    every = {params.primary.strategy_id: params, **own}
    return {
        name: replace(one, shadows=(), primary=replace(one.primary, id=None, source=one.source))
        for name, one in every.items()
    }


CASES = [(text, one) for text in (PLAIN, SEVERAL, SCAN, SCAN_SHADOW) for one in read(section(text)).shadows]


@pytest.mark.parametrize(("text", "shadow"), CASES, ids=[one.strategy_id for _, one in CASES])
def test_the_printed_lines_are_the_configuration_that_follows_a_shadow(text: str, shadow: Variant) -> None:
    params = read(section(text))
    lines = section("\n".join(lines_to_follow(params, shadow)))
    assert list(lines) == ["strategy"]
    rest = {name: value for name, value in section(text).items() if name not in ("shadow", "shadows")}
    assert read({**rest, **lines["strategy"]}) == exchanged(params, shadow)


@pytest.mark.parametrize(("text", "shadow"), CASES, ids=[one.strategy_id for _, one in CASES])
def test_every_strategy_decides_as_before_under_its_name(text: str, shadow: Variant) -> None:
    params = read(section(text))
    after = exchanged(params, shadow)
    assert after.primary.strategy_id == shadow.strategy_id
    assert strategies(after) == strategies(params)


def test_trailing_stops_and_periods_of_a_single_shadow_are_four_settings() -> None:
    params = read(section(PLAIN))
    assert settings_to_follow(params, params.shadows[0]) == {
        "strategy.primary.trailing_stop": "weekly_nweek_low",
        "strategy.primary.period": "4",
        "strategy.shadow.trailing_stop": "weekly_ema",
        "strategy.shadow.period": "10",
    }


def test_a_daily_exit_names_its_parameters() -> None:
    params = apply_settings(Params(), ["shadow.trailing_stop=sma_cross", "shadow.fast=5"])
    settings = settings_to_follow(params, params.shadows[0])
    followed = apply_settings(params, [f"{name.removeprefix('strategy.')}={value}" for name, value in settings.items()])
    assert (followed.primary, followed.shadows) == (params.shadows[0], (params.primary,))


def test_more_than_that_takes_the_lines() -> None:
    for text in (SEVERAL, SCAN, SCAN_SHADOW):
        params = read(section(text))
        assert [settings_to_follow(params, one) for one in params.shadows] == [{}] * len(params.shadows)


def test_what_is_read_from_a_named_file_is_no_line() -> None:
    params = read(section(SCAN))
    source = replace(params.source, version="1", symbols_sha256="ab")
    recorded = replace(params, primary=replace(params.primary, source=source))
    assert not any("ab" in line.split(": ") for line in lines_to_follow(recorded, recorded.shadows[0]))
