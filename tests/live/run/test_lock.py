"""One run at a time; a killed one is forgotten at once (I10, F69)."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from live.errors import LockedError, StateDBError
from live.run.lock import account_lock_path, db_lock_path, default_state_dir, hold_lock, refuse_unusable

HOLD = """
import sys, pathlib
from live.run.lock import hold_lock
with hold_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_f69_a_second_run_ends_at_once_with_10_and_a_killed_run_frees_the_lock(tmp_path: Path) -> None:
    path = db_lock_path(tmp_path / "state.db")
    with holder(path) as first:
        with pytest.raises(LockedError) as caught, hold_lock(path):
            raise AssertionError("two runs hold one lock")
        assert caught.value.exit_code == 10
        first.send_signal(signal.SIGKILL)
        first.wait()
    with hold_lock(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_lock_is_free_again_after_the_block(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.lock"
    for _ in range(2):
        with hold_lock(path):
            pass


def test_within_one_process_the_second_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with hold_lock(path), pytest.raises(LockedError), hold_lock(path):
        pass


def test_two_spellings_of_one_db_give_one_lock(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    link = tmp_path / "b"
    link.symlink_to(tmp_path / "a")
    paths = {db_lock_path(p) for p in (tmp_path / "a" / "s.db", tmp_path / "b" / "s.db", tmp_path / "a/../a/s.db")}
    assert paths == {tmp_path / "a" / "s.db.lock"}


def test_an_account_has_one_lock_whatever_db_it_is_used_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("live.run.lock.user_home", lambda: tmp_path)
    path = account_lock_path("alpaca", "23773add-5b77")
    assert path.parent == default_state_dir() == tmp_path / ".local" / "state" / "earnings-drift"
    assert path == account_lock_path("alpaca", "23773add-5b77")
    assert path != account_lock_path("sim", "23773add-5b77")
    assert "23773add" not in path.name


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_13(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateDBError), hold_lock(tmp_path / "x.lock"):
        pass


def test_a_lock_path_that_cannot_exist_is_13(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateDBError), hold_lock(tmp_path / "file" / "x.lock"):
        pass


def test_f137_a_lock_that_another_run_made_since_is_10(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.lock"
    with hold_lock(path, is_new=True):
        pass
    with pytest.raises(LockedError, match="at the same time"), hold_lock(path, is_new=True):
        pass


def test_f137_whether_a_lock_can_be_made_is_seen_without_making_it(tmp_path: Path) -> None:
    refuse_unusable(tmp_path / "deep" / "er" / "x.lock")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(StateDBError, match="no folder"):
        refuse_unusable(tmp_path / "file" / "deep" / "x.lock")
