"""`admin trades`: closed trades with their numbers, by groups, as CSV and JSON, and the fees of the account."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest

from backtest.measures.groups import GAP_BANDS, SCORE_BANDS
from live.admin import main as admin
from live.sim.faults import Action, RequestFault
from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.cli.done import run_command
from tests.fault_actions import answer
from tests.paths import ROOT

STOPPED = "2026-02-02,100.00,2026-02-05,79.60,stop_loss,100,-2040.00,-20.4,B,80.0,,3"
"""AAA: bought at 100, its stop of 90 passed by an open at 80, less slippage."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingAccount]:
    """AAA was stopped out, BBB was sold by hand with a gain, CCC is held."""
    account = TradingAccount(
        tmp_path_factory.mktemp("played"),
        bars("AAA", {HISTORY: "100", day(3): "80"}),
        bars("BBB", {HISTORY: "100", day(2): "120"}),
        bars("CCC"),
    )
    account.trade(day(0), *(offer(ticker, day(0), score) for ticker, score in (("AAA", 80), ("BBB", 92), ("CCC", 70))))
    for n in range(1, 5):
        account.trade(day(n))
    account.go(day(5), "09:31")
    sold = account.admin("close", "BBB", "--yes")
    assert sold.code == 0, sold.stderr
    return account


@contextmanager
def charged(account: TradingAccount, what: Action) -> Iterator[None]:
    """The broker answers so when it is asked for what was no trade."""
    account.exchange.faults.add(RequestFault("GET", "/v2/account/activities", what, times=None))
    yield
    account.exchange.faults.clear()


def fee(session: int, amount: str, kind: str = "FEE", status: str = "executed") -> dict[str, str]:
    return {
        "id": f"{day(session):%Y%m%d}::{amount}",
        "activity_type": kind,
        "activity_sub_type": "REG",
        "date": f"{day(session)}",
        "net_amount": amount,
        "status": status,
    }


def test_every_closed_trade_is_listed_newest_last_and_what_they_come_to(played: TradingAccount) -> None:
    done = played.admin("trades", "--offline")
    assert done.code == 0, done.stderr
    head, stopped, sold, *rest = done.stdout.splitlines()
    assert " ".join(head.split()) == "ticker entered entry closed exit reason shares P&L % grade score days"
    cells = "AAA 2026-02-02 100.00 2026-02-05 79.60 stop_loss 100 -2,040.00 -20.4 B 80 3"
    assert stopped.split() == cells.split()
    cells = "BBB 2026-02-02 100.00 2026-02-09 119.40 manual 100 +1,940.00 +19.4 B 92 7"
    assert sold.split() == cells.split()
    assert rest == [
        "2 closed trades: 50.0 % won, profit factor 0.95",
        "P&L -100.00 before fees; fees: not asked",
        "average -50.00 (-0.50 %), largest win 1,940.00 BBB, largest loss -2,040.00 AAA",
        "1 open position not included",
    ]


def test_the_fees_of_the_account_come_off_the_pnl(played: TradingAccount) -> None:
    booked = [fee(4, "-1.25"), fee(6, "-0.3"), fee(4, "-50", status="canceled"), fee(4, "-70", kind="CSW")]
    with charged(played, answer(200, booked)):
        assert "P&L -100.00, fees of the account 1.55, after fees -101.55" in played.admin("trades").stdout
        found = played.admin("trades", "--json").json["fees"]
        until = played.admin("trades", "--to", str(day(4)), "--json").json["fees"]
    assert found == {"missing": None, "why": None, "count": 2, "usd": "1.55", "pnl_after_fees_usd": "-101.55"}
    assert until == {"missing": None, "why": None, "count": 1, "usd": "1.25", "pnl_after_fees_usd": "-2041.25"}


def test_where_nobody_answers_for_fees_the_pnl_is_before_them(played: TradingAccount) -> None:
    with charged(played, answer(403, {"code": 40310000, "message": "forbidden"})):
        done = played.admin("trades", "--json")
    assert done.code == 0
    assert "P&L -100.00 before fees; fees: no answer" in done.stderr
    fees = done.json["fees"]
    assert (fees["missing"], fees["usd"], fees["pnl_after_fees_usd"]) == ("no answer", None, None)
    assert any(note == f"fees: no answer: {fees['why']}" for note in done.json["notes"])


def test_without_keys_the_trades_are_shown_all_the_same(played: TradingAccount) -> None:
    done = run_command(admin, ["trades", *played.admin_flags(), "--broker", "alpaca"])
    assert done.code == 0, done.stderr
    assert "P&L -100.00 before fees; fees: not asked" in done.stdout
    assert "fees: not asked: " in done.stdout
    assert "keys" in done.stdout


@pytest.mark.parametrize(
    ("by", "first", "second"),
    [
        ("grade", "B 2 50.0 0.95 -0.50 -100.00", "total 2 50.0 0.95 -0.50 -100.00"),
        ("score", "90-100 1 100.0 - +19.40 +1,940.00", "80-90 1 0.0 0.00 -20.40 -2,040.00"),
        ("gap", "none 2 50.0 0.95 -0.50 -100.00", "total 2 50.0 0.95 -0.50 -100.00"),
        ("month", "2026-02 2 50.0 0.95 -0.50 -100.00", "total 2 50.0 0.95 -0.50 -100.00"),
        ("reason", "stop_loss 1 0.0 0.00 -20.40 -2,040.00", "manual 1 100.0 - +19.40 +1,940.00"),
    ],
)
def test_groups_take_the_place_of_single_trades(played: TradingAccount, by: str, first: str, second: str) -> None:
    lines = played.admin("trades", "--by", by, "--offline").stdout.splitlines()
    assert " ".join(lines[0].split()) == f"{by} trades won % profit factor average % P&L"
    assert [line.split() for line in lines[1:3]] == [first.split(), second.split()]


@pytest.mark.parametrize("bands", [SCORE_BANDS, GAP_BANDS])
def test_help_and_manual_name_every_band(bands: Sequence[tuple[int, str]]) -> None:
    names = ", ".join([*(name for _, name in bands), f"below {bands[-1][0]}"])
    help_text = " ".join(run_command(admin, ["trades", "--help"]).stdout.split())
    assert names in help_text
    assert f"| {names}, none |" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def test_a_stretch_is_that_of_the_exit_dates(played: TradingAccount) -> None:
    said = played.admin("trades", "--offline", "--from", str(day(4)), "--to", str(day(5))).stdout
    assert f"1 closed trade from {day(4)} to {day(5)}: 100.0 % won, profit factor -" in said
    assert "largest win 1,940.00 BBB, largest loss none" in said
    said = played.admin("trades", "--to", str(day(1))).stdout.splitlines()
    assert said == [f"no closed trade to {day(1)}", "1 open position not included"]


def test_csv_has_the_same_columns_always(played: TradingAccount, tmp_path: Path) -> None:
    done = played.admin("trades", "--csv", "-q")
    head, *rows = csv.reader(StringIO(done.stdout))
    assert (done.code, done.stderr) == (0, "")
    assert ",".join(head[3:]) == (
        "entry_date,entry_price,exit_date,exit_price,reason,shares,pnl,return_pct,grade,score,gap_size,days_held"
    )
    assert [row[1:3] for row in rows] == [["ema_p10", "AAA"], ["ema_p10", "BBB"]]
    assert ",".join(rows[0][3:]) == STOPPED
    empty = TradingAccount(tmp_path, bars("AAA")).admin("trades", "--csv")
    assert list(csv.reader(StringIO(empty.stdout))) == [head]
    assert "there is no state DB at" in empty.stderr


def test_json_has_the_trades_the_totals_and_the_groups(played: TradingAccount) -> None:
    found = played.admin("trades", "--by", "reason", "--offline", "--json").json
    assert [trade["ticker"] for trade in found["trades"]] == ["AAA", "BBB"]
    one = found["trades"][0]
    assert (one["pnl"], one["return_pct"], one["days_held"], one["grade"]) == ("-2040.00", -20.4, 3, "B")
    totals = found["totals"]
    assert (totals["count"], totals["pnl_usd"], totals["largest_win_usd"]) == (2, "-100.00", "1940.00")
    assert [(group["group"], group["pnl_usd"]) for group in found["groups"]] == [
        ("stop_loss", "-2040.00"),
        ("manual", "1940.00"),
    ]
    assert (found["open_positions"], found["by"]) == (1, "reason")
    assert (found["fees"]["missing"], found["fees"]["why"]) == ("not asked", "--offline")


def test_it_changes_no_byte(played: TradingAccount) -> None:
    before = played.tree()
    assert played.admin("trades").code == played.admin("trades", "--csv").code == 0
    assert played.tree() == before


def test_before_the_first_run_and_the_first_exit_it_says_so(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    done = account.admin("trades")
    assert (done.code, account.state_db.exists()) == (0, False)
    assert done.stdout.splitlines() == [f"there is no state DB at {account.state_db} yet", "no closed trade yet"]
    account.trade(day(0), offer("AAA", day(0)))
    assert account.admin("trades").stdout.splitlines() == ["no closed trade yet", "1 open position not included"]
    found = account.admin("trades", "--json").json
    assert (found["trades"], found["totals"]["profit_factor"], found["totals"]["largest_loss_usd"]) == ([], None, None)
    assert (found["fees"]["missing"], found["fees"]["why"]) == ("not asked", "no closed trade")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--csv", "--json"), "--csv and --json exclude each other"),
        (("--csv", "--by", "month"), "--csv lists trades, not groups: leave out --by"),
        (("--from", "2026-02-03", "--to", "2026-02-02"), "--from 2026-02-03 is after --to 2026-02-02"),
        (("--by", "day"), "'day' is not one of"),
    ],
)
def test_contradictions_are_usage_errors(args: tuple[str, ...], words: str) -> None:
    done = run_command(admin, ["trades", *args])
    assert done.code == 2
    assert words in done.stderr
