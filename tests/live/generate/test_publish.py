"""What a run writes at its end: one transaction in the state DB, then the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backtest.model import Decisions
from live.errors import StateDBError
from live.generate.generator_state import GeneratorState, load_state
from live.generate.publish import publish, publish_again
from live.run.console import Console
from live.run.program import Run
from live.signals.build import from_decisions
from live.signals.file import Inputs, PricesRef, SignalFile, account_ref
from live.state_db.db import StateDB
from tests.builders import candidate
from tests.live.state_db.builders import AS_OF, MORNING, D, a_db

STATE = GeneratorState(None, {D: {"nwl_p4": (candidate("NVDA"),)}})


@pytest.fixture
def db() -> StateDB:
    return a_db()


@pytest.fixture
def run(db: StateDB) -> Run:
    run = Run("signal_generator", Console(verbosity=-1))
    run.run_id = db.runs.start(run.program)
    return run


def a_file(run: Run, strategy: str = "ema_p10", **changes: object) -> SignalFile:
    inputs = Inputs((), "c" * 64, "d" * 64, PricesRef("sim", None, "e" * 64))
    file = from_decisions(
        Decisions(D, AS_OF),
        strategy=strategy,
        run_id=run.run_id,
        generated_at=MORNING,
        account=account_ref("sim", "1", live=False),
        inputs=inputs,
    )
    return replace(file, **changes)  # type: ignore[arg-type]


def published(run: Run, db: StateDB, folder: Path, *files: SignalFile) -> list[Path]:
    return publish(run, db, files, folder, shadows=(), state=STATE)


def test_every_file_is_issued_and_then_written(run: Run, db: StateDB, tmp_path: Path) -> None:
    one, two = published(run, db, tmp_path, a_file(run), a_file(run, "nwl_p4"))
    issued = db.signal_files.latest("nwl_p4", D)
    assert issued is not None
    assert (issued.text, issued.run_id) == (two.read_text(), run.run_id)
    assert (one.name, two.name) == ("trade_signals_2026-02-17_ema_p10.json", "trade_signals_2026-02-17_nwl_p4.json")
    assert load_state(db) == STATE


def test_a_second_file_of_the_day_supersedes_the_first_and_says_whether_it_is_the_same(
    run: Run, db: StateDB, tmp_path: Path
) -> None:
    published(run, db, tmp_path, a_file(run))
    published(run, db, tmp_path, a_file(run))
    published(run, db, tmp_path, a_file(run, frozen=("AAPL",)))
    same, other = run.outcome.notes
    assert f"the same content as the run {run.run_id} had" in same
    assert "other content than" in other


def test_a_failure_before_the_commit_leaves_no_row_and_no_file(
    run: Run, db: StateDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StateDBError("disk full")

    monkeypatch.setattr("live.generate.publish.save_state", fail)
    with pytest.raises(StateDBError):
        published(run, db, tmp_path, a_file(run))
    assert db.signal_files.latest("ema_p10", D) is None
    assert list(tmp_path.iterdir()) == []


def test_an_accepted_plans_file_is_written_again_as_it_was_issued(run: Run, db: StateDB, tmp_path: Path) -> None:
    paths = published(run, db, tmp_path, a_file(run), a_file(run, "nwl_p4"))
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    accepted = db.signal_files.latest("ema_p10", D)
    assert accepted is not None
    assert publish_again(db, accepted, ["nwl_p4", "none_p1"], tmp_path) == paths
    assert [path.read_bytes() for path in paths] == before


def test_f110_a_file_of_another_state_db_is_kept_beside_the_new_one(run: Run, db: StateDB, tmp_path: Path) -> None:
    (path,) = published(run, a_db(), tmp_path, a_file(run, frozen=("AAA",)))
    before = path.read_bytes()
    published(run, db, tmp_path, a_file(run))
    published(run, db, tmp_path, a_file(run, frozen=("BBB",)))  # its own are superseded as ever
    kept = sorted(tmp_path.glob("*.json"))
    assert len(kept) == 2
    assert before in [one.read_bytes() for one in kept]
