"""A process beside a run for what must never change or hold up the run: notifications, heartbeat, pages.

It leads a session of its own, has none of our pipes and no keys in its environment, and gets its work on stdin. It ends
its whole process group, itself included, when its work is done or its time is over (`end_with_group`, `limit_time`);
the run waits for it at most `GRACE_S` longer and then ends the group itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

TIME_LIMIT_S = 10.0
"""How long a child may work, everything that it starts included."""
GRACE_S = 1.0
"""How much longer than a child's time a run waits for it."""
ENVIRONMENT = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR",
    "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY",
)  # fmt: skip
"""The variables that a child gets of ours: enough to find programs, the user and the desktop, and no key."""


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a child may know of an environment."""
    return {name: environ[name] for name in ENVIRONMENT if name in environ}


class ChildProcess:
    """One child at work, see `start_child`."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self._process = process
        self._deadline = time.monotonic() + seconds + GRACE_S

    @property
    def exit_code(self) -> int | None:
        """How it ended, below 0 by a signal; None where its end has not been seen."""
        return self._process.returncode

    def wait(self, is_interrupted: Callable[[], bool] = lambda: False) -> None:
        """Wait for its end, at most `GRACE_S` longer than its time; then end its group. Never raises.

        is_interrupted: ends the waiting; the child goes on without us, and its own time limit with it.
        """
        from subprocess import TimeoutExpired

        while time.monotonic() < self._deadline:
            with contextlib.suppress(TimeoutExpired):
                self._process.wait(0.05)
                return
            if is_interrupted():
                return
        self.kill()

    def kill(self) -> None:
        """End the child and all that it started. It is not reaped before, so its group is nobody else's."""
        from subprocess import TimeoutExpired

        if self._process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(TimeoutExpired):
                self._process.wait(GRACE_S)


def start_child(module: str, work: bytes, *, seconds: float = TIME_LIMIT_S) -> ChildProcess | None:
    """Start `python -m module` with its work on stdin, or return None where none can be started. Never raises.

    work: less than a pipe holds (60 kB), so that writing it waits for nobody.
    """
    import subprocess  # late: most runs start none

    root = str(Path(__file__).resolve().parents[1])
    paths = [root, os.environ.get("PYTHONPATH", "")]
    environ = clean_environment(os.environ) | {"PYTHONPATH": os.pathsep.join(paths).rstrip(os.pathsep)}
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environ,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return None
    child = ChildProcess(process, seconds)
    if not _write_all(process, work):
        child.kill()
        return None
    return child


def _write_all(process: subprocess.Popen[bytes], work: bytes) -> bool:
    """Write the work without waiting; return whether all of it went into the pipe."""
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            os.set_blocking(pipe.fileno(), False)
            return os.write(pipe.fileno(), work) == len(work)
    except OSError:
        return False


def limit_time(seconds: float) -> None:
    """In a child: end its whole group when the time is over, whatever it is waiting for."""
    watchdog = threading.Timer(seconds, end_with_group)
    watchdog.daemon = True
    watchdog.start()


def end_with_group() -> None:
    """In a child: end it and everything that it started and that is still at work."""
    if os.getpgrp() == os.getpid():  # started by `start_child`, so the group is ours alone
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)
