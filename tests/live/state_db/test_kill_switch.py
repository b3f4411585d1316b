"""The kill switch: on in doubt, with why, since and who (I5, F80)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from live.errors import StateDBError
from live.state_db.db import StateDB
from live.state_db.kill_switch import kill_file_of, read_kill_switch, turn_kill_switch_off, turn_kill_switch_on
from tests.fakes import FakeClock
from tests.live.state_db.builders import a_db

CLOCK = FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def make(path: Path) -> Path:
    StateDB.open(path, CLOCK).close()
    return path


def write_flag(path: Path, statement: str, *params: str) -> None:
    with StateDB.open(path, CLOCK) as db, db.transaction():
        db.connection.write(statement, params)


def test_no_db_yet_is_off(path: Path) -> None:
    assert not read_kill_switch(path).on


def test_a_new_db_is_off(path: Path) -> None:
    assert not read_kill_switch(make(path)).on


def test_f80_a_kill_file_is_on_with_and_without_a_db(path: Path) -> None:
    kill_file_of(path).write_text("fire in the house\nmore")
    assert read_kill_switch(path).on
    switch = read_kill_switch(make(path))
    assert (switch.on, switch.why, switch.source) == (True, "fire in the house", "file")
    with StateDB.open(path, CLOCK) as db:
        assert db.system_config.kill_switch().on


@pytest.mark.parametrize("how", ["empty", "folder", "link", "pipe"])
def test_f80_anything_named_kill_is_on(path: Path, how: str) -> None:
    kill = kill_file_of(path)
    if how == "empty":
        kill.touch()
    elif how == "folder":
        kill.mkdir()
    elif how == "pipe":
        os.mkfifo(kill)  # nobody writes into it: reading would wait for ever
    else:
        kill.symlink_to(path.parent / "nowhere")
    assert read_kill_switch(path).on


def test_f80_a_missing_flag_in_an_existing_db_is_on(path: Path) -> None:
    write_flag(make(path), "DELETE FROM system_config WHERE key = 'kill_switch'")
    assert read_kill_switch(path).on
    with StateDB.open(path, CLOCK) as db:
        assert db.system_config.kill_switch().why == "the flag is missing in the state DB"


@pytest.mark.parametrize("value", ["{}", "[]", "0", "null", '"off"', '{"on": 0}', '{"on": "false"}', '{"on": true}'])
def test_f80_a_garbled_flag_is_on(path: Path, value: str) -> None:
    write_flag(make(path), "UPDATE system_config SET value = ? WHERE key = 'kill_switch'", value)
    assert read_kill_switch(path).on


def test_f80_an_unreadable_db_is_on(path: Path) -> None:
    path.write_bytes(b"rubbish" * 1000)
    switch = read_kill_switch(path)
    assert (switch.on, switch.source) == (True, "rule")


def test_on_is_told_with_why_since_and_who_and_keeps_the_first_reason() -> None:
    db = a_db()
    db.system_config.turn_kill_switch_on("NVDA has no stop", "executor")
    first = db.system_config.kill_switch()
    again = db.system_config.turn_kill_switch_on("another reason", "admin")
    assert (first.why, first.who, first.since) == ("NVDA has no stop", "executor", db.connection.now())
    assert again.why == "NVDA has no stop"
    assert [event.payload["why"] for event in db.events.newest(kind="config")] == ["another reason", "NVDA has no stop"]


def test_f79_another_process_that_switches_it_on_is_seen_at_the_next_question(path: Path) -> None:
    with StateDB.open(make(path), CLOCK) as db:
        assert not db.system_config.kill_switch().on
        turn_kill_switch_on(path, "by hand", "admin", CLOCK)
        assert db.system_config.kill_switch().on


def test_on_works_without_a_db_and_off_takes_the_file_away(path: Path) -> None:
    switch = turn_kill_switch_on(path, "before the first day", "admin", CLOCK).switch
    assert (switch.on, switch.why) == (True, "before the first day")
    assert not path.exists()
    assert not turn_kill_switch_off(path, "admin", CLOCK).on
    assert not kill_file_of(path).exists()


def test_on_works_when_the_db_is_damaged(path: Path) -> None:
    path.write_bytes(b"rubbish" * 1000)
    turn_kill_switch_on(path, "to be safe", "admin", CLOCK)
    assert kill_file_of(path).read_text() == "to be safe\n"


def test_off_needs_a_sound_db(path: Path) -> None:
    path.write_bytes(b"rubbish" * 1000)
    with pytest.raises(StateDBError):
        turn_kill_switch_off(path, "admin", CLOCK)


def test_off_switches_flag_and_file(path: Path) -> None:
    make(path)
    kill_file_of(path).touch()
    turn_kill_switch_off(path, "admin", CLOCK)
    assert not read_kill_switch(path).on


def test_a_file_that_cannot_be_removed_keeps_it_on(path: Path) -> None:
    make(path)
    kill_file_of(path).mkdir()
    assert turn_kill_switch_off(path, "admin", CLOCK).on


@pytest.mark.parametrize("beside", ["the file", "its link"])
def test_i5_a_kill_file_beside_a_link_counts_as_one_beside_the_file_it_leads_to(beside: str, tmp_path: Path) -> None:
    real, link = tmp_path / "data" / "state.db", tmp_path / "bot" / "state.db"
    for path in (real, link):
        path.parent.mkdir()
    StateDB.open(real, CLOCK).close()
    link.symlink_to(real)
    kill = (real if beside == "the file" else link).parent / "KILL"
    kill.touch()
    assert read_kill_switch(link).on
    with StateDB.open(link, CLOCK) as db:
        assert db.system_config.kill_switch().on
    assert not turn_kill_switch_off(link, "test", CLOCK).on
    assert not kill.exists()
