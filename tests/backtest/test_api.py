"""The Python API of a notebook: the same figures as the commands, as pandas tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backtest import api
from backtest.__main__ import cli
from backtest.errors import ConfigError, InputError, UsageError
from tests.backtest.runs.market import FIRST, LAST, InventedMarket


@pytest.fixture(scope="module")
def data(invented_market: InventedMarket) -> api.Data:
    source = invented_market.source
    assert source.candidates is not None
    return api.load(prices=source.prices, candidates=source.candidates, first=str(FIRST), last=LAST)


@pytest.fixture(scope="module")
def base(data: api.Data) -> api.Run:
    return api.run(data)


def backtest(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_run_of_the_api_is_the_run_of_the_command(
    invented_market: InventedMarket, data: api.Data, base: api.Run, tmp_path: Path
) -> None:
    told = backtest("run", *invented_market.options, "--out", str(tmp_path / "cli"))
    assert base.metrics == told["metrics"]
    api.run(data, out=tmp_path / "api")
    for file in (tmp_path / "cli").iterdir():
        assert (tmp_path / "api" / file.name).read_bytes() == file.read_bytes()
    assert api.read(tmp_path / "cli") == base


def test_trades_are_typed_and_sum_up_to_the_metrics(base: api.Run) -> None:
    table = api.trades(base)
    closed = table[table["exit_reason"] != "end_of_data"]
    assert f"{closed['pnl'].sum():.2f}" == f"{float(base.metrics['trades_without_end_of_data']['pnl_usd']):.2f}"
    assert str(table["entry_date"].dtype) == "datetime64[s]"
    assert ((table["exit_date"] - table["entry_date"]).dt.days == table["holding_days"]).all()
    assert table["rank"].min() == 1


def test_equity_has_returns_whose_sharpe_ratio_is_the_one_of_the_metrics(base: api.Run) -> None:
    returns = api.equity(base)["return"]
    assert returns.mean() / returns.std() * 252**0.5 == pytest.approx(base.metrics["account"]["sharpe"], abs=1e-4)
    assert str(returns.index[0].date()) == str(FIRST)


def test_every_skip_has_its_reason(base: api.Run) -> None:
    assert api.skipped(base)["reason"].value_counts().to_dict() == base.metrics["skipped"]


def test_figures_have_intervals_and_formulas_and_split_in_two(base: api.Run) -> None:
    table = api.metrics(base).set_index(["of", "name"])
    assert table.loc[("account", "sharpe"), "value"] == base.metrics["account"]["sharpe"]
    assert [table.loc[("account", "sharpe"), side] for side in ("low", "high")] == base.metrics["intervals"]["sharpe"]
    parts = api.metrics(base, split="2016-04-01").query("of == 'closed' and name == 'count'")
    assert parts["part"].tolist() == ["in_sample", "out_of_sample"]
    assert parts["value"].sum() == base.metrics["trades_without_end_of_data"]["count"]
    assert "Sharpe 1994" in set(api.formulas()["source"])


def test_groups_are_those_of_the_command(data: api.Data, base: api.Run, tmp_path: Path) -> None:
    api.run(data, out=tmp_path / "run")
    told = backtest("metrics", str(tmp_path / "run"), "--by", "grade")["groups"]["grade"]
    table = api.groups(base, "grade")
    assert table["count"].tolist() == [one["count"] for one in (*told["groups"], told["total"])]
    assert table["low"].iloc[-1] == told["total"]["average_return_interval"][0]
    assert list(table.attrs["sentences"]) == told["sentences"]


def test_settings_and_the_shadow_are_other_runs(data: api.Data, base: api.Run) -> None:
    assert api.run(data, strategy="shadow").strategy == "nwl_p4"
    few = api.run(data, {"max_positions": 1, "rotation": False, "max_holding_days": 20})
    assert api.equity(few)["positions"].max() == 1
    assert few.parameters["max_positions"] == 1
    assert len(few.trades) < len(base.trades)


def test_runs_are_listed(data: api.Data, tmp_path: Path) -> None:
    assert api.runs(tmp_path).empty
    api.run(data, out=tmp_path / "a")
    assert api.runs(tmp_path)["strategy"].tolist() == ["ema_p10"]
    with pytest.raises(InputError, match="another run"):
        api.run(data, {"max_positions": 2}, out=tmp_path / "a")


def test_no_trades_give_empty_tables(data: api.Data) -> None:
    none = api.run(data, {"min_score": 100})
    assert api.trades(none).empty
    assert api.groups(none, "grade")["count"].tolist() == [0]


def test_what_cannot_be_meant_is_refused(data: api.Data, base: api.Run) -> None:
    with pytest.raises(ConfigError, match="perhaps max_positions"):
        api.run(data, {"max_position": 3})
    with pytest.raises(UsageError, match="entry_mode cannot be changed after loading"):
        api.run(data, {"entry_mode": "next_day_open"})
    with pytest.raises(UsageError, match="expected one of grade"):
        api.groups(base, "sector")
    with pytest.raises(UsageError, match="no date"):
        api.metrics(base, split="soon")
    with pytest.raises(UsageError, match="not inside the run"):
        api.metrics(replace(base), split="2010-01-04")


def test_a_sweep_of_the_api_is_that_of_the_command(
    invented_market: InventedMarket, data: api.Data, tmp_path: Path
) -> None:
    found = api.sweep(
        data, {"stop_loss_pct": [8, 10], "primary.period": "6..10:4", "rotation": True}, trials=tmp_path / "one"
    )
    given = ["--set", "stop_loss_pct=8,10", "--set", "primary.period=6,10", "--workers", "1"]
    told = backtest("sweep", *invented_market.options, *given, "--trials", str(tmp_path / "two"))
    assert found["sharpe"].tolist() == [row["sharpe"] for row in told["results"]]
    assert (found.attrs["sentence"], found.attrs["trials"]) == (told["sentence"], 4)
    assert found.attrs["chosen"] == told["chosen"]


def test_a_walk_forward_of_the_api_is_that_of_the_command(
    invented_market: InventedMarket, data: api.Data, tmp_path: Path
) -> None:
    varied = {"stop_loss_pct": [8, 10]}
    found = api.walk_forward(data, varied, train="3m", windows=2, trials=tmp_path / "one")
    given = ["--set", "stop_loss_pct=8,10", "--train", "3m", "--windows", "2", "--workers", "1"]
    told = backtest("walk-forward", *invented_market.options, *given, "--trials", str(tmp_path / "two"))
    assert found.sentence == told["sentence"]
    assert found.windows["out_of_sample_pct"].tolist() == [one["out_of_sample_pct"] for one in told["windows"]]
    assert found.curve["walk_forward_pct"].iloc[-1] == pytest.approx(found.windows["out_of_sample_pct"].sum(), abs=1e-3)


def test_what_decides_which_data_are_read_cannot_be_swept_after_loading(data: api.Data, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="entry_mode cannot be changed after loading"):
        api.sweep(data, {"entry_mode": ["report_open", "next_day_open"]}, trials=tmp_path / "t")


def test_two_runs_are_compared_as_the_command_does(data: api.Data, base: api.Run, tmp_path: Path) -> None:
    shadow = api.run(data, strategy="shadow", out=tmp_path / "shadow")
    api.run(data, out=tmp_path / "base")
    told = backtest("compare", str(tmp_path / "base"), str(tmp_path / "shadow"))
    table = api.compare(base, shadow)
    figures = table.loc["whole"]
    differences = {name: one["difference"] for name, one in told["parts"]["whole"]["measures"].items()}
    assert list(figures.index) == list(differences)
    assert figures["difference"].tolist() == pytest.approx(
        [float("nan") if one is None else float(one) for one in differences.values()], nan_ok=True, abs=0.006
    )
    assert table.attrs["verdict"] == told["verdict"]
    assert list(table.columns) == [base.strategy, shadow.strategy, "difference", "low", "high"]
    assert api.compare(base, base).attrs["sentence"].endswith("first and second gave the same.")


def test_a_split_adds_its_two_parts(base: api.Run, data: api.Data) -> None:
    middle = base.equity[len(base.equity) // 2].day
    table = api.compare(base, api.run(data, {"stop_loss_pct": 7}), split=middle)
    assert list(dict.fromkeys(table.index.get_level_values("part"))) == ["whole", "in_sample", "out_of_sample"]


@pytest.mark.parametrize("what", [{"strategy": "secondary"}, {"mode": "slots"}])
def test_a_strategy_or_mode_that_is_none_is_refused(data: api.Data, what: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="not known"):
        api.run(data, **what)  # type: ignore[arg-type]


def test_a_cell_that_ends_with_a_run_shows_one_line(data: api.Data, base: api.Run) -> None:
    assert repr(base).startswith(f"Run(strategy='{base.strategy}'")
    assert len(repr(base)) < 200
    assert len(repr(data)) < 500
