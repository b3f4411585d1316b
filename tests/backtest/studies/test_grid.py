"""The grid of a study: lists, ranges, files, samples; what contradicts itself is named, what is empty refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from backtest.errors import ConfigError
from backtest.params import Params
from backtest.settings import apply_settings
from backtest.studies.grid import MOST_POINTS, draw, read_grid

NEAREST = r"unknown key .*stop_los_pct.*perhaps stop_loss_pct"


def texts(*settings: str) -> dict[str, list[str]]:
    grid = read_grid(Params(), settings)
    return {axis.name: [axis.text(place) for place in range(len(axis.values))] for axis in grid.axes}


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("stop_loss_pct=5,8,10", ["5", "8", "10"]),
        ("stop_loss_pct=10, 5 ,8,8.0", ["5", "8", "10"]),
        ("primary.period=4..20:4", ["4", "8", "12", "16", "20"]),
        ("stop_loss_pct=5..7", ["5", "6", "7"]),
        ("slippage_pct=0..0.5:0.25", ["0", "0.25", "0.5"]),
        ("min_gap=-2..0:1,5", ["-2", "-1", "0", "5"]),
        ("max_holding_days=60,none,30", ["30", "60", "none"]),
        ("min_score=60,none,50", ["none", "50", "60"]),
        ("primary.trailing_stop=weekly_nweek_low,weekly_ema", ["weekly_nweek_low", "weekly_ema"]),
        ("rotation=true,false", ["true", "false"]),
    ],
)
def test_a_setting_with_several_values_is_an_axis(setting: str, values: list[str]) -> None:
    assert texts(setting) == {setting.partition("=")[0]: values}


def test_a_setting_with_one_value_is_fixed() -> None:
    grid = read_grid(Params(), ["max_positions=7", "stop_loss_pct=5,8", "primary.period=6..6"])
    assert [axis.name for axis in grid.axes] == ["stop_loss_pct"]
    points = draw(grid).points
    assert [point.params for point in points] == [
        apply_settings(Params(), ["max_positions=7", "primary.period=6", f"stop_loss_pct={stop}"]) for stop in (5, 8)
    ]


def test_numbers_and_grades_have_an_order_and_words_have_none() -> None:
    settings = ["stop_loss_pct=5,8", "min_grade=C,A,B", "max_holding_days=none,30", "rotation=true,false"]
    grid = read_grid(Params(), settings)
    assert [axis.is_ordered for axis in grid.axes] == [True, True, False, False]
    assert grid.axes[1].shown == ("A", "B", "C")


def test_every_combination_is_a_point_with_its_name() -> None:
    grid = read_grid(Params(), ["stop_loss_pct=5,8,10", "primary.trailing_stop=weekly_ema,weekly_nweek_low"])
    drawn = draw(grid)
    assert (grid.size, len(drawn.points), drawn.refused) == (6, 6, ())
    assert grid.name(drawn.points[3].places) == "stop_loss_pct=8, primary.trailing_stop=weekly_nweek_low"
    assert drawn.points[3].params.stop_loss_pct == Decimal(8)
    assert drawn.points[3].params.primary.trailing_stop == "weekly_nweek_low"


def test_combinations_that_contradict_themselves_are_left_out_by_name() -> None:
    drawn = draw(read_grid(Params(), ["min_score=40,80", "max_score=60,90"]))
    assert len(drawn.points) == 3
    ((name, why),) = drawn.refused
    assert name == "min_score=80, max_score=60"
    assert why.startswith("min_score not valid in it: 80 (expected at most max_score, 60)")


def test_a_file_spans_a_grid_too(tmp_path: Path) -> None:
    file = tmp_path / "grid.yaml"
    file.write_text(
        "stop_loss_pct: [5, 8]\nprimary:\n  period: 4..8:2\n  trailing_stop: weekly_ema\n"
        "max_holding_days: [none, 30]\n",
        encoding="ascii",
    )
    grid = read_grid(Params(), ["rotation=false"], file)
    assert [(axis.name, axis.shown) for axis in grid.axes] == [
        ("stop_loss_pct", ("5", "8")),
        ("primary.period", (4, 6, 8)),
        ("max_holding_days", (None, 30)),
    ]
    assert grid.base.rotation is False


def test_a_sample_is_drawn_without_replacement_and_by_the_seed() -> None:
    grid = read_grid(Params(), ["stop_loss_pct=1..50", "primary.period=1..50"])
    first, again, other = (draw(grid, 40, seed=seed).points for seed in (1, 1, 2))
    assert first == again != other
    assert len({point.places for point in first}) == 40
    assert [point.places for point in first] == sorted(point.places for point in first)


def test_a_sample_of_more_than_there_is_is_the_whole_grid() -> None:
    grid = read_grid(Params(), ["stop_loss_pct=1..4"])
    assert draw(grid, 100).points == draw(grid).points


def test_contradictions_take_no_place_in_a_sample() -> None:
    grid = read_grid(Params(), ["min_score=0..99", "max_score=0..99"])
    assert len(draw(grid, 200).points) == 200


def test_a_grid_too_big_to_try_can_be_sampled() -> None:
    grid = read_grid(Params(), ["stop_loss_pct=1..50:0.5", "primary.period=1..57", "max_positions=1..1000"])
    assert grid.size > MOST_POINTS
    with pytest.raises(ConfigError, match="too big") as error:
        draw(grid)
    assert "--random" in error.value.next_step
    assert len(draw(grid, 25).points) == 25


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (["stop_los_pct=5,8"], NEAREST),
        (["stop_loss_pct=8..5"], "an empty range"),
        (["stop_loss_pct=5..8:0"], "a step of 0 or less"),
        (["stop_loss_pct=5..8:-1"], "a step of 0 or less"),
        (["stop_loss_pct=5,,8"], "an empty value"),
        (["stop_loss_pct="], "expected name=value"),
        (["stop_loss_pct"], "expected name=value"),
        (["stop_loss_pct=5,200"], "stop_loss_pct not valid in --set: 200"),
        (["stop_loss_pct=5,eight"], "expected a number"),
        (["primary.period=4..5:0.5"], "expected a whole number"),
        (["slippage_pct=0..50:0.001"], "50,001 values"),
        (["stop_loss_pct=5,8", "stop_loss_pct=9"], "given twice"),
        (["stop_loss_pct=8"], "nothing to try"),
        ([], "nothing to try"),
    ],
)
def test_what_spans_no_grid_is_refused(settings: list[str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read_grid(Params(), settings)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("stop_loss_pct: []\n", "an empty list"),
        ("stop_loss_pct: [[5, 8], 9]\n", "inside a list"),
        ("stop_los_pct: [5, 8]\n", NEAREST),
        ("stop_loss_pct: 9..5\n", "an empty range"),
    ],
)
def test_a_file_that_spans_no_grid_is_refused(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "grid.yaml").write_text(content, encoding="ascii")
    with pytest.raises(ConfigError, match=why):
        read_grid(Params(), [], tmp_path / "grid.yaml")


def test_a_grid_of_contradictions_alone_has_no_point() -> None:
    with pytest.raises(ConfigError, match="all 4 combinations are refused, the first is min_score=80, max_score=10"):
        draw(read_grid(Params(), ["min_score=80,90", "max_score=10,20"]))


def test_a_value_of_a_file_is_refused_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text("stop_loss_pct: [5, 500]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"stop_loss_pct not valid in .*grid\.yaml: 500"):
        read_grid(Params(), (), tmp_path / "grid.yaml")


def test_parameters_of_a_trailing_exit_are_varied_whatever_stands_first() -> None:
    grid = read_grid(Params(), ["primary.fast=5,20", "primary.slow=10,50", "primary.trailing_stop=sma_cross"])
    drawn = draw(grid)
    assert [point.params.primary.strategy_id for point in drawn.points] == ["sma_5_10", "sma_5_50", "sma_20_50"]
    ((name, why),) = drawn.refused
    assert name == "primary.fast=20, primary.slow=10"
    assert "expected less than slow, 10" in why


def test_exits_with_other_parameters_may_be_varied_side_by_side() -> None:
    grid = read_grid(Params(), ["primary.period=5,20", "primary.trailing_stop=weekly_ema,rsi_overbought"])
    names = [point.params.primary.strategy_id for point in draw(grid).points]
    assert names == ["ema_p5", "rsi_5_70", "ema_p20", "rsi_20_70"]


def test_left_as_it_is_a_configuration_has_the_parameters_of_its_own_exit() -> None:
    own = apply_settings(Params(), ["primary.trailing_stop=sma_cross", "primary.fast=7"])
    grid = read_grid(own, ["primary.fast=5,20"])
    assert grid.unchanged(own).primary.strategy_id == "sma_7_50"
