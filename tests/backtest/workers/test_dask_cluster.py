"""A Dask cluster does the same work: a real scheduler and two workers, one of which is killed in the middle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from backtest.errors import ConfigError, WorkersUnavailableError
from backtest.workers import dask_cluster
from backtest.workers.choice import Choice
from backtest.workers.mapping import map_tasks
from backtest.workers.parts import to_bytes
from tests.backtest.workers import work
from tests.paths import ROOT

NOWHERE = "tcp://127.0.0.1:1"
TASKS = range(25)


def start(stack: ExitStack, *command: str) -> subprocess.Popen[str]:
    process = stack.enter_context(
        subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    )
    stack.callback(process.kill)
    return process


def words_after(process: subprocess.Popen[str], what: str) -> str:
    """Read a process's log up to a line that says what it is asked for."""
    assert process.stderr is not None
    read = []
    for line in process.stderr:
        read.append(line)
        if what in line:
            return line.split(what)[1].split()[0]
    raise AssertionError("".join(read))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers, one process each, that nothing starts again."""
    folder = tmp_path_factory.mktemp("dask")
    with ExitStack() as stack:
        scheduler = start(
            stack, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"
        )
        address = words_after(scheduler, "Scheduler at:")
        for name in ("one", "two"):
            place = str(folder / name)
            options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", place)
            worker = start(stack, "distributed.cli.dask_worker", address, *options)
            words_after(worker, "Starting established connection to")
        yield address


@pytest.mark.slow
def test_a_cluster_gives_the_bytes_of_this_process_and_finishes_when_a_worker_is_killed(
    cluster: str, tmp_path: Path
) -> None:
    told: list[str] = []
    there = map_tasks(Choice(1, cluster), work.row, work.TABLE, TASKS, tell=told.append)
    assert to_bytes(there) == to_bytes(map_tasks(Choice(), work.row, work.TABLE, TASKS))
    assert told == [f"{cluster}: 2 workers; a task whose worker dies is tried on up to 3 others"]

    told.clear()
    marker = tmp_path / "marker"
    results = map_tasks(Choice(1, cluster), work.die_once, str(marker), TASKS, tell=told.append)
    assert marker.exists()
    assert results == [task * task for task in TASKS]
    assert f"1 worker of {cluster} gone, 1 left: their tasks go to the others" in told


def test_where_no_scheduler_is_the_study_ends_with_8_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.2)
    with pytest.raises(WorkersUnavailableError, match=f"no Dask scheduler reached at {NOWHERE}") as raised:
        map_tasks(Choice(1, NOWHERE), work.row, work.TABLE, TASKS)
    assert "dask scheduler" in raised.value.next_step


def test_without_the_extra_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"needs the extra \[cluster\]") as raised:
        map_tasks(Choice(1, NOWHERE), work.row, work.TABLE, TASKS)
    assert "pip install 'earnings-drift[cluster]'" in raised.value.next_step


def test_a_worker_with_other_code_is_refused() -> None:
    with pytest.raises(dask_cluster.OtherCodeError, match="runs other code"):
        dask_cluster._do_there("0" * 64, work.row, work.TABLE, TASKS)


def test_a_worker_with_the_same_code_does_its_group() -> None:
    done = dask_cluster._do_there(dask_cluster.code_sha256(), work.row, work.TABLE, TASKS)
    assert len(done.results) == len(TASKS)
