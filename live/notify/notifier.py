"""Notifies a person: events go into the outbox of the state DB, a child process sends them when the run has ended.

What may be sent is `notify.on`; the same code about the same tickers is sent once a day. An event that no state DB can
hold is handed to the child directly. Nothing here changes, holds up or fails a run (F82).
"""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backtest.redaction import Redactor
from backtest.text import strip_control
from live.clock import SystemClock, new_york_text
from live.config import NotifyKind
from live.errors import StateDBError
from live.notify.job import Job

if TYPE_CHECKING:
    from live.state_db.outbox import Outbox

logger = logging.getLogger(__name__)
MOST_SIGNS = 4000
"""Of a body; more is cut."""
MOST_DIRECT = 5
CODE = "code:"


@dataclass(slots=True)
class Notifier:
    """What is to be sent of one run, and where.

    command: an argument list run without a shell. urls: apprise URLs. on: codes and kinds that are sent. redactor:
    hides secrets in what is sent. outbox: the state DB's, while it is open and has a file. run_id: named in messages.
    """

    command: Sequence[str] = ()
    urls: Sequence[str] = field(default=(), repr=False)
    on: frozenset[str] = frozenset()
    redactor: Redactor = field(default_factory=Redactor)
    outbox: Outbox | None = None
    run_id: str = ""
    _direct: dict[str, tuple[str, str]] = field(default_factory=dict)
    _waiting: str | None = None

    @property
    def is_configured(self) -> bool:
        return bool(self.command or self.urls)

    def send(self, kind: NotifyKind, title: str, body: str, *, topic: str | None = None) -> None:
        """Put an event on its way, if `notify.on` has its kind. Never raises.

        topic: what it is about, the kind by default; each is sent once a day, one of an exit code (`code_topic`) once a
        day for each set of tickers.
        """
        if self.is_configured and kind in self.on:
            self._add(kind, topic or kind, title, body)

    def send_end(self, program: str, code: int, lines: Sequence[str], *, is_about_exits: bool) -> None:
        """Put the end of a run on its way, if `notify.on` has its code. Never raises.

        lines: what happened, the deciding line first. is_about_exits: more is open than entries.
        """
        wanted = str(code) in self.on or (code == 9 and is_about_exits and NotifyKind.EXITS in self.on)
        if self.is_configured and wanted:
            self._add(str(code), code_topic(code), f"{program} ended {code}", "\n".join(lines))

    def _add(self, kind: str, topic: str, title: str, body: str) -> None:
        title = self._clean(title)
        body = "\n".join(map(self._clean, body.splitlines()))[:MOST_SIGNS]
        event_id = os.urandom(4).hex()
        text = with_footer(body, event_id, self.run_id)
        if self.outbox is not None:
            try:
                self.outbox.add(event_id, kind, topic, title, text, by_tickers=topic.startswith(CODE))
                return
            except StateDBError as error:
                logger.warning("no outbox for a notification: %s", error.what)
        if len(self._direct) < MOST_DIRECT:
            self._direct.setdefault(topic, (title, text))

    def _clean(self, text: str) -> str:
        return self.redactor.redact(strip_control(text))

    def leave_outbox(self) -> None:
        """The state DB is about to be closed: remember whether something waits in its outbox."""
        outbox, self.outbox = self.outbox, None
        if outbox is None or not self.is_configured:
            return
        try:
            self._waiting = outbox.path if outbox.has_waiting() else None
        except StateDBError as error:
            logger.warning("the outbox cannot be read: %s", error.what)

    def take_job(self, asked: str | None = None) -> Job:
        """Return the work for a child, and forget it. asked: the address of the heartbeat."""
        waiting, self._waiting = self._waiting, None
        direct, self._direct = tuple(self._direct.values()), {}
        if not self.is_configured:
            return Job(asked=asked)
        return Job(tuple(self.command), tuple(self.urls), waiting, direct, asked)


def code_topic(code: int) -> str:
    """Return the topic of an exit code; what says the same in the middle of a run shares it."""
    return f"{CODE}{code}"


def with_footer(body: str, event_id: str, run_id: str) -> str:
    """Return a body with its id below: what arrives twice (after a crash or a timeout) can be told by it."""
    when = f"{new_york_text(SystemClock().now())} New York"
    return f"{body}\n({', '.join(filter(None, (f'id {event_id}', run_id, when)))})"


def parse_command(text: str | None) -> tuple[str, ...]:
    """Return the argument list of `notify.command`, split like a shell would but run without one."""
    return tuple(shlex.split(text)) if text else ()
