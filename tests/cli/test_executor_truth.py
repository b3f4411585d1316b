"""A run never calls done what is not: shares without a stop, lines left open, a broker that differs."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from live.orders import Intent
from live.sim.faults import OrderFaultKind, RequestFault, SimRequest
from live.state_db.rows import NewOrder
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer, lose_answer, lose_request
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.live.sim.market import QUIET, at, bars, quiet_bars, session

STOP = "20260105_AAA_stop_sell"
EXIT = "20260106_AAA_exit_sell"
HELD = {"AAA": "10 at 100.00, stop 90.00", "BBB": "10 at 100.00, stop 90.00"}
SOLD = State({"BBB": HELD["BBB"]}, {EXIT: "filled 10/10"}, {"AAA": "10 trend_break at 100.00"})


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path, settings=["execution.poll_timeout_s=10"])


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_lab(tmp_path_factory.mktemp("held"), settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return held_before.copy_to(tmp_path)


def stop_of(position_id: int, name: str) -> NewOrder:
    return NewOrder(name, "AAA", Intent.STOP, session(0), 10, stop_price=900_000, position_id=position_id)


def is_for(text: str) -> Any:
    def asks(request: SimRequest) -> bool:
        return text in request.json().get("client_order_id", "")

    return asks


def test_i11_poll_that_waits_for_the_open_carries_out_a_plan_nobody_placed(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    done = lab.go(0, "09:20").run("poll", "--wait-for-open", "30")
    assert done.code == 0, done.stderr
    assert set(lab.positions()) == {"AAA"}
    assert lab.agrees()


def test_i4_a_stop_of_an_earlier_day_that_fills_during_the_run_is_booked(tmp_path: Path) -> None:
    falling = bars("AAA", [QUIET, QUIET, (100.0, 100.0, 80.0, 85.0), QUIET])
    lab = make_lab(tmp_path, falling, quiet_bars("BBB"), quiet_bars("CCC")).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["BBB"], buy=["CCC"])
    lab.go(1, "10:37")

    def later() -> None:
        lab.market.exchange.advance_to(at(1, "10:41"))

    lab.break_requests(RequestFault("DELETE", ".*", call_then(later), times=1))
    done = lab.run("all", "--skip-time-check")
    assert done.code == 0, done.stderr
    assert set(lab.positions()) == {"CCC"}
    assert "STOPPED OUT  AAA" in done.stdout
    assert lab.agrees()


def test_f34_a_stop_whose_cancel_cannot_be_read_is_looked_at_again_before_the_run_ends(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.go(1, "09:31")
    held.break_requests(RequestFault("GET", "/v2/orders/[^:]+", answer(500), times=4))
    fault_ends(
        "F34",
        held,
        lambda: held.run("all"),
        exit_code=8,
        last_line=begins(
            "error[8] GET /v2/orders/", "HTTP 500", "Nothing is lost; run the same command again in a minute."
        ),
        received=[f"DELETE {STOP}", f"POST {STOP}_2"],
        state=State(HELD, {EXIT: "planned 0/10"}),
        rerun=Rerun(0, received=[f"DELETE {STOP}_2", f"POST {EXIT}"], state=SOLD, mend=held.mend),
    )


def test_f34_a_cancel_that_is_not_seen_yet_is_waited_for(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.go(1, "09:31")

    def still_new(content: Any) -> Any:
        rows = content if isinstance(content, list) else [content]
        for row in rows:
            if row["symbol"] == "AAA" and row["status"] == "canceled":
                row |= {"status": "new", "canceled_at": None}
        return content

    held.break_requests(RequestFault("GET", "/v2/orders.*", change_answer(still_new), skip=2, times=9))
    fault_ends(
        "F34",
        held,
        lambda: held.run("all"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {STOP}", f"DELETE {STOP}", f"POST {EXIT}"],
        state=SOLD,
        rerun=Rerun(0, mend=held.mend),
    )


@pytest.mark.parametrize("phase", ["protect", "place"])
def test_i2_shares_of_a_buy_that_still_works_are_not_called_protected(lab: Lab, phase: str) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=4)
    assert lab.go(0, "09:20").run("place").code == 0
    done = lab.go(0, "15:45").run(phase)
    assert done.code == 9, done.stderr
    assert "AAA" in done.last_line


def test_i4_a_stop_that_cannot_be_brought_to_its_fill_yet_is_not_called_done(lab: Lab) -> None:
    def not_yet_new(content: Any) -> Any:
        for row in content if isinstance(content, list) else [content]:
            for order in (row, *(row.get("legs") or [])):
                if order["side"] == "sell" and order["status"] == "new":
                    order["status"] = "accepted"
        return content

    lab.issue(0, buy=["AAA"])
    assert lab.go(0, "09:20").run("place").code == 0
    lab.break_requests(RequestFault("GET", "/v2/orders.*", change_answer(not_yet_new), times=None))
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 9, done.stderr
    assert "AAA" in done.last_line
    lab.mend()
    assert lab.run("poll").code == 0
    assert lab.agrees()


def test_f29_a_share_known_to_be_naked_is_12_even_when_the_broker_stops_answering(held: Lab) -> None:
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]
    held.market.cancel(stop)
    held.break_requests(
        RequestFault("POST", "/v2/orders", answer(403, {"code": 40310000, "message": "something new"}), times=None),
        RequestFault("GET", "/v2/orders.*", answer(500), skip=2, times=None),
    )
    held.go(0, "15:45")
    fault_ends(
        "F29",
        held,
        lambda: held.run("protect"),
        exit_code=12,
        last_line=begins("error[12] no live stop could be placed for AAA; kill switch on. "),
        received=[f"POST {STOP}_2"] * 9,  # nothing proves it refused: the same id
        state=State(HELD, kill_switch=True),
        rerun=Rerun(
            0,
            received=[f"POST {STOP}_2"],
            state=State(HELD, {f"{STOP}_2": "new 0/10"}, kill_switch=True),
            mend=held.mend,
        ),
    )


def test_i5_the_kill_switch_is_read_before_a_repeated_post_too(lab: Lab) -> None:
    def switch_on() -> None:
        (lab.state_db.parent / "KILL").touch()

    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", call_then(switch_on, lose_request())))
    done = lab.go(0, "09:31").run("all")
    assert lab.writes == ["POST 20260105_AAA_entry_buy"]
    assert done.code == 3
    assert lab.market.holdings() == {}


def test_i5_an_entry_of_unclear_outcome_is_canceled_when_the_kill_switch_is_on(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(
        RequestFault("POST", "/v2/orders", lose_answer(), times=None),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(500), times=None),
        RequestFault("GET", "/v2/orders", answer(500), skip=2, times=None),
    )
    assert lab.go(0, "09:20").run("place").code == 8
    lab.mend()
    assert lab.order("20260105_AAA_entry_buy").status == "unknown"
    (lab.state_db.parent / "KILL").touch()
    assert lab.run("poll").code == 3
    assert lab.open_ids() == set()
    lab.go(0, "10:00")
    assert lab.market.holdings() == {}


def test_an_entry_of_yesterday_that_never_went_out_is_told_when_it_is_given_up(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, cash=7_400, settings=["execution.min_buying_power=5000"]).hold("AAA")
    lab.go(0, "16:30").issue(1, sell=["AAA"], buy=["BBB", "CCC"])
    placed = lab.go(1, "09:20").run("place")
    assert placed.code == 0, placed.stderr
    waiting = [name for name in ("BBB", "CCC") if lab.order(f"20260106_{name}_entry_buy").status == "planned"]
    assert waiting
    lab.go(1, "16:30").issue(2)
    done = lab.go(2, "09:20").run("place")
    assert done.code == 9, done.stderr
    assert waiting[0] in done.stderr
    assert lab.run("place").code == 0


def test_f59_a_stale_entry_is_canceled_although_another_ticker_differs(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.NO_FILL, "AAA", side="buy")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "10:00").market.buy(symbol="DDD", qty="5")
    lab.go(0, "16:30").issue(1)
    done = lab.go(1, "09:20").run("place")
    assert done.code == 4
    assert lab.open_ids() == set()


def test_f59_a_buy_in_work_is_ended_and_protected_although_another_ticker_differs(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=4)
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31").market.buy(symbol="DDD", qty="5")
    done = lab.run("poll")
    assert done.code == 4
    assert lab.order("20260105_AAA_entry_buy").is_final
    assert [shares for shares, _, _ in lab.stops()["AAA"]] == ["4"]


def test_f107_no_stop_is_canceled_for_a_sell_that_the_limit_holds_back(tmp_path: Path) -> None:
    bought = make_lab(tmp_path).hold("AAA", "BBB", "CCC")
    lab = Lab(bought.folder, bought.market, ("broker.id=sim", "execution.max_daily_trade_orders=2"))
    lab.go(0, "16:30").issue(1, sell=["AAA", "BBB", "CCC"])
    lab.go(1, "09:31")
    limit = begins("error[11] CCC: ", "the limit is 2")
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("all"),
        exit_code=11,
        last_line=limit,
        received=[
            *(f"DELETE 20260105_{ticker}_stop_sell" for ticker in ("AAA", "BBB")),
            *(f"POST 20260106_{ticker}_exit_sell" for ticker in ("AAA", "BBB")),
        ],
        state=State(
            {"CCC": "10 at 100.00, stop 90.00"},
            {"20260106_CCC_exit_sell": "planned 0/10"},
            dict.fromkeys(("AAA", "BBB"), "10 trend_break at 100.00"),
        ),
        rerun=Rerun(11, limit),
    )
    assert lab.agrees()


def test_a_slot_freed_by_a_sell_that_fills_at_once_is_free_for_place(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["strategy.max_positions=1"]).hold("AAA")
    lab.go(0, "16:30").issue(1, sell=["AAA"], buy=["BBB"])
    done = lab.go(1, "09:31").run("place")
    assert lab.order("20260106_BBB_entry_buy").status != "abandoned", done.stderr


def test_f27_a_leg_still_held_when_the_run_could_end_is_waited_for(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.LEG_HELD, "AAA")
    lab.go(0, "09:31")
    fault_ends(
        "F27",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=["POST 20260105_AAA_entry_buy", "DELETE stop sell AAA", f"POST {STOP}"],
        state=State({"AAA": HELD["AAA"]}, {"20260105_AAA_entry_buy": "filled 10/10"}),
        rerun=Rerun(0),
    )
    assert lab.agrees()


def test_f44_a_stop_of_too_few_shares_that_may_not_be_replaced_is_canceled_and_placed_anew(held: Lab) -> None:
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]
    held.market.cancel(stop)
    assert held.go(0, "10:00").run("protect").code == 0
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]
    held.market.cancel(stop)
    held.market.buy(symbol="AAA", qty="5")
    held.market.stop("90.00", symbol="AAA", qty="10", client_order_id="20260105_AAA_stop_sell_3")
    with held.db() as db:  # the very order that another run of ours would have sent
        position = db.positions.open_for("AAA")
        assert position is not None
        db.orders.plan([stop_of(position.position_id, "20260105_AAA_stop_sell_3")])
    held.break_requests(RequestFault("PATCH", ".*", answer(422, {"code": 42210000, "message": "cannot"}), times=None))
    held.go(0, "15:45")
    fault_ends(
        "F44",
        held,
        lambda: held.run("protect"),
        exit_code=0,
        last_line="",
        received=[f"PATCH {STOP}_4", f"DELETE {STOP}_3", f"POST {STOP}_5"],
        state=State(HELD | {"AAA": "15 at 99.8733, stop 90.00"}),
        rerun=Rerun(0),
    )
    assert held.agrees()


def test_i4_a_holding_that_appears_during_the_run_is_told(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.go(1, "09:31")

    def somebody() -> None:
        held.market.buy(symbol="DDD", qty="5")

    held.break_requests(RequestFault("POST", "/v2/orders", call_then(somebody), when=is_for("exit")))
    done = held.run("all")
    assert done.code == 4
    assert "DDD" in done.last_line


def test_i3_an_exit_of_yesterday_that_still_works_is_not_joined_by_another(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.NO_FILL, "AAA", side="sell")
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]
    held.go(1, "09:20").market.cancel(stop)
    held.market.sell(symbol="AAA", qty="10", time_in_force="gtc", client_order_id="20260106_AAA_exit_sell")
    assert held.run("place").code == 0  # adopted
    held.go(1, "16:30").issue(2, sell=["AAA"])
    done = held.go(2, "09:31").run("all")
    assert done.code == 9, done.stderr
    assert [write for write in held.writes if "exit" in write] == []
    assert "AAA: its sell is still working" in done.last_line
    held.mend()
    assert held.go(2, "09:33").run("all").code == 0
    assert held.market.holdings() == {"BBB": "10"}
    assert held.agrees()


def test_f47_a_late_fill_of_an_old_stop_explains_a_difference(held: Lab) -> None:
    (stop,) = [o for o in held.market.get("/v2/orders", status="open") if o["symbol"] == "AAA"]

    def not_filled_yet(content: Any) -> Any:
        for row in content if isinstance(content, list) else [content]:
            for order in (row, *(row.get("legs") or [])):
                if order["id"] == stop["id"]:
                    order |= {"filled_qty": "0", "filled_avg_price": None, "filled_at": None}
        return content

    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.PARTIAL, "AAA", client_order_id="*stop*", shares=4)
    held.break_orders(OrderFaultKind.CANCEL_FILLS, "AAA", client_order_id="*stop*", times=1)
    held.break_requests(RequestFault("GET", "/v2/orders(/.*)?", change_answer(not_filled_yet), times=None))
    held.go(1, "09:31")
    fault_ends(
        "F47",
        held,
        lambda: held.run("all"),
        exit_code=4,
        last_line=begins("error[4] AAA: state DB has 10 shares, broker 6, and no fill explains it. "),
        received=[f"DELETE {STOP}", f"POST {EXIT}", f"POST {STOP}_2", f"POST {STOP}_3"],
        state=State(HELD, {EXIT: "abandoned 0/10", f"{STOP}_3": "new 0/6"}),
        rerun=Rerun(
            0,
            run=lambda: held.run("protect"),
            state=State({"AAA": "6 at 100.00, stop 90.00", "BBB": HELD["BBB"]}),
            mend=lambda: (the_rest_is_protected(held), held.mend(), held.go(3, "09:31")),
        ),
    )
    assert held.agrees()


def the_rest_is_protected(held: Lab) -> None:
    assert held.market.holdings()["AAA"] == "6"
    assert [shares for shares, _, _ in held.stops()["AAA"]] == ["6"]


@pytest.mark.parametrize("seconds", [4, 25])
def test_f68_sigterm_while_a_cancel_is_under_way_gives_the_stop_back(held: Lab, seconds: float) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.CANCEL_SLOW, "AAA", seconds=seconds)
    held.break_requests(RequestFault("DELETE", ".*", call_then(lambda: os.kill(os.getpid(), signal.SIGTERM))))
    done = held.go(1, "09:31").run("all")
    assert done.code == 9, done.stderr
    held.go(1, "09:40")
    assert seconds > 20 or held.agrees()  # later than the run can wait: reported, not restored


def test_f68_a_cancel_asked_for_before_sigterm_is_seen_through_though_the_stop_is_still_called_new(held: Lab) -> None:
    def still_new(content: Any) -> Any:
        for row in content if isinstance(content, list) else [content]:
            if row["symbol"] == "AAA" and row["type"] == "stop" and row["status"] == "canceled":
                row |= {"status": "new", "canceled_at": None}
        return content

    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.go(1, "09:31")
    held.break_requests(
        RequestFault("DELETE", ".*", call_then(lambda: os.kill(os.getpid(), signal.SIGTERM))),
        RequestFault("GET", "/v2/orders.*", change_answer(still_new), skip=2, times=3),
    )
    two = dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")
    fault_ends(
        "F68",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] the run was interrupted (SIGTERM). Run the same command again.",
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260105_AAA_stop_sell_2"],
        state=State(two, {"20260106_AAA_exit_sell": "planned 0/10"}),
        rerun=Rerun(
            0,
            received=["DELETE 20260105_AAA_stop_sell_2", "POST 20260106_AAA_exit_sell"],
            state=State({"BBB": two["BBB"]}, closed={"AAA": "10 trend_break at 100.00"}),
            mend=held.mend,
        ),
    )


def test_f89_an_accepted_plan_is_carried_through_though_a_late_fill_has_closed_one_of_its_positions(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.NO_FILL, "AAA", side="sell")
    assert held.go(1, "09:20").run("place").code == 0
    held.mend()
    held.go(4, "09:10").issue(4, sell=["AAA"], buy=["CCC"])  # decided before the sale of session 1 was known
    assert held.go(4, "09:20").run("place").code == 0
    held.go(4, "09:31")
    fault_ends(
        "F89",
        held,
        lambda: held.run("poll"),
        exit_code=0,
        last_line="",
        received=["PATCH 20260109_CCC_stop_sell"],
        state=State(
            dict.fromkeys(("BBB", "CCC"), "10 at 100.00, stop 90.00"), closed={"AAA": "10 trend_break at 100.00"}
        ),
        rerun=Rerun(0),
    )
    assert held.agrees()
