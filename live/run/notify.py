"""Notifies a person when the kill switch goes on or a run ends above 8: a command, and apprise URLs.

A hook that fails or hangs has no effect on trading (F82); under pytest nothing is ever run.
"""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from live.redaction import Redactor
from live.text import strip_control

logger = logging.getLogger(__name__)

TIME_LIMIT_S = 10.0
ENVIRONMENT = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR",
    "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY",
)  # fmt: skip
"""The variables that the command gets of ours: enough to find programs, the user and the desktop, and no key."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Where notifications go. command: an argument list run without a shell; urls: apprise URLs.

    redactor: hides secrets in what is sent.
    """

    command: Sequence[str] = ()
    urls: Sequence[str] = field(default=(), repr=False)
    environ: Mapping[str, str] | None = field(default=None, repr=False)
    redactor: Redactor = field(default_factory=Redactor)

    def send(self, title: str, body: str) -> bool:
        """Send one message; return whether every configured way took it. Never raises.

        The command gets title and body in EARNINGS_DRIFT_TITLE and EARNINGS_DRIFT_BODY and the body on
        stdin; it has ten seconds. Of our environment it gets `ENVIRONMENT` only.
        """
        environ = os.environ if self.environ is None else self.environ
        if "PYTEST_CURRENT_TEST" in environ or not (self.command or self.urls):
            return not (self.command or self.urls)
        title, body = (self.redactor.redact(strip_control(text)) for text in (title, body))
        sent = [self._run(title, body, environ)] if self.command else []
        if self.urls:
            sent.append(self._post(title, body))
        return all(sent)

    def _run(self, title: str, body: str, environ: Mapping[str, str]) -> bool:
        import subprocess  # late: most runs send nothing

        clean = {name: environ[name] for name in ENVIRONMENT if name in environ}
        clean |= {"EARNINGS_DRIFT_TITLE": title, "EARNINGS_DRIFT_BODY": body}
        try:
            done = subprocess.run(
                list(self.command),
                input=body.encode(),
                env=clean,
                timeout=TIME_LIMIT_S,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            logger.warning("notify.command failed: %s", type(error).__name__)
            return False
        if done.returncode:
            logger.warning("notify.command ended with %d", done.returncode)
        return done.returncode == 0

    def _post(self, title: str, body: str) -> bool:
        try:
            import apprise  # late: an optional extra, needed only when something is sent
        except ImportError:
            logger.warning("notify.urls is set but apprise is not installed; pip install 'earnings-drift[notify]'")
            return False
        service = apprise.Apprise()
        for url in self.urls:
            service.add(url)
        try:
            return bool(service.notify(title=title, body=body))
        except (OSError, ValueError, TypeError) as error:
            logger.warning("notify.urls failed: %s", type(error).__name__)
            return False


def parse_command(text: str | None) -> tuple[str, ...]:
    """Return the argument list of `notify.command`, split like a shell would but run without one."""
    return tuple(shlex.split(text)) if text else ()
