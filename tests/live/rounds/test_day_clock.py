"""Waiting by the broker's clock: a machine that slept, a broker that does not answer, a signal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, cast

import pytest

from live.alpaca.client import AlpacaClient
from live.broker import Broker, TradingMode
from live.errors import BrokerUnavailableError, InterruptedRunError
from live.rounds.day_clock import LONGEST_S, DayClock, ServedClock
from live.run.interrupt import Interrupt
from live.sim.served import ServedExchange
from live.sim.server import SimServer
from tests.fakes import FakeClock
from tests.live.alpaca.orders import KEYS
from tests.live.sim.market import open_rest_trader

START = datetime(2026, 3, 2, 14, tzinfo=UTC)


class Remote:
    """A broker over a network, with a clock that a test moves."""

    is_in_process = False
    mode = TradingMode.PAPER

    def __init__(self) -> None:
        self.clock = FakeClock(START)
        self.answers = True
        self.asked = 0

    def get_clock(self) -> Any:
        self.asked += 1
        if not self.answers:
            raise BrokerUnavailableError("no answer")


@pytest.fixture
def remote() -> Remote:
    return Remote()


def day_clock(remote: Remote, interrupt: Interrupt | None = None) -> DayClock:
    return DayClock(cast(Broker, remote), interrupt or Interrupt())


def test_it_sleeps_no_longer_than_a_minute_and_asks_the_broker_after_each(remote: Remote) -> None:
    now = day_clock(remote).wait_until(START + timedelta(seconds=150))
    assert now == START + timedelta(seconds=150)
    assert remote.clock.slept == [LONGEST_S, LONGEST_S, 30.0]
    assert remote.asked == 4


def test_what_is_due_is_not_waited_for(remote: Remote) -> None:
    assert day_clock(remote).wait_until(START - timedelta(hours=1)) == START
    assert remote.clock.slept == []


def test_a_machine_that_slept_meanwhile_notices_it_after_its_minute(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = remote.clock

    def sleep_for_hours(seconds: float) -> None:
        clock.slept.append(seconds)
        clock._now += timedelta(hours=3)

    monkeypatch.setattr(clock, "sleep", sleep_for_hours)
    assert day_clock(remote).wait_until(START + timedelta(hours=2)) == START + timedelta(hours=3)
    assert len(clock.slept) == 1


def test_a_broker_that_does_not_answer_does_not_stop_the_time(remote: Remote) -> None:
    remote.answers = False
    assert day_clock(remote).wait_until(START + timedelta(minutes=5)) == START + timedelta(minutes=5)


def test_a_signal_ends_the_waiting_with_9(remote: Remote) -> None:
    interrupt = Interrupt()
    interrupt.signal_number = 15
    with pytest.raises(InterruptedRunError):
        day_clock(remote, interrupt).wait_until(START + timedelta(hours=5))
    assert remote.clock.slept == []


class Served(ServedExchange):
    """A served exchange without a server. hears: whether it answers."""

    def __init__(self, speed: float, *, hears: bool = True) -> None:
        super().__init__("http://127.0.0.1:1", speed)
        self.hears = hears
        self.until: list[datetime] = []

    def run_fast_until(self, moment: datetime) -> bool:
        self.until.append(moment)
        return self.hears


@pytest.mark.parametrize(("speed", "hears", "slept"), [(500.0, True, 0.12), (0.0, True, 1.0), (500.0, False, 60.0)])
def test_a_served_exchanges_sleep_is_divided_by_its_speed(
    monkeypatch: pytest.MonkeyPatch, speed: float, hears: bool, slept: float
) -> None:
    really: list[float] = []
    monkeypatch.setattr("live.rounds.day_clock.time.sleep", really.append)
    served = Served(speed, hears=hears)
    ServedClock(FakeClock(START), served).sleep(60.0)
    assert really == [pytest.approx(slept)]
    assert served.until == ([START + timedelta(seconds=60)] if speed else [])


def test_at_an_exchange_that_races_no_time_is_lost_before_and_after_what_is_waited_for() -> None:
    exchange = open_rest_trader().exchange
    began = exchange.now()
    server = SimServer(exchange, speed=1e8)  # a millisecond is more than a day
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    broker = AlpacaClient(server.address, server.address, KEYS)
    try:
        clock = DayClock(broker, Interrupt())
        assert max(clock.now(), clock.now()) - began < timedelta(hours=1)
        due = began + timedelta(days=60)
        assert timedelta(0) <= clock.wait_until(due) - due < timedelta(hours=1)
        assert clock.now() - due < timedelta(hours=1)
    finally:
        broker.close()
        server.shutdown()
        server.server_close()
