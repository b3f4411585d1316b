"""Reads: what is retried, how often, and what each answer means. Fault ids: docs/faults.md#faults."""

from __future__ import annotations

import logging
import random
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses
from requests.exceptions import ConnectionError as ConnectionFailed
from requests.exceptions import ConnectTimeout, ReadTimeout, SSLError

from backtest.errors import DriftError, KeysError
from backtest.web.answers import UnreadableAnswerError, parse_json
from backtest.web.clock import BrokerClock
from live.alpaca.client import AlpacaClient
from live.errors import BrokerUnavailableError, UnresolvedWorkError
from live.refusals import (
    BrokerRefusedError,
)
from tests.fakes import NOW, FakeClock, Reply, Script, Step, refusal
from tests.live.alpaca.orders import BUY, DATA, KEYS, PAPER, client_on

pytestmark = pytest.mark.usefixtures("http")

CLOCK = Reply(
    200,
    {
        "timestamp": "2026-11-20T09:31:12.481203215-05:00",
        "is_open": True,
        "next_open": "2026-11-23T09:30:00-05:00",
        "next_close": "2026-11-20T16:00:00-05:00",
    },
)
PASSING: list[tuple[str, Step]] = [
    ("F01", ConnectionFailed("refused")),
    ("F01", ConnectTimeout("no route")),
    ("F06", Reply(500, {"code": 50010000, "message": "internal server error"})),
    ("F06", Reply(503, "<html>down</html>")),
    ("F06", Reply(504, "")),
    ("F12", Reply(200, "")),
    ("F12", Reply(200, '{"timestamp": "2026-1')),
    ("F12", Reply(200, "<html>hello</html>")),
    ("F12", Reply(200, '{"timestamp": NaN}')),
    ("F13", Reply(200, {"timestamp": "2026-11-20T09:31:12-05:00"})),
    ("F13", Reply(200, {"timestamp": 5, "is_open": "yes"})),
    ("F14", ReadTimeout("hang")),
    ("F15", Reply(200, "[" * 100_000)),
]


@pytest.mark.parametrize(("fault", "step"), PASSING)
def test_a_read_survives_a_passing_fault(fault: str, step: Step) -> None:
    client, script, clock = client_on(step, step, step, CLOCK)
    assert client.get_clock().is_open
    assert len(script.sent) == 4
    assert len(clock.slept) == 3


@pytest.mark.parametrize(("fault", "step"), PASSING)
def test_a_lasting_fault_ends_a_read_with_8_after_four_tries(fault: str, step: Step) -> None:
    client, script, _ = client_on(step, step, step, step)
    with pytest.raises(BrokerUnavailableError) as caught:
        client.get_clock()
    assert caught.value.exit_code == 8
    assert len(script.sent) == 4
    assert caught.value.line().startswith("error[8] GET /v2/clock failed: ")


def test_f02_a_tls_failure_is_not_tried_again_and_never_unverified() -> None:
    client, script, _ = client_on(SSLError("bad certificate"))
    with pytest.raises(BrokerUnavailableError):
        client.get_clock()
    assert len(script.sent) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_f03_refused_keys_stop_a_read_at_once_with_6(status: int) -> None:
    client, script, _ = client_on(refusal(status, None, "unauthorized." if status == 401 else "forbidden."))
    with pytest.raises(KeysError) as caught:
        client.get_account()
    assert caught.value.exit_code == 6
    assert "the test" in caught.value.line()
    assert len(script.sent) == 1


def test_f04_a_429_waits_for_the_reset_the_broker_names() -> None:
    reset = str(int(NOW.timestamp()) + 20)
    client, script, clock = client_on(
        Reply(429, {"code": 42910000, "message": "rate limit exceeded"}, {"X-RateLimit-Reset": reset}), CLOCK
    )
    client.get_clock()
    assert clock.slept == [21.0]
    assert script.is_used_up


def test_f04_a_429_without_a_reset_waits_at_least_three_seconds() -> None:
    client, _, clock = client_on(Reply(429, {"message": "too many requests."}), CLOCK)
    client.get_clock()
    assert 3.0 <= clock.slept[0] <= 10.0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ["20", "20.0", f"{format_datetime(NOW + timedelta(seconds=20), usegmt=True)}"])
def test_f04_retry_after_is_waited_for_in_seconds_or_until_a_date(status: int, asked: str) -> None:
    client, script, clock = client_on(Reply(status, {"message": "later"}, {"Retry-After": asked}), CLOCK)
    client.get_clock()
    assert clock.slept == [20.0]
    assert script.is_used_up


def test_f04_of_two_waits_that_are_asked_for_the_longer_counts() -> None:
    headers = {"X-RateLimit-Reset": str(int(NOW.timestamp()) + 10), "Retry-After": "30"}
    client, _, clock = client_on(Reply(429, {"message": "later"}, headers), CLOCK)
    client.get_clock()
    assert clock.slept == [30.0]


@pytest.mark.parametrize("nonsense", ["", "soon", "-5", "nan", "1e999", "Mon, 99 Foo 2026", "9" * 4000])
def test_f04_a_retry_after_that_says_nothing_is_ignored(nonsense: str) -> None:
    client, _, clock = client_on(Reply(429, {"message": "later"}, {"Retry-After": nonsense}), CLOCK)
    client.get_clock()
    assert 3.0 <= clock.slept[0] <= 10.0


def test_f04_a_reset_beyond_the_budget_of_60_seconds_gives_up() -> None:
    reset = {"X-RateLimit-Reset": str(int(NOW.timestamp()) + 300)}
    client, script, clock = client_on(Reply(429, {"message": "slow down"}, reset))
    with pytest.raises(BrokerUnavailableError):
        client.get_clock()
    assert clock.slept == []
    assert len(script.sent) == 1


def test_the_backoff_doubles_and_jitters_by_the_injected_random_numbers() -> None:
    Script(Reply(500), Reply(500), Reply(500), CLOCK)
    clock = FakeClock()
    client = AlpacaClient(PAPER, DATA, KEYS, clock, rng=random.Random(1))
    client.get_clock()
    jitter = random.Random(1)
    assert clock.slept == [0.5 * 2**attempt * (1 + jitter.random()) for attempt in range(3)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_f16_a_redirect_is_never_followed(status: int) -> None:
    client, script, _ = client_on(Reply(status, "", {"Location": "https://evil.example/v2/clock"}))
    with pytest.raises(BrokerUnavailableError, match="redirect"):
        client.get_clock()
    assert len(script.sent) == 1


def test_f15_a_body_over_20_mb_is_given_up() -> None:
    client, _, _ = client_on(*[Reply(200, b" " * 20_000_001)] * 4)
    with pytest.raises(BrokerUnavailableError, match="20,000,000 bytes"):
        client.get_clock()


def test_any_other_4xx_to_a_read_is_final_and_never_9() -> None:
    client, script, _ = client_on(refusal(422, 40010001, "end is before start"))
    with pytest.raises(BrokerUnavailableError, match=r"refuses /v2/calendar \(422\): end is before start"):
        client.get_calendar(NOW.date(), NOW.date())
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("status", "code", "message", "exit_code"),
    [
        (403, 40310000, "account is restricted to liquidation only", 11),
        (403, None, "forbidden.", 6),
        (403, 40310000, "invalid API key", 6),
        (422, 42210000, "request is not authorized", 6),
        (422, 42210000, "account is not active", 11),
        (404, 40410000, "account not found", 11),
        (422, 10**4000, "no", 11),
    ],
)
def test_f119_an_account_that_is_refused_is_6_or_11_by_what_it_says(
    status: int, code: int | None, message: str, exit_code: int
) -> None:
    client, script, _ = client_on(refusal(status, code, message))
    with pytest.raises(DriftError) as caught:
        client.get_account()
    assert caught.value.exit_code == exit_code
    assert len(caught.value.line()) < 400
    assert len(script.sent) == 1


def test_a_refusals_words_are_cut_at_500_characters_and_stripped_of_control_characters() -> None:
    client, _, _ = client_on(refusal(422, 1, "\x1b[31mred\n\x00\u202e" + "x" * 1000), Reply(404, {}))
    with pytest.raises(BrokerRefusedError) as caught:
        client.place_order(BUY)
    assert caught.value.message.startswith("[31mred x")
    assert len(caught.value.message) == 500


def test_a_failure_is_logged_with_the_brokers_request_id(caplog: pytest.LogCaptureFixture) -> None:
    client, _, _ = client_on(Reply(500, "oops", {"X-Request-ID": "9b1f6f0f"}), CLOCK)
    with caplog.at_level(logging.WARNING, logger="backtest"):
        client.get_clock()
    assert "GET /v2/clock: 500, X-Request-ID 9b1f6f0f: oops (" in caplog.text


def test_every_request_is_logged_at_debug_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    client, script, _ = client_on(Reply(200, {"bars": {}}, {"X-Request-ID": "9b1f6f0f"}))
    with caplog.at_level(logging.DEBUG, logger="backtest"):
        client.get_data("/v2/stocks/bars", {"symbols": "AAPL", "apikey": "hunter2"})
    assert script.sent[0].query["apikey"] == "hunter2"
    (line,) = [record for record in caplog.records if record.name == "backtest.web.http"]
    assert line.getMessage().startswith("GET /v2/stocks/bars: 200, X-Request-ID 9b1f6f0f (")
    fields = line.__dict__["fields"]
    assert {name: fields[name] for name in ("method", "path", "status", "request_id")} == {
        "method": "GET",
        "path": "/v2/stocks/bars",
        "status": 200,
        "request_id": "9b1f6f0f",
    }
    assert fields["ms"] >= 0


def test_a_request_without_an_answer_is_logged_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    client, _, _ = client_on(ReadTimeout("hang"), CLOCK)
    with caplog.at_level(logging.WARNING, logger="backtest"):
        client.get_clock()
    assert re.search(r"GET /v2/clock: no answer \(ReadTimeout.*\) \(\d+ ms\)$", caplog.text, re.MULTILINE)


def test_at_most_the_limit_of_requests_leaves_in_a_minute_retries_included() -> None:
    client, script, clock = client_on(*[Reply(500), CLOCK] * 5, per_minute=3)
    for _ in range(5):
        client.get_clock()
    assert len(script.sent) == 10
    assert clock.now().timestamp() - NOW.timestamp() >= 180


def test_requests_are_counted_those_that_change_something_apart() -> None:
    client, _, _ = client_on(Reply(500), CLOCK, Reply(404, {"message": "order not found"}))
    client.get_clock()
    assert client.get_order("4265de1e") is None
    count = client.requests_sent()
    assert (count.total, count.mutating) == (3, 0)


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 2}', b'{"a": Infinity}', b"\xff", b"", b"nope"])
def test_json_that_two_readers_could_understand_differently_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        parse_json(body)


def test_over_real_http_nothing_is_retried_below_us_and_the_environment_is_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    for _ in range(4):
        responses.get(f"{PAPER}/v2/clock", status=503)
    clock = FakeClock(datetime(2026, 11, 20, 14, 31, tzinfo=UTC))
    with pytest.raises(BrokerUnavailableError):
        AlpacaClient(PAPER, DATA, KEYS, clock).get_clock()
    assert len(responses.calls) == 4
    sent = responses.calls[0].request
    assert sent.headers["APCA-API-KEY-ID"] == "PKTESTKEYID0001"
    assert "Cookie" not in sent.headers


@contextmanager
def a_dripping_server() -> Iterator[str]:
    """Serve one answer that never ends, a byte now and then."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not stop.wait(0.02):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        break

    worker = threading.Thread(target=serve, daemon=True)
    worker.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.close()


def test_f14_a_slow_drip_is_given_up_at_the_limit_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.web.http.CALL_TIMEOUT_S", 0.15)
    monkeypatch.setattr("backtest.web.http.GET_TRIES", 1)
    responses.add_passthru("http://127.0.0.1")
    with a_dripping_server() as url, pytest.raises(DriftError, match="not complete within"):
        AlpacaClient(url, url, KEYS, FakeClock()).get_clock()


def test_i22_a_check_that_raises_ends_the_wait_of_a_read_within_a_second() -> None:
    client, script, clock = client_on(Reply(503, "down"), CLOCK)
    started = clock.now()

    def check() -> None:
        if clock.now() > started:
            raise UnresolvedWorkError("the run took longer than 15 minutes")

    client.watch_waits(check)
    with pytest.raises(UnresolvedWorkError):
        client.get_clock()
    assert len(script.sent) == 1
    assert clock.now() - started <= timedelta(seconds=1)


def test_i22_many_reads_are_ended_where_they_wait_for_their_turn() -> None:
    client, script, clock = client_on(*[CLOCK] * 4, per_minute=3)
    deadline = clock.now() + timedelta(seconds=10)

    def check() -> None:
        if clock.now() >= deadline:
            raise UnresolvedWorkError("the run took longer than 15 minutes")

    client.watch_waits(check)
    for _ in range(3):
        client.get_clock()
    with pytest.raises(UnresolvedWorkError):
        client.get_clock()
    assert len(script.sent) == 3
    assert clock.now() == deadline


def test_a_wait_that_nothing_ends_is_as_long_as_without_a_check() -> None:
    client, _, clock = client_on(Reply(503, "down", {"Retry-After": "7"}), CLOCK)
    client.watch_waits(lambda: None)
    assert client.get_clock().is_open
    assert sum(clock.slept) == pytest.approx(7)
    assert max(clock.slept) <= 1


@pytest.mark.parametrize("hours", [-25, 25])
def test_i12_a_wait_is_no_longer_and_no_shorter_when_another_answer_sets_the_clock_meanwhile(hours: int) -> None:
    machine = FakeClock()
    clock = BrokerClock(machine, monotonic=lambda: (machine.now() - NOW).total_seconds())
    script = Script(*[Reply(503, "down", {"Retry-After": "5"})] * 3, Reply(200, CLOCK.content))
    client = AlpacaClient(PAPER, DATA, KEYS, clock)
    client.watch_waits(lambda: clock.offset_s or clock.synchronise(NOW + timedelta(hours=hours), clock.tick()))
    assert client.get_clock().is_open
    assert sum(machine.slept) == pytest.approx(15)
    assert len(script.sent) == 4
