"""`system_config`: kill switch, account binding, flags, the last complete sync."""

from __future__ import annotations

from datetime import datetime

from live.state_db.connection import Connection
from live.state_db.events import Events
from live.state_db.rows import AccountBinding, KillSwitch


class Config:
    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def kill_switch(self) -> KillSwitch:
        """Return the switch as it counts this very moment (flag and KILL file): ask before every POST; ~20 µs."""
        raise NotImplementedError

    def turn_kill_switch_on(self, why: str, who: str) -> KillSwitch:
        """Switch it on; already on keeps the first why and since (the new reason becomes an event)."""
        raise NotImplementedError

    def turn_kill_switch_off(self, who: str) -> KillSwitch:
        """Switch the flag off and remove the KILL file."""
        raise NotImplementedError

    def bound_account(self) -> AccountBinding | None:
        raise NotImplementedError

    def bind_account(self, binding: AccountBinding) -> None:
        """Bind the DB at first use. Raises AccountBindingError (6) when it belongs to another account."""
        raise NotImplementedError

    def last_complete_sync(self) -> datetime | None:
        """Return the broker time at the start of the last sync that read complete lists."""
        raise NotImplementedError

    def set_last_complete_sync(self, moment: datetime) -> None:
        raise NotImplementedError

    def flag(self, name: str) -> str | None:
        """Return a free flag (`equity_base`, …) or None."""
        raise NotImplementedError

    def set_flag(self, name: str, value: str | None, who: str) -> None:
        raise NotImplementedError
