"""Candidate sources are found without being imported; a broken one is told with its file and error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backtest.errors import ConfigError, InputError
from backtest.plugins import Origin
from backtest.sources.registry import ENTRY_POINT_GROUP, find_strategies, find_strategy
from tests.backtest.sources.worlds import strategy_file


def test_the_shipped_sources_are_found_by_their_literals() -> None:
    found = find_strategies()
    assert {"rsi_reversion", "sma_cross"} <= set(found.by_id)
    assert found.broken == ()
    rsi = found.by_id["rsi_reversion"]
    assert (rsi.warm_up, rsi.parameters["rsi_period"].default, rsi.parameters["oversold"].default) == (250, 14, 30)
    assert rsi.recorded_version == rsi.version
    assert rsi.plugin.origin is Origin.SHIPPED


def test_a_strategy_of_the_users_folder_is_found_and_its_version_follows_its_bytes(tmp_path: Path) -> None:
    folder = strategy_file(tmp_path / "mine")
    before = find_strategy("own", folder).recorded_version
    assert before.startswith("3+")
    strategy_file(tmp_path / "mine", body="return list()")
    assert find_strategy("own", folder).recorded_version != before


def test_finding_imports_nothing(tmp_path: Path) -> None:
    folder = strategy_file(tmp_path / "mine")
    (folder / "own.py").write_text((folder / "own.py").read_text() + "raise SystemExit\n")
    assert find_strategies(folder).by_id["own"].name == "Own"


def test_an_unknown_id_is_6_and_names_the_known_ones(tmp_path: Path) -> None:
    folder = strategy_file(tmp_path / "mine")
    with pytest.raises(ConfigError, match="reports, own, rsi_reversion, sma_cross") as caught:
        find_strategy("volatility", folder)
    assert caught.value.exit_code == 6


def test_reports_are_no_source_that_can_be_asked() -> None:
    with pytest.raises(
        ConfigError, match=r"candidate source reports scans nothing \(expected one of rsi_reversion, sma"
    ):
        find_strategy("reports")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("STRATEGY_META = {'id': 'bad'\n", "no Python in line 1"),
        ("STRATEGY_META = {'id': 'bad'}\n", "it defines no function propose"),
        ("STRATEGY_META = {'id': 'bad', 'name': 'x'}\ndef propose(a, b): ...\n", "STRATEGY_META: version is missing"),
        ("STRATEGY_META = {'id': make()}\ndef propose(a, b): ...\n", "STRATEGY_META is no literal"),
    ],
)
def test_a_broken_file_is_told_and_7_when_it_is_asked_for(text: str, error: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(text)
    (broken,) = find_strategies(tmp_path).broken
    assert (broken.name, broken.place) == ("bad", str(tmp_path / "bad.py"))
    assert broken.error.startswith(error)
    with pytest.raises(InputError, match=r"candidate source bad unusable in .*bad\.py") as caught:
        find_strategy("bad", tmp_path)
    assert caught.value.exit_code == 7


@pytest.mark.parametrize(
    ("meta", "error"),
    [
        ({"warm_up": 0}, "warm_up is 0"),
        ({"warm_up": True}, "warm_up is True"),
        ({"features": "daily_bars"}, "features is no list of words"),
        ({"version": ""}, "version is no text"),
        ({"colour": "red"}, "colour is unknown"),
        ({"parameters": {"a": {"type": "int"}}}, "parameters: a needs type and default"),
        ({"parameters": {"a": {"type": "int", "default": 5, "high": 4}}}, "parameters: a has a default"),
        ({"parameters": {"a": {"type": "int", "default": 5, "below": "b"}}}, "parameters: a is to be below b"),
    ],
)
def test_a_literal_that_says_it_wrongly_is_told(meta: dict[str, object], error: str, tmp_path: Path) -> None:
    (broken,) = find_strategies(strategy_file(tmp_path / "mine", **meta)).broken
    assert broken.error.startswith(f"STRATEGY_META: {error}")


def test_a_file_never_takes_the_place_of_a_shipped_source(tmp_path: Path) -> None:
    folder = strategy_file(tmp_path / "mine", "sma_cross")
    found = find_strategies(folder)
    assert found.by_id["sma_cross"].plugin.origin is Origin.SHIPPED
    assert found.broken[0].error == "the id 'sma_cross' is that of backtest.sources.sma_cross already"


def test_a_folder_that_is_not_there_is_6(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"strategies\.dir not valid"):
        find_strategies(tmp_path / "none")


def offer(folder: Path, monkeypatch: pytest.MonkeyPatch, points: str) -> None:
    """Put a package with entry points on the path."""
    dist = folder / "offered-1.dist-info"
    dist.mkdir(parents=True)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: offered\nVersion: 1\n")
    (dist / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(str(folder))


def test_an_installed_strategy_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = strategy_file(tmp_path / "offered_strategies", "dip")
    (package / "__init__.py").write_text("raise SystemExit\n")
    points = f"[{ENTRY_POINT_GROUP}]\ndip = offered_strategies.dip\ngone = offered_strategies.gone\n"
    offer(tmp_path, monkeypatch, points)
    found = find_strategies()
    assert found.by_id["dip"].plugin.origin is Origin.INSTALLED
    assert found.by_id["dip"].recorded_version.startswith("3+")
    assert "offered_strategies" not in sys.modules
    (gone,) = found.broken
    assert (gone.name, gone.place) == ("gone", "entry point gone = offered_strategies.gone")
    assert gone.error == "there is no module offered_strategies.gone"
