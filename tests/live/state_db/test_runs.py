"""`run_log`."""

from __future__ import annotations

import pytest

from live.state_db.db import StateDB
from tests.live.state_db.builders import a_db, entry


def test_a_run_has_its_own_id_and_records_how_it_ended() -> None:
    db = a_db()
    first = db.runs.start("generator")
    second = db.runs.start("executor", phase="place")
    assert (first, second) == ("20260217T142000Z-generator-1", "20260217T142000Z-executor-2")
    db.orders.plan([entry()])
    db.runs.finish(second, 9, "error[9] something is open", {"orders": 1})
    (run,) = db.runs.last()
    assert (run.exit_code, run.last_line, run.summary) == (9, "error[9] something is open", {"orders": 1})
    (row,) = db.orders.unfinished()
    assert row.run_id == second


def ended(db: StateDB, program: str, *codes: int) -> None:
    for code in codes:
        db.runs.finish(db.runs.start(program), code, "said")


def test_failed_runs_of_the_daily_programs_are_counted_from_the_newest_back() -> None:
    db = a_db()
    assert db.runs.failed_in_a_row() == 0
    ended(db, "executor", 8, 0, 8)
    ended(db, "signal_generator", 5)
    assert db.runs.failed_in_a_row() == 2


@pytest.mark.parametrize("code", [0, 3, 9, 10, 11, 12])
def test_a_run_that_did_its_work_ends_the_row(code: int) -> None:
    db = a_db()
    ended(db, "executor", 8, 8, code)
    assert db.runs.failed_in_a_row() == 0


def test_a_look_at_the_book_and_a_run_under_way_count_for_nothing() -> None:
    db = a_db()
    ended(db, "executor", 8, 8)
    ended(db, "admin reconcile", 0)
    db.runs.start("executor")
    assert db.runs.failed_in_a_row() == 2
