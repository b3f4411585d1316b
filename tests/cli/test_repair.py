"""Every difference between state DB and broker is named with the command that resolves it, and that command does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live.admin import main
from live.run.runtime import Runtime
from live.sim.faults import RequestFault
from tests.cli.done import Done, run_command
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import change_answer
from tests.faults.ending import UNTOUCHED, Rerun, State, begins, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars, session
from tests.paths import DEFAULT_CONFIG

HELD = {"AAA": "10 at 100.00, stop 90.00", "BBB": "10 at 100.00, stop 90.00"}
WHY = ("--reason", "a test")


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return (
        make_lab(tmp_path_factory.mktemp("held"), settings=["execution.poll_timeout_s=10"])
        .hold("AAA", "BBB")
        .go(0, "11:00")
    )


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00; it is eleven o'clock."""
    return held_before.copy_to(tmp_path)


def admin(lab: Lab, *args: str) -> Done:
    common = ["--config", str(DEFAULT_CONFIG), "--state-db", str(lab.state_db), "--broker", "sim"]
    for setting in lab.settings:
        common += ["--set", setting]
    with lab._counting():
        return run_command(main, [*args, *common], Runtime(lab.broker))


def advice(lab: Lab, ticker: str) -> str:
    """What reconcile proposes for a ticker."""
    done = admin(lab, "reconcile", "--json")
    assert done.code in (4, 12), done.stderr
    return next(str(one["resolved_by"]) for one in done.json["mismatches"] if one["ticker"] == ticker)


def repaired(lab: Lab, *args: str) -> Done:
    """Repair, and see that a dry run changes nothing, that it ends 0, and that the same again has nothing to do."""
    before = lab.state_db.read_bytes()
    dry = admin(lab, "repair", *args, *WHY, "--dry-run")
    assert (dry.code, lab.writes, lab.state_db.read_bytes() == before) == (0, [], True), dry.stderr
    done = admin(lab, "repair", *args, *WHY)
    assert done.code == 0, done.stderr
    again = admin(lab, "repair", *args, *WHY)
    assert (again.code, lab.writes, "nothing to repair" in again.stdout) == (0, [], True), again.stderr
    assert lab.agrees()
    assert admin(lab, "reconcile").code == 0
    return done


def sell_out(lab: Lab, ticker: str) -> None:
    """The shares of a ticker are gone, and no record says how."""
    for order in lab.market.get("/v2/orders", status="open"):
        if order["symbol"] == ticker:
            lab.market.cancel(order)
    lab.market.sell(symbol=ticker)
    forget_fills(lab)


def forget_fills(lab: Lab) -> None:
    nothing = change_answer(lambda _: [])
    lab.break_requests(RequestFault("GET", "/v2/account/activities.*", nothing, times=None))


def repairs(lab: Lab) -> list[dict[str, Any]]:
    with lab.look() as db:
        return [dict(one.payload) for one in db.events.newest() if one.type in ("repaired", "ticker_ignored")]


def test_f59_a_foreign_holding_is_adopted_and_gets_its_stop(held: Lab) -> None:
    held.market.buy(symbol="CCC", qty="7")
    assert "repair CCC --adopt" in advice(held, "CCC")
    said: list[str] = []

    def repair() -> Done:
        done = repaired(held, "CCC", "--adopt")
        said.append(done.stdout)
        return done

    fault_ends(
        "F59",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=begins("error[4] CCC: broker holds 7 shares that are not ours", "live.admin reconcile"),
        received=[],
        state=State(HELD),
        rerun=Rerun(
            0,
            received=["POST 20260105_CCC_stop_sell"],
            state=State({**HELD, "CCC": "7 at 98.68, stop 88.81"}),
            run=repair,
        ),
    )
    assert "CCC: 7 shares" in said[0]
    assert held.stops()["CCC"][0][0] == "7"
    (event,) = repairs(held)
    assert (event["how"], event["reason"]) == ("adopt", "a test")
    assert event["who"]


def test_a_holding_that_a_sell_of_another_hand_holds_is_not_adopted(held: Lab) -> None:
    held.market.buy(symbol="CCC", qty="7")
    held.market.stop("90.00", symbol="CCC", qty="7")
    done = admin(held, "repair", "CCC", "--adopt", *WHY)
    assert (done.code, "cancel it at the broker" in done.last_line) == (2, True)
    assert "CCC" not in held.positions()


def test_a_holding_below_the_stop_it_would_get_is_not_adopted_because_it_would_be_sold(tmp_path: Path) -> None:
    falling = bars("CCC", [QUIET, QUIET, (80.0, 82.0, 79.0, 80.0), QUIET])
    lab = make_lab(tmp_path, quiet_bars("AAA"), falling).hold("AAA").go(0, "11:00")
    lab.market.buy(symbol="CCC", qty="7")
    lab.go(1, "11:00")
    done = admin(lab, "repair", "CCC", "--adopt", *WHY)
    assert (done.code, lab.writes, "would be sold at once" in done.last_line) == (2, [], True), done.stderr
    assert "CCC" not in lab.positions()


def test_f59_a_foreign_holding_is_ignored_from_then_on(held: Lab) -> None:
    held.market.buy(symbol="CCC", qty="7")
    before = held.stops()
    fault_ends(
        "F59",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=begins("error[4] CCC: broker holds 7 shares that are not ours", "live.admin reconcile"),
        received=[],
        state=State(HELD),
        rerun=Rerun(0, run=lambda: admin(held, "repair", "CCC", "--ignore", *WHY)),
    )
    assert held.stops() == before
    assert admin(held, "reconcile").code == 0
    assert held.run("protect").code == 0
    assert repairs(held)[0]["reason"] == "a test"


def test_an_ignored_holding_may_be_adopted_later(held: Lab) -> None:
    held.market.buy(symbol="CCC", qty="7")
    admin(held, "repair", "CCC", "--ignore", *WHY)
    done = admin(held, "repair", "CCC", "--adopt", *WHY)
    assert done.code == 0, done.stderr
    assert held.positions()["CCC"].actual_shares == 7
    assert held.agrees()


def test_f58_a_position_that_is_gone_is_closed_at_the_price_given(held: Lab) -> None:
    sell_out(held, "AAA")
    assert "repair AAA --close-at PRICE" in advice(held, "AAA")
    said: list[str] = []

    def repair() -> Done:
        done = repaired(held, "AAA", "--close-at", "95.50")
        said.append(done.stdout)
        return done

    fault_ends(
        "F58",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=begins("error[4] AAA: state DB has 10 shares, broker none, and no fill explains it"),
        received=[],
        state=State(HELD),
        rerun=Rerun(0, state=State({"BBB": HELD["BBB"]}, closed={"AAA": "10 manual at 95.50"}), run=repair),
    )
    assert "P&L -45.00" in said[0]


def test_what_the_broker_does_not_hold_is_a_mismatch_and_never_unprotected(held: Lab) -> None:
    sell_out(held, "AAA")
    done = admin(held, "reconcile")
    assert done.code == 4
    assert "without a live stop" not in done.stdout + done.stderr
    gone = begins("error[4] AAA: state DB has 10 shares, broker none, and no fill explains it")
    fault_ends(
        "F117",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=gone,
        received=[],
        state=State(HELD),
        rerun=Rerun(4, gone),
    )


def test_f61_another_number_of_shares_is_taken_over_and_the_stop_follows(held: Lab) -> None:
    for order in held.market.get("/v2/orders", status="open"):
        if order["symbol"] == "AAA":
            held.market.cancel(order)
    held.market.sell(symbol="AAA", qty="4")
    forget_fills(held)
    assert "repair AAA --shares 6" in advice(held, "AAA")
    assert "without a live stop: AAA 6." in admin(held, "reconcile").last_line  # not the 10 of the state DB
    fault_ends(
        "F61",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=begins("error[4] AAA: state DB has 10 shares, broker 6, and no fill explains it"),
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(HELD),
        rerun=Rerun(
            0,
            state=State({**HELD, "AAA": "6 at 100.00, stop 90.00"}),
            run=lambda: repaired(held, "AAA", "--shares", "6"),
        ),
    )
    row = held.positions()["AAA"]
    assert (row.actual_shares, row.entry_price, row.invested) == (6, 1_000_000, 6_000_000)
    assert held.stops()["AAA"][0][0] == "6"


def test_f61_another_number_of_shares_that_fills_explain_is_booked_once(held: Lab) -> None:
    for order in held.market.get("/v2/orders", status="open"):
        if order["symbol"] == "AAA":
            held.market.cancel(order)
    held.market.sell(symbol="AAA", qty="4")
    fault_ends(
        "F61",
        held,
        lambda: held.run("protect"),
        exit_code=0,
        last_line="",
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State({**HELD, "AAA": "6 at 100.00, stop 90.00"}),
        rerun=Rerun(0),
    )


@pytest.mark.parametrize(
    ("shares", "words"),
    [("10.5", "holds 10.5, a fraction of a share"), ("-10", "has a short position of -10")],
)
def test_f62_f63_a_fraction_and_a_short_position_are_a_mismatch_and_never_traded(
    held: Lab, shares: str, words: str
) -> None:
    def changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        side = "short" if shares.startswith("-") else "long"
        return [row | {"qty": shares, "side": side} if row["symbol"] == "AAA" else row for row in rows]

    held.break_requests(RequestFault("GET", "/v2/positions", change_answer(changed), times=None))
    held.go(0, "16:30").issue(1, buy=["CCC"], sell=["BBB"])
    held.go(1, "09:31")
    fault_ends(
        "F62 F63",
        held,
        lambda: held.run("all"),
        exit_code=4,
        last_line=begins(f"error[4] AAA: broker {words}, state DB 10", "live.admin reconcile"),
        received=[],
        state=State(HELD),
        rerun=Rerun(
            0,
            received=[
                "DELETE 20260105_BBB_stop_sell",
                "POST 20260106_BBB_exit_sell",
                "POST 20260106_CCC_entry_buy",
                "PATCH 20260106_CCC_stop_sell",
            ],
            state=State({"AAA": HELD["AAA"], "CCC": HELD["AAA"]}, closed={"BBB": "10 trend_break at 100.00"}),
            mend=held.mend,
        ),
    )


def test_f66_a_dividend_among_the_accounts_activities_changes_no_share(held: Lab) -> None:
    paid = {"activity_type": "DIV", "date": "2026-01-05", "net_amount": "3.50", "per_share_amount": "0.35", "qty": "10"}

    def with_a_dividend(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*rows, {**paid, "id": "20260105000000000::dividend", "symbol": "BBB", "status": "executed"}]

    held.break_requests(RequestFault("GET", "/v2/account/activities", change_answer(with_a_dividend), times=None))
    for order in held.market.get("/v2/orders", status="open"):
        if order["symbol"] == "AAA":
            held.market.cancel(order)
    held.market.sell(symbol="AAA")  # something differs, so that the activities are read
    fault_ends(
        "F66",
        held,
        lambda: held.run("protect"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"BBB": HELD["BBB"]}, closed={"AAA": "10 manual at 98.67"}),
        rerun=Rerun(0),
    )


def test_f56_a_rename_without_the_same_asset_id_is_told_by_a_person(held: Lab) -> None:
    sell_out(held, "AAA")
    held.market.buy(symbol="CCC", qty="10")

    def told() -> None:
        assert "repair AAA --renamed-to CCC" in advice(held, "AAA")
        assert "repair AAA --renamed-to CCC" in advice(held, "CCC")
        repaired(held, "AAA", "--renamed-to", "CCC")

    fault_ends(
        "F56",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=begins(
            "error[4] AAA: state DB has 10 shares, broker none, and no fill explains it. ", "live.admin reconcile "
        ),
        received=[],
        state=State(HELD, {"20260105_AAA_stop_sell": "canceled 0/10"}),
        rerun=Rerun(
            0, state=State({"BBB": HELD["BBB"], "CCC": HELD["AAA"]}, {"20260105_CCC_stop_sell": "new 0/10"}), mend=told
        ),
    )


def test_f133_an_order_of_our_form_that_nothing_proves_is_named_and_adopted_by_hand(held: Lab) -> None:
    held.go(0, "17:00")
    name = f"{session(1):%Y%m%d}_CCC_entry_buy"
    held.market.oto(symbol="CCC", qty="5", client_order_id=name)
    unproven = begins(
        f"error[4] CCC: {name} (buy 5, accepted) works at the broker; no row and no signal file says that it is ours. ",
        "live.admin repair CCC --adopt ",
        "or cancel it at the broker",
    )
    fault_ends(
        "F133",
        held,
        lambda: held.run("protect"),
        exit_code=0,
        last_line="",
        received=[],
        state=State(HELD),
        rerun=Rerun(4, unproven, run=lambda: admin(held, "reconcile")),
    )
    assert "repair CCC --adopt" in advice(held, "CCC")
    fault_ends(
        "F133",
        held,
        lambda: admin(held, "reconcile"),
        exit_code=4,
        last_line=unproven,
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(
            0,
            state=State(HELD, {name: "accepted 0/5"}),
            run=lambda: admin(held, "repair", "CCC", "--adopt", *WHY),
        ),
    )
    assert admin(held, "reconcile").code == 0
    held.go(1, "09:31")
    assert held.run("protect").code == 0
    assert held.positions()["CCC"].actual_shares == 5
    assert held.agrees()


def test_f133_an_order_of_our_form_that_nothing_tells_a_stop_of_is_to_be_canceled_at_the_broker(held: Lab) -> None:
    held.go(0, "17:00")
    order = held.market.buy(symbol="CCC", qty="5", client_order_id=f"{session(1):%Y%m%d}_CCC_entry_buy")
    done = admin(held, "repair", "CCC", "--adopt", *WHY)
    assert done.code == 2
    assert done.stderr.rstrip().endswith("Cancel it at the broker.")
    held.market.cancel(order)
    assert admin(held, "reconcile").code == 0


def test_f133_a_holding_bought_by_an_order_of_our_form_is_adopted_with_its_stop(held: Lab) -> None:
    held.market.oto(symbol="CCC", qty="5", client_order_id=f"{session(0):%Y%m%d}_CCC_entry_buy")
    fault_ends(
        "F133",
        held,
        lambda: held.run("protect"),
        exit_code=4,
        last_line=begins("error[4] CCC: broker holds 5 shares that are not ours", "live.admin reconcile"),
        received=[],
        state=State(HELD),
        rerun=Rerun(
            0,
            received=["PATCH 20260105_CCC_stop_sell"],
            state=State({**HELD, "CCC": "5 at 98.68, stop 88.81"}),
            run=lambda: repaired(held, "CCC", "--adopt"),
        ),
    )


@pytest.mark.parametrize(
    "way",
    [
        ("--close-at", "95"),
        ("--shares", "8"),
        ("--renamed-to", "DDD"),
        ("--adopt", "--ignore"),
        ("--close-at", "-1"),
        ("--close-at", "NaN"),
        ("--shares", "0"),
        (),
    ],
)
def test_a_repair_that_the_broker_contradicts_is_2_and_changes_nothing(held: Lab, way: tuple[str, ...]) -> None:
    held.market.buy(symbol="CCC", qty="7")
    before = held.positions()
    done = admin(held, "repair", "CCC", *way, *WHY)
    assert (done.code, held.writes) == (2, []), done.stderr
    assert held.positions() == before


@pytest.mark.parametrize("way", [("--renamed-to", "CCC"), ("--close-at", "95")])
def test_a_position_that_a_lagging_list_lacks_is_not_repaired_away(held: Lab, way: tuple[str, str]) -> None:
    """Its shares are there; renamed to a stranger's holding it would have kept no stop."""
    held.market.buy(symbol="CCC", qty="10")

    def lagging(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["symbol"] != "AAA"]

    held.break_requests(RequestFault("GET", "/v2/positions", change_answer(lagging), times=None))
    before = held.positions()
    done = admin(held, "repair", "AAA", *way, *WHY)
    assert (done.code, held.writes, held.positions()) == (2, [], before), done.stderr
    assert "asked for it alone, the broker has 10 shares of it" in done.stderr


def test_a_repair_says_why(held: Lab) -> None:
    assert admin(held, "repair", "CCC", "--adopt").code == 2
    assert admin(held, "repair", "CCC", "--adopt", "--reason", "  ").code == 2


def test_where_both_agree_there_is_nothing_to_repair(held: Lab) -> None:
    dry = admin(held, "repair", "AAA", "--shares", "3", *WHY, "--dry-run")
    assert "next step:    nothing to do" in dry.stdout
    done = admin(held, "repair", "AAA", "--shares", "3", *WHY)
    assert (done.code, held.writes) == (0, [])
    assert "nothing to repair" in done.stdout
    assert repairs(held) == []


def test_a_repair_of_one_ticker_does_not_hide_another_difference(held: Lab) -> None:
    held.market.buy(symbol="CCC", qty="7")
    held.market.buy(symbol="DDD", qty="7")
    done = admin(held, "repair", "CCC", "--adopt", *WHY)
    assert (done.code, "DDD" in done.last_line) == (4, True)
    assert held.stops()["CCC"][0][0] == "7"
