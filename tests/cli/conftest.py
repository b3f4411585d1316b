"""No test of a program touches the user's own folders; many begin with the same morning."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.sessions import load_sessions
from tests.cli.account import TradingAccount
from tests.cli.bad_input import ready

CALENDAR_REACH = date(2027, 12, 31)
"""Beyond every day that a program is asked about here."""


@pytest.fixture(scope="session")
def user_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that knows the sessions, as after a program's first run: the library takes half a second to find them."""
    folder = tmp_path_factory.mktemp("user-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        load_sessions(CALENDAR_REACH)
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user_cache: Path) -> None:
    monkeypatch.setattr("live.run.lock.user_home", lambda: tmp_path / "home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(user_cache))


@pytest.fixture(scope="session")
def ready_before(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """See `ready`; to be copied."""
    return ready(tmp_path_factory.mktemp("ready"))
