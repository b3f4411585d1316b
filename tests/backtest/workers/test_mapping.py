"""Many tasks: the same results whoever does them, in their order; what is finished is kept, whatever ends the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from backtest.errors import InputError, WorkersUnavailableError
from backtest.workers import mapping
from backtest.workers.choice import Choice
from backtest.workers.mapping import map_tasks
from backtest.workers.parts import Parts, open_parts, to_bytes
from tests.backtest.workers import work
from tests.paths import ROOT

TASKS = range(25)


def done(choice: Choice, **more: Any) -> bytes:
    return to_bytes(map_tasks(choice, work.row, work.TABLE, TASKS, **more))


def test_the_results_are_in_the_order_of_the_tasks() -> None:
    assert [one["task"] for one in map_tasks(Choice(), work.row, work.TABLE, TASKS)] == list(TASKS)


def test_two_processes_give_the_bytes_of_this_one() -> None:
    assert done(Choice(2)) == done(Choice())


def test_started_anew_instead_of_forked_they_do_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.workers.processes.start_method", lambda: "spawn")
    assert done(Choice(2)) == done(Choice())


def test_more_workers_than_one_are_other_processes() -> None:
    assert os.getpid() not in map_tasks(Choice(2), work.pid, None, TASKS)
    assert set(map_tasks(Choice(), work.pid, None, TASKS)) == {os.getpid()}


def test_no_tasks_give_no_results() -> None:
    assert map_tasks(Choice(2), work.pid, None, ()) == []


def test_progress_ends_with_all_of_them() -> None:
    seen: list[tuple[int, int]] = []
    map_tasks(Choice(), work.pid, None, TASKS, progress=lambda done, count: seen.append((done, count)))
    assert seen[0] == (0, 25)
    assert seen[-1] == (25, 25)
    assert seen == sorted(seen)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_a_task_arrives_as_it_was_raised(workers: int) -> None:
    with pytest.raises(InputError, match="task 3 cannot be read") as raised:
        map_tasks(Choice(workers), work.fail_at_three, None, TASKS)
    assert raised.value.next_step == "Leave it out."


def test_a_worker_that_is_killed_is_replaced_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    results = map_tasks(Choice(2), work.die_once, str(tmp_path / "marker"), TASKS, tell=told.append)
    assert results == [task * task for task in TASKS]
    assert [words.split(":")[0] for words in told] == ["a worker was lost"]


def test_what_kills_every_worker_ends_the_study_with_8(tmp_path: Path) -> None:
    parts = open_parts(tmp_path, {})
    told: list[str] = []
    with pytest.raises(WorkersUnavailableError, match="workers were lost 4 times"):
        map_tasks(Choice(2), work.die_always, None, TASKS, parts=parts, tell=told.append)
    assert len(told) == mapping.RETRIES


def test_a_second_run_does_only_what_is_left(tmp_path: Path) -> None:
    first = done(Choice(2), parts=open_parts(tmp_path, {"a": 1}))
    kept = sorted((tmp_path / "parts").glob("*.npz"))
    kept[1].unlink()
    told: list[str] = []
    parts = open_parts(tmp_path, {"a": 1})
    assert done(Choice(), parts=parts, tell=told.append) == first
    assert told[0].endswith(" of 25 were there from an earlier run")
    assert len(told) == 1


def test_a_part_that_cannot_be_read_is_made_again_and_named(tmp_path: Path) -> None:
    first = done(Choice(), parts=open_parts(tmp_path, {}))
    victim = sorted((tmp_path / "parts").glob("*.npz"))[0]
    victim.write_bytes(victim.read_bytes()[:40])
    told: list[str] = []
    assert done(Choice(), parts=open_parts(tmp_path, {}), tell=told.append) == first
    assert told[0] == f"part files that cannot be read are made again: {victim.name}"


def run_study(out: Path, signum: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.backtest.workers.work", str(out), str(signum)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_a_study_that_was_ended_goes_on_with_its_whole_parts(tmp_path: Path, signum: int) -> None:
    ended = run_study(tmp_path / "out", signum)
    assert ended.returncode in (-signal.SIGKILL, -signal.SIGINT, 130)
    kept = {path.name for path in (tmp_path / "out" / "parts").glob("*.npz")}
    assert "000006-000007.npz" not in kept
    names = {path.name for path in (tmp_path / "out" / "parts").iterdir()}
    assert {name for name in names if not name.startswith(".")} == {*kept, "asked.json"}
    if signum == signal.SIGINT:
        assert f"{len(kept)} of 9 are kept in {tmp_path / 'out' / 'parts'}; the same command goes on" in ended.stdout

    again = run_study(tmp_path / "out", signum)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines() == [f"{len(kept)} of 9 were there from an earlier run", str(list(range(9)))]


def test_a_part_whose_writing_was_followed_by_the_interrupt_is_counted(tmp_path: Path) -> None:
    class Interrupted(Parts):
        def write(self, first: int, results: Sequence[Any]) -> None:
            super().write(first, results)
            raise KeyboardInterrupt

    told: list[str] = []
    open_parts(tmp_path, {})
    parts = Interrupted(tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        map_tasks(Choice(), work.row, work.TABLE, TASKS, parts=parts, tell=told.append)
    assert told == [f"1 of 25 are kept in {parts.folder}; the same command goes on with the others"]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux tells when a process has ended")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path: Path, signum: int) -> None:
    run_study(tmp_path / "out", signum)
    workers = [int(path.name.removeprefix("marker-")) for path in tmp_path.glob("marker-*")]
    assert workers
    for worker in workers:
        wait_until_gone(worker)


def wait_until_gone(process: int) -> None:
    """End when the process has ended; the tests' own time limit is the only one."""
    descriptor = -1
    try:
        descriptor = os.pidfd_open(process)
        import select

        assert select.select([descriptor], [], [], 20)[0], f"worker {process} lives on"
    except ProcessLookupError:
        return
    finally:
        if descriptor >= 0:
            os.close(descriptor)
