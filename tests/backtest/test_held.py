"""The lock of runs, price caches and ledgers of trials; that of filelock, with which earlier versions ran."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backtest.files import held

WITH_FILELOCK = """
import sys
from filelock import FileLock, Timeout
lock = FileLock(sys.argv[1], timeout=0)
try:
    lock.acquire()
except Timeout:
    sys.exit("held by another")
print("taken", flush=True)
sys.stdin.read()
"""
"""In a process of its own: filelock looks at every audit event of the process that has imported it."""


def test_a_lock_that_another_holds_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    with held(tmp_path / "lock", 0), pytest.raises(TimeoutError), held(tmp_path / "lock", 0.06):
        pytest.fail("two hold it")
    with held(tmp_path / "lock", 0):
        """Free again."""


def test_it_is_the_lock_of_filelock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITH_FILELOCK, str(tmp_path / "lock")]
    with held(tmp_path / "lock", 0):
        refused = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", "held by another\n")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
        with pytest.raises(TimeoutError), held(tmp_path / "lock", 0):
            pytest.fail("two hold it")


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "another")
    with pytest.raises(OSError), held(tmp_path / "lock", 0):
        pytest.fail("a link was followed")
    assert not (tmp_path / "another").exists()


def test_a_place_where_nothing_can_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), held(tmp_path / "none" / "lock", 0):
        pytest.fail("there is no such folder")
