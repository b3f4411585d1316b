"""`admin slippage`: each fill against what the backtest assumes, with the prices that the state DB knows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from live.admin import main as admin
from live.state_db.records import ForeignFill
from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.cli.done import run_command


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingAccount]:
    """Both strategies bought four stocks at their opens.

    AAA opened far below its stop, BBB fell to it, CCC broke the trend of the executed strategy only, which bought it
    again; DDD was sold by hand.
    """
    account = TradingAccount(
        tmp_path_factory.mktemp("played"),
        bars("AAA", {HISTORY: "100", day(3): "80"}),
        bars("BBB", {HISTORY: "100", day(1): "90.50"}),
        bars("CCC", {HISTORY: "100", day(6): "95"}),
        bars("DDD"),
    )
    account.trade(day(0), *(offer(ticker, day(0)) for ticker in ("AAA", "BBB", "CCC", "DDD")))
    for n in (1, 3, 14):
        account.trade(day(n))
    account.trade(day(15), offer("CCC", day(15), price="95"))
    account.go(day(16), "09:31")
    sold = account.admin("close", "DDD", "--yes")
    assert sold.code == 0, sold.stderr
    return account


def test_every_fill_has_its_benchmark_and_its_slippage_newest_last(played: TradingAccount) -> None:
    done = played.admin("slippage")
    assert done.code == 0, done.stderr
    said = done.stdout
    head, *rest = said[: said.index("\n\n")].splitlines()
    assert " ".join(head.split()) == (
        "date ticker kind reason shares price benchmark benchmark price slippage % against assumed"
    )
    assert [" ".join(line.split()) for line in rest] == [
        *(f"{day(0)} {ticker} entry 100 100.00 open 100.00 0.00 0.00" for ticker in ("AAA", "BBB", "CCC", "DDD")),
        f"{day(1)} BBB stop stop_loss 100 89.55 stop 90.00 +0.50 0.00",
        f"{day(3)} AAA stop stop_loss 100 79.60 open 80.00 +0.50 0.00",
        f"{day(14)} CCC exit trend_break 100 94.52 last close 95.00 +0.51 0.00",
        f"{day(15)} CCC entry 105 95.00 reference price 95.00 0.00 0.00",
    ]


def test_the_sums_of_each_kind_and_benchmark_end_in_a_sentence(played: TradingAccount) -> None:
    said = played.admin("slippage").stdout
    head, *rest = said[said.index("\n\n") + 2 :].splitlines()
    assert " ".join(head.split()) == ("kind benchmark fills mean % median % worst % assumed % against assumed")
    assert [" ".join(line.split()) for line in rest] == [
        "entry open 4 0.00 0.00 0.00 0.00 0.00",
        "entry reference price 1 0.00 0.00 0.00 0.00 0.00",
        "exit last close 1 +0.51 +0.51 +0.51 0.50 0.00",
        "stop open 1 +0.50 +0.50 +0.50 0.50 0.00",
        "stop stop 1 +0.50 +0.50 +0.50 0.50 0.00",
        "slippage %: + is worse than the benchmark; against assumed: USD, + is gained, - is lost",
        "entries filled at the open on average; the backtest assumes 0.00 %",
        "entries filled at the reference price on average; the backtest assumes 0.00 %",
        "exits filled 0.51 % below the last close on average; the backtest assumes 0.50 %",
        "stops filled 0.50 % below the open on average; the backtest assumes 0.50 %",
        "stops filled 0.50 % below the stop on average; the backtest assumes 0.50 %",
        "reference price, last close: the move until the open is included",
        "stop: a gap at the open is included, unless a shadow was stopped out too",
        "1 fill without a benchmark left out: 1 exit",
    ]


def test_every_line_keeps_the_width_of_a_terminal(played: TradingAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in (("slippage",), ("trades", "--offline"), ("backup", played.folder / "copy.db"), ("runs", "list")):
        lines = played.admin(*words).stdout.splitlines()
        assert [line for line in lines if len(line) > 80 and not line.startswith("written: ")] == [], words
    (played.folder / "copy.db").unlink()


def test_the_assumption_is_the_strategys_of_now(played: TradingAccount) -> None:
    done = played.admin("slippage", "--from", str(day(14)), "--to", str(day(14)), "--set", "strategy.slippage_pct=0.2")
    assert "0.51 % below the last close on average; the backtest assumes 0.20 %" in done.stdout
    assert "-29.00" in done.stdout  # 94.81 assumed, sold at 94.52, 100 shares


def test_a_stretch_is_that_of_the_days_of_the_fills(played: TradingAccount) -> None:
    found = played.admin("slippage", "--from", str(day(1)), "--to", str(day(3)), "--json").json
    assert [(one["ticker"], one["kind"]) for one in found["fills"]] == [("BBB", "stop"), ("AAA", "stop")]
    said = played.admin("slippage", "--from", str(day(4)), "--to", str(day(5))).stdout
    assert said.splitlines() == [f"no fill to measure from {day(4)} to {day(5)}"]


def test_json_and_csv_have_the_same_fills(played: TradingAccount) -> None:
    found = played.admin("slippage", "--json").json
    assert found["fills"][4] == {
        "date": str(day(1)),
        "ticker": "BBB",
        "kind": "stop",
        "reason": "stop_loss",
        "shares": 100,
        "price": "89.55",
        "benchmark": "stop",
        "benchmark_price": "90.00",
        "slippage_pct": 0.5,
        "assumed_price": "89.55",
        "against_assumed_usd": "0.00",
    }
    assert (found["slippage_pct"], found["entry_slippage_pct"]) == (0.5, 0.0)
    assert found["without_benchmark"] == {"entry": 0, "exit": 1, "stop": 0}
    last = found["sums"][-1]
    assert (last["kind"], last["benchmark"], last["fills"], last["mean_pct"]) == ("stop", "stop", 1, 0.5)
    assert last["sentence"] == "stops filled 0.50 % below the stop on average; the backtest assumes 0.50 %"
    rows = list(csv.DictReader(StringIO(played.admin("slippage", "--csv", "-q").stdout)))
    assert rows == [
        {name: "" if value is None else str(value) for name, value in one.items()} for one in found["fills"]
    ]


def test_it_changes_no_byte_and_asks_no_broker(played: TradingAccount) -> None:
    before, asked = played.tree(), played.broker.requests_sent()
    assert played.admin("slippage").code == 0
    assert (played.tree(), played.broker.requests_sent()) == (before, asked)


def test_before_the_first_run_it_says_so(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    done = account.admin("slippage")
    assert (done.code, account.state_db.exists()) == (0, False)
    assert done.stdout.splitlines() == [f"there is no state DB at {account.state_db} yet", "no fill to measure yet"]
    assert account.admin("slippage", "--csv").stdout.startswith("date,ticker,kind,reason,shares,price,benchmark,")


def test_contradictions_are_usage_errors() -> None:
    assert run_command(admin, ["slippage", "--csv", "--json"]).code == 2
    done = run_command(admin, ["slippage", "--from", "2026-02-03", "--to", "2026-02-02"])
    assert (done.code, done.last_line) == (2, "Error: --from 2026-02-03 is after --to 2026-02-02")


def test_what_is_not_ours_is_counted_only(played: TradingAccount) -> None:
    """Last in this file: one share of CCC was sold by hand at the broker, and booked."""
    with played.db() as db:
        position = db.positions.open_for("CCC")
        assert position is not None
        sold = ForeignFill("a1", "o1", "CCC", "sell", 1, Decimal("95"), played.broker.clock.now())
        db.positions.book_by_hand(position.position_id, [sold])
    done = played.admin("slippage", "--json")
    assert (done.json["foreign_fills"], len(done.json["fills"])) == (1, 8)
    assert "1 fill of orders that are not ours left out" in done.stderr
