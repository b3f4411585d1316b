"""A state DB that is busy, cannot be written or cannot be made: 13 before any order, and the same command goes on."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from live.errors import StateDBError
from live.sim.faults import RequestFault
from live.state_db.connection import Connection
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import call_then
from tests.faults.ending import UNCHANGED, UNTOUCHED, Rerun, State, begins, fault_ends

ENTRY = "20260105_AAA_entry_buy"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Before the open: AAA is to be bought."""
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA"])
    return lab.go(0, "09:20")


def test_f70_a_state_db_that_stays_busy_ends_the_run_before_any_order(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sqlite_file", "opening"):
        monkeypatch.setattr(f"live.state_db.{name}.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(lab.state_db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        fault_ends(
            "F70",
            lab,
            lambda: lab.run("place"),
            exit_code=13,
            last_line=begins(
                "error[13] state DB failed in ", "state.db: busy for more than ", "See who holds it, then run again."
            ),
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(
                0,
                received=[f"POST {ENTRY}"],
                state=State({}, {ENTRY: "accepted 0/10"}),
                mend=lambda: other.execute("ROLLBACK"),
            ),
        )


def test_f72_a_disk_that_is_full_before_an_order_ends_the_run_without_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Connection.transaction
    is_full: list[bool] = []

    def transaction(self: Connection) -> Any:
        if is_full:
            raise StateDBError(f"state DB {self.path}: database or disk is full", next_step="Free space, then again.")
        return real(self)

    monkeypatch.setattr(Connection, "transaction", transaction)
    lab.break_requests(RequestFault("GET", "/v2/positions", call_then(lambda: is_full.append(True))))
    fault_ends(
        "F72",
        lab,
        lambda: lab.run("place"),
        exit_code=13,
        last_line=begins("error[13] state DB ", "database or disk is full. Free space, then again."),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, received=[f"POST {ENTRY}"], state=State({}, {ENTRY: "accepted 0/10"}), mend=is_full.clear),
    )


def test_f123_a_run_that_cannot_make_its_state_db_leaves_none(tmp_path: Path) -> None:
    lab = make_lab(tmp_path).go(0, "15:45")

    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, allowed[1]))
    try:
        fault_ends(
            "F123",
            lab,
            lambda: lab.run("protect"),
            exit_code=13,
            last_line=begins(
                "error[13] new state DB not written in ", "See how full the disk is (df .), then run again."
            ),
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(0, state=State({}), mend=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, allowed)),
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
