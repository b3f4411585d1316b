"""The heartbeat: `heartbeat.url` is asked with `/start` when a daily run starts and `/<exit code>` when it ends.

The form of healthchecks.io; its silence says what no message can: that nothing ran. Best effort, in a child process.
"""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit, urlunsplit

from live.child_process import ChildProcess, start_child
from live.notify.job import Job

MODULE = "live.notify"
ASK_SECONDS = 5.0
"""How long an address may take to connect, and to answer."""


class Heartbeat:
    """The heartbeat of one run; without a URL it does nothing."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._start: ChildProcess | None = None

    def start(self) -> None:
        """Ask with `/start`; waits for nothing."""
        if self._url is not None:
            self._start = start_child(MODULE, Job(asked=heartbeat_address(self._url, "start")).to_bytes())

    def end_address(self, exit_code: int) -> str | None:
        """Return what is asked at the end, None where no start was asked."""
        return None if self._url is None else heartbeat_address(self._url, str(exit_code))

    def started(self) -> ChildProcess | None:
        """Return the child that asks with `/start`: the end must not arrive before it."""
        return self._start


def heartbeat_address(url: str, word: str) -> str:
    """Return the URL with one more part of its path; a query stays behind it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{word}"))


def ask(address: str) -> None:
    """Ask once, in a child; whatever comes back is fine. Never raises."""
    import requests  # late: only the child asks

    with contextlib.suppress(requests.RequestException, ValueError):
        with requests.Session() as session:
            session.trust_env = False
            session.get(address, timeout=ASK_SECONDS, allow_redirects=False, stream=True).close()
