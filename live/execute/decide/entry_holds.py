"""Entries that a person has held back: single ones vetoed, or all of them off; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backtest.model import SkipReason
from live.execute.decide.guards import Refusal

HELD_BACK = (SkipReason.VETOED, SkipReason.ENTRIES_OFF)
"""Why a line ended, or waits, by a person's word; no run ends 9 for it."""


@dataclass(frozen=True, slots=True)
class EntryHolds:
    """`admin entries off` and `admin skip` as they stand. off: why, None: entries go out. vetoes: why, by ticker."""

    off: str | None = None
    vetoes: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, ticker: str) -> Refusal | None:
        """Return what keeps an entry back: a vetoed one never goes out; while entries are off none does, each waits."""
        if ticker in self.vetoes:
            return Refusal(SkipReason.VETOED, self.vetoes[ticker], final=True, exit_code=0)
        if self.off is not None:
            return Refusal(SkipReason.ENTRIES_OFF, self.off, final=False, exit_code=0)
        return None


NO_HOLDS = EntryHolds()
