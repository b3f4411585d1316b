"""No test of a program touches the user's own folders; many begin with the same morning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.account import TradingAccount
from tests.cli.bad_input import ready


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.run.lock.user_home", lambda: tmp_path / "home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def ready_before(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """See `ready`; to be copied."""
    return ready(tmp_path_factory.mktemp("ready"))
