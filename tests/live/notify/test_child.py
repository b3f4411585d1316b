"""The child process: sends what the outbox holds, reports it, and is gone in time with all that it started (F82)."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from live.child_process import start_child
from live.clock import SystemClock
from live.notify.__main__ import deliver
from live.notify.heartbeat import MODULE, Heartbeat
from live.notify.job import Job
from live.notify.notifier import Notifier
from live.notify.sending import send_at_end
from live.state_db.db import StateDB
from live.state_db.outbox import NO_REPORT, OutboxState, open_outbox
from tests.live.notify.receiver import Receiver


def put(state_db: Path, *titles: str) -> None:
    with open_outbox(state_db) as outbox:
        for title in titles:
            outbox.add(f"id-{title}", "12", title, title, f"{title} (id id-{title})")


def job(state_db: Path, *urls: str, command: str | None = None, seconds: float = 10) -> Job:
    by = (sys.executable, "-c", command) if command else ()
    return Job(by, urls, str(state_db), (), None, seconds)


def send(state_db: Path, *urls: str, command: str | None = None, seconds: float = 10) -> None:
    """Let a child do what a run leaves, and wait for its end."""
    child = start_child(MODULE, job(state_db, *urls, command=command, seconds=seconds).to_bytes(), seconds=seconds)
    assert child is not None
    child.wait()


def send_here(state_db: Path, *urls: str, command: str | None = None) -> None:
    """Do what the child does, where it does not matter in which process."""
    deliver(job(state_db, *urls, command=command))


def state(state_db: Path) -> OutboxState:
    with open_outbox(state_db) as outbox:
        return outbox.state()


def test_what_the_outbox_holds_is_sent_once_with_its_id(state_db: Path, receiver: Receiver) -> None:
    put(state_db, "first", "second")
    send(state_db, receiver.url)
    send(state_db, receiver.url)
    assert [(one["title"], one["message"]) for one in receiver.got] == [
        ("first", "first (id id-first)"),
        ("second", "second (id id-second)"),
    ]
    assert state(state_db).waiting == 0
    assert state(state_db).last_sent is not None


def test_the_command_gets_title_and_body_and_no_keys(
    state_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("APCA_API_SECRET_KEY", "DATABASE_URL", "MY_TOKEN"):
        monkeypatch.setenv(name, "x")
    put(state_db, "naked")
    code = "import os,sys,json; json.dump([dict(os.environ), sys.stdin.read()], open({!r}, 'w'))"
    send(state_db, command=code.format(str(tmp_path / "out")))
    environ, body = json.loads((tmp_path / "out").read_text())
    assert (environ["EARNINGS_DRIFT_TITLE"], environ["EARNINGS_DRIFT_BODY"]) == ("naked", body)
    assert body == "naked (id id-naked)"
    assert not {"APCA_API_SECRET_KEY", "DATABASE_URL", "MY_TOKEN"} & environ.keys()


@pytest.mark.parametrize("status", [500, 403])
def test_f82_a_receiver_that_refuses_leaves_the_row_and_the_reason(
    state_db: Path, receiver: Receiver, status: int
) -> None:
    put(state_db, "first")
    receiver.status = status
    send_here(state_db, receiver.url)
    seen = state(state_db)
    assert (seen.waiting, seen.has_failed) == (1, True)
    assert "did not take it" in seen.sentence()
    assert receiver.url not in seen.sentence()
    receiver.status = 200
    send_here(state_db, receiver.url)
    assert receiver.titles() == ["first"]
    assert not state(state_db).has_failed


def test_f82_a_receiver_that_is_gone_and_a_command_that_fails_are_told(state_db: Path, receiver: Receiver) -> None:
    put(state_db, "first")
    receiver.stop()
    send_here(state_db, receiver.url)
    assert state(state_db).has_failed
    send_here(state_db, command="raise SystemExit(3)")
    assert "notify.command ended 3" in state(state_db).sentence()


def test_what_one_way_took_is_sent_the_other_way_only(state_db: Path, receiver: Receiver, tmp_path: Path) -> None:
    put(state_db, "first")
    receiver.status = 500
    log = str(tmp_path / "log")
    command = f"open({log!r}, 'a').write('x')"
    send_here(state_db, receiver.url, command=command)
    receiver.status = 200
    send_here(state_db, receiver.url, command=command)
    assert (receiver.titles(), Path(log).read_text()) == (["first"], "x")
    assert state(state_db).waiting == 0


def test_f82_a_receiver_that_hangs_is_given_up_and_the_row_says_so(state_db: Path, receiver: Receiver) -> None:
    put(state_db, "first")
    receiver.status = None
    send(state_db, receiver.url, seconds=2)
    assert receiver.has_come.is_set()
    assert state(state_db).error == NO_REPORT
    assert state(state_db).has_failed


def test_f82_what_the_command_started_ends_with_the_child(state_db: Path, tmp_path: Path) -> None:
    """The command forks, and parent and child both hang: the write ends of their pipe close only when both are dead."""
    put(state_db, "first")
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    send(state_db, command=f"import os,time; p = open({str(fifo)!r}, 'w'); os.fork(); time.sleep(600)", seconds=1)
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_message_that_a_dead_child_had_is_sent_again_once_its_time_is_over(
    state_db: Path, receiver: Receiver
) -> None:
    put(state_db, "first")
    now = datetime.now(UTC)
    with open_outbox(state_db) as outbox:
        assert outbox.claim(not_since=now, hold=timedelta(hours=1)) is not None
    send_here(state_db, receiver.url)
    assert receiver.got == []
    with StateDB.open(state_db, SystemClock()) as db, db.transaction():
        db.connection.update("notifications", {"held_until": "2026-01-01T00:00:00.000000Z"}, "id > ?", 0)
    send_here(state_db, receiver.url)
    assert receiver.titles() == ["first"]


def test_two_children_at_once_send_each_message_once(state_db: Path, receiver: Receiver) -> None:
    put(state_db, *"abcdef")
    work = job(state_db, receiver.url).to_bytes()
    for child in [start_child(MODULE, work), start_child(MODULE, work)]:
        assert child is not None
        child.wait()
    assert sorted(receiver.titles()) == list("abcdef")


def test_a_state_db_that_is_gone_meanwhile_is_not_made_anew(tmp_path: Path, receiver: Receiver) -> None:
    send(tmp_path / "state.db", receiver.url)
    assert list(tmp_path.iterdir()) == []


def test_urls_that_apprise_does_not_know_are_told_without_them(state_db: Path) -> None:
    put(state_db, "first")
    send_here(state_db, "nosuch://token-of-mine@host")
    assert "does not know the form of nosuch-" in state(state_db).sentence()
    assert "token-of-mine" not in state(state_db).sentence()


@pytest.mark.parametrize("base", ["/ping/uuid", "/ping/uuid/"])
def test_the_heartbeat_asks_with_start_and_then_with_the_exit_code(receiver: Receiver, base: str) -> None:
    heartbeat = Heartbeat(f"http://127.0.0.1:{receiver.port}{base}?create=1")
    heartbeat.start()
    send_at_end(Notifier(), heartbeat, 9, lambda: False)
    assert receiver.asked == ["/ping/uuid/start?create=1", "/ping/uuid/9?create=1"]


def test_without_anything_configured_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.notify.sending.start_child", lambda *_: pytest.fail("a child"))
    monkeypatch.setattr("live.notify.heartbeat.start_child", lambda *_: pytest.fail("a child"))
    heartbeat = Heartbeat()
    heartbeat.start()
    send_at_end(Notifier(), heartbeat, 12, lambda: False)


def test_f82_where_no_process_can_be_started_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    heartbeat = Heartbeat("http://127.0.0.1:9/x")
    heartbeat.start()
    send_at_end(Notifier(), heartbeat, 12, lambda: False)


def test_a_signal_ends_the_waiting(receiver: Receiver) -> None:
    receiver.status = None
    asked = iter([False, True])
    child = start_child(MODULE, Job(asked=f"http://127.0.0.1:{receiver.port}/").to_bytes())
    assert child is not None
    child.wait(lambda: next(asked))
    child.kill()
