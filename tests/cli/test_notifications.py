"""Notifications and heartbeat of real runs: sent by a child to a receiver on loopback, never changing the run (F82)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from live.admin import main as admin
from live.notify.__main__ import deliver
from live.notify.job import Job
from live.state_db.outbox import OutboxState, open_outbox
from tests.cli.done import Done, run_command
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.faults.ending import UNCHANGED, Rerun, begins, fault_ends
from tests.live.notify.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def lab(tmp_path: Path, receiver: Receiver) -> Lab:
    lab = make_lab(tmp_path, settings=[f"notify.urls={receiver.url}"])
    lab.run("protect")  # makes the state DB
    return lab


class _Here:
    """The work of a child, done in this process."""

    def __init__(self, work: bytes) -> None:
        deliver(Job.from_bytes(work))

    def wait(self, is_interrupted: object) -> None:
        """It is done."""


@pytest.fixture
def sent_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no process for a message, where what is told, and how often, is asked."""
    monkeypatch.setattr("live.notify.sending.start_child", lambda module, work: _Here(work))


def outbox(lab: Lab) -> OutboxState:
    with open_outbox(lab.state_db) as one:
        return one.state()


def switch_on(lab: Lab, reason: str) -> Done:
    args = ["kill-switch", "on", "--reason", reason, "--config", DEFAULT, "--state-db", lab.state_db, "--broker", "sim"]
    return run_command(admin, [*args, *(word for one in lab.settings for word in ("--set", one))])


@pytest.mark.usefixtures("sent_here")
def test_a_run_that_fails_is_told_once_a_day_and_its_code_stays(lab: Lab, receiver: Receiver) -> None:
    lab.manifest.write_text("{}")
    codes = [lab.go(0, "09:20").run("place").code for _ in range(2)]
    assert codes == [7, 7]
    assert receiver.titles() == ["executor ended 7"]
    assert "error[7]" in receiver.got[0]["message"]
    assert outbox(lab).waiting == 0


def test_f82_a_dead_receiver_changes_no_code_and_the_next_run_says_and_sends_it(lab: Lab, receiver: Receiver) -> None:
    lab.manifest.write_text("{}")
    receiver.status = 500
    lab.go(0, "09:20")

    def answers_again() -> None:
        assert outbox(lab).has_failed
        receiver.status = 200

    said: list[str] = []

    def protect() -> Done:
        done = lab.run("protect")
        said.append(done.stdout)
        return done

    fault_ends(
        "F82",
        lab,
        lambda: lab.run("place"),
        exit_code=7,
        last_line=begins("error[7] manifest invalid in ", "Make one with: python -m backtest manifest "),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, mend=answers_again, run=protect),
    )
    assert "1 notification not sent since" in said[0]
    assert receiver.titles() == ["executor ended 7"]


@pytest.mark.usefixtures("sent_here")
def test_what_a_run_that_was_killed_before_its_child_had_to_tell_goes_out_with_the_next(
    lab: Lab, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.manifest.write_text("{}")
    with monkeypatch.context() as patch:
        patch.setattr("live.run.program.send_at_end", lambda *_: None)
        lab.go(0, "09:20").run("place")
    assert receiver.got == []
    assert lab.run("protect").code == 0
    assert receiver.titles() == ["executor ended 7"]


def test_where_the_state_db_is_damaged_a_person_is_told_directly(lab: Lab, receiver: Receiver) -> None:
    lab.state_db.write_bytes(b"no database")
    assert lab.run("protect").code == 13
    assert receiver.titles() == ["executor ended 13"]


def test_the_kill_switch_by_hand_is_told_at_once(lab: Lab, receiver: Receiver) -> None:
    done = switch_on(lab, "a storm")
    assert done.code == 0, done.stderr
    assert receiver.has_come.wait(10)
    assert lab.go(0, "15:45").run("protect").code == 0  # waits for nobody who is told already
    assert receiver.titles() == ["earnings-drift: kill switch on"]
    assert "a storm" in receiver.got[0]["message"]


@pytest.mark.usefixtures("sent_here")
def test_a_kill_switch_that_stays_on_is_told_once_a_day_from_the_next_day_on(lab: Lab, receiver: Receiver) -> None:
    with lab.db() as db:
        db.system_config.turn_kill_switch_on("a storm", "me")
    assert lab.go(0, "15:45").run("protect").code == 0
    assert receiver.got == []
    assert [lab.go(1, clock).run("protect").code for clock in ("09:20", "15:45")] == [0, 0]
    assert receiver.titles() == ["earnings-drift: the kill switch is still on"]


def test_a_dry_run_tells_nobody_and_starts_no_heartbeat(lab: Lab, receiver: Receiver) -> None:
    lab.manifest.write_text("{}")
    beat = f"heartbeat.url=http://127.0.0.1:{receiver.port}/beat"
    assert lab.go(0, "09:20").run("place", "--dry-run", "--set", beat).code == 7
    assert receiver.asked == []


def test_a_daily_run_asks_the_heartbeat_with_start_and_its_code(lab: Lab, receiver: Receiver) -> None:
    beat = f"heartbeat.url=http://127.0.0.1:{receiver.port}/beat"
    assert lab.go(0, "15:45").run("protect", "--set", beat).code == 0
    assert receiver.asked == ["/beat/start", "/beat/0"]


@pytest.mark.parametrize("setting", ["notify.on=14", "notify.on=everything", "heartbeat.url=ftp://x"])
def test_a_word_or_an_address_that_is_none_is_6(lab: Lab, setting: str) -> None:
    done = lab.run("protect", "--set", setting)
    assert done.code == 6
    assert "expected" in done.last_line


@pytest.mark.usefixtures("sent_here")
def test_the_days_summary_is_sent_once_after_the_close_where_it_is_asked_for(lab: Lab, receiver: Receiver) -> None:
    for clock in ("15:45", "16:05", "16:06"):
        assert lab.go(0, clock).run("protect", "--set", "notify.on=summary").code == 0
    assert receiver.titles() == ["earnings-drift: 2026-01-05"]
    assert "0 positions, equity 100,000.00" in receiver.got[0]["message"]
