"""`run_log`."""

from __future__ import annotations

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
