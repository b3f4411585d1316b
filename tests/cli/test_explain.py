"""`admin explain`: everything on record of one stock and trade date, from the report to the P&L."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.cli.done import Done

MARKET = (
    bars("AAA", {HISTORY: "100", day(3): "85"}),
    bars("BBB", {HISTORY: "100", day(2): "98"}),
    bars("CCC"),
    bars("DDD"),
    bars("EEE"),
)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingAccount]:
    """Seven sessions, two slots: AAA is stopped out, BBB makes room for DDD, CCC comes late, EEE is in doubt."""
    account = TradingAccount(tmp_path_factory.mktemp("explained"), *MARKET, settings=("strategy.max_positions=2",))
    first = (offer("AAA", day(0)), offer("BBB", day(0), 70), offer("CCC", day(0), 60))
    account.trade(day(0), *first, offer("EEE", day(0), 72, company="Another Company"))
    for n, offered in ((1, ()), (2, ()), (3, ()), (4, (offer("CCC", day(4), 60),)), (5, (offer("DDD", day(5), 95),))):
        account.trade(day(n), *offered)
    return account


def explain(account: TradingAccount, *args: object) -> Done:
    done = account.admin("explain", *map(str, args), "--report-dir", account.reports)
    assert (done.code, done.stderr) == (0, "") or "--json" in args
    return done


def chain(account: TradingAccount, *args: object) -> dict[str, Any]:
    return explain(account, *args, "--json").json


def steps(said: str) -> dict[str, list[str]]:
    """Return the sentences below each step."""
    found: dict[str, list[str]] = {}
    step = ""
    for line in said.splitlines()[2:]:
        step = line[:10].strip() or step
        found.setdefault(step, []).append(line[10:])
    return found


def test_a_position_that_was_stopped_out_is_told_from_its_report_to_its_result(played: TradingAccount) -> None:
    said = explain(played, "AAA", day(0)).stdout
    assert said.splitlines()[0] == f"AAA, trade date {day(0)}: to be bought; the position was closed {day(3)}"
    told = steps(said)
    assert f"earnings_trade_analysis_{day(0)}.html, sha256 " in told["report"][0]
    assert told["report"][0].endswith(f"in {played.reports}: unchanged")
    assert told["reading"][0] == "grade B (html), score 80, price 100.00, no gap, Aaa Holdings"
    assert any(line.startswith("score 80.0: line ") for line in told["reading"])
    assert "gap size not in the report" in told["reading"]
    assert told["verdict"] == ["confirmed by its name"]
    assert told["decision"][:3] == [
        f"{day(0)} (close of {day(-1)}, ema_p10): to be bought: 100 shares; rank 1 of 2, score 80, grade B",
        "reference price 100.00 (latest trade); position_size 10,000.00 / 100.00 = 100 shares",
        "provisional stop 90.00, stop_loss_pct 10 below the reference price",
    ]
    assert f"made {day(0)} 09:00:00 New York by signal_generator" in told["decision"][3]
    assert told["decision"][4] == f"accepted as the plan {day(0)} 09:20:00 by executor place"
    order_id = f"{day(0):%Y%m%d}_AAA_entry_buy"
    assert told["orders"][0].startswith(
        f"{order_id}: buy 100, stop 90.00: filled; planned and sent {day(0)} 09:20:00 by executor place; at the broker"
    )
    assert told["orders"][0].endswith(f"; ended {day(0)} 09:30:00")
    assert told["orders"][1].startswith(f"the stop leg of {order_id}: sell 100, stop 90.00: filled")
    assert told["fills"][0] == f"{day(0)} 09:30:00: bought 100 at 100.00, 100 of 100 by {order_id}"
    assert f"{day(3)} 09:30:00: sold 100 at 84.57, 100 of 100 by the stop leg of {order_id}" == told["fills"][1]
    assert told["position"][0] == f"position 1: entered {day(0)} at 100.00, 100 shares wanted, 0 held now"
    assert told["position"][1] == "stop 90.00, 10 % below the entry price; the provisional stop was the same"
    assert told["exit"] == [
        f"{day(3)} at 84.57, 100 shares, after 3 days; stop_loss: the protective stop",
        "P&L -1,543.00 (-15.43 %)",
    ]
    assert told["shadow"] == ["nwl_p4 (only watched): to be bought"]


def test_a_date_that_is_none_is_refused_with_the_form_that_is_expected(played: TradingAccount) -> None:
    for said in ("2026-13-06", "06.02.2026", "today"):
        done = played.admin("explain", "AAA", said)
        assert (done.code, f"{said!r} is no date (expected YYYY-MM-DD)" in done.stderr) == (2, True)


def test_the_latest_trade_date_that_knows_the_stock_is_the_default(played: TradingAccount) -> None:
    assert chain(played, "ccc")["trade_date"] == str(day(5))
    assert chain(played, "AAA")["trade_date"] == str(day(3))


def test_a_skip_is_told_with_its_reason_and_the_parameters_behind_it(played: TradingAccount) -> None:
    told = steps(explain(played, "CCC", day(0)).stdout)
    assert told["decision"][0].endswith(
        "not bought, capacity_full: every slot was taken by holdings and by those ranked before it"
    )
    assert told["decision"][1:3] == ["score 60", "max_positions 2, rotation on"]
    assert told["reading"][0] == "grade B (html), score 60, price 100.00, no gap, Ccc Holdings"
    assert (told["orders"], told["fills"], told["position"], told["exit"]) == (["none"],) * 4


def test_a_doubt_about_what_was_read_is_told_as_the_verdict(played: TradingAccount) -> None:
    found = chain(played, "EEE")
    assert found["decision"]["line"]["reason"] == "problem_in_report"
    assert found["verdict"]["is_accepted"] is False
    assert 'the page names it "Another Company"' in found["verdict"]["doubts"]
    assert steps(explain(played, "EEE").stdout)["verdict"][0].startswith("doubtful, not accepted: the page names")


def test_both_lines_of_a_rotation_name_each_other(played: TradingAccount) -> None:
    sold = steps(explain(played, "BBB").stdout)
    assert sold["decision"][0].startswith(f"{day(0)} (close of {day(-1)}, ema_p10): to be bought: 100 shares")
    at = next(i for i, line in enumerate(sold["decision"]) if line.startswith(f"{day(5)} (close of {day(4)}"))
    assert sold["decision"][at : at + 5] == [
        f"{day(5)} (close of {day(4)}, ema_p10): to be sold, "
        "rotated_out: a candidate with a better score takes its slot",
        "100 shares, entry price 100.00",
        "unrealized -200.00, replaced by DDD",
        "last close 98.00",
        "rotation: DDD takes its slot, score 95",
    ]
    bought = steps(explain(played, "DDD").stdout)
    assert "rotation: BBB is sold for it, unrealized -200.00, replaced by DDD" in bought["decision"]
    assert bought["exit"] == ["open"]


def test_a_holding_that_stays_is_told_with_its_numbers_and_what_became_of_it(played: TradingAccount) -> None:
    told = steps(explain(played, "BBB", day(3)).stdout)["decision"]
    at = next(i for i, line in enumerate(told) if line.startswith(f"{day(3)} "))
    assert told[at : at + 4] == [
        f"{day(3)} (close of {day(2)}, ema_p10): held, not sold: no week has ended since the entry",
        "last close 98.00, above its stop 90.00",
        "100 shares, entry price 100.00, 3 sessions held",
        "since the entry between 97.02 and 101.00",
    ]
    found = chain(played, "BBB", day(3))
    assert found["decision"]["kind"] == "stay"
    assert found["decision"]["line"]["last_close"] == "98.00"
    assert found["decision"]["entered"]["line"]["rank"] == 2
    assert found["decision"]["left"]["line"]["reason"] == "rotated_out"
    assert found["report"]["trade_date"] == str(day(0))
    assert found["exit"]["pnl"] == "-249.00"


def test_json_has_the_chain_with_stable_names(played: TradingAccount) -> None:
    found = chain(played, "AAA", day(0))
    parts = ("report", "reading", "verdict", "decision", "orders", "fills", "position", "exit")
    assert all(found[part] for part in parts)
    assert found["is_known"] is True
    assert found["report"]["files"][0]["is_unchanged"] is True
    assert {item["field"] for item in found["reading"]["fields"]} >= {"ticker", "grade", "score", "price"}
    assert found["verdict"] == {
        "verdict": "confirmed", "is_accepted": True, "confirmed_by": "name", "doubts": None,
    }  # fmt: skip
    assert found["decision"]["line"]["reference_price"] == "100.00"
    assert found["decision"]["signal_file"]["accepted_by"]["phase"] == "place"
    assert found["orders"][0]["sent"][0]["by"]["program"] == "executor"
    assert found["fills"][1] | {"client_order_id": "", "at": ""} == {
        "client_order_id": "", "at": "", "side": "sell", "shares": 100, "price": "84.57", "filled_qty": 100, "qty": 100,
    }  # fmt: skip
    assert found["position"]["provisional_stop_price"] == "90.00"
    assert found["exit"] | {"return_pct": ""} == {
        "exit_date": str(day(3)), "exit_price": "84.57", "reason": "stop_loss", "shares": 100, "pnl": "-1543.00",
        "return_pct": "", "days_held": 3,
    }  # fmt: skip


def test_what_is_not_on_record_is_said_with_the_nearest_trade_dates(played: TradingAccount) -> None:
    assert "nothing is known of ZZZ: no signal file, order or position names it" in explain(played, "ZZZ").stdout
    said = explain(played, "CCC", day(1)).stdout
    assert f"nothing is known of CCC on {day(1)}; the nearest trade dates: {day(0)} before, {day(4)} after" in said
    found = chain(played, "CCC", day(1))
    assert (found["is_known"], found["nearest_before"], found["nearest_after"]) == (False, str(day(0)), str(day(4)))
    assert (found["report"], found["orders"], found["exit"]) == (None, [], None)
    assert "on no other trade date either" in explain(played, "ZZZ", day(1)).stdout


def test_a_report_that_is_gone_or_was_changed_is_said_and_the_rest_is_told(
    played: TradingAccount, tmp_path: Path
) -> None:
    gone = played.admin("explain", "AAA", str(day(0)), "--report-dir", tmp_path).stdout
    assert "the file is not there any more (--report-dir names another folder)" in gone
    assert steps(gone)["reading"] == ["grade B (html), score 80, price 100.00, no gap, Aaa Holdings"]
    skipped = played.admin("explain", "EEE", "--report-dir", tmp_path).stdout
    assert steps(skipped)["reading"] == ["grade B (html), score 72, price 100.00, no gap, Another Company"]
    assert "P&L -1,543.00" in gone
    name = f"earnings_trade_analysis_{day(0)}.html"
    shutil.copy(played.reports / name, tmp_path / name)
    with (tmp_path / name).open("a") as page:
        page.write("<!-- -->")
    changed = played.admin("explain", "AAA", str(day(0)), "--report-dir", tmp_path, "--json").json
    assert changed["report"]["files"][0]["why_not"] == "the file of that name is another one now"
    assert changed["reading"]["fields"] == []


@pytest.fixture
def poor(tmp_path: Path) -> TradingAccount:
    """Three are decided; the funds cover AAA, CCC is vetoed."""
    account = TradingAccount(tmp_path, *MARKET, cash="25000").go(day(0), "09:00")
    offered = (offer("AAA", day(0)), offer("BBB", day(0), 75), offer("CCC", day(0), 70))
    assert account.generate("--report-file", account.report(day(0), *offered)).code == 0
    return account


def test_an_entry_that_was_decided_and_not_bought_is_told_with_what_kept_it(poor: TradingAccount) -> None:
    first = f"AAA, trade date {day(0)}: to be bought; no run accepted it"
    assert explain(poor, "AAA").stdout.splitlines()[0] == first
    assert "no run accepted this file: nothing of it was sent" in explain(poor, "AAA").stdout
    assert poor.admin("skip", "CCC", "--reason", "guidance withdrawn").code == 0
    veto = f"CCC is VETOED for {day(0)}, why: guidance withdrawn, who: "
    assert any(line.startswith(veto) for line in steps(explain(poor, "CCC").stdout)["decision"])
    assert chain(poor, "CCC")["decision"]["vetoed"]["why"] == "guidance withdrawn"
    poor.go(day(0), "09:20").execute("place")
    assert explain(poor, "AAA").stdout.splitlines()[0].endswith("to be bought; its order is accepted")
    for ticker, reason, words in (
        ("BBB", "insufficient_funds", "the funds of the account did not cover it: needs 10,500.00 USD"),
        ("CCC", "vetoed", "a person vetoed it: guidance withdrawn"),
    ):
        said = explain(poor, ticker).stdout
        assert said.splitlines()[0].endswith(f"to be bought; it was not: {reason}")
        assert f"buy 100, stop 90.00: abandoned ({reason}: {words}" in steps(said)["orders"][0]
        assert steps(said)["fills"] == steps(said)["position"] == ["none"]


def test_a_position_that_was_renamed_is_found_under_both_tickers(poor: TradingAccount) -> None:
    for phase, clock in (("place", "09:20"), ("poll", "09:31")):
        poor.go(day(0), clock).execute(phase)
    with poor.db() as db:
        position = db.positions.open_for("AAA")
        assert position is not None
        db.positions.rename(position.position_id, "NEW", "AAA is called NEW now")
    told = steps(explain(poor, "NEW", day(0)).stdout)
    assert "to be bought: 100 shares" in told["decision"][0]
    assert told["reading"][0] == "grade B (html), score 80, price 100.00, no gap, Aaa Holdings"
    assert f"{day(0)}: renamed: previous ticker AAA, why AAA is called NEW now" in told["position"]
    assert chain(poor, "AAA", day(0))["position"]["ticker"] == "NEW"


def test_status_shows_a_holding_as_the_newest_signal_file_judged_it(played: TradingAccount) -> None:
    found = {one["ticker"]: one for one in played.admin("status", "--json").json["positions"]}
    assert list(found) == ["CCC", "DDD"]
    held = found["CCC"]
    assert (held["indicator"], held["indicator_distance_pct"], held["sessions_held"]) == ("100.00", 0.0, 1)
    assert (held["mae_pct"], held["mfe_pct"]) == (-1.0, 1.0)
    assert [found["DDD"][name] for name in ("indicator", "mae_pct", "sessions_held")] == [None] * 3
    offline = played.admin("status", "--offline", "--json").json["positions"]
    assert [(one["ticker"], one["price"], one["price_source"]) for one in offline] == [
        ("CCC", "100.00", "last_close"), ("DDD", None, None),
    ]  # fmt: skip


def test_it_changes_no_byte(played: TradingAccount) -> None:
    before = played.tree()
    explain(played, "AAA")
    assert played.tree() == before


def test_before_the_first_run_nothing_is_known(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    done = account.admin("explain", "AAA")
    assert (done.code, account.state_db.exists()) == (0, False)
    assert done.stdout.splitlines() == [
        f"there is no state DB at {account.state_db} yet",
        "nothing is known of AAA: no signal file, order or position names it",
    ]


@pytest.mark.parametrize("args", [(), ("AAA", "yesterday"), ("AAA", "2026-02-30")])
def test_what_is_no_ticker_and_date_is_a_usage_error(tmp_path: Path, args: tuple[str, ...]) -> None:
    assert TradingAccount(tmp_path, bars("AAA")).admin("explain", *args).code == 2


def test_a_narrow_terminal_is_kept(played: TradingAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = explain(played, "AAA", day(0)).stdout.splitlines()
    assert max(map(len, lines)) <= 80
