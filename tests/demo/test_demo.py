"""`python -m demo`: both programs over a synthetic market, audited after every session."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from demo.__main__ import main


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A demo of some sessions: its folder and how it ended."""

    def unused() -> Path:
        raise AssertionError("a demo took a lock outside its folder")

    out = tmp_path_factory.mktemp("demo") / "demo-out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("live.run.lock.default_state_dir", unused)
        return out, CliRunner().invoke(main, ["--sessions", "7", "--out", str(out)])


def test_some_sessions_end_with_a_book_that_the_exchange_agrees_with(demo: tuple[Path, Result]) -> None:
    out, result = demo
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC DATA" in result.output
    assert "7 of 7 sessions traded" in result.output
    assert "after every session: state DB = exchange, every share protected" in result.output
    assert "generator" not in result.output  # no program ended with anything but 0 or 9
    assert len(list((out / "signals").glob("trade_signals_*_ema_p10.json"))) == 7


def test_two_demos_may_run_side_by_side(demo: tuple[Path, Result]) -> None:
    """Their accounts have the same id; each keeps its lock in its own folder."""
    out, result = demo
    assert result.exit_code == 0
    assert len(list(out.glob("account-*.lock"))) == 1


def test_the_same_command_twice_replaces_the_earlier_demo(tmp_path: Path) -> None:
    out = tmp_path / "demo-out"
    for _ in range(2):
        result = CliRunner().invoke(main, ["--sessions", "5", "--out", str(out)])
        assert result.exit_code == 0, result.output


def test_an_earlier_demo_is_replaced_and_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    result = CliRunner().invoke(main, ["--sessions", "5", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "thesis.txt" in result.output
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("strategy", ["sma_cross", pytest.param("rsi_reversion", marks=pytest.mark.slow)])
def test_a_strategy_that_scans_trades_as_its_backtest(strategy: str, tmp_path: Path) -> None:
    out = tmp_path / "demo-out"
    result = CliRunner().invoke(main, ["--sessions", "6", "--strategy", strategy, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "()" not in result.output  # nothing closed yet has no reasons
    assert f"260 tickers, scanned before each session by {strategy}" in result.output
    compared = [line for line in result.output.splitlines() if "beside its backtest" in line]
    assert [line.split()[0].startswith(strategy) for line in compared] == [True, False]
    assert all(line.endswith(", 0 differences") and " 0 trades" not in line for line in compared)
    assert "after every session: state DB = exchange, every share protected" in result.output
    assert not (out / "reports").exists()
