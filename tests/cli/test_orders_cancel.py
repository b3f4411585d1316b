"""`admin orders cancel`: one own entry that has bought nothing is taken back; everything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.admin import main as admin
from live.execute.order_rows import plan_stop
from live.run.lock import db_lock_path, hold_lock
from live.run.runtime import Runtime
from live.sim.faults import OrderFaultKind, RequestFault
from tests.cli.done import Done, run_command
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.fault_actions import answer, call_then, lose_request
from tests.faults.ending import UNCHANGED, UNTOUCHED, Rerun, State, begins, fault_ends

BBB, CCC = "20260106_BBB_entry_buy", "20260106_CCC_entry_buy"
HELD = {"AAA": "10 at 100.00, stop 90.00"}
QUEUED = {"20260106_AAA_exit_sell": "accepted 0/10", CCC: "accepted 0/10"}
FILLED, EXIT, STOP = "20260105_AAA_entry_buy", "20260106_AAA_exit_sell", "20260105_AAA_stop_sell_2"


@pytest.fixture(scope="module")
def queued_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("queued")).hold("AAA")
    lab.issue(1, buy=("BBB", "CCC"), sell=("AAA",))
    assert lab.go(1, "09:20").run("place").code == 0
    return lab


@pytest.fixture
def queued(queued_before: Lab, tmp_path: Path) -> Lab:
    """AAA is held; before the open of session 1 its exit and two entries are queued at the broker."""
    return queued_before.copy_to(tmp_path)


def by_hand(lab: Lab, *args: str, typed: str = "") -> Done:
    common = ("--config", str(DEFAULT), "--state-db", str(lab.state_db), "--broker", "sim")
    return run_command(admin, (*args, *common), Runtime(lab.broker), typed)


def cancel(lab: Lab, name: str, *args: str, typed: str = "") -> Done:
    """Start the command and keep the mutating requests it sends in `lab.writes`."""
    with lab._counting():
        return by_hand(lab, "orders", "cancel", name, *args, typed=typed)


def vetoed(lab: Lab) -> set[str]:
    with lab.look() as db:
        return {one for row in db.runs.last(50) if row.trade_date for one in db.entry_controls.vetoes(row.trade_date)}


# what is taken back


def test_f146_a_queued_entry_is_canceled_and_confirmed_and_no_run_buys_it_any_more(queued: Lab) -> None:
    done = fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes", "--reason", "guidance withdrawn"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {BBB}"],
        state=State(HELD, {**QUEUED, BBB: "canceled 0/10"}),
        rerun=Rerun(0),
    )
    assert f"{BBB}: canceled (vetoed)" in done.stdout
    assert (queued.order(BBB).status, queued.order(BBB).end_reason) == ("canceled", "vetoed")
    assert CCC in queued.open_ids()
    status = by_hand(queued, "status")
    assert "BBB is VETOED for 2026-01-06, why: guidance withdrawn" in status.stdout
    poll = queued.go(1, "09:31").run("poll")
    assert poll.code == 0, poll.stderr
    assert set(queued.positions()) == {"CCC"}
    assert "1: BBB vetoed" in poll.stdout


def test_f146_the_veto_is_committed_before_the_broker_is_asked(queued: Lab) -> None:
    seen: list[set[str]] = []
    queued.break_requests(RequestFault("DELETE", "/v2/orders/.*", call_then(lambda: seen.append(vetoed(queued)))))
    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {BBB}"],
        state=State(HELD, {**QUEUED, BBB: "canceled 0/10"}),
        rerun=Rerun(0),
    )
    assert seen == [{"BBB"}]


def test_f146_an_entry_that_was_not_sent_yet_is_ended_and_nothing_is_asked_of_the_broker(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA", "BBB"])
    assert by_hand(lab, "entries", "off", "--reason", "a storm").code == 0
    assert lab.go(0, "09:20").run("place").code == 0
    name = "20260105_BBB_entry_buy"
    done = fault_ends(
        "F146",
        lab,
        lambda: cancel(lab, name, "--yes"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, {"20260105_AAA_entry_buy": "planned 0/10", name: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert f"{name}: abandoned (vetoed: canceled by hand)" in done.stdout
    assert by_hand(lab, "entries", "on", "--reason", "over").code == 0
    assert lab.go(0, "09:31").run("poll").code == 0
    assert set(lab.positions()) == {"AAA"}


def test_f146_an_entry_of_unknown_outcome_is_looked_up_and_never_sent_again(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA", "BBB"])
    lab.break_requests(
        RequestFault("POST", "/v2/orders", lose_request(), when=lambda request: b"BBB" in request.body),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(503, {}), times=None),
    )
    assert lab.go(0, "09:20").run("place").code == 8
    lab.mend()
    name = "20260105_BBB_entry_buy"
    assert lab.order(name).has_unknown_outcome
    fault_ends(
        "F146",
        lab,
        lambda: cancel(lab, name, "--yes"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, {"20260105_AAA_entry_buy": "accepted 0/10", name: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert lab.order(name).end_reason == "vetoed"
    assert lab.go(0, "09:31").run("poll").code == 0
    assert set(lab.positions()) == {"AAA"}


def test_f146_it_works_while_the_kill_switch_is_on(queued: Lab) -> None:
    with queued.db() as db:
        db.system_config.turn_kill_switch_on("a storm", "somebody")
    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {BBB}"],
        state=State(HELD, {**QUEUED, BBB: "canceled 0/10"}, kill_switch=True),
        rerun=Rerun(0),
    )
    assert queued.open_ids() & {BBB, CCC} == {CCC}


def test_f146_the_same_command_again_has_nothing_to_do(queued: Lab) -> None:
    assert cancel(queued, BBB, "--yes").code == 0
    again = cancel(queued, BBB, "--yes")
    assert (again.code, queued.writes) == (0, [])
    assert f"{BBB} is over already (vetoed): nothing to do" in again.stdout


# what is asked first


def test_f146_dry_run_says_what_would_be_canceled_and_changes_nothing(queued: Lab) -> None:
    done = fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--dry-run", "--json"),
        exit_code=0,
        last_line="",
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0),
    )
    assert vetoed(queued) == set()
    assert "to cancel: the entry of 10 BBB for 2026-01-06, at the broker (accepted)" in done.stderr
    assert done.json["order"]["client_order_id"] == BBB
    assert BBB in queued.open_ids()


def test_f146_the_ticker_is_typed_on_the_terminal_and_without_one_it_takes_yes(queued: Lab) -> None:
    assert cancel(queued, BBB).code == 2
    assert cancel(queued, BBB, typed="CCC\n").code == 2
    assert (queued.writes, vetoed(queued)) == ([], set())
    assert cancel(queued, BBB, typed="BBB\n").code == 0
    assert BBB not in queued.open_ids()


# what is refused


@pytest.mark.parametrize(
    ("name", "said", "command"),
    [
        (STOP, "is a stop: nothing takes protection away", "live.admin close AAA"),
        (EXIT, "is an exit, not an entry", "live.admin kill-switch on --exits"),
        (FILLED, "has bought 10 of 10 shares", "live.admin close AAA"),
        ("20260106_DDD_entry_buy", "no order 20260106_DDD_entry_buy in the state DB", "live.admin orders list"),
    ],
)
def test_f146_a_stop_an_exit_a_filled_entry_and_a_foreign_order_are_refused(
    queued: Lab, name: str, said: str, command: str
) -> None:
    """The stop was given back for the exit; it is planned for when that does not sell."""
    before = queued.open_ids()
    refusal = begins("error[2] ", said, f"python -m {command}")
    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, name, "--yes"),
        exit_code=2,
        last_line=refusal,
        received=[],
        state=UNCHANGED,
        rerun=Rerun(2, refusal),
    )
    assert (queued.open_ids(), vetoed(queued)) == (before, set())


def test_f146_what_has_filled_since_the_last_run_is_booked_and_refused_with_the_command_that_sells_it(
    queued: Lab,
) -> None:
    queued.break_orders(OrderFaultKind.PARTIAL, symbol="BBB", shares=4)
    queued.go(1, "09:31")
    after = {"CCC": HELD["AAA"]}
    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=2,
        last_line=begins(f"error[2] {BBB} has bought 4 of 10 shares", "live.admin close BBB"),
        received=[],
        state=State(
            {"BBB": "4 at 100.00, stop 90.00", **after},
            {BBB: "partially_filled 4/10"},
            {"AAA": "10 trend_break at 100.00"},
        ),
        rerun=Rerun(
            0,
            received=[f"DELETE {BBB}", "POST 20260106_BBB_exit_sell", "PATCH 20260106_CCC_stop_sell"],
            state=State(
                after, {BBB: "canceled 4/10"}, {"AAA": "10 trend_break at 100.00", "BBB": "4 manual at 100.00"}
            ),
            run=lambda: by_hand(queued, "close", "BBB", "--yes"),
        ),
    )
    assert vetoed(queued) == set()


def test_f146_what_is_over_and_sold_is_refused_without_a_command(queued: Lab) -> None:
    assert queued.go(1, "09:31").run("poll").code == 0
    for name in (FILLED, EXIT):
        over = f"error[2] {name} is over (filled, 10 of 10 shares filled). Nothing to do."
        fault_ends(
            "F146",
            queued,
            lambda name=name: cancel(queued, name, "--yes"),
            exit_code=2,
            last_line=over,
            received=[],
            state=UNCHANGED,
            rerun=Rerun(2, over),
        )


# what goes wrong


def test_f146_what_is_bought_before_the_cancel_gets_its_stop_and_the_run_ends_9(queued: Lab) -> None:
    queued.break_orders(OrderFaultKind.PARTIAL, symbol="BBB", shares=4)
    queued.break_requests(RequestFault("DELETE", "/v2/orders/.*", call_then(lambda: queued.go(1, "09:31") and None)))
    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=9,
        last_line=begins(
            f"error[9] {BBB}: 4 of 10 shares were bought before the cancel",
            "To sell them: python -m live.admin close BBB",
        ),
        received=[f"DELETE {BBB}", "POST 20260106_BBB_stop_sell"],
        state=State(
            {"BBB": "4 at 100.00, stop 90.00", "CCC": HELD["AAA"]},
            {BBB: "canceled 4/10"},
            {"AAA": "10 trend_break at 100.00"},
        ),
        rerun=Rerun(2, begins(f"error[2] {BBB} has bought 4 of 10 shares. ", "live.admin close BBB"), mend=queued.mend),
    )
    assert [shares for shares, _, _ in queued.stops()["BBB"]] == ["4"]


def test_f146_a_cancel_that_is_not_confirmed_is_9_and_the_same_command_finishes_it(queued: Lab) -> None:
    queued.break_orders(OrderFaultKind.CANCEL_SLOW, symbol="BBB", seconds=90)
    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=9,
        last_line=begins("error[9] ", f"the cancel of {BBB} is not confirmed"),
        received=[f"DELETE {BBB}"],
        state=State(HELD, {**QUEUED, BBB: "pending_cancel 0/10"}),
        rerun=Rerun(0, received=[f"DELETE {BBB}"], state=State(HELD, {**QUEUED, BBB: "canceled 0/10"})),
    )
    assert BBB not in queued.open_ids()


def test_f146_a_cancel_that_never_arrives_is_8_and_the_same_command_finishes_it(queued: Lab) -> None:
    queued.break_requests(RequestFault("DELETE", "/v2/orders/.*", lose_request(), times=None))

    def mend() -> None:
        assert (vetoed(queued), BBB in queued.open_ids()) == ({"BBB"}, True)
        queued.mend()

    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=8,
        last_line=begins("error[8] cancel of order ", "outcome unknown", "Run the same command again"),
        received=[f"DELETE {BBB}"] * 5,
        state=State(HELD, {**QUEUED, BBB: "accepted 0/10"}),
        rerun=Rerun(0, received=[f"DELETE {BBB}"], state=State(HELD, {**QUEUED, BBB: "canceled 0/10"}), mend=mend),
    )
    assert BBB not in queued.open_ids()


def test_f146_without_the_broker_or_beside_a_run_nothing_is_changed(queued: Lab) -> None:
    with hold_lock(db_lock_path(queued.state_db)):
        assert cancel(queued, BBB, "--yes").code == 10
    queued.break_requests(RequestFault("GET", ".*", answer(503, {}), times=None))
    fault_ends(
        "F146",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=8,
        last_line=begins("error[8] GET ", "HTTP 503"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(
            0,
            received=[f"DELETE {BBB}"],
            state=State(HELD, {**QUEUED, BBB: "canceled 0/10"}),
            mend=queued.mend,
        ),
    )


def test_f146_a_bug_on_the_way_leaves_the_stops_in_place(queued: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.administer.orders_cancel._cancel", lambda *_: 1 // 0)
    before = queued.stops()

    def mend() -> None:
        assert queued.stops() == before
        monkeypatch.undo()

    fault_ends(
        "F146 F78",
        queued,
        lambda: cancel(queued, BBB, "--yes"),
        exit_code=1,
        last_line=begins("error[1] unexpected error in ", "ZeroDivisionError", "run again with -v and report it."),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(
            0,
            received=[f"DELETE {BBB}"],
            state=State(HELD, {**QUEUED, BBB: "canceled 0/10"}),
            mend=mend,
        ),
    )


def test_the_exchange_of_another_positions_stop_that_never_left_is_not_given_up(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA", "BBB", "CCC"])
    lab.break_orders(OrderFaultKind.PARTIAL, symbol="BBB", shares=4)
    lab.break_orders(OrderFaultKind.NO_FILL, symbol="CCC")
    assert lab.go(0, "09:20").run("place").code == 0
    assert cancel(lab.go(0, "09:31"), "20260105_BBB_entry_buy", "--yes").code == 2  # it books what has filled: AAA too
    with lab.db() as db:
        position = db.positions.open_for("AAA")
        assert position is not None
        (leg,) = [row for row in db.orders.of_position(position.position_id) if row.is_working]
        exchange = plan_stop(db, position, 10, leg.client_order_id)  # of a run that was killed right after its commit
    lab.mend()
    lab.break_orders(OrderFaultKind.PARTIAL, symbol="CCC", shares=4)
    assert cancel(lab.go(0, "09:32"), "20260105_CCC_entry_buy", "--yes").code == 2
    assert (lab.writes, lab.order(exchange.client_order_id).status) == ([], "planned")
    lab.run("poll")
    assert f"PATCH {exchange.client_order_id}" in lab.writes
