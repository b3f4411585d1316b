"""What a run says when the broker stops answering in the middle, or does not say what time it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from live.clock import Clock
from live.run.notify import Notifier
from live.sim.faults import OrderFaultKind, RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, lose_answer
from tests.live.sim.market import session

STOPS = ["20260105_AAA_stop_sell", "20260105_BBB_stop_sell", "20260105_CCC_stop_sell"]


@pytest.fixture
def held(tmp_path: Path) -> Lab:
    """AAA, BBB and CCC are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return make_lab(tmp_path, settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB", "CCC")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the notify hook was given."""
    bodies: list[str] = []
    monkeypatch.setattr(Notifier, "send", lambda self, title, body: bodies.append(body) or True)
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
    done = held.go(1, "09:31").run("all")
    assert done.code == 8
    words = "3 positions may be without a stop: AAA, BBB, CCC"
    assert done.last_line == f"error[8] {words}. Run the same command again at once."
    assert f"needs a hand: {words}" in done.stdout
    assert sent == [words]
    assert [write for write in held.writes if "exit" in write] == []
    held.mend()
    again = held.run("all")
    assert again.code == 0, again.stderr
    assert held.positions() == {}


def test_f114_a_sell_of_unknown_outcome_is_named_too(held: Lab, sent: list[str]) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_requests(
        RequestFault("POST", "/v2/orders", lose_answer(), when=lambda r: "exit" in r.json()["client_order_id"]),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(503), times=None),
        RequestFault("GET", "/v2/orders", answer(503), times=None, when=lambda r: "after" in r.query, skip=1),
    )
    held.break_orders(OrderFaultKind.NO_FILL, "AAA", side="sell")
    done = held.go(1, "09:31").run("all")
    assert (done.code, sent) == (8, ["1 position may be without a stop: AAA"])
    assert done.last_line.startswith("error[8] 1 position may be without a stop: AAA")
    held.mend()
    assert held.run("all").code == 0


def test_f114_a_cancel_that_only_takes_its_time_stays_9_and_is_named(held: Lab, sent: list[str]) -> None:
    held.go(0, "16:30").issue(1, sell=["AAA"])
    held.break_orders(OrderFaultKind.CANCEL_SLOW, "AAA", seconds=3600)
    done = held.go(1, "09:31").run("all")
    assert done.code == 9
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
    done = held.run(phase)
    if phase != "protect" or (session(1) + timedelta(days=days_off)).isoweekday() > 5:
        assert done.code == 8
        assert done.last_line.startswith(
            "error[8] the broker's clock cannot be read, so it is not known which day it is"
        )
    else:
        assert done.code == 9
    assert held.writes == ["POST 20260105_BBB_stop_sell_2"]  # only what protects
    held.mend()
    held.broker.clock = real
    assert held.run("place").code == 0
    assert held.go(1, "09:31").run("poll").code == 0
    assert set(held.positions()) == {"BBB", "CCC", "DDD"}
    assert held.agrees()


def test_f116_without_the_clock_no_queued_entry_is_called_stale(held: Lab) -> None:
    held.go(0, "16:30").issue(1, buy=["DDD"])
    assert held.go(1, "09:20").run("place").code == 0
    real = held.broker.clock
    without_clock(held, 1)
    assert (held.run("poll").code, held.writes) == (8, [])
    held.mend()
    held.broker.clock = real
    assert held.go(1, "09:31").run("poll").code == 0
    assert "DDD" in held.positions()


def test_f18_a_run_without_the_clock_in_a_session_it_knows_is_9(held: Lab) -> None:
    held.go(0, "16:30").issue(1)
    without_clock(held.go(1, "09:31"), 0)
    done = held.run("all")
    assert (done.code, held.writes) == (9, [])
    assert "the broker's clock could not be read" in done.last_line
