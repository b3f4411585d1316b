"""One proof of each scenario for a whole test run: the programs trade it once, many tests look at it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from backtest.sessions import Sessions, load_sessions
from tests.parity.proof import Proof, prove
from tests.parity.scenarios import SCENARIOS


@pytest.fixture(scope="session")
def sessions() -> Sessions:
    return load_sessions(date(2026, 1, 1))


@pytest.fixture(scope="session")
def proofs(sessions: Sessions, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Proof]:
    return {
        one.name: prove(
            tmp_path_factory.mktemp(one.name),
            one.market(sessions),
            one.first,
            one.last,
            one.settings,
            one.skip_sessions,
        )
        for one in SCENARIOS
    }
