"""A book made anew is the book that was lost: every position that rough markets open, scale and close (I23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from backtest.sessions import Sessions
from live.admin import main
from live.clock import SystemClock
from live.parity.folder import ReplayFolder
from live.state_db.db import StateDB
from live.state_db.rows import PositionRow
from tests.cli.done import run_command
from tests.parity.markets import Roughness, rough_world
from tests.parity.replayed import replay_market

FIRST = date(2024, 3, 11)
ROUGH = Roughness(
    daily_sigma=0.04,
    report=0.3,
    missing_bar=0.02,
    open_below_provisional_stop=0.1,
    crash=0.03,
    split=0.02,
    delisted_tickers=1,
    reverse_split_below=500_000,
)
SETTINGS = ("max_positions=5", "trailing_transition_weeks=0", "primary.period=2", "indicator_window_weeks=11")


def ledger(path: Path) -> dict[tuple[str, date], PositionRow]:
    with StateDB.open(path, SystemClock()) as db:
        return {(row.ticker, row.trade_date): row for row in db.positions.ledger()}


@pytest.mark.parametrize(
    ("seed", "length"), [(1, 17), *(pytest.param(seed, 25, marks=pytest.mark.slow) for seed in (1, 2, 3))]
)
def test_i23_a_rebuilt_book_is_the_one_that_was_lost(
    tmp_path: Path, sessions: Sessions, seed: int, length: int
) -> None:
    market, traded = rough_world(sessions, FIRST, length, seed=seed, tickers=8, roughness=ROUGH)
    replay_market(tmp_path, market, traded[0], traded[-1], SETTINGS)
    files = ReplayFolder(tmp_path / "state").workspace
    before = ledger(files.state_db)
    for path in files.state_db.parent.glob("state.db*"):
        path.unlink()
    args = ["--state-db", files.state_db, "--signals-dir", files.signals, "--config", files.config, "--broker", "sim"]
    done = run_command(main, ["rebuild", "--yes", *args, "--set", f"broker.sim_file={files.sim_file}"])
    assert done.code == 0, done.stderr
    after = ledger(files.state_db)
    assert before.keys() == after.keys()
    assert len({row.exit_reason for row in before.values()}) >= 4  # open, stopped, trend, rotated or held too long
    for key, row in before.items():
        same = replace(after[key], position_id=row.position_id, decided_through=row.decided_through)
        assert same == row
        if row.is_open:
            assert after[key].decided_through <= row.decided_through
