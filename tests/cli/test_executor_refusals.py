"""What stops a run, before or in the middle: exit codes, the kill switch, limits, differences, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from live.errors import StateDBError
from live.executor import main
from live.sim.faults import RequestFault
from live.state_db.connection import Connection
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer
from tests.faults.ending import UNCHANGED, UNTOUCHED, Rerun, State, begins, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("held")).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA"], buy=["CCC"])
    return lab.go(1, "09:31")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held; session 1 sells AAA and buys CCC."""
    return held_before.copy_to(tmp_path)


HELD = {"AAA": "10 at 100.00, stop 90.00", "BBB": "10 at 100.00, stop 90.00"}
BBB_HELD, AAA_SOLD = {"BBB": HELD["BBB"]}, {"AAA": "10 trend_break at 100.00"}
CCC = "20260106_CCC_entry_buy"
BUYING = [f"POST {CCC}", "PATCH 20260106_CCC_stop_sell"]
THE_DAY = ["DELETE 20260105_AAA_stop_sell", "POST 20260106_AAA_exit_sell", *BUYING]
AGAIN = ["DELETE 20260105_AAA_stop_sell_2", *THE_DAY[1:]]
THE_DAY_DONE = State({**BBB_HELD, "CCC": HELD["AAA"]}, {CCC: "filled 10/10"}, AAA_SOLD)


def switch_off(lab: Lab) -> None:
    with lab.db() as db:
        db.system_config.turn_kill_switch_off("a person")


def switch_on(lab: Lab) -> None:
    with lab.db() as db:
        db.system_config.turn_kill_switch_on("a bad feeling", "a person")


def before_request(lab: Lab, method: str, path: str, do: Callable[[], None], skip: int = 0) -> None:
    lab.break_requests(RequestFault(method, path, call_then(do), skip=skip))


# the kill switch


def test_kill_switch_on_without_positions_ends_3_at_once(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    switch_on(lab)
    before = lab.broker.requests_sent().total
    done = lab.go(0, "09:20").run("place")
    assert done.code == 3
    assert lab.broker.requests_sent().total == before
    assert "a bad feeling" in done.last_line
    assert "a person" in done.last_line


def test_kill_switch_on_protects_positions_and_cancels_unfilled_entries(held: Lab) -> None:
    held.go(1, "16:30").issue(2, buy=["CCC"])
    assert held.go(2, "09:20").run("place").code == 0
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "BBB"]
    held.market.cancel(stop)
    switch_on(held)
    done = held.run("poll")
    assert done.code == 3
    assert held.agrees()
    assert not any("entry" in name for name in held.open_ids())


def test_kill_switch_flipped_midway_stops_the_next_order(held: Lab) -> None:
    """F79"""
    before_request(held, "POST", "/v2/orders", lambda: switch_on(held))
    fault_ends(
        "F79",
        held,
        lambda: held.run("all"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since "),
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260106_AAA_exit_sell"],
        state=State(BBB_HELD, {CCC: "planned 0/10"}, AAA_SOLD, kill_switch=True),
        rerun=Rerun(
            0,
            received=BUYING,
            state=THE_DAY_DONE,
            mend=lambda: switch_off(held),
        ),
    )


def test_kill_switch_flipped_midway_takes_the_queued_entries_back(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    before_request(lab, "POST", "/v2/orders", lambda: switch_on(lab), skip=1)
    names = [f"20260105_{ticker}_entry_buy" for ticker in ("AAA", "BBB", "CCC")]
    lab.go(0, "09:20")
    fault_ends(
        "F79",
        lab,
        lambda: lab.run("place"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since "),
        received=[f"{method} {name}" for name in names[:2] for method in ("POST", "DELETE")],
        state=State({}, {**dict.fromkeys(names, "canceled 0/10"), names[2]: "planned 0/10"}, kill_switch=True),
        rerun=Rerun(3, begins("error[3] kill switch is ON since ")),
    )
    assert lab.open_ids() == set()


def test_a_breached_stop_is_not_sold_while_the_kill_switch_is_on(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, QUIET, (85.0, 86.0, 84.0, 85.0), QUIET])
    lab = make_lab(tmp_path, fallen).hold("AAA")
    (stop,) = lab.market.get("/v2/orders", status="open")
    lab.market.cancel(stop)
    switch_on(lab)
    done = lab.go(1, "09:32").run("protect")
    assert done.code == 12
    assert lab.market.holdings() == {"AAA": "10"}


def test_a_kill_file_counts_as_on(held: Lab) -> None:
    """F80"""
    kill = held.folder / "KILL"
    kill.write_text("stop\n")
    fault_ends(
        "F80",
        held,
        lambda: held.run("all"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since "),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, received=THE_DAY, state=THE_DAY_DONE, mend=kill.unlink),
    )


def test_protect_runs_while_the_kill_switch_is_on(held: Lab) -> None:
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "BBB"]
    held.market.cancel(stop)
    switch_on(held)
    done = held.run("protect")
    assert done.code == 0, done.stderr
    assert held.agrees()


# start-up refusals


def test_a_usage_error_is_2(lab: Lab) -> None:
    for args in (["--phase", "x"], ["--force"], ["-v", "-q"], ["--state-db", ":memory:"], ["--wait-for-open", "121"]):
        assert CliRunner().invoke(main, args).exit_code == 2


def test_a_manifest_of_other_parameters_is_5(held: Lab) -> None:
    content = json.loads(held.manifest.read_text())
    content["parameters"]["max_positions"] = 19
    held.manifest.write_text(json.dumps(content))
    done = held.run("all")
    assert (done.code, held.writes) == (5, [])


def test_an_altered_signal_file_is_5_and_one_that_is_none_is_7(held: Lab) -> None:
    path = held.folder / "trade_signals_2026-01-06_ema_p10.json"
    good = path.read_text()
    path.write_text(good.replace('"shares": 10', '"shares": 11'))
    assert (held.run("all", "--signals-file", str(path)).code, held.writes) == (5, [])
    path.write_text(good.replace('"shares": 10', '"shares": true'))
    assert (held.run("all", "--signals-file", str(path)).code, held.writes) == (7, [])
    path.write_text(good)
    assert held.run("all", "--signals-file", str(path)).code == 0


def test_f90_a_file_for_another_day_is_5(held: Lab) -> None:
    path = held.issue(2, buy=["DDD"])
    fault_ends(
        "F90",
        held,
        lambda: held.run("all", "--signals-file", str(path)),
        exit_code=5,
        last_line=re.compile(
            r"error\[5\] signal file refused in .*: trade_date 2026-01-07 \(expected 2026-01-06\)\. "
            r"Run the signal generator to make today's file\."
        ),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(
            0,
            received=["POST 20260107_DDD_entry_buy", "PATCH 20260107_DDD_stop_sell"],
            state=State({**HELD, "DDD": HELD["AAA"]}, {"20260107_DDD_entry_buy": "filled 10/10"}),
            mend=lambda: held.go(2, "09:31"),
        ),
    )


def test_an_exit_that_names_no_position_of_ours_is_5(held: Lab) -> None:
    signal = _file_with_exit(held, position_id=99)
    done = held.run("all", "--signals-file", str(signal))
    assert (done.code, held.writes) == (5, [])


def _file_with_exit(lab: Lab, position_id: int) -> Path:
    """Issue a file that is right in everything but the position its exit names."""
    from tests.cli import lab as module

    real = module._exit

    def other(db: Any, ticker: str) -> Any:
        return replace(real(db, ticker), position_id=position_id)

    module._exit = other
    try:
        return lab.issue(1, sell=["AAA"])
    finally:
        module._exit = real


def test_f91_a_second_plan_after_the_first_was_accepted_is_5(held: Lab) -> None:
    assert held.run("place").code == 0
    held.go(1, "09:40").run("poll")
    held.issue(1, buy=["DDD"])
    refusal = re.compile(
        r"error\[5\] signal file refused in .*: another plan of ema_p10 for 2026-01-06 was accepted "
        r"2026-01-06 14:31 UTC \(expected that one\)\. Run the signal generator again: "
        "it writes the accepted content once more\\."
    )
    fault_ends(
        "F91",
        held,
        lambda: held.run("poll"),
        exit_code=5,
        last_line=refusal,
        received=[],
        state=UNCHANGED,
        rerun=Rerun(5, last_line=refusal),
    )


def test_no_file_for_today_is_5(held: Lab) -> None:
    assert held.go(2, "09:31").run("all").code == 5


def test_an_unknown_setting_is_6_and_an_unknown_broker_too(held: Lab) -> None:
    assert held.run("all", "--set", "execution.poll_timeout=61").code == 6


def test_a_state_db_of_another_account_is_6(held: Lab) -> None:
    def bind(broker: str) -> None:
        with held.db() as db, db.transaction():
            change = "UPDATE system_config SET value = json_set(value, '$.broker', ?) WHERE key = 'account'"
            db.connection.write(change, (broker,))

    bind("alpaca")
    fault_ends(
        "F64",
        held,
        lambda: held.run("all"),
        exit_code=6,
        last_line=re.compile(
            r"error\[6\] state DB .* belongs to another account: alpaca paper \S+ \(these keys open sim paper \S+\)\. "
            "Use the keys of its account, or another --state-db for this one."
        ),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, received=THE_DAY, state=THE_DAY_DONE, mend=lambda: bind("sim")),
    )


def test_a_second_run_is_10(held: Lab) -> None:
    from live.run.lock import db_lock_path, hold_lock

    with ExitStack() as first:
        first.enter_context(hold_lock(db_lock_path(held.state_db)))
        fault_ends(
            "F69",
            held,
            lambda: held.run("all"),
            exit_code=10,
            last_line=begins("error[10] another run holds the lock in "),
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(0, received=THE_DAY, state=THE_DAY_DONE, mend=first.close),
        )


def test_a_damaged_state_db_is_13(held: Lab) -> None:
    held.state_db.write_bytes(b"not a database" * 100)
    done = held.run("all")
    assert (done.code, held.writes) == (13, [])


# differences


def test_f59_a_foreign_position_stops_trading_but_not_protection(held: Lab) -> None:
    held.market.buy(symbol="DDD", qty="5")
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "BBB"]
    held.market.cancel(stop)
    fault_ends(
        "F59",
        held,
        lambda: held.run("all"),
        exit_code=4,
        last_line=begins("error[4] DDD: broker holds 5 shares that are not ours"),
        received=["POST 20260105_BBB_stop_sell_2"],
        state=State(HELD),
        rerun=Rerun(4, last_line=begins("error[4] DDD: broker holds 5 shares that are not ours")),
    )
    assert {ticker: len(stops) for ticker, stops in held.stops().items()} == {"AAA": 1, "BBB": 1}


def test_ignored_tickers_are_no_difference_but_take_a_slot(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["execution.ignore_tickers=DDD", "strategy.max_positions=2"])
    lab.market.buy(symbol="DDD", qty="5")
    lab.go(0, "10:00").issue(1, buy=["AAA", "BBB"])
    done = lab.go(1, "09:20").run("place")
    assert done.code == 9
    assert lab.order("20260106_AAA_entry_buy").is_working
    assert (lab.order("20260106_BBB_entry_buy").reject_reason or "").startswith("capacity_full")


def test_f77_a_lost_state_db_is_not_replaced_by_an_empty_one(held: Lab) -> None:
    """I23"""
    held.state_db.rename(held.folder / "away.db")
    fault_ends(
        "F77",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=begins("error[4] the state DB is empty, but the broker has orders of ours. "),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State(HELD), mend=lambda: (held.folder / "away.db").rename(held.state_db)),
    )


def test_f77_where_the_broker_has_no_order_of_ours_a_missing_state_db_is_made(lab: Lab) -> None:
    fault_ends(
        "F77",
        lab,
        lambda: lab.run("protect"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )


def test_i4_a_difference_at_the_end_is_4_and_named(held: Lab) -> None:
    before_request(held, "POST", "/v2/orders", lambda: _give_away(held, "BBB"))
    done = held.run("all")
    assert done.code == 4
    assert "BBB: state DB has 10 shares, broker none" in done.last_line


def _give_away(lab: Lab, ticker: str) -> None:
    (stop,) = [o for o in lab.market.get("/v2/orders", status="open") if o["symbol"] == ticker]
    lab.market.cancel(stop)
    lab.market.sell(symbol=ticker)


# limits


def test_f50_a_restricted_account_sends_nothing(held: Lab) -> None:
    def block(content: Any) -> Any:
        return {**content, "trading_blocked": True}

    held.break_requests(RequestFault("GET", "/v2/account", change_answer(block), times=None))
    fault_ends(
        "F50",
        held,
        lambda: held.run("all"),
        exit_code=11,
        last_line=f"error[11] the broker restricts the account {held.broker.get_account().number}: trading_blocked. "
        "Clear it up with the broker; protective stops stay where they are.",
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, received=THE_DAY, state=THE_DAY_DONE, mend=held.mend),
    )


def test_f50_shares_without_a_stop_on_a_restricted_account_are_an_alarm(held: Lab) -> None:
    (stop,) = [one for one in held.market.get("/v2/orders", status="open") if one["symbol"] == "AAA"]
    held.market.cancel(stop)
    held.exchange.set_account(suspend_trade=True)
    restricted = f"the broker restricts the account {held.broker.get_account().number}: trade_suspended_by_user"
    fault_ends(
        "F50",
        held,
        lambda: held.run("protect"),
        exit_code=12,
        last_line=begins(f"error[12] no live stop could be placed for AAA; {restricted}; kill switch on. "),
        received=[],
        state=State(HELD, kill_switch=True),
        rerun=Rerun(
            0,
            received=["POST 20260105_AAA_stop_sell_2"],
            state=State(HELD, {"20260105_AAA_stop_sell_2": "new 0/10"}, kill_switch=True),
            mend=lambda: held.exchange.set_account(suspend_trade=False),
        ),
    )


def test_a_restricted_account_hides_no_naked_shares_behind_a_difference(held: Lab) -> None:
    (stop,) = [one for one in held.market.get("/v2/orders", status="open") if one["symbol"] == "AAA"]
    held.market.cancel(stop)
    held.market.buy(symbol="DDD", qty="3")
    held.exchange.set_account(suspend_trade=True)
    done = held.run("protect")
    assert done.code == 12
    assert "needs a hand: DDD: broker holds 3 shares that are not ours; AAA: 10 shares without a stop; " in done.stdout
    assert "trade_suspended_by_user" in done.stdout
    assert held.run("protect", "--dry-run").code == 4  # it reports and changes nothing


def test_f107_a_limit_stops_entries_and_never_a_stop(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["safety.max_orders_per_day=1"])
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    limit = "error[11] BBB: 1 orders today, the limit is 1. Nothing more is bought or sold today; stops stay."
    waiting = ("20260105_BBB_entry_buy", "20260105_CCC_entry_buy")
    lab.go(0, "09:31")
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("all"),
        exit_code=11,
        last_line=limit,
        received=["POST 20260105_AAA_entry_buy", "PATCH 20260105_AAA_stop_sell"],
        state=State({"AAA": HELD["AAA"]}, dict.fromkeys(waiting, "planned 0/10")),
        rerun=Rerun(11, last_line=limit),
    )
    assert lab.agrees()


@pytest.mark.parametrize("limit", ["max_drawdown_pct=1", "max_daily_loss_pct=1"])
def test_f107_a_loss_stops_entries_and_exits_and_never_a_stop(tmp_path: Path, limit: str) -> None:
    fallen = bars("AAA", [QUIET, QUIET, (94.0, 95.0, 93.0, 94.0), QUIET])
    lab = make_lab(tmp_path, fallen, quiet_bars("BBB"), settings=[f"safety.{limit}"], cash=10_000)
    lab.hold("AAA", shares=40)
    lab.go(0, "16:30").issue(1, sell=["AAA"], buy=["BBB"])
    (stop,) = lab.market.get("/v2/orders", status="open")
    lab.market.cancel(stop)
    lab.go(1, "09:31")
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("all"),
        exit_code=11,
        last_line=begins("error[11] d", "turns the kill switch on"),
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(
            {"AAA": "40 at 100.00, stop 90.00"},
            {"20260106_AAA_exit_sell": "planned 0/40", "20260106_BBB_entry_buy": "planned 0/10"},
            kill_switch=True,
        ),
        rerun=Rerun(3, begins("error[3] kill switch is ON since ")),
    )
    assert lab.agrees()


def test_the_order_limit_counts_what_was_sent_before(tmp_path: Path) -> None:
    """I16"""
    lab = make_lab(tmp_path, settings=["execution.max_daily_trade_orders=2"]).hold("AAA")
    lab.go(0, "16:30").issue(1, sell=["AAA"], buy=["BBB", "CCC"])
    assert lab.go(1, "09:20").run("place").code == 11
    assert len([write for write in lab.writes if write.startswith("POST")]) == 2
    assert lab.run("place").code == 11
    assert lab.writes == []


# in the middle


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_f68_sigterm_sends_no_new_order_and_gives_the_stops_back(held: Lab, sent: signal.Signals) -> None:
    before_request(held, "DELETE", ".*", lambda: os.kill(os.getpid(), sent))
    fault_ends(
        "F68",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line=f"error[9] the run was interrupted ({sent.name}). Run the same command again.",
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, {CCC: "planned 0/10", "20260106_AAA_exit_sell": "planned 0/10"}),
        rerun=Rerun(0, received=AGAIN, state=THE_DAY_DONE),
    )


def test_i22_a_run_ends_after_fifteen_minutes(held: Lab) -> None:
    def dawdle() -> None:
        held.market.exchange.advance(16 * 60)

    before_request(held, "DELETE", ".*", dawdle)
    done = held.run("all")
    assert done.code == 9
    assert "longer than 15 minutes" in done.last_line
    assert [write for write in held.writes if "exit" in write or "entry" in write] == []
    assert held.agrees()


def test_f18_without_the_clock_exits_go_out_and_entries_wait(held: Lab) -> None:
    held.break_requests(RequestFault("GET", "/v2/clock", answer(503), times=None))
    fault_ends(
        "F18",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line=begins("error[9] CCC: the broker's clock did not answer."),
        received=THE_DAY[:2],
        state=State(BBB_HELD, {CCC: "planned 0/10"}, AAA_SOLD),
        rerun=Rerun(0, received=BUYING, state=THE_DAY_DONE, mend=held.mend),
    )


def test_f78_a_bug_in_the_middle_is_1_after_one_attempt_to_protect(held: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import live.execute.trade as executor

    def bug(_desk: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(executor, "buy_entries", bug)
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "BBB"]
    held.market.cancel(stop)
    fault_ends(
        "F78",
        held,
        lambda: held.run("all"),
        exit_code=1,
        last_line="error[1] unexpected error in executor: ZeroDivisionError: a bug. "
        "This is a bug; run again with -v and report it.",
        received=["POST 20260105_BBB_stop_sell_2", "DELETE 20260105_AAA_stop_sell", "POST 20260106_AAA_exit_sell"],
        state=State(BBB_HELD, {CCC: "planned 0/10"}, AAA_SOLD),
        rerun=Rerun(0, received=BUYING, state=THE_DAY_DONE, mend=monkeypatch.undo),
    )


def test_f78_a_bug_that_leaves_a_share_without_a_stop_is_12(held: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import live.execute.trade as executor

    def bug(_desk: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(executor, "buy_entries", bug)
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "BBB"]
    held.market.cancel(stop)
    refusal = answer(403, {"code": 40310000, "message": "no"})
    held.break_requests(
        RequestFault("POST", "/v2/orders", refusal, when=lambda r: "BBB" in r.json()["symbol"], times=None)
    )

    def mend() -> None:
        monkeypatch.undo()
        held.mend()

    fault_ends(
        "F78",
        held,
        lambda: held.run("all"),
        exit_code=12,
        last_line=begins(
            "error[12] no live stop could be placed for BBB; kill switch on. Place the stop or sell by hand"
        ),
        received=[f"POST 20260105_BBB_stop_sell_{generation}" for generation in range(2, 8)],
        state=State(HELD, {CCC: "planned 0/10", "20260106_AAA_exit_sell": "planned 0/10"}, kill_switch=True),
        rerun=Rerun(
            3,
            last_line=begins("error[3] kill switch is ON since "),
            received=["POST 20260105_BBB_stop_sell_8"],
            state=State(HELD, {CCC: "planned 0/10", "20260106_AAA_exit_sell": "planned 0/10"}, kill_switch=True),
            mend=mend,
        ),
    )


def test_f73_a_state_db_that_fails_after_a_cancel_still_gets_the_stop_back(
    held: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Connection.transaction
    broken = []

    def full() -> None:
        broken.append(True)

    def transaction(self: Connection) -> Any:
        if broken:
            raise StateDBError("state DB: database or disk is full", next_step="Free space.")
        return real(self)

    monkeypatch.setattr(Connection, "transaction", transaction)
    before_request(held, "DELETE", "/v2/orders/.*", full)

    def there_is_space_again() -> None:
        assert held.stops()["AAA"] == [("10", "90.00", "new")]
        broken.clear()
        monkeypatch.undo()

    fault_ends(
        "F73",
        held,
        lambda: held.run("all"),
        exit_code=13,
        last_line="error[13] state DB: database or disk is full. Free space.",
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, {CCC: "planned 0/10", "20260106_AAA_exit_sell": "planned 0/10"}),
        rerun=Rerun(0, received=AGAIN, state=THE_DAY_DONE, mend=there_is_space_again),
    )


# the dry run


def test_i18_a_dry_run_sends_nothing_and_changes_no_byte(held: Lab) -> None:
    files = {path: path.read_bytes() for path in held.folder.iterdir() if path.is_file() and "-" not in path.suffix}
    done = held.run("all", "--dry-run")
    assert (done.code, held.writes) == (0, [])
    assert {path: path.read_bytes() for path in files} == files
    assert "cancel 1 stops, sell 1, buy 1, leaving 2 positions, 2 stops, funds " in done.stdout


def test_a_dry_run_names_the_orders_that_the_real_run_then_sends(held: Lab) -> None:
    plan = held.run("all", "--dry-run", "--json").json
    assert held.run("all").code == 0
    sent = [write.removeprefix("POST ") for write in held.writes if write.startswith("POST")]
    assert plan["sell"] + plan["buy"] == sent
    assert plan["positions_after"] == len(held.positions())


# the program


def test_json_is_one_object_with_code_lines_and_closing(held: Lab) -> None:
    result = held.run("all", "--json").json
    assert result["exit_code"] == 0
    assert [line["ticker"] for line in result["exits"]] == ["AAA"]
    assert [line["filled_qty"] for line in result["entries"]] == [10]
    assert set(result["closing"]) >= {"exits", "entries", "skipped", "needs_hand", "next_step"}


def test_a_run_is_recorded_with_its_code_and_last_line(held: Lab) -> None:
    held.run("all")
    with held.look() as db:
        (run,) = db.runs.last()
    assert (run.exit_code, run.last_line) == (0, "ok")


def test_the_executor_never_imports_pandas_or_numpy() -> None:
    code = (
        "import sys, live.executor, live.execute.trade, live.brokers.alpaca; "
        "bad = [n for n in ('pandas', 'numpy', 'sqlite_utils', 'exchange_calendars', 'bs4') if n in sys.modules]; "
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=DEFAULT.parents[1])
