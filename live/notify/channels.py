"""The ways a notification goes out, in the child process: the user's own command, and apprise URLs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from live.child_process import GRACE_S, clean_environment


@dataclass(frozen=True, slots=True)
class Channel:
    """One way. name: how the state DB keeps that a message has gone this way; it gives no URL away."""

    name: str
    command: tuple[str, ...] = ()
    url: str | None = field(default=None, repr=False)

    def send(self, title: str, body: str, *, seconds: float | None = None) -> str | None:
        """Send one message; return what went wrong in words without secrets, or None. Never raises.

        seconds: after which the command is ended; None: whoever calls ends it with everything else.
        """
        if self.url is None:
            return _run(self.command, title, body, seconds)
        return _post(self.name, self.url, title, body)


def channels_of(command: Sequence[str], urls: Sequence[str]) -> tuple[Channel, ...]:
    """Return every configured way."""
    by_command = (Channel("command", command=tuple(command)),) if command else ()
    return (*by_command, *(Channel(_name_of(url), url=url) for url in dict.fromkeys(urls)))


def _name_of(url: str) -> str:
    scheme = url.partition("://")[0]
    return f"{scheme if scheme.isalnum() else 'url'}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def send_within(channel: Channel, title: str, body: str, seconds: float) -> str | None:
    """Send one message in this process; return what went wrong, also that nobody answered in time, or None."""
    ended: list[str | None] = []
    sender = threading.Thread(target=lambda: ended.append(channel.send(title, body, seconds=seconds)), daemon=True)
    sender.start()
    sender.join(seconds + GRACE_S)
    return ended[0] if ended else f"{channel.name} did not answer within {seconds:g} s"


def _run(command: Sequence[str], title: str, body: str, seconds: float | None) -> str | None:
    """Run the command without a shell: title and body in its environment, the body on stdin."""
    environ = clean_environment(os.environ) | {"EARNINGS_DRIFT_TITLE": title, "EARNINGS_DRIFT_BODY": body}
    try:
        done = subprocess.run(
            list(command),
            input=body.encode(),
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"notify.command did not end within {seconds:g} s"
    except (OSError, ValueError) as error:
        return f"notify.command: {getattr(error, 'strerror', None) or type(error).__name__}"
    return f"notify.command ended {done.returncode}" if done.returncode else None


def _post(name: str, url: str, title: str, body: str) -> str | None:
    try:
        import apprise  # late: an optional extra
    except ImportError:
        return "notify.urls: apprise is not installed (pip install 'earnings-drift[notify]')"
    service = apprise.Apprise()
    if not service.add(url):
        return f"notify.urls: apprise does not know the form of {name}"
    try:
        return None if service.notify(title=title, body=body) else f"notify.urls: {name} did not take it"
    except Exception as error:  # whatever a plugin does, the other ways still get the message
        return f"notify.urls: {name}: {type(error).__name__}"
