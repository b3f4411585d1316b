"""What a run hands to the child process that writes the daily page: which account it is about, and where it goes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from live.child_process import TIME_LIMIT_S
from live.run.options import RunOptions

_PATHS = ("home", "config", "state_db", "manifest")


@dataclass(frozen=True, slots=True)
class PageJob:
    """The work of one child. options: the run's own. folder: where the pages lie."""

    options: RunOptions
    folder: Path
    seconds: float = TIME_LIMIT_S

    def to_bytes(self) -> bytes:
        """Return it as it goes through the pipe."""
        given = self.options
        paths = {name: None if (path := getattr(given, name)) is None else str(path) for name in _PATHS}
        words = {"settings": given.settings, "broker": given.broker, "enable_live": given.enable_live}
        return json.dumps({**paths, **words, "folder": str(self.folder), "seconds": self.seconds}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> PageJob:
        """Return what `to_bytes` wrote."""
        found: dict[str, Any] = json.loads(content)
        folder, seconds = Path(found.pop("folder")), float(found.pop("seconds"))
        found |= {name: Path(found[name]) for name in _PATHS if found[name] is not None}
        found["settings"] = tuple(found["settings"])
        return cls(replace(RunOptions(), **found), folder, seconds)
