"""What one process finds about one target: cases judged, counted by what became of them; findings as files."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.proofs.fuzz.target import Target, Violation, judge, signature

REPORT = "report.json"
FOUND = "found"
_WRITE_EVERY_S = 0.5


@dataclass
class Session:
    """Judges cases of a target until told to stop; `folder` holds what was found, up to date if the process dies."""

    target: Target
    folder: Path
    outcomes: Counter[str] = field(default_factory=Counter)
    found: dict[str, int] = field(default_factory=dict)
    _written: float = 0.0

    def one(self, case: bytes) -> None:
        """Judge a case; of findings with one signature the shortest is kept."""
        try:
            self.outcomes[judge(self.target, case)] += 1
        except Violation as violation:
            self.outcomes["violation"] += 1
            self._keep(signature(violation), case)
        if time.monotonic() - self._written > _WRITE_EVERY_S:
            self.write()

    def write(self) -> None:
        """Write the numbers so far."""
        self._written = time.monotonic()
        building = self.folder / "report.new"
        building.write_text(json.dumps({"outcomes": self.outcomes}), encoding="utf-8")
        building.replace(self.folder / REPORT)

    def _keep(self, name: str, case: bytes) -> None:
        if len(case) < self.found.get(name, 1 << 60):
            self.found[name] = len(case)
            folder = self.folder / FOUND
            folder.mkdir(exist_ok=True)
            (folder / f"{name}{self.target.suffix}").write_bytes(case)
