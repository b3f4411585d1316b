"""A Dask cluster does the same work: a real scheduler and two workers, one of which is killed in the middle."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backtest.errors import ConfigError, WorkersUnavailableError
from backtest.workers import dask_cluster as module
from backtest.workers.choice import Choice
from backtest.workers.mapping import map_tasks
from backtest.workers.parts import to_bytes
from tests.backtest.workers import work
from tests.backtest.workers.dask import dask_cluster

NOWHERE = "tcp://127.0.0.1:1"
TASKS = range(25)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as address:
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


@pytest.mark.slow
def test_where_no_worker_is_the_study_ends_with_8_in_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 1)
    with dask_cluster(tmp_path, workers=0) as address:
        with pytest.raises(WorkersUnavailableError, match=f"no worker at {address} within 1 s") as raised:
            map_tasks(Choice(1, address), work.row, work.TABLE, TASKS)
        assert raised.value.next_step == f"Start some with: dask worker {address} --nthreads 1."


def test_where_no_scheduler_is_the_study_ends_with_8_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 0.2)
    with pytest.raises(WorkersUnavailableError, match=f"no Dask scheduler reached at {NOWHERE}") as raised:
        map_tasks(Choice(1, NOWHERE), work.row, work.TABLE, TASKS)
    assert "dask scheduler" in raised.value.next_step


def test_without_the_extra_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"needs the extra \[cluster\]") as raised:
        map_tasks(Choice(1, NOWHERE), work.row, work.TABLE, TASKS)
    assert "pip install 'earnings-drift[cluster]'" in raised.value.next_step


def test_a_worker_with_other_code_is_refused() -> None:
    with pytest.raises(ConfigError, match="runs other code"):
        module._do_there("0" * 64, work.row, work.TABLE, TASKS)


def test_a_worker_with_the_same_code_does_its_group() -> None:
    done = module._do_there(module.code_sha256(), work.row, work.TABLE, TASKS)
    assert len(done.results) == len(TASKS)
