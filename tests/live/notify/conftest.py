"""A receiver, and a state DB whose outbox holds what a test puts there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from live.clock import SystemClock
from live.state_db.db import StateDB
from tests.live.notify.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def state_db(tmp_path: Path) -> Path:
    path = tmp_path / "state.db"
    StateDB.open(path, SystemClock()).close()
    return path
