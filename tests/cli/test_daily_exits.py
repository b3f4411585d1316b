"""Trailing exits that are judged at every close, in the daily programs; one of them is a file more in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.backtest.trailing_exits.dropped_in import SESSION_LOW, dropped_in
from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.paths import ROOT

RSI = ("strategy.primary.trailing_stop=rsi_overbought", "strategy.primary.period=2")
SMA_SHADOW = ("strategy.shadow.trailing_stop=sma_cross", "strategy.shadow.fast=2", "strategy.shadow.slow=4")
BEFORE = {HISTORY: "100", day(-3): "99", day(-2): "100", day(-1): "99", day(0): "100"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """AAA rises on the third day: the executed strategy sells into it, the shadow keeps it; BBB falls, CCC is quiet."""
    rises, falls = {**BEFORE, day(2): "108"}, {**BEFORE, day(2): "97"}
    account = TradingAccount(
        tmp_path_factory.mktemp("played"),
        bars("AAA", rises),
        bars("BBB", falls),
        bars("CCC", {**BEFORE, day(1): "99.50"}, without=[day(2)]),
        settings=(*RSI, *SMA_SHADOW),
    )
    account.trade(day(0), *(offer(ticker, day(0)) for ticker in ("AAA", "BBB", "CCC")))
    for n in range(1, 4):
        account.trade(day(n))
    return account


def test_what_closed_above_its_level_is_sold_at_the_next_open(played: TradingAccount) -> None:
    (exit_,) = played.signal(day(3), "rsi_2_70")["exits"]
    assert (exit_["ticker"], exit_["reason"]) == ("AAA", "trend_break")
    assert exit_["why"].keys() == {"close", "rsi", "level", "exit"}
    assert (exit_["why"]["close"], exit_["why"]["exit"]) == ("108.00", "rsi_overbought")
    assert float(exit_["why"]["rsi"]) > exit_["why"]["level"] == 70
    assert set(played.held()) == {"BBB", "CCC"}


def test_the_shadow_is_judged_by_its_own_exit(played: TradingAccount) -> None:
    (exit_,) = played.signal(day(3), "sma_2_4")["exits"]
    assert (exit_["ticker"], exit_["why"]["exit"]) == ("BBB", "sma_cross")
    assert float(exit_["why"]["fast_average"]) < float(exit_["why"]["slow_average"])


def test_a_holding_that_stays_has_the_numbers_of_the_last_close(played: TradingAccount) -> None:
    lines = {line["ticker"]: line for line in played.signal(day(3), "rsi_2_70")["holdings"]}
    assert lines["BBB"]["figures"]["close"] == "97.00"
    assert (lines["BBB"]["week_end"], lines["BBB"]["indicator"]) == (None, None)
    assert lines["CCC"]["figures"] == {"exit": "rsi_overbought"}


@pytest.mark.parametrize("strategy", ["rsi_2_70", "sma_2_4"])
def test_their_files_are_as_the_schema_has_them(played: TradingAccount, strategy: str) -> None:
    schema = json.loads((ROOT / "signals" / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(played.signal(day(3), strategy), schema)


def test_a_weekly_exit_has_no_such_numbers(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"), bars("BBB"))
    account.trade(day(0), offer("AAA", day(0)))
    account.go(day(1), "09:00").generate("--no-report")
    (line,) = account.signal(day(1))["holdings"]
    assert "figures" not in line


def test_explain_says_what_sold_it_and_why_another_one_stays(played: TradingAccount) -> None:
    sold = played.admin("explain", "AAA", str(day(3))).stdout
    assert "to be sold, trend_break: the relative strength index of its closes was above its level" in sold
    stays = played.admin("explain", "BBB", str(day(3))).stdout
    assert "held, not sold: its trailing exit was not broken at the last close: close 97.00, rsi " in stays
    unjudged = played.admin("explain", "CCC", str(day(3))).stdout
    assert "it has no bar in the last session, so rsi_overbought was not judged" in unjudged


def test_the_status_has_no_indicator_of_an_exit_that_compares_no_price(played: TradingAccount) -> None:
    positions = played.admin("status", "--json").json["positions"]
    assert {line["ticker"]: line["indicator"] for line in positions} == {"BBB": None, "CCC": None}


def test_missed_runs_are_caught_up_close_by_close(tmp_path: Path) -> None:
    back_again = {**BEFORE, day(1): "108", day(2): "100"}
    account = TradingAccount(tmp_path, bars("AAA", back_again), bars("BBB"), settings=RSI)
    account.trade(day(0), offer("AAA", day(0)))
    account.trade(day(4))
    (exit_,) = account.signal(day(4), "rsi_2_70")["exits"]
    assert exit_["why"]["close"] == "108.00"


def test_an_exit_without_prices_is_unresolved_not_held(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA", {**BEFORE, day(1): "108"}), bars("BBB"), settings=RSI)
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    account.prices.failed["AAA"] = "no answer"
    account.go(day(2), "09:00").generate("--no-report")
    signal = account.signal(day(2), "rsi_2_70")
    assert (signal["exits"], signal["unresolved"]) == ([], ["AAA"])


def test_a_file_dropped_into_the_folder_is_an_exit_that_the_programs_trade(tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    with dropped_in(folder, session_low=SESSION_LOW):
        settings = ("strategy.primary.trailing_stop=session_low", "strategy.primary.above_pct=1")
        account = TradingAccount(tmp_path, bars("AAA", {**BEFORE, day(2): "97"}), bars("BBB"), settings=settings)
        account.trade(day(0), offer("AAA", day(0)))
        for n in range(1, 4):
            account.trade(day(n))
        (exit_,) = account.signal(day(3), "low_3_1")["exits"]
        told = account.admin("explain", "AAA", str(day(3))).stdout
    assert exit_["why"] == {"close": "97.00", "lowest": "98.9901", "above_pct": 1, "exit": "session_low"}
    assert "it closed below the lowest low of the sessions before" in told
    assert account.held() == {}
