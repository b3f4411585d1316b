"""Funds decide before the morning does: what the generator says of them is what the executor does (F136)."""

from __future__ import annotations

from pathlib import Path

from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.faults.ending import Rerun, State, begins, fault_ends


def account(folder: Path, cash: str, *tickers: str) -> TradingAccount:
    made = TradingAccount(folder, *(bars(ticker) for ticker in tickers), cash=cash)
    return made.go(day(0), "09:00")


def test_the_generator_says_that_funds_last_for_every_entry(tmp_path: Path) -> None:
    calm = account(tmp_path, "27000", "AAA", "BBB")
    report = calm.report(day(0), offer("AAA", day(0), 84), offer("BBB", day(0), 80))
    said = calm.generate("--report-file", report).stdout
    assert (
        "today's funds last for all 2 entries: buying power 27,000.00 USD, of which 5,000.00 must stay untouched; "
        "each entry is counted 5 % above its reference price"
    ) in said.replace("\n", " ")
    assert "entries:      2 decided: AAA 100, BBB 100\n" in said


def test_with_a_limit_each_entry_is_counted_at_its_limit(tmp_path: Path) -> None:
    calm = TradingAccount(tmp_path, bars("AAA"), cash="15200", settings=["strategy.entry_limit_pct=2"])
    calm.go(day(0), "09:00")
    done = calm.generate("--report-file", calm.report(day(0), offer("AAA", day(0))))
    said = done.stdout.replace("\n", " ")
    assert "today's funds last for the only entry: buying power 15,200.00 USD" in said
    assert "each entry is counted at its limit" in said
    assert "at 100.00 limit 102.00 stop 90.00" in said
    assert calm.go(day(0), "09:20").execute("place").code == 0


def test_the_generator_says_for_how_many_entries_funds_last_and_the_executor_buys_those(tmp_path: Path) -> None:
    calm = account(tmp_path, "27000", "AAA", "BBB", "CCC")
    report = calm.report(day(0), *(offer(ticker, day(0)) for ticker in ("AAA", "BBB", "CCC")))
    done = calm.generate("--report-file", report, json=True)
    assert done.code == 0, done.stderr
    assert done.json["closing"]["entries"] == (
        "3 decided: AAA 100, BBB 100, CCC 100; today's funds last for 2; CCC will not be bought (insufficient_funds)"
    )
    assert done.json["funds"] == {
        "source": "buying_power",
        "available": "27000.00",
        "must_stay": "5000.00",
        "entries": 3,
        "last_for": ["AAA", "BBB"],
        "wait": [],
        "not_covered": ["CCC"],
        "rotations_not_covered": [],
    }
    assert calm.go(day(0), "09:20").execute("place").code == 9
    assert calm.go(day(0), "09:31").execute("poll").code == 0
    assert set(calm.held()) == {"AAA", "BBB"}


def losing(folder: Path, cash: str) -> TradingAccount:
    """AAA, bought for 10,000.00 USD, fills the book at a loss; BBB is to replace it on day 2.

    BBB needs 10,500.00 USD, the sell of AAA is counted to bring 9,025.00 (100 at 95.00, less 5 %).
    """
    series = bars("AAA", {HISTORY: "100", day(1): "95"}), bars("BBB")
    made = TradingAccount(folder, *series, cash=cash, settings=["strategy.max_positions=1"])
    made.trade(day(0), offer("AAA", day(0), 71))
    made.trade(day(1))
    return made.go(day(2), "09:00")


def test_a_rotation_that_its_sell_pays_for_waits_and_is_bought(tmp_path: Path) -> None:
    full = losing(tmp_path, "16500")
    done = full.trade(day(2), offer("BBB", day(2), 84, price=None))
    assert "entries:      1 decided: BBB 100; today's funds last for 0; BBB waits for sells\n" in done.stdout
    assert set(full.held()) == {"BBB"}


def test_a_rotation_that_funds_do_not_cover_is_said_and_neither_sold_nor_bought(tmp_path: Path) -> None:
    full = losing(tmp_path, "16000")
    done = full.generate("--report-file", full.report(day(2), offer("BBB", day(2), 84, price=None)))
    assert "today's funds last for 0; BBB will not replace AAA (insufficient_funds)" in done.stdout
    full.go(day(2), "09:20")
    entry, sale = "20260204_BBB_entry_buy", "20260204_AAA_exit_sell"
    fault_ends(
        "F136",
        full,
        lambda: full.execute("place"),
        exit_code=9,
        last_line=begins("error[9] BBB: not bought (insufficient_funds: BBB needs ", "--phase poll"),
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}, {entry: "abandoned 0/100", sale: "abandoned 0/100"}),
        rerun=Rerun(0, mend=lambda: full.go(day(2), "09:31"), run=lambda: full.execute("poll")),
    )
    assert full.go(day(3), "09:00").generate("--no-report").code == 0  # AAA is not pending
    assert full.signal(day(3))["exits"] == []
