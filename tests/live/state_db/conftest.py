"""A state DB file with one planned order, made once and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.state_db.db import StateDB
from tests.fakes import FakeClock
from tests.live.state_db.builders import entry

CLOCK = FakeClock()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("made") / "state.db"
    with StateDB.open(path, CLOCK) as db:
        db.orders.plan([entry()])
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, made: bytes) -> Path:
    path = tmp_path / "state.db"
    path.write_bytes(made)
    path.chmod(0o600)
    return path
