"""Who holds a lock: the system's tables are read, and a holder that is stopped or far too old is called stuck."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from live.errors import LockedError, StateDBError
from live.run.lock import hold_lock, lock_problem
from live.run.lock_holder import LONGEST_RUN_S, Holder, find_pid, holder_of, parse_stat
from tests.live.run.test_lock import holder

LOCKS = """\
1: POSIX  ADVISORY  READ 19148 fe:00:2672231 123 123
2: FLOCK  ADVISORY  WRITE 4711 fe:01:77 0 EOF
2: -> FLOCK  ADVISORY  WRITE 4712 fe:01:77 0 EOF
3: FLOCK  ADVISORY  WRITE 0 fe:01:78 0 EOF
"""
STAT = "4711 (python -m (x) y) T 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 50000 20"


def test_the_process_is_found_by_the_lock_files_device_and_number() -> None:
    device = os.makedev(0xFE, 1)
    assert find_pid(LOCKS, device, 77) == 4711
    assert find_pid(LOCKS, device, 78) is None
    assert find_pid(LOCKS, device, 79) is None


def test_state_and_age_stand_behind_the_name_whatever_it_holds() -> None:
    assert parse_stat(4711, STAT, uptime=5000.0, ticks=100) == Holder(4711, 4500.0, True)


def test_a_holder_is_stuck_when_it_is_stopped_or_older_than_a_run_can_be() -> None:
    assert Holder(1, 60, True).is_stuck
    assert Holder(1, LONGEST_RUN_S + 1, False).is_stuck
    assert not Holder(1, LONGEST_RUN_S - 1, False).is_stuck


def test_without_the_systems_tables_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.lock").touch()
    assert holder_of(tmp_path / "x.lock", proc=tmp_path / "proc") is None


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with holder(tmp_path / "x.lock") as process:
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the tables are Linux's")
def test_f140_a_lock_held_by_a_stopped_run_is_13_with_the_command_that_ends_it(
    other: subprocess.Popen[str], tmp_path: Path
) -> None:
    path = tmp_path / "x.lock"
    with pytest.raises(LockedError, match=f"process {other.pid}"), hold_lock(path):
        pass
    assert isinstance(lock_problem(path), LockedError)
    other.send_signal(signal.SIGSTOP)
    os.waitpid(other.pid, os.WUNTRACED)
    with pytest.raises(StateDBError) as caught, hold_lock(path):
        pass
    assert "a run that does not end" in caught.value.what
    how = f"kill {other.pid} && kill -CONT {other.pid}"
    assert caught.value.next_step.endswith(how)
    told = lock_problem(path)
    assert told is not None
    assert told.next_step.endswith(how)
    subprocess.run(how, shell=True, check=True)
    other.wait()
    assert lock_problem(path) is None
    with hold_lock(path):
        pass


def test_a_lock_that_could_not_be_made_is_13_before_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert isinstance(lock_problem(tmp_path / "file" / "x.lock"), StateDBError)
    assert lock_problem(tmp_path / "new" / "x.lock") is None
    assert not (tmp_path / "new").exists()
