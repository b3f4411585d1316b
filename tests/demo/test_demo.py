"""`python -m demo`: both programs over a synthetic market, audited after every session."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from demo.__main__ import main


def test_some_sessions_end_with_a_book_that_the_exchange_agrees_with(tmp_path: Path) -> None:
    out = tmp_path / "demo-out"
    result = CliRunner().invoke(main, ["--sessions", "12", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC DATA" in result.output
    assert "12 of 12 sessions traded" in result.output
    assert "after every session: state DB = exchange, every share protected" in result.output
    assert "generator" not in result.output  # no program ended with anything but 0 or 9
    assert len(list((out / "signals").glob("trade_signals_*_ema_p10.json"))) == 12


def test_two_demos_may_run_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their accounts have the same id; each keeps its lock in its own folder."""

    def unused() -> Path:
        raise AssertionError("a demo took a lock outside its folder")

    monkeypatch.setattr("live.run.lock.default_state_dir", unused)
    out = tmp_path / "demo-out"
    assert CliRunner().invoke(main, ["--sessions", "5", "--out", str(out)]).exit_code == 0
    assert len(list(out.glob("account-*.lock"))) == 1


def test_an_earlier_demo_is_replaced_and_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    result = CliRunner().invoke(main, ["--sessions", "5", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "thesis.txt" in result.output
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("strategy", ["rsi_reversion", "sma_cross"])
def test_a_strategy_that_scans_trades_as_its_backtest(strategy: str, tmp_path: Path) -> None:
    out = tmp_path / "demo-out"
    result = CliRunner().invoke(main, ["--sessions", "8", "--strategy", strategy, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "()" not in result.output  # nothing closed yet has no reasons
    assert f"260 tickers, scanned before each session by {strategy}" in result.output
    compared = [line for line in result.output.splitlines() if "beside its backtest" in line]
    assert [line.split()[0].startswith(strategy) for line in compared] == [True, False]
    assert all(line.endswith(", 0 differences") and " 0 trades" not in line for line in compared)
    assert "after every session: state DB = exchange, every share protected" in result.output
    assert not (out / "reports").exists()
