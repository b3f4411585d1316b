"""The broker's clock between two answers: it runs on, and notices when the machine or the process was stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from backtest.web.clock import BrokerClock, HostClock, http_date
from tests.fakes import NOW, FakeClock


class Machine:
    """A machine whose seconds stand still while it is stopped, and a broker whose time goes on."""

    def __init__(self) -> None:
        self.counted = 0.0
        self.real = 0.0
        self.clock = BrokerClock(FakeClock(NOW), monotonic=lambda: self.counted)
        self.clock.synchronise(NOW, 0.0)

    def passes(self, seconds: float) -> None:
        self.counted += seconds
        self.real += seconds

    def is_stopped(self, seconds: float) -> None:
        self.real += seconds

    def answer(self, *, takes: float = 0.2, date: datetime | None = None) -> None:
        """Hear an answer whose date was written halfway."""
        asked_at = self.clock.tick()
        self.passes(takes / 2)
        written = (date or NOW + timedelta(seconds=self.real)).replace(microsecond=0)
        self.passes(takes / 2)
        self.clock.hear(format_datetime(written), asked_at)

    @property
    def error_s(self) -> float:
        return (NOW + timedelta(seconds=self.real) - self.clock.now()).total_seconds()


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.answer()
    return machine


@pytest.mark.parametrize("missed", [60, 3 * 3600, 86_400])
def test_f139_time_that_was_not_counted_is_made_up_for_with_the_next_answer(machine: Machine, missed: int) -> None:
    machine.is_stopped(missed)
    machine.answer()
    assert abs(machine.error_s) < 2
    machine.answer()
    assert abs(machine.error_s) < 2


@pytest.mark.parametrize("takes", [0.0, 0.3, 14.0, 30.0])
def test_an_answer_that_takes_its_time_moves_nothing(machine: Machine, takes: float) -> None:
    for _ in range(3):
        machine.answer(takes=takes)
        machine.passes(600)
        machine.answer()
    assert machine.error_s == pytest.approx(0)


def test_dates_that_go_back_or_are_none_move_nothing(machine: Machine) -> None:
    machine.answer(date=NOW - timedelta(hours=1))
    machine.clock.hear("yesterday", machine.clock.tick())
    assert machine.error_s == pytest.approx(0)


def test_dates_that_are_off_by_a_constant_move_nothing() -> None:
    machine = Machine()
    for _ in range(3):
        machine.passes(60)
        machine.answer(date=NOW + timedelta(days=9, seconds=machine.real))
    assert machine.error_s == pytest.approx(0)


@pytest.mark.parametrize(
    ("date", "now"),
    [
        (format_datetime(NOW - timedelta(hours=3)), NOW - timedelta(hours=3)),
        (format_datetime(NOW + timedelta(hours=3)), NOW),
        (NOW.strftime("%a, %d %b %Y %H:%M:%S -0000"), NOW),
        ("yesterday", NOW),
    ],
)
def test_a_hosts_clock_tells_the_earlier_of_its_time_and_the_machines(date: str, now: datetime) -> None:
    clock = HostClock(FakeClock(NOW), monotonic=lambda: 0.0)
    assert clock.now() == NOW
    clock.hear(date, 0.0)
    assert clock.now() == now


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Thu, 01 Jan 202601051970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_a_date_that_is_none_moves_no_clock(date: str) -> None:
    assert http_date(date) is None
    for kind in (BrokerClock, HostClock):
        clock = kind(FakeClock(NOW), monotonic=lambda: 0.0)
        clock.hear(date, 0.0)
        assert clock.now() == NOW
