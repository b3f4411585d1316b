"""Troubles that last: every run of a day names them, and only the first that meets one ends 9, so a retry on 9 ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from live.state_db.db import StateDB

FLAG = "troubles_counted"


@dataclass(frozen=True, slots=True)
class LastingTrouble:
    """Something that stays as it is whatever a rerun does. key: what it is known by for the rest of the day."""

    key: str
    what: str
    next_step: str


def count_new(db: StateDB, day: date, troubles: Sequence[LastingTrouble], who: str) -> list[LastingTrouble]:
    """Return those that no run of this New York day has counted yet, and keep them as counted."""
    counted = _counted(db, day)
    new = [trouble for trouble in troubles if trouble.key not in counted]
    if new:
        keys = sorted(counted | {trouble.key for trouble in new})
        db.system_config.set_flag(FLAG, json.dumps({"day": day.isoformat(), "keys": keys}), who)
    return new


def _counted(db: StateDB, day: date) -> frozenset[str]:
    """Return what was counted on this day; a flag that cannot be read only lets a run count once more."""
    try:
        kept = json.loads(db.system_config.flag(FLAG) or "{}")
        return frozenset(kept["keys"]) if kept["day"] == day.isoformat() else frozenset()
    except (ValueError, KeyError, TypeError):
        return frozenset()
