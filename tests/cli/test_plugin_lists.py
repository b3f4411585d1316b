"""`admin strategies` and `admin brokers`: what was found and where, and what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.redaction import Redactor
from live.admin import main as admin
from live.brokers.registry import ENTRY_POINT_GROUP, OpenRequest, find_adapter, open_broker
from live.config import LiveConfig
from live.errors import AdapterNotFoundError
from tests.backtest.sources.worlds import strategy_file
from tests.cli.done import Done, run_command

ADAPTER = """ADAPTER_META = {"id": "other", "name": "Other", "version": "2", "features": ["paper"], "of": {"a": [1]}}
def open_broker(request):
    raise NotImplementedError
def find_keys(request):
    return None
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a folder of strategies: one that works, one that does not parse, one that is unusable."""
    folder = strategy_file(
        tmp_path / "mine", parameters={"days": {"type": "number", "default": 2.5, "low": 0.5, "help": "how long"}}
    )
    (folder / "torn.py").write_text("STRATEGY_META = {\n")
    (folder / "bare.py").write_text("STRATEGY_META = {'id': 'bare'}\n")
    (tmp_path / "symbols.txt").write_text("AAA\n")
    path = tmp_path / "config.yaml"
    path.write_text(
        f"strategies:\n  dir: {folder}\nstrategy:\n  primary:\n    source: own\n"
        f"    symbols_file: {tmp_path / 'symbols.txt'}\nbroker: {{id: sim}}\n"
    )
    return path


def ask(config: Path, command: str, *arguments: str) -> Done:
    return run_command(admin, [command, "--config", config, *arguments])


def offer_adapters(folder: Path, patch: pytest.MonkeyPatch, points: str) -> None:
    """Put a package on the path that offers broker adapters."""
    package = folder / "site" / "offered_brokers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "other.py").write_text(ADAPTER)
    (package / "needy.py").write_text("import no_such_library\n" + ADAPTER.replace('"other"', '"needy"'))
    (package / "torn.py").write_text("ADAPTER_META = {\n")
    dist = folder / "site" / "offered_brokers-1.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: offered-brokers\nVersion: 1\n")
    (dist / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{points}\n")
    patch.syspath_prepend(str(folder / "site"))
    patch.setenv("PYTHONPATH", str(folder / "site"))


def test_every_strategy_is_listed_with_where_it_was_found_and_its_parameters(config: Path) -> None:
    done = ask(config, "strategies")
    assert done.code == 0, done.stderr
    said = done.stdout
    assert "3 candidate sources" in said
    lines = [line.split() for line in said.splitlines()]
    assert ["rsi_reversion", "rsi_period", "14", "between", "2", "and", "100"] in [line[:7] for line in lines]
    assert ["own", "days", "2.5", "at", "least", "0.5"] in [line[:6] for line in lines]
    assert any(line[:2] == ["own", "Own"] and "folder" in line and "primary" in said for line in lines)


def test_a_broken_strategy_is_listed_with_its_file_and_error(config: Path) -> None:
    said = " ".join(ask(config, "strategies").stdout.split())
    folder = config.parent / "mine"
    assert f"cannot be used: torn (folder), {folder / 'torn.py'}: no Python in line 1" in said
    assert f"cannot be used: bare (folder), {folder / 'bare.py'}: it defines no function propose" in said


def test_the_json_of_strategies_is_complete(config: Path) -> None:
    found = ask(config, "strategies", "--json").json
    own = next(one for one in found["strategies"] if one["id"] == "own")
    assert (own["where"], own["used_by"], own["warm_up"], own["features"]) == ("folder", ["primary"], 5, ["daily_bars"])
    assert own["version"].startswith("3+")
    assert own["parameters"] == {
        "days": {"type": "number", "default": "2.5", "low": "0.5", "high": None, "below": None, "help": "how long"}
    }
    assert {one["name"] for one in found["broken"]} == {"torn", "bare"}
    assert found["features"] == ["daily_bars", "mean_reversion", "trend_following"]


def test_a_feature_can_be_asked_for(config: Path) -> None:
    found = ask(config, "strategies", "--feature", "mean_reversion", "--json").json
    assert [one["id"] for one in found["strategies"]] == ["rsi_reversion"]
    nothing = ask(config, "strategies", "--feature", "options")
    assert nothing.code == 0
    assert "0 candidate sources with the feature options" in nothing.stdout
    assert "features that any of them has: daily_bars, mean_reversion, trend_following" in nothing.stdout


def test_check_imports_each_and_ends_6_for_what_cannot_be_used(config: Path) -> None:
    folder = config.parent / "mine"
    (folder / "torn.py").unlink()
    (folder / "bare.py").unlink()
    assert ask(config, "strategies", "--check").code == 0
    needy = (folder / "own.py").read_text().replace("'own'", "'needy'")
    (folder / "needy.py").write_text("import no_such_library\n" + needy)
    assert ask(config, "strategies").code == 0
    done = ask(config, "strategies", "--check")
    assert done.code == 6
    assert "ModuleNotFoundError: No module named 'no_such_library'" in " ".join(done.stdout.split())
    assert "plug-ins that cannot be used: needy" in done.stderr


def test_the_broker_adapters_are_listed_and_the_chosen_one_is_named(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = ask(config, "brokers", "--json").json
    assert {one["id"]: one["used_by"] for one in found["brokers"]} == {"alpaca": [], "sim": ["broker.id"]}
    assert found["broken"] == []
    asked = ask(config, "brokers", "--feature", "virtual_time", "--json").json
    assert [one["id"] for one in asked["brokers"]] == ["sim"]
    said = ask(config, "brokers").stdout
    assert "2 broker adapters" in said
    assert max(map(len, said.splitlines())) <= 80


def test_an_installed_adapter_is_listed_and_one_that_cannot_be_used_is_told(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = "\n".join(f"{name} = offered_brokers.{name}" for name in ("other", "needy", "torn", "gone"))
    offer_adapters(tmp_path, monkeypatch, points)
    found = ask(config, "brokers", "--json").json
    other = next(one for one in found["brokers"] if one["id"] == "other")
    assert (other["where"], other["version"], other["features"]) == ("installed", "2", ["paper"])
    broken = {one["name"]: (one["where"], one["error"]) for one in found["broken"]}
    assert broken["gone"] == ("installed", "there is no module offered_brokers.gone")
    assert broken["torn"][1].startswith("no Python in line 1")
    checked = ask(config, "brokers", "--check")
    assert checked.code == 6
    assert "cannot be used: gone, torn, needy" in " ".join(checked.stderr.split())


def test_a_broken_adapter_that_is_chosen_is_6_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer_adapters(tmp_path, monkeypatch, "needy = offered_brokers.needy\ngone = offered_brokers.gone")
    with pytest.raises(AdapterNotFoundError, match=r"adapter gone cannot be used: entry point gone = .*no module"):
        find_adapter("gone")
    with pytest.raises(AdapterNotFoundError, match=r"needy cannot be imported: .*no_such_library") as caught:
        open_broker("needy", OpenRequest(LiveConfig(), {}, tmp_path, Redactor()))
    assert caught.value.exit_code == 6
    with pytest.raises(AdapterNotFoundError, match="expected one of alpaca, needy, sim"):
        find_adapter("nobody")
