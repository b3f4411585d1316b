"""What goes wrong in the midst of `admin probe`: it is undone, or named with the command that ends it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from live.sim.faults import RequestFault, SimAnswer, SimRequest
from tests.cli.account import TradingAccount, day
from tests.cli.probing import ORDERS, answers, assert_nothing_left, by_hand, is_stop, make_account, probe
from tests.fault_actions import answer, call_then, lose_answer, lose_request
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.proofs.dying import Killed, dying_at_request


@pytest.fixture
def account(tmp_path: Path) -> TradingAccount:
    return make_account(tmp_path)


# what goes wrong in the middle


def test_an_unclear_answer_leaves_its_questions_open_and_the_next_are_asked(account: TradingAccount) -> None:
    account.exchange.faults.add(RequestFault("POST", ORDERS, answer(500), times=1))
    done = probe(account, "--json")
    assert (done.code, "of which nothing is known" in done.last_line) == (9, True)
    assert "no answer (POST /v2/orders: HTTP 500): order-status-open, found-by-client-id," in done.stderr
    states = {one["id"]: one["state"] for one in done.json["probe"]["questions"]}
    assert (states["found-in-list"], states["leg-status"], states["sell-fills"]) == (
        "unanswered", "answered", "answered",
    )  # fmt: skip
    assert_nothing_left(account)


def test_i3_an_order_whose_answer_was_lost_is_found_and_undone(account: TradingAccount) -> None:
    for skip in (0, 5, 8, 10, 12):
        account.exchange.faults.add(RequestFault("POST", ORDERS, lose_answer(), skip=skip))
        done = probe(account)
        assert done.code in (0, 9), done.stderr
        assert_nothing_left(account)
        account.exchange.faults.clear()


def test_an_order_that_never_arrived_is_named_until_it_is_looked_for_again(account: TradingAccount) -> None:
    account.exchange.faults.add(RequestFault("POST", ORDERS, lose_request(), times=1))
    done = probe(account)
    assert (done.code, "of which nothing is known" in done.last_line) == (9, True)
    assert "live.admin probe --undo" in done.last_line
    assert "left by probes: nothing" in probe(account, "--undo").stdout


def test_a_signal_ends_the_questions_and_everything_is_undone(account: TradingAccount) -> None:
    stop = call_then(lambda: os.kill(os.getpid(), signal.SIGINT))
    account.exchange.faults.add(RequestFault("POST", ORDERS, stop, when=is_stop))
    done = probe(account, "--json")
    assert (done.code, "SIGINT" in done.last_line) == (9, True)
    assert ("patch-leg" in answers(done), "patch-plain-stop" in answers(done)) == (True, False)
    assert_nothing_left(account)


def test_a_probe_that_takes_too_long_ends_and_undoes(account: TradingAccount) -> None:
    late = call_then(lambda: account.exchange.advance(700))
    account.exchange.faults.add(RequestFault("POST", ORDERS, late))
    done = probe(account)
    assert (done.code, "longer than 10 minutes" in done.last_line) == (9, True)
    assert_nothing_left(account)


def test_i5_a_kill_switch_turned_on_meanwhile_stops_it_and_nothing_is_sold(account: TradingAccount) -> None:
    switch = call_then(lambda: (account.folder / "KILL").touch())
    account.exchange.faults.add(RequestFault("POST", ORDERS, switch, when=is_stop))
    done = probe(account, "--json")
    assert (done.code, done.json["probe"]["left"]["shares"]) == (3, {"F": 1})
    assert {"code": 9, "what": "left at the broker: 1 share of F"} in [
        {name: one[name] for name in ("code", "what")} for one in done.json["endings"]
    ]
    assert account.broker.list_orders(status="open") == ()
    assert [one.qty for one in account.broker.get_positions()] == [1]
    (account.folder / "KILL").unlink()
    assert probe(account, "--undo").code == 0
    assert_nothing_left(account)


# a probe that was killed


def kill(account: TradingAccount, number: int, *, carried_out: bool = False) -> None:
    with dying_at_request(account.exchange, number, carried_out=carried_out), pytest.raises(Killed):
        probe(account)


def kill_and_undo(account: TradingAccount, numbers: range, *, carried_out: bool) -> None:
    for number in numbers:
        kill(account, number, carried_out=carried_out)
        done = probe(account, "--undo")
        assert done.code == 0, (number, done.stderr)
        assert_nothing_left(account)
    assert probe(account).code == 0


def requests_of(account: TradingAccount) -> int:
    with dying_at_request(account.exchange) as points:
        assert probe(account).code == 0
    return points.passed


@pytest.mark.parametrize("carried_out", [False, True])
def test_f151_whatever_a_killed_probe_left_undo_ends_it(account: TradingAccount, carried_out: bool) -> None:
    kill_and_undo(account, range(30, requests_of(account), 19), carried_out=carried_out)


@pytest.mark.slow
@pytest.mark.parametrize("carried_out", [False, True])
def test_f151_at_every_request(account: TradingAccount, carried_out: bool) -> None:
    kill_and_undo(account, range(11, requests_of(account), 3), carried_out=carried_out)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """A probe was killed when it had one share, and no stop for it."""
    account = make_account(tmp_path_factory.mktemp("killed"))
    is_dead = False

    def die(request: SimRequest, proceed: Callable[[], SimAnswer]) -> SimAnswer:
        raise Killed

    def has_died(request: SimRequest) -> bool:
        nonlocal is_dead
        is_dead = is_dead or is_stop(request)
        return is_dead

    account.exchange.faults.add(RequestFault("*", ".*", die, times=None, when=has_died))
    with pytest.raises(Killed):
        probe(account)
    return account


@pytest.fixture
def left(killed: TradingAccount, tmp_path: Path) -> TradingAccount:
    return killed.copy_to(tmp_path / "left")


def test_f151_what_a_killed_probe_left_is_foreign_to_every_run_and_named(left: TradingAccount) -> None:
    done = fault_ends(
        "F151",
        left,
        lambda: left.execute("protect"),
        exit_code=4,
        last_line=begins("error[4] F: broker holds 1 shares that are not ours"),
        received=[],
        state=State({}),
        rerun=Rerun(0, mend=lambda: undo_as_named(left)),
    )
    assert "admin-probe probe, started 2026-02-02 11:00 New York, was killed" in done.stdout


def undo_as_named(left: TradingAccount) -> None:
    """End what is left as `reconcile` says, once it was told in every way."""
    told = left.admin("reconcile")
    assert (told.code, "a probe has left it: python -m live.admin probe --undo" in told.last_line) == (4, True)
    assert "broker holds 1 shares" in left.admin("doctor", "--manifest", left.manifest).stdout
    assert "left by probes: 1 share of F" in probe(left, "--undo", "--dry-run").stdout
    assert probe(left, "--undo", "--dry-run", "--json").json["left"]["shares"] == {"F": 1}
    assert probe(left, "--undo").code == 0
    assert_nothing_left(left)


def test_f151_another_probe_is_refused_until_the_killed_one_is_undone(left: TradingAccount) -> None:
    fault_ends(
        "F151",
        left,
        lambda: probe(left),
        exit_code=9,
        last_line=begins("error[9] an earlier probe left 1 share of F", "End it: python -m live.admin probe --undo"),
        received=[],
        state="untouched",
        rerun=Rerun(
            0,
            run=lambda: probe(left, "--undo"),
            received=["POST probe-20260202T160000Z-admin-probe-2-901"],
            state=State({}),
        ),
    )


def test_while_the_market_is_closed_undo_sells_nothing_and_says_so(left: TradingAccount) -> None:
    left.go(day(0), "17:00")
    done = probe(left, "--undo")
    assert (done.code, "left at the broker: 1 share of F" in done.last_line) == (9, True)
    assert left.broker.list_orders(status="open") == ()
    left.go(day(1), "10:00")
    assert probe(left, "--undo").code == 0
    assert_nothing_left(left)


def test_i17_undo_touches_no_share_and_no_order_of_others(left: TradingAccount) -> None:
    by_hand(qty="2")(left)
    by_hand(type="limit", limit_price="5", symbol="AAA", client_order_id="20260202_AAA_entry_buy_x")(left)
    assert probe(left, "--undo", typed="PROBE\n").code == 0
    assert [(one.ticker, one.qty) for one in left.broker.get_positions()] == [("F", 2)]
    assert [one.ticker for one in left.broker.list_orders(status="open")] == ["AAA"]


def test_a_share_that_somebody_sold_by_hand_is_left_no_more(left: TradingAccount) -> None:
    by_hand(qty="1", side="sell")(left)
    assert "left by probes: nothing" in probe(left, "--undo").stdout


def test_undo_without_anything_left_does_nothing(account: TradingAccount) -> None:
    done = probe(account, "--undo")
    assert (done.code, "left by probes: nothing" in done.stdout) == (0, True)
    assert not account.state_db.exists()
