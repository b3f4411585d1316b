"""What a run says when the broker stops answering in the middle, or does not say what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from live.admin import main as admin
from live.clock import Clock
from live.notify.notifier import Notifier
from live.run.runtime import Runtime
from live.sim.faults import OrderFaultKind, RequestFault, SimRequest
from tests.cli.done import run_command
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.fault_actions import answer, call_then, change_answer, lose_answer
from tests.faults.ending import UNCHANGED, Rerun, State, begins, fault_ends
from tests.live.sim.market import session

BROKER = ["--broker", "sim", "--set", "broker.id=sim"]


HELD = dict.fromkeys(("AAA", "BBB", "CCC"), "10 at 100.00, stop 90.00")
DDD = "20260106_DDD_entry_buy"
EXITS = [f"20260106_{ticker}_exit_sell" for ticker in HELD]


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_lab(tmp_path_factory.mktemp("held"), settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB", "CCC")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA, BBB and CCC are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return held_before.copy_to(tmp_path)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the notify hook was given."""
    bodies: list[str] = []
    monkeypatch.setattr(Notifier, "send", lambda self, _kind, _title, body, topic=None: bodies.append(body))
    return bodies


def dies_after_the_cancels(lab: Lab) -> None:
    """Every cancel is carried out and its answer lost; from then on nothing is answered any more."""
    lab.break_requests(
        RequestFault("DELETE", ".*", lose_answer(), times=None),
        RequestFault("GET", "/v2/orders.*", answer(503), times=None, skip=2),
        RequestFault("POST", ".*", answer(503), times=None),
    )


def test_f114_positions_whose_cancel_is_unconfirmed_are_named_last(held: Lab, sent: list[str]) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA", "BBB", "CCC"])
    dies_after_the_cancels(held)
    held.go(1, "09:31")
    words = "3 positions may be without a stop: AAA, BBB, CCC"
    done = fault_ends(
        "F114",
        held,
        lambda: held.run("all"),
        exit_code=8,
        last_line=f"error[8] {words}. Run the same command again at once.",
        received=[f"DELETE 20260105_{ticker}_stop_sell" for ticker in HELD],
        state=State(HELD, dict.fromkeys(EXITS, "planned 0/10")),
        rerun=Rerun(
            0,
            received=[f"POST {one}" for one in EXITS],
            state=State({}, closed=dict.fromkeys(HELD, "10 trend_break at 100.00")),
            mend=held.mend,
        ),
    )
    assert f"needs a hand: {words}" in done.stdout
    assert sent == [words]


def test_f114_keys_that_are_revoked_in_between_name_the_positions_too(held: Lab, sent: list[str]) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_requests(RequestFault("*", "/v2/orders.*", answer(401), times=None, when=revoked_after_the_cancel()))
    held.go(1, "09:31")
    words = "1 position may be without a stop: AAA"
    fault_ends(
        "F114",
        held,
        lambda: held.run("all"),
        exit_code=6,
        last_line=begins(f"error[6] {words}; "),
        received=["DELETE 20260105_AAA_stop_sell"],
        state=State(HELD, {EXITS[0]: "planned 0/10"}),
        rerun=Rerun(
            0,
            received=["POST 20260105_AAA_stop_sell_2"],
            state=State(HELD, {EXITS[0]: "planned 0/10"}),
            mend=held.mend,
            run=lambda: held.run("protect"),
        ),
    )
    assert sent == [words]


def revoked_after_the_cancel() -> Callable[[SimRequest], bool]:
    """True for every request after the first cancel."""
    canceled: list[SimRequest] = []

    def when(request: SimRequest) -> bool:
        if canceled:
            return True
        canceled.extend([request] if request.method == "DELETE" else [])
        return False

    return when


def test_f114_a_sell_of_unknown_outcome_is_named_too(held: Lab, sent: list[str]) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_requests(
        RequestFault("POST", "/v2/orders", lose_answer(), when=lambda r: "exit" in r.json()["client_order_id"]),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(503), times=None),
        RequestFault("GET", "/v2/orders", answer(503), times=None, when=lambda r: "after" in r.query, skip=1),
    )
    held.break_orders(OrderFaultKind.NO_FILL, "AAA", side="sell")
    held.go(1, "09:31")
    fault_ends(
        "F114",
        held,
        lambda: held.run("all"),
        exit_code=8,
        last_line=begins("error[8] 1 position may be without a stop: AAA"),
        received=["DELETE 20260105_AAA_stop_sell", f"POST {EXITS[0]}"],
        state=State(HELD, {EXITS[0]: "unknown 0/10"}),
        rerun=Rerun(
            0,
            state=State({"BBB": HELD["AAA"], "CCC": HELD["AAA"]}, closed={"AAA": "10 trend_break at 100.00"}),
            mend=held.mend,
        ),
    )
    assert sent == ["1 position may be without a stop: AAA"]


def test_f114_a_cancel_that_only_takes_its_time_stays_9_and_is_named(held: Lab, sent: list[str]) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.CANCEL_SLOW, "AAA", seconds=3600)
    held.go(1, "09:31")
    unconfirmed = "error[9] AAA: the cancel of its stop has not ended. Run the same command again."
    done = fault_ends(
        "F114",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line=unconfirmed,
        received=["DELETE 20260105_AAA_stop_sell"] * 2,
        state=State(HELD, {EXITS[0]: "planned 0/10"}),
        rerun=Rerun(
            0,
            received=[f"POST {EXITS[0]}"],
            state=State({"BBB": HELD["AAA"], "CCC": HELD["AAA"]}, closed={"AAA": "10 trend_break at 98.67"}),
            mend=lambda: held.go(1, "11:00"),
        ),
    )
    assert "needs a hand: 1 position may be without a stop: AAA" in done.stdout


class Shifted:
    """A local clock that is off by some days; the exchange's own goes right."""

    offset_s: float | None = None

    def __init__(self, real: Clock, days: int) -> None:
        self._real, self._by = real, timedelta(days=days)

    def now(self) -> datetime:
        return self._real.now() + self._by

    def sleep(self, seconds: float) -> None:
        self._real.sleep(seconds)


def without_clock(lab: Lab, days_off: int) -> None:
    lab.break_requests(RequestFault("GET", "/v2/clock", answer(503), times=None))
    lab.broker.clock = Shifted(lab.broker.clock, days_off)


@pytest.mark.parametrize("days_off", [-3, -2, 1, 4, 5])
@pytest.mark.parametrize("phase", ["place", "poll", "all", "protect"])
def test_f116_no_clock_no_zero(held: Lab, phase: str, days_off: int) -> None:
    """Session 1 is a Tuesday: other weekdays, weekends, days with no signal file; the local date never decides."""
    held.go(0, "16:30").issue(1, sell=["AAA"], buy=["DDD"])
    held.go(1, "09:20")
    held.market.cancel(next(one for one in held.market.get("/v2/orders", status="open") if one["symbol"] == "BBB"))
    real = held.broker.clock
    without_clock(held, days_off)
    is_known = phase == "protect" and (session(1) + timedelta(days=days_off)).isoweekday() < 6
    words = "error[8] the broker's clock cannot be read, so it is not known which day it is"

    def with_the_clock() -> None:
        held.mend()
        held.broker.clock = real

    fault_ends(
        "F116",
        held,
        lambda: held.run(phase),
        exit_code=9 if is_known else 8,
        last_line=begins("error[9] the broker's clock could not be read" if is_known else words),
        received=["POST 20260105_BBB_stop_sell_2"],  # only what protects
        state=State(HELD),
        rerun=Rerun(
            0,
            received=["DELETE 20260105_AAA_stop_sell", f"POST {EXITS[0]}", f"POST {DDD}"],
            state=State(HELD, {EXITS[0]: "accepted 0/10", DDD: "accepted 0/10"}),
            mend=with_the_clock,
            run=lambda: held.run("place"),
        ),
    )
    assert held.go(1, "09:31").run("poll").code == 0
    assert set(held.positions()) == {"BBB", "CCC", "DDD"}
    assert held.agrees()


def test_f116_without_the_clock_no_queued_entry_is_called_stale(held: Lab) -> None:
    held.go(0, "16:30").issue(1, buy=["DDD"])
    assert held.go(1, "09:20").run("place").code == 0
    real = held.broker.clock
    without_clock(held, 1)

    def with_the_clock() -> None:
        held.mend()
        held.broker.clock = real
        held.go(1, "09:31")

    fault_ends(
        "F116",
        held,
        lambda: held.run("poll"),
        exit_code=8,
        last_line=begins("error[8] the broker's clock cannot be read, so it is not known which day it is; only stops "),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(
            0,
            received=["PATCH 20260106_DDD_stop_sell"],
            state=State({**HELD, "DDD": HELD["AAA"]}, {DDD: "filled 10/10"}),
            mend=with_the_clock,
        ),
    )


def test_f18_a_run_without_the_clock_in_a_session_it_knows_is_9(held: Lab) -> None:
    held.go(0, "16:30").issue(1)
    without_clock(held.go(1, "09:31"), 0)
    fault_ends(
        "F18",
        held,
        lambda: held.run("all"),
        exit_code=9,
        last_line="error[9] the broker's clock could not be read; nothing is bought without it. "
        "Run the same command again.",
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, mend=held.mend),
    )


def test_from_the_third_failed_run_in_a_row_on_the_notify_hook_is_called(held: Lab, sent: list[str]) -> None:
    held.break_requests(RequestFault("GET", "/v2/positions", answer(503), times=None))
    for number, clock in enumerate(("15:00", "15:10", "15:20", "15:30"), start=1):
        done = held.go(0, clock).run("protect")
        assert done.code == 8
        assert len(sent) == max(0, number - 2)
    assert sent[-1].endswith("Last good contact: 2026-01-05 09:31:00-05:00.")
    assert "failed: HTTP 503" in sent[-1]
    held.mend()
    assert held.run("protect").code == 0
    held.break_requests(RequestFault("GET", "/v2/positions", answer(503), times=None))
    assert held.go(0, "15:50").run("protect").code == 8
    assert len(sent) == 2


def test_status_shows_failed_runs_and_the_last_good_contact(held: Lab) -> None:
    held.break_requests(RequestFault("GET", "/v2/positions", answer(503), times=None))
    for clock in ("15:00", "15:10"):
        assert held.go(0, clock).run("protect").code == 8
    shown = run_command(
        admin, ["status", "--config", DEFAULT, "--state-db", held.state_db, *BROKER], Runtime(held.broker)
    )
    assert "2 failed runs in a row, last good contact with the broker: 2026-01-05 09:31" in shown.stdout


def test_orders_go_out_on_positions_and_funds_read_lately(held: Lab) -> None:
    """The sells of a rotation take their minutes; the entries after them are counted anew."""
    held = Lab(held.folder, held.market, (*held.settings, "execution.max_snapshot_age_s=5"))
    held.go(0, "16:30").issue(1, buy=["DDD"])
    reads: list[str] = []
    slow = call_then(lambda: held.market.exchange.advance_to(held.broker.clock.now() + timedelta(seconds=6)))
    held.break_requests(
        RequestFault("GET", "/v2/stocks/trades/latest", slow, times=1),
        RequestFault("GET", "/v2/positions", call_then(lambda: reads.append("positions")), times=None),
    )
    assert held.go(1, "09:31").run("all").code == 0
    assert "DDD" in held.positions()
    assert len(reads) == 4  # the start, the recount, before the order, the end


def test_f126_an_account_that_takes_no_orders_ends_11_and_the_entry_stays_for_later(held: Lab) -> None:
    held.go(0, "16:30").issue(1, buy=["DDD"])
    refusal = answer(403, {"code": 40310000, "message": "new orders are rejected by user request"})
    held.break_requests(RequestFault("POST", "/v2/orders", refusal))
    held.go(1, "09:20")
    words = "the broker takes no orders of this account: new orders are rejected by user request"
    fault_ends(
        "F126",
        held,
        lambda: held.run("place"),
        exit_code=11,
        last_line=f"error[11] {words}. Clear it up with the broker, then run the same command again.",
        received=[f"POST {DDD}"],
        state=State(HELD, {DDD: "planned 0/10"}),
        rerun=Rerun(0, received=[f"POST {DDD}"], state=State(HELD, {DDD: "accepted 0/10"})),
    )
    assert held.go(1, "09:31").run("poll").code == 0
    assert "DDD" in held.positions()


def test_f126_a_suspended_account_is_11_before_any_stop_is_canceled(held: Lab) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    suspended = change_answer(lambda account: account | {"trade_suspended_by_user": True})
    held.break_requests(RequestFault("GET", "/v2/account", suspended, times=None))
    held.go(1, "09:20")
    fault_ends(
        "F126",
        held,
        lambda: held.run("place"),
        exit_code=11,
        last_line=begins("error[11] the broker restricts the account ", "trade_suspended_by_user"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(
            0,
            received=["DELETE 20260105_AAA_stop_sell", f"POST {EXITS[0]}"],
            state=State(HELD, {EXITS[0]: "accepted 0/10"}),
            mend=held.mend,
        ),
    )


def test_f126_an_order_outside_its_window_is_refused_for_good(held: Lab) -> None:
    held.go(0, "16:30").issue(1, buy=["DDD"])
    refusal = answer(403, {"code": 40310000, "message": "opg orders are not accepted at this time"})
    held.break_requests(RequestFault("POST", "/v2/orders", refusal))
    held.go(1, "09:20")
    fault_ends(
        "F126",
        held,
        lambda: held.run("place"),
        exit_code=9,
        last_line="error[9] DDD: its entry was refused: opg orders are not accepted at this time. "
        "Nothing to do: the entry is over.",
        received=[f"POST {DDD}"],
        state=State(HELD, {DDD: "abandoned 0/10"}),
        rerun=Rerun(0),
    )
