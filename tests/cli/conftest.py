"""No test of a program touches the user's own folders; many begin with the same morning."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backtest.sessions import cache_file
from tests.cli.account import TradingAccount
from tests.cli.bad_input import ready


@pytest.fixture(scope="session")
def user_cache(tmp_path_factory: pytest.TempPathFactory, known_sessions: Path) -> Path:
    """A cache that knows the sessions, as after a program's first run."""
    folder = tmp_path_factory.mktemp("user-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        cache_file().parent.mkdir()
        shutil.copy(known_sessions, cache_file())
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user_cache: Path) -> None:
    monkeypatch.setattr("live.run.lock.user_home", lambda: tmp_path / "home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(user_cache))


@pytest.fixture(scope="session")
def ready_before(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """See `ready`; to be copied."""
    return ready(tmp_path_factory.mktemp("ready"))
