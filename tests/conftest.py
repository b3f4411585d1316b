"""What no test may do by accident: reach the network, find real keys, or touch the user's own folders.

And what keeps many tests quick: their folders lie in memory where there is room, and one worker runs the tests of a
file, so that what they share is made once.
"""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import responses
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from backtest.sessions import cache_file, load_sessions
from live.parity.folder import scratch_folder

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # a busy machine fails no test

gc.set_threshold(100_000, 20, 50)  # hundreds of thousands of objects live until the end, see also below

_KEY_NAMES = ("APCA_", "ALPACA_", "FMP_", "EARNINGS_DRIFT_")


if (_in_memory := scratch_folder()) is not None:
    # a disk is waited for at each of the 200,000 commits of these tests
    os.environ["TMPDIR"] = str(_in_memory)  # of the workers too
    tempfile.tempdir = None

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells start what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = {
    "replays": tuple(
        f"tests/parity/test_{name}.py" for name in ("golden_replays", "changed_rules", "events", "account")
    ),
    "oracles": (
        "tests/backtest/measures/test_oracles.py",
        "tests/backtest/selection/test_statistics.py",
        "tests/backtest/studies/test_events.py",
    ),
}
"""Files that share what is slow to make: the golden replays; the imports of ffn, arch and empyrical."""
LONG_TESTS = (
    "tests/proofs/chaos/", "tests/parity/test_random_markets.py", "tests/parity/test_rebuild.py",
)  # fmt: skip
"""Their tests share nothing and are given out last, one by one, so that all workers end together."""


CALENDAR_REACH = date(2027, 12, 31)
"""Beyond every day that a program is asked about in a test."""


class _OneWorkerForShared(LoadScopeScheduling):
    """The tests of a file run in one worker, which makes their fixtures once; so do those of files that share more."""

    def _split_scope(self, nodeid: str) -> str:
        for name, files in SHARED.items():
            if nodeid.startswith(files):
                return name
        return nodeid if nodeid.startswith(LONG_TESTS) else nodeid.partition("::")[0]


def pytest_collection_finish() -> None:
    """Have the garbage collector leave alone what lives until the end: thousands of tests, all modules."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Group tests for `--dist loadgroup`; xdist 3.8 loses its own groups under pytest 9.2 (pytest-xdist issue 1386)."""
    return _OneWorkerForShared(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Fail any connection that leaves this machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(real: Any) -> Any:
        def attempt(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
                raise AssertionError(f"a test tried to reach {address[0]}")
            return real(self, address)

        return attempt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_width() -> Iterator[None]:
    """Tables do not depend on the developer's terminal, nor on the 80 columns that xdist sets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        yield


def pytest_configure(config: pytest.Config) -> None:
    """Modules that read the calendar while they are collected do so from pytest's cache, not from the developer's."""
    kept = getattr(config, "cache", None)  # None without the plugin
    if kept is not None:
        os.environ["XDG_CACHE_HOME"] = str(kept.mkdir("user-cache"))


@pytest.fixture(scope="session")
def known_sessions() -> Path:
    """Return the file that a program's first run leaves in the user's cache: the sessions, which take it half a second.

    It is kept from one run of the tests to the next.
    """
    load_sessions(CALENDAR_REACH)
    return cache_file()


@pytest.fixture(autouse=True, scope="session")
def _no_real_home(tmp_path_factory: pytest.TempPathFactory, known_sessions: Path) -> Iterator[None]:
    """Keys of the developer's shell are not seen; locks, caches and kept data go to a temporary folder."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_KEY_NAMES):
                patch.delenv(name)
        home = tmp_path_factory.mktemp("user-home")
        patch.setattr("live.run.lock.user_home", lambda: home)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user-cache")))
        cache_file().parent.mkdir()
        shutil.copy(known_sessions, cache_file())
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("user-data")))
        yield


@pytest.fixture
def http() -> Iterator[None]:
    """Requests are answered by what the test registers with `responses`, and by nothing else."""
    responses.reset()  # a test without this fixture may have left some
    with responses.mock:
        yield


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
