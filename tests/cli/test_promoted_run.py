"""A run of the backtest that is promoted is what the real signal generator trades under."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from backtest.__main__ import cli
from tests.backtest.studies.markets import source_arguments
from tests.cli.account import CONFIG, TradingAccount, bars, day, offer
from tests.paths import DEFAULT_CONFIG


@pytest.fixture
def promoted(tmp_path: Path) -> TradingAccount:
    """The account's programs have a stop of 8 % in their settings, and a promoted run of 8 % as their manifest."""
    account = TradingAccount(tmp_path / "account", bars("AAA"), settings=("strategy.stop_loss_pct=8",))
    account.manifest.unlink()
    run = tmp_path / "run"
    words = ["run", *source_arguments(tmp_path), "--config", str(CONFIG), "--set", "stop_loss_pct=8", "--out", str(run)]
    made = CliRunner().invoke(cli, words)
    assert made.exit_code == 0, made.output
    words = ["promote", str(run), "--out", str(account.manifest), "--config", str(DEFAULT_CONFIG), "--yes"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    return account


def test_the_generator_decides_under_a_promoted_run(promoted: TradingAccount) -> None:
    promoted.go(day(0), "09:00")
    done = promoted.generate("--report-file", promoted.report(day(0), offer("AAA", day(0))))
    assert done.code == 0, done.stderr
    entry = promoted.signal(day(0))["entries"][0]
    assert (entry["ticker"], entry["stop_price"]) == ("AAA", "92.00")


def test_settings_that_the_promoted_run_does_not_have_end_with_5(promoted: TradingAccount) -> None:
    promoted.settings = ("broker.id=sim", "strategy.stop_loss_pct=9")
    promoted.go(day(0), "09:00")
    done = promoted.generate("--no-report")
    assert done.code == 5
    assert "stop_loss_pct is '9' in force and '8' in the manifest" in done.last_line
