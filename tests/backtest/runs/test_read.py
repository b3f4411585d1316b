"""The folder of a run read back: what was written, and folders that are none."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.params import Params
from backtest.runs.files import FILES
from backtest.runs.read import read_record, read_run
from backtest.runs.run import RunDone, run
from tests.backtest.runs.market import FIRST, LAST, InventedMarket

PARAMS = Params(max_positions=3)


@pytest.fixture(scope="module")
def made(invented_market: InventedMarket, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunDone]:
    """A run on the invented market, and its folder."""
    folder = tmp_path_factory.mktemp("read") / "run"
    return folder, run(invented_market.source, PARAMS, folder)


@pytest.fixture
def copy(made: tuple[Path, RunDone], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "run"))


def test_a_run_reads_back_as_it_was(made: tuple[Path, RunDone]) -> None:
    folder, done = made
    stored = read_run(folder)
    assert [one.ticker for one in stored.trades] == [one.ticker for one in done.ledger.trades]
    assert all(
        getattr(a, name) == getattr(b, name)
        for a, b in zip(stored.trades, done.ledger.trades, strict=True)
        for name in ("entry_price", "stop_price", "pnl", "return_pct", "score", "grade", "exit_reason", "shares")
    )
    assert stored.equity == done.ledger.equity
    assert [one.reason for one in stored.skipped] == [one.reason for one in done.ledger.skipped]
    assert (stored.first, stored.last, stored.mode, stored.params()) == (FIRST, LAST, "portfolio", PARAMS)
    assert json.loads((folder / "metrics.json").read_text(encoding="ascii")) == stored.metrics


def test_every_trade_has_a_rank_of_its_session_and_its_excursions(made: tuple[Path, RunDone]) -> None:
    for trade in read_run(made[0]).trades:
        assert trade.rank is not None
        assert trade.rank >= 1
        assert trade.mae_pct is not None
        assert trade.mfe_pct is not None
        assert trade.mae_pct <= min(0, float(trade.exit_price / trade.entry_price - 1) * 100 + 0.0001)
        assert trade.mfe_pct >= max(0, float(trade.exit_price / trade.entry_price - 1) * 100 - 0.0001)


def test_the_files_of_an_earlier_version_read_without_what_they_lack(copy: Path) -> None:
    for name, lost in (("trades.csv", 4), ("skipped.csv", 2)):
        lines = (copy / name).read_text(encoding="ascii").splitlines()
        cut = [",".join(line.split(",")[: len(lines[0].split(",")) - lost]) for line in lines]
        (copy / name).write_text("\n".join(cut) + "\n", encoding="ascii")
    stored = read_run(copy)
    assert stored.trades[0].rank is None
    assert stored.skipped[0].grade is None


@pytest.mark.parametrize("name", FILES)
def test_a_folder_without_one_of_the_files_is_refused_by_its_name(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(InputError, match=f"no whole run: {name} missing"):
        read_record(copy)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run"):
        read_run(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_run(tmp_path / "none")


def test_parameters_that_this_version_does_not_know_are_refused_when_asked_for(copy: Path) -> None:
    manifest = json.loads((copy / "run_manifest.json").read_text(encoding="ascii"))
    manifest["parameters"]["max_moons"] = 3
    (copy / "run_manifest.json").write_text(json.dumps(manifest), encoding="ascii")
    with pytest.raises(InputError, match="max_moons"):
        read_run(copy).params()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("trades.csv", "ticker\n", "row 1: column report_date is missing"),
        ("equity.csv", "date,equity,cash,positions\n2016-02-01,x,1,1\n", "row 1: a number is none"),
        ("equity.csv", "date,equity,cash,positions\n2016-02-01,1\n", "2 cells in a row of 4"),
        ("skipped.csv", "ticker,report_date,score,reason\n", "has 0 rows"),
        ("trades.csv", "\udcff", "trades.csv"),
        ("run_manifest.json", "{}", "backed_by_run"),
        ("run_manifest.json", "[]", "run_manifest.json"),
        ("run_manifest.json", "{", "run_manifest.json"),
    ],
)
def test_a_broken_file_is_one_clear_line(copy: Path, name: str, content: str, said: str) -> None:
    (copy / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=said):
        read_run(copy)


def test_a_folder_that_may_not_be_read_ends_7(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "os.access", lambda place, mode: place != tmp_path or mode == os.F_OK
    )  # root may read every folder
    with pytest.raises(InputError, match="the folder may not be read"):
        read_run(tmp_path)
