"""What the network and the broker's answers may do to a run. One row of the fault matrix a test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.exceptions import ConnectionError as ConnectionFailed
from requests.exceptions import ConnectTimeout, ReadTimeout, SSLError

from backtest.web.clock import BrokerClock
from live.alpaca.client import AlpacaClient
from live.brokers.sim import SimClock
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from live.sim.faults import Action, Proceed, RequestFault, SimAnswer, SimRequest
from live.sim.server import SimServer
from live.sim.transport import SimTransport
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, answer_after, call_then, change_answer, lose_answer, lose_request, rate_limited
from tests.faults.ending import UNCHANGED, Rerun, State, fault_ends
from tests.live.alpaca.orders import DATA, KEYS, PAPER

ENTRY = "20260105_AAA_entry_buy"
UNKNOWN = re.compile(
    rf"error\[8\] order {ENTRY}: outcome unknown \(.+; reading it back failed: .+\)\. "
    r"Run the same command again: it looks the order up first\."
)
PLACED = State({}, {ENTRY: "accepted 0/10"})
MADE_OF_NOTHING = b"[" * 100_000
TOO_LARGE = b" " * 20_000_001


@pytest.fixture(scope="module")
def ready_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("ready"))
    lab.issue(0, buy=["AAA"])
    return lab.go(0, "09:20")


@pytest.fixture
def lab(ready_before: Lab, tmp_path: Path) -> Lab:
    """Session 0 buys AAA; it is before the open and nothing is placed yet."""
    return ready_before.copy_to(tmp_path)


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_lab(tmp_path_factory.mktemp("held")).hold("AAA", "BBB").go(0, "15:45")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return held_before.copy_to(tmp_path)


def fails(error: Exception) -> Action:
    """No answer, for this reason."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        raise error

    return act


def placed_once_it_passes(lab: Lab) -> Rerun:
    """The same command with the fault passed: the entry is queued."""
    return Rerun(0, received=[f"POST {ENTRY}"], state=PLACED, mend=lab.mend)


def failed(path: str, why: str) -> str:
    return (
        f"error[8] GET {path} failed: {why} (expected an answer). "
        "Nothing is lost; run the same command again in a minute."
    )


class Counted:
    """An action that counts how often it was asked for."""

    def __init__(self, action: Action) -> None:
        self.times = 0
        self._action = action

    def __call__(self, request: SimRequest, proceed: Proceed) -> SimAnswer:
        self.times += 1
        return self._action(request, proceed)


@pytest.mark.parametrize(
    "error", [ConnectionFailed("refused"), ConnectTimeout("no route"), ConnectionFailed("name not found")]
)
def test_f01_a_broker_that_cannot_be_reached_ends_8_after_four_tries(lab: Lab, error: Exception) -> None:
    refused = Counted(fails(error))
    lab.break_requests(RequestFault("GET", "/v2/positions", refused, times=None))
    fault_ends(
        "F01",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=failed("/v2/positions", f"no answer ({type(error).__name__})"),
        received=[],
        state=UNCHANGED,
        rerun=placed_once_it_passes(lab),
    )
    assert refused.times == 4


def test_f01_an_entry_whose_look_up_fails_too_is_not_repeated(lab: Lab) -> None:
    gone = fails(ConnectionFailed("no route"))
    lab.break_requests(
        RequestFault("POST", ".*", lose_request(), times=None),
        RequestFault("GET", "/v2/orders:by_client_order_id", gone, times=None),
        RequestFault("GET", "/v2/orders", gone, times=None, skip=2),
    )
    fault_ends(
        "F01",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=UNKNOWN,
        received=[f"POST {ENTRY}"],
        state=State({}, {ENTRY: "unknown 0/10"}),
        rerun=placed_once_it_passes(lab),
    )


def test_f02_a_tls_failure_is_not_tried_again_and_ends_8(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[object] = []
    real = SimTransport.send

    def send(self: SimTransport, request: PreparedRequest, **how: Any) -> Response:
        verified.append(how["verify"])
        return real(self, request, **how)

    monkeypatch.setattr(SimTransport, "send", send)
    refused = Counted(fails(SSLError("bad certificate")))
    lab.break_requests(RequestFault("GET", "/v2/account", refused, times=None))
    fault_ends(
        "F02",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=failed("/v2/account", "TLS failed (SSLError)"),
        received=[],
        state=UNCHANGED,
        rerun=placed_once_it_passes(lab),
    )
    assert refused.times == 1
    assert set(verified) == {True}


@pytest.mark.parametrize("status", [401, 403])
def test_f03_keys_that_are_refused_end_6_at_once(lab: Lab, status: int) -> None:
    refused = Counted(answer(status, {"message": "forbidden."}))
    lab.break_requests(RequestFault("GET", "/v2/account", refused, times=None))
    fault_ends(
        "F03",
        lab,
        lambda: lab.run("place"),
        exit_code=6,
        last_line=f"error[6] the broker refuses the keys from the embedded exchange ({status} on /v2/account). "
        "Paper keys work on the paper host only; make new ones if they were regenerated.",
        received=[],
        state=UNCHANGED,
        rerun=placed_once_it_passes(lab),
    )
    assert refused.times == 1


def in_seconds(lab: Lab, seconds: int) -> Action:
    return rate_limited(int(lab.exchange.now().timestamp()) + seconds)


def after_seconds(_lab: Lab, seconds: int) -> Action:
    return answer(429, {"message": "too many requests."}, {"Retry-After": str(seconds)})


@pytest.mark.parametrize("asks", [in_seconds, after_seconds])
def test_f04_a_read_waits_as_long_as_the_broker_asks(lab: Lab, asks: Callable[[Lab, int], Action]) -> None:
    lab.break_requests(RequestFault("GET", "/v2/account", asks(lab, 20)))
    began = lab.exchange.now()
    fault_ends(
        "F04",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"],
        state=PLACED,
        rerun=Rerun(0),
    )
    assert lab.exchange.now() - began >= timedelta(seconds=20)


def test_f04_a_read_that_would_wait_beyond_the_budget_ends_8(lab: Lab) -> None:
    lab.break_requests(RequestFault("GET", "/v2/positions", in_seconds(lab, 300)))
    fault_ends(
        "F04",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=failed("/v2/positions", "HTTP 429"),
        received=[],
        state=UNCHANGED,
        rerun=placed_once_it_passes(lab),
    )


def test_f05_an_entry_that_was_too_many_goes_out_again_under_its_id(lab: Lab) -> None:
    lab.break_requests(RequestFault("POST", "/v2/orders", in_seconds(lab, 20)))
    began = lab.exchange.now()
    fault_ends(
        "F05",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"] * 2,
        state=PLACED,
        rerun=Rerun(0),
    )
    assert lab.exchange.now() - began >= timedelta(seconds=20)


PASSING = {
    "F06": answer(500),
    "F06-html": answer(503, b"<html>down</html>"),
    "F06-gateway": answer(504, b""),
    "F12-empty": answer(200, b""),
    "F12-cut": answer_after(200, b'[{"symbol": "AA'),
    "F12-html": answer(200, b"<html>hello</html>"),
    "F12-nan": answer(200, b'[{"qty": NaN}]'),
    "F14": fails(ReadTimeout("hang")),
    "F15-large": answer(200, TOO_LARGE),
    "F15-deep": answer(200, MADE_OF_NOTHING),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_run_survives_a_read_that_fails_three_times(lab: Lab, fault: Action) -> None:
    lab.break_requests(RequestFault("GET", "/v2/positions", fault, times=3))
    fault_ends(
        "F06 F12 F14 F15",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"],
        state=PLACED,
        rerun=Rerun(0),
    )


LASTING = {
    "F12": (answer(200, b"<html>hello</html>"), r"unreadable answer \(.*\)"),
    "F14": (fails(ReadTimeout("hang")), r"no answer \(ReadTimeout\)"),
    "F15-large": (answer(200, TOO_LARGE), r"an answer of more than 20,000,000 bytes"),
    "F15-deep": (answer(200, MADE_OF_NOTHING), r"unreadable answer \(.*\)"),
}


@pytest.mark.parametrize(("fault", "why"), LASTING.values(), ids=LASTING)
def test_a_read_that_keeps_failing_ends_8_before_anything_is_sent(lab: Lab, fault: Action, why: str) -> None:
    lab.break_requests(RequestFault("GET", "/v2/positions", fault, times=None))
    line = re.escape(failed("/v2/positions", "WHY")).replace("WHY", why)
    fault_ends(
        "F12 F14 F15",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=re.compile(line),
        received=[],
        state=UNCHANGED,
        rerun=placed_once_it_passes(lab),
    )


NEVER_CLEAR = {
    "F08": (answer(500), False),
    "F09": (lose_request(), False),
    "F10": (lose_answer(), True),
    "F10-gateway": (answer_after(504), True),
    "F12": (answer_after(200, b"<html>"), True),
    "F14": (fails(ReadTimeout("hang")), False),
}
"""What happens to the POST, and whether it has arrived."""


@pytest.mark.parametrize(("fault", "has_arrived"), NEVER_CLEAR.values(), ids=NEVER_CLEAR)
def test_an_entry_that_never_becomes_clear_is_8_and_sent_by_the_same_command_only_if_it_never_arrived(
    lab: Lab, fault: Action, has_arrived: bool
) -> None:
    lab.break_requests(
        RequestFault("POST", "/v2/orders", fault, times=None),
        RequestFault("GET", "/v2/orders:by_client_order_id", answer(503), times=None),
        RequestFault("GET", "/v2/orders", answer(503), times=None, skip=2),  # but for the lists of the start
    )
    fault_ends(
        "F08 F09 F10 F12 F14",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=UNKNOWN,
        received=[f"POST {ENTRY}"],
        state=State({}, {ENTRY: "unknown 0/10"}),
        rerun=Rerun(0, received=[] if has_arrived else [f"POST {ENTRY}"], state=PLACED, mend=lab.mend),
    )


def test_f14_an_answer_that_is_not_complete_in_time_is_given_up_and_asked_for_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over real HTTP: the answer is held back until the run is over."""
    over = Event()
    lab.break_requests(RequestFault("GET", "/v2/positions", call_then(lambda: (over.wait(60), None)[1])))
    monkeypatch.setattr("backtest.web.http.CALL_TIMEOUT_S", 0.3)
    with served(lab.exchange) as address:
        client = AlpacaClient(address, address, KEYS, SimClock(lab.exchange), broker_id="sim")
        fault_ends(
            "F14",
            lab,
            lambda: lab.run("protect", runtime=Runtime(client)),
            exit_code=0,
            last_line="",
            received=[],
            state=UNCHANGED,
            rerun=Rerun(0, mend=over.set),
        )
    assert over.is_set()


@contextmanager
def served(exchange: Exchange) -> Iterator[str]:
    """Serve an exchange, whose time stands still, over loopback HTTP."""
    server = SimServer(exchange, speed=0)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.address
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_f16_a_redirect_is_never_followed(lab: Lab, status: int) -> None:
    elsewhere = answer(status, b"", {"Location": "https://evil.example/v2/account"})
    redirect = Counted(elsewhere)
    lab.break_requests(RequestFault("GET", "/v2/account", redirect, times=None))
    fault_ends(
        "F16",
        lab,
        lambda: lab.run("place"),
        exit_code=8,
        last_line=failed("/v2/account", f"a redirect ({status}), which is never followed"),
        received=[],
        state=UNCHANGED,
        rerun=placed_once_it_passes(lab),
    )
    assert redirect.times == 1


class LocalClock:
    """The machine's clock, so far off that the market would have closed by it."""

    offset_s: float | None = None

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def now(self) -> datetime:
        return self._exchange.now() + timedelta(hours=8)

    def sleep(self, seconds: float) -> None:
        self._exchange.advance(seconds)


def test_f17_a_local_clock_that_is_hours_off_decides_nothing_and_is_reported(lab: Lab) -> None:
    clock = BrokerClock(LocalClock(lab.exchange), lambda: lab.exchange.now().timestamp())
    client = AlpacaClient(PAPER, DATA, KEYS, clock, transport=SimTransport(lab.exchange), broker_id="sim")
    done = fault_ends(
        "F17",
        lab,
        lambda: lab.run("place", runtime=Runtime(client)),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"],
        state=PLACED,
        rerun=Rerun(0),
    )
    assert "the local clock is off by +28800 s; the broker's time is used" in done.stdout


def unreadable_row(rows: Any) -> Any:
    """Of two rows the second says nothing of use."""
    return [*rows[:1], {"symbol": "BBB"}]


@pytest.mark.parametrize(("path", "field"), [("/v2/positions", "qty"), ("/v2/orders", "status")])
def test_f19_a_list_with_an_unreadable_row_is_not_used_in_part(held: Lab, path: str, field: str) -> None:
    in_part = Counted(change_answer(unreadable_row))
    held.break_requests(RequestFault("GET", path, in_part, times=None))
    fault_ends(
        "F19",
        held,
        lambda: held.run("protect"),
        exit_code=8,
        last_line=failed(path, f"unreadable answer ({field} missing or of a wrong type)"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, mend=held.mend),
    )
    assert in_part.times >= 4


@pytest.mark.parametrize(
    "fields", [{}, {"pattern_day_trader": True, "daytrade_count": 9, "daytrading_buying_power": "0"}]
)
def test_f53_the_day_trader_fields_are_not_needed_and_decide_nothing(lab: Lab, fields: dict[str, object]) -> None:
    """The exchange has none of them, as the broker since 2026."""
    assert not any("day" in name and "trad" in name for name in lab.market.get("/v2/account"))
    lab.break_requests(RequestFault("GET", "/v2/account", change_answer(lambda account: account | fields), times=None))
    fault_ends(
        "F53",
        lab,
        lambda: lab.run("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"],
        state=PLACED,
        rerun=Rerun(0),
    )
