"""One replay of each scenario for a whole test run: the programs trade it once, many tests read its ledgers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from backtest.sessions import Sessions, load_sessions
from tests.parity.replayed import Replayed, replay_scenario
from tests.parity.scenarios import SCENARIOS


@pytest.fixture(scope="session")
def sessions() -> Sessions:
    return load_sessions(date(2026, 1, 1))


@pytest.fixture(scope="session")
def replays(sessions: Sessions, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Replayed]:
    return {one.name: replay_scenario(tmp_path_factory.mktemp(one.name), one, sessions) for one in SCENARIOS}
