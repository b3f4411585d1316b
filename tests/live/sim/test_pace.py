"""How the time of a served exchange runs, and how a client hears and sets it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import requests

from live.sim.pace import PATH, Pace
from live.sim.served import ServedExchange
from live.sim.server import SimServer
from tests.live.sim.market import open_rest_trader

START = datetime(2026, 3, 2, 13, tzinfo=UTC)


class Wall:
    """A wall clock that a test moves."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall() -> Wall:
    return Wall()


def hours(pace: Pace) -> float:
    return (pace.now() - START) / timedelta(hours=1)


def test_time_begins_when_it_is_first_asked_for_and_runs_at_the_speed(wall: Wall) -> None:
    pace = Pace(START, 3600.0, wall)
    wall.seconds += 50
    assert hours(pace) == 0
    wall.seconds += 2
    assert hours(pace) == 2


def test_from_the_moment_that_a_client_names_it_runs_as_the_wall_clock(wall: Wall) -> None:
    pace = Pace(START, 3600.0, wall)
    pace.fast_until(START, START + timedelta(hours=5))
    wall.seconds += 4
    assert hours(pace) == 4
    wall.seconds += 1 + 3600
    assert hours(pace) == 6
    pace.fast_until(pace.now(), START)
    wall.seconds += 3600
    assert hours(pace) == 7


@pytest.mark.parametrize(("speed", "passed"), [(0.0, 0.0), (0.5, 0.5)])
def test_a_slow_exchange_stays_as_slow(wall: Wall, speed: float, passed: float) -> None:
    pace = Pace(START, speed, wall)
    pace.fast_until(START, START)
    wall.seconds += 3600
    assert hours(pace) == passed


@pytest.fixture
def server() -> Iterator[SimServer]:
    server = SimServer(open_rest_trader().exchange, speed=0.001)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_client_reads_the_speed_and_is_heard(server: SimServer) -> None:
    served = ServedExchange.at(server.address)
    assert served is not None
    assert served.speed == 0.001
    assert served.run_fast_until(datetime.now(UTC))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"fast_until": 5}', b'{"fast_until": "2026-03-02T09:00"}'])
def test_what_is_no_moment_with_an_offset_is_refused(server: SimServer, body: bytes) -> None:
    assert requests.post(server.address + PATH, data=body, timeout=10).status_code == 422


def test_where_nobody_or_something_else_answers_there_is_no_served_exchange(server: SimServer) -> None:
    assert ServedExchange.at(server.address + "/v2") is None
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        assert ServedExchange.at(f"http://127.0.0.1:{unheard.getsockname()[1]}") is None
