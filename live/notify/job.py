"""What a run hands to its child process: what to send, where, and which heartbeat address to ask."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from live.child_process import TIME_LIMIT_S


@dataclass(frozen=True, slots=True)
class Job:
    """The work of one child.

    state_db: the file whose outbox is emptied, None: none can be read. direct: title and body of messages that no
    outbox holds. asked: the address of the heartbeat that is asked. seconds: how long all of it may take.
    """

    command: tuple[str, ...] = ()
    urls: tuple[str, ...] = field(default=(), repr=False)
    state_db: str | None = None
    direct: tuple[tuple[str, str], ...] = ()
    asked: str | None = field(default=None, repr=False)
    seconds: float = TIME_LIMIT_S

    @property
    def is_empty(self) -> bool:
        return self.state_db is None and not self.direct and self.asked is None

    def to_bytes(self) -> bytes:
        """Return it as it goes through the pipe."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Job:
        """Return what `to_bytes` wrote."""
        found: dict[str, Any] = json.loads(content)
        found |= {name: tuple(found[name]) for name in ("command", "urls")}
        found["direct"] = tuple((title, body) for title, body in found["direct"])
        return cls(**found)
