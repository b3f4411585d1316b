"""Where a run of the generator stands in the session it decides for: what is too late, and what comes next; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from backtest.text import how_many
from backtest.timezone import NEW_YORK

if TYPE_CHECKING:
    from backtest.sessions import Session


@dataclass(frozen=True, slots=True)
class Standing:
    """now: the broker's time. cutoff_minutes: after the open, in which entries go out. is_live: with real money."""

    now: datetime
    session: Session
    cutoff_minutes: int
    is_live: bool = False

    @property
    def cutoff(self) -> datetime:
        """The last moment for entries, at most the close."""
        return min(self.session.open + timedelta(minutes=self.cutoff_minutes), self.session.close)

    @property
    def is_today(self) -> bool:
        return self.now.astimezone(NEW_YORK).date() == self.session.day

    @property
    def is_open(self) -> bool:
        return self.now >= self.session.open

    @property
    def is_late(self) -> bool:
        """Return whether no entry goes out any more today."""
        return self.now >= self.cutoff


def late_text(standing: Standing, entries: int, exits: int) -> str | None:
    """Return that entries are too late and what still goes out; None when nothing is too late."""
    if not entries or not standing.is_late:
        return None
    closes = _clock(standing.session.close)
    sells = f"{how_many(exits, 'exit')} still go{'es' * (exits == 1)} out until {closes}"
    goes = sells if exits else "no exit is decided"
    words = f"too late for {how_many(entries, 'entry')}: the cutoff was {_clock(standing.cutoff)} "
    words += f"New York; {goes}"
    return words if standing.is_live else f"{words}; with --skip-time-check the executor buys until {closes}"


def late_remark(standing: Standing, entries: int) -> str:
    """Return what stands behind the entries in a closing line; empty when they are in time."""
    return f"; too late since {_clock(standing.cutoff)}" if entries and standing.is_late else ""


def next_step_text(standing: Standing, *, entries: int, exits: int, is_dry: bool, is_unresolved: bool) -> str:
    """Return what a person does next."""
    if is_dry:
        return "the same command without --dry-run"
    if is_unresolved:
        return "run the same command again when the prices are there, then the executor"
    if not entries and not exits:
        return "python -m live.executor --phase protect during the session; nothing to trade"
    if not standing.is_open:
        when = "before the open" if standing.is_today else f"on {standing.session.day} before the open"
        return f"python -m live.executor --phase place {when}, then --phase poll after it"
    if not standing.is_late:
        return f"python -m live.executor --phase poll before {_clock(standing.cutoff)}"
    if exits:
        return f"python -m live.executor --phase poll before {_clock(standing.session.close)}: it sells"
    if standing.is_live:
        return "python -m live.executor --phase protect before the close; nothing is bought today"
    return "python -m live.executor --phase poll --skip-time-check, where the entries shall be bought all the same"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(NEW_YORK):%H:%M}"
