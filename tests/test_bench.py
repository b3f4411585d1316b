"""The benchmarks stay runnable; what they measure is nobody's assertion."""

from __future__ import annotations

import importlib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from backtest.model import ExitReason
from live.state_db.db import StateDB
from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.figures import Figure, once, python, run_process
from tests.bench.history import write_history
from tests.bench.memory import peak_mb
from tests.builders import weekdays
from tests.fakes import FakeClock


@pytest.mark.parametrize("module", BENCHMARKS.values())
def test_every_benchmark_has_its_module(module: str) -> None:
    assert callable(importlib.import_module(f"tests.bench.{module}").measure)


def test_no_module_is_left_out() -> None:
    helpers = {"__init__", "__main__", "figures", "full_book", "history", "history_orders", "listed", "whole_market"}
    found = {path.stem for path in (Path(__file__).parent / "bench").glob("*.py")}
    assert found - helpers == set(BENCHMARKS.values())


def test_the_table_shows_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = importlib.import_module("tests.bench.simulator")
    monkeypatch.setattr(
        simulator, "measure", lambda: iter([Figure("700 symbols", "1.5 s", "6 x imports", "under 2 s")])
    )
    result = CliRunner().invoke(main, ["--only", "simulator"])
    assert result.exit_code == 0
    assert "700 symbols  1.5 s     6 x imports  under 2 s" in result.output


def test_the_history_is_a_state_db_of_closed_trades_with_rows_in_every_table(tmp_path: Path) -> None:
    write_history(tmp_path / "state.db", weekdays(date(2026, 1, 1), date(2026, 1, 14)).days, 9)
    with StateDB.open(tmp_path / "state.db", FakeClock()) as db:
        ledger = db.positions.ledger()
        assert ([row.is_open for row in ledger], db.orders.unfinished()) == ([False] * 9, ())
        assert {row.exit_reason for row in ledger} == {ExitReason.STOP_LOSS, ExitReason.TREND_BREAK}
        names = [row["name"] for row in db.connection.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        empty = {name for name in names if db.connection.one(f"SELECT 1 FROM {name}") is None}
    assert empty == {"notifications", "foreign_fills"}  # nothing to tell, nothing sold by hand in so few sessions


def test_a_process_is_timed_and_its_code_told() -> None:
    spent = run_process(python("-c", "raise SystemExit(7)"))
    assert (spent.code, spent.wall > 0, spent.cpu > 0) == (7, True, True)
    code, peak = peak_mb(python("-c", "held = bytearray(60_000_000); raise SystemExit(3)"))
    assert code == 3
    assert 60 < peak < 200
    assert once(lambda: None).wall >= 0
