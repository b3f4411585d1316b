"""The first answers of a run: asked at once, and the broker's own date decides which sessions they are about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, ClassVar, cast

import pytest

from live.broker import Broker
from live.execute.decide.schedule import Moment
from live.execute.executor import Executor
from live.execute.options import ExecutorOptions
from live.execute.start import start_unverified
from live.run.program import Run, run_program
from live.run.runtime import Runtime
from live.run.startup import open_run
from tests.backtest.web.test_http import CLOCK
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.fakes import Reply, Sent
from tests.live.alpaca.orders import client_on
from tests.live.alpaca.test_client import ACCOUNT
from tests.live.sim.market import session


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


def begin(folder: Path, runtime: Runtime, look: Callable[[Executor], object]) -> int:
    """Start up as the executor does, then look."""
    given = ExecutorOptions(config=DEFAULT, settings=("broker.id=sim",), state_db=folder / "state.db")

    def work(run: Run) -> None:
        opened = open_run(run, given, runtime)
        look(start_unverified(run, opened, given, runtime))

    return run_program("executor", work)


@pytest.mark.usefixtures("http")
def test_clock_account_and_calendar_are_asked_in_one_round_trip(tmp_path: Path) -> None:
    everybody = Barrier(3)
    days = [{"date": f"2026-11-{day}", "open": "09:30", "close": "16:00"} for day in (19, 20, 23, 24, 25, 30)]
    answers = {"/v2/clock": CLOCK, "/v2/account": Reply(200, ACCOUNT), "/v2/calendar": Reply(200, days)}

    def when_all_have_asked(sent: Sent) -> Reply:
        everybody.wait(timeout=10)  # one after the other they would wait for ever
        return answers[sent.path]

    client, script, _ = client_on(*[when_all_have_asked] * 3)
    client.is_in_process = False
    assert begin(tmp_path, Runtime(client), lambda executor: None) == 0
    assert sorted(script.lines) == ["GET /v2/account", "GET /v2/calendar", "GET /v2/clock"]


@pytest.mark.parametrize("days_off", [-40, 40])
def test_i12_a_local_date_far_off_changes_no_session(lab: Lab, days_off: int) -> None:
    class WrongDate:
        """The broker, asked for its calendar by a machine whose date is wrong as long as nothing is known."""

        asked: ClassVar[list[date]] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(lab.broker, name)

        def get_calendar(self, start: date, end: date) -> Any:
            shift = timedelta(days=0 if self.asked else days_off)
            self.asked.append(start + shift)
            return lab.broker.get_calendar(start + shift, end + shift)

    broker, moments = WrongDate(), list[Moment]()
    assert begin(lab.folder, Runtime(cast("Broker", broker)), lambda begun: moments.append(begun.facts.moment)) == 0
    assert [moment.session and moment.session.day for moment in moments] == [session(0)]
    assert len(broker.asked) == 2
