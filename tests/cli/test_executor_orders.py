"""What is kept of an order that was sent, refused or held back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from live.sim.faults import RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer
from tests.live.sim.market import QUIET, bars
from tests.live.state_db.builders import stop_of

AAA = "20260105_AAA_entry_buy"
CCC = "20260106_CCC_entry_buy"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("insufficient buying power", "insufficient_funds: 40310000 insufficient buying power"),
        ("something new", "refused 40310000: something new"),
    ],
)
def test_a_refused_entry_keeps_its_reason_with_the_brokers_code_and_words(lab: Lab, said: str, kept: str) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", answer(403, {"code": 40310000, "message": said})))
    assert lab.go(0, "09:20").run("place").code == 9
    assert (lab.order(AAA).status, lab.order(AAA).reject_reason) == ("abandoned", kept)


def test_f29_after_the_alarm_no_entry_is_judged_any_more_in_that_run(lab: Lab) -> None:
    """Its reference price is far above the market, for which it would end; it waits for the next run."""
    lab.settings += ("execution.poll_timeout_s=10",)
    lab.hold("AAA").go(0, "16:30").issue(1, buy=["CCC"], reference="150.00")
    (stop,) = lab.market.get("/v2/orders", status="open")
    lab.market.cancel(stop)
    refusal = answer(403, {"code": 40310000, "message": "something new"})
    lab.break_requests(RequestFault("POST", "/v2/orders", refusal, times=None))
    assert lab.go(1, "09:31").run("place").code == 12
    assert lab.order(CCC).status == "planned"


# what one position's stop has to do with another's


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_lab(tmp_path_factory.mktemp("held"), settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return held_before.copy_to(tmp_path)


def cancel_stops(lab: Lab) -> None:
    for order in lab.market.get("/v2/orders", status="open"):
        lab.market.cancel(order)


def test_the_stop_of_a_position_that_is_sold_in_this_pass_is_not_given_back_with_the_others(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    cancel_stops(held)
    assert held.go(1, "09:31").run("all").code == 0
    assert held.writes == ["POST 20260105_BBB_stop_sell_2", "POST 20260106_AAA_exit_sell"]


def test_a_planned_stop_of_another_price_is_given_up_and_its_id_is_not_used(held: Lab) -> None:
    with held.db() as db:
        position = db.positions.open_for("AAA")
        assert position is not None
        db.orders.plan([replace(stop_of(position, "_2"), stop_price=850_000)])
    cancel_stops(held)
    assert held.go(0, "15:45").run("protect").code == 0
    assert held.order("20260105_AAA_stop_sell_2").reject_reason == "other_price"
    assert "POST 20260105_AAA_stop_sell_3" in held.writes


def test_i5_under_the_kill_switch_a_stop_that_the_market_has_passed_is_no_sale(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, QUIET, (85.0, 86.0, 84.0, 85.0), QUIET])
    lab = make_lab(tmp_path, fallen).hold("AAA")
    cancel_stops(lab)
    with lab.db() as db:
        db.system_config.turn_kill_switch_on("a storm", "me")
    done = lab.go(1, "09:32").run("protect")
    assert done.code == 12
    assert lab.market.holdings() == {"AAA": "10"}
    assert all("_stop_sell" in write for write in lab.writes)


def test_i5_a_kill_switch_that_goes_on_while_the_old_stop_is_canceled_keeps_the_sale_back(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, QUIET, (85.0, 86.0, 84.0, 85.0), QUIET])
    lab = make_lab(tmp_path, fallen).hold("AAA")
    (stop,) = lab.market.get("/v2/orders", status="open")
    lab.market.ask("PATCH", f"/v2/orders/{stop['id']}", {"stop_price": "80.00"})
    lab.break_requests(RequestFault("DELETE", "/v2/orders.*", call_then((tmp_path / "KILL").touch)))
    done = lab.go(1, "09:32").run("protect")
    assert done.code == 12
    assert "DELETE" in lab.writes
    assert not any("_exit_sell" in write for write in lab.writes)
    assert lab.market.holdings() == {"AAA": "10"}


# limits


@pytest.mark.parametrize("workers", [1, 4])
def test_the_orders_of_a_batch_count_for_the_days_limit_and_those_within_it_leave(tmp_path: Path, workers: int) -> None:
    limits = ["execution.max_daily_trade_orders=2", f"execution.max_workers={workers}"]
    lab = make_lab(tmp_path, settings=limits)
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    done = lab.go(0, "09:20").run("place")
    assert (done.code, lab.writes) == (11, [f"POST {AAA}", "POST 20260105_BBB_entry_buy"])
    assert done.last_line.startswith("error[11] CCC: 2 entry and exit orders today, the limit is 2.")


def test_more_new_stops_than_usual_are_told_with_what_to_do_and_all_are_placed(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["execution.max_daily_stop_orders=1"]).hold("AAA", "BBB")
    cancel_stops(lab)
    done = lab.go(0, "15:45").run("protect")
    words = "error[11] 2 new stop orders today, the limit is 1. Find out why stops keep dying; none was held back."
    assert (done.code, done.last_line) == (11, words)
    assert lab.agrees()


def test_a_loss_that_trips_between_two_orders_is_the_accounts_and_no_tickers(tmp_path: Path) -> None:
    lab = make_lab(
        tmp_path,
        settings=["execution.max_workers=1", "safety.max_daily_loss_pct=10", "execution.max_snapshot_age_s=60"],
    )
    lab.issue(0, buy=["AAA", "BBB"])

    def lose() -> None:
        lab.go(0, "09:33")
        poor = change_answer(lambda account: account | {"equity": "1000.00"})
        lab.break_requests(RequestFault("GET", "/v2/account", poor, times=None))

    lab.break_requests(RequestFault("POST", "/v2/orders", call_then(lose)))
    done = lab.go(0, "09:31").run("all")
    assert (done.code, lab.writes) == (11, [f"POST {AAA}", "PATCH 20260105_AAA_stop_sell"])
    assert done.last_line.startswith("error[11] daily loss: equity 1,000.00 after 100,000.00")
