"""`system_config`: kill switch, account binding, flags, the last complete sync."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from live.clock import iso_utc
from live.errors import AccountBindingError, StateDBError
from live.state_db.columns import garbled
from live.state_db.connection import Connection
from live.state_db.event_types.config import AccountBound, FlagSet, KillSwitchOff, KillSwitchOn
from live.state_db.events import Events
from live.state_db.kill_file import read_kill_files
from live.state_db.records import AccountBinding, KillSwitch
from live.state_db.sqlite_file import RESTORE
from live.state_db.values import read_moment

_KILL_SWITCH = "kill_switch"
_ACCOUNT = "account"
_LAST_SYNC = "last_complete_sync"
_SYNC_STEP = timedelta(hours=1)


class SystemConfig:
    """The kill switch, the account binding, the last complete sync and free flags."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._c = connection
        self._events = events

    def kill_switch(self) -> KillSwitch:
        """Return the switch as it counts this very moment (flag and KILL file): ask before every POST; ~20 µs.

        A flag that is missing, garbled or unreadable counts as on.
        """
        if by_file := read_kill_files(self._c.kill_files):
            return by_file
        try:
            text = self._text(_KILL_SWITCH)
        except StateDBError as error:
            return KillSwitch(on=True, why=f"the flag cannot be read: {error.what}", source="rule")
        return parse_kill_switch(text)

    def turn_kill_switch_on(self, why: str, who: str) -> KillSwitch:
        """Switch it on; already on by the flag keeps the first why and since (the new reason becomes an event)."""
        with self._c.transaction():
            now = parse_kill_switch(self._text(_KILL_SWITCH))
            if not now.on or now.source != "db":
                self.put(_KILL_SWITCH, {"on": True, "why": why, "since": self._c.stamp(), "who": who}, who)
            self._events.append(KillSwitchOn(why, who, now.on))
            return parse_kill_switch(self._text(_KILL_SWITCH))

    def turn_kill_switch_off(self, who: str) -> KillSwitch:
        """Switch the flag off and remove the KILL file; return what counts afterwards."""
        with self._c.transaction():
            was = self.kill_switch()
            self.put(_KILL_SWITCH, {"on": False}, who)
            self._events.append(KillSwitchOff(who, was.on, was.why))
        if self._c.path is not None:
            for kill in self._c.kill_files:
                with contextlib.suppress(OSError):  # what could not be removed still counts, and is returned
                    kill.unlink(missing_ok=True)
        return self.kill_switch()

    def bound_account(self) -> AccountBinding | None:
        """Return the account this DB belongs to; None before first use. A garbled row is a StateDBError."""
        value = self.value(_ACCOUNT)
        if value is None:
            return None
        try:
            return AccountBinding(str(value["broker"]), str(value["account_id"]), bool(value["is_live"]))
        except (KeyError, TypeError) as error:
            raise StateDBError(f"account binding unreadable in {self._c.path}: {error}", next_step=RESTORE) from error

    def bind_account(self, binding: AccountBinding) -> None:
        """Bind the DB at first use. Raises AccountBindingError (6) when it belongs to another account."""
        bound = self.bound_account()
        if bound == binding:
            return
        if bound is not None:
            raise AccountBindingError(
                f"state DB {self._c.path} belongs to another account: {describe_account(bound)} "
                f"(these keys open {describe_account(binding)})",
                next_step="Use the keys of its account, or another --state-db for this one.",
            )
        with self._c.transaction():
            event = AccountBound(binding.broker, binding.account_id, binding.is_live)
            self.put(_ACCOUNT, event._asdict(), "first use")
            self._events.append(event)

    def last_complete_sync(self) -> datetime | None:
        """Return the broker time at the start of the last sync that read complete lists."""
        value = self.value(_LAST_SYNC)
        try:
            return None if value is None else read_moment(value)
        except (TypeError, ValueError):
            return None  # an unreadable mark only makes the next listing longer

    def set_last_complete_sync(self, moment: datetime) -> None:
        """Write it; it never goes back. Within an hour the older one is kept: it only makes the listing longer."""
        before = self.last_complete_sync()
        if before is None or moment - before >= _SYNC_STEP:
            with self._c.transaction():
                self.put(_LAST_SYNC, iso_utc(moment), "sync")

    def flag(self, name: str) -> str | None:
        """Return a free flag or None."""
        value = self.value(f"flag.{name}")
        return None if value is None else str(value)

    def set_flag(self, name: str, value: str | None, who: str) -> None:
        """Set a free flag, or with None remove it."""
        with self._c.transaction():
            if value is None:
                self._c.write("DELETE FROM system_config WHERE key = ?", (f"flag.{name}",))
            else:
                self.put(f"flag.{name}", value, who)
            self._events.append(FlagSet(name, value, who))

    def _text(self, key: str) -> str | None:
        row = self._c.one("SELECT value FROM system_config WHERE key = ?", (key,))
        return None if row is None else row["value"]

    def value(self, key: str) -> Any:
        """Return what stands under a key, from its JSON; None when nothing does."""
        text = self._text(key)
        try:
            return None if text is None else json.loads(text)
        except (ValueError, RecursionError):
            raise garbled(f"table system_config, row {key}", "value", text) from None

    def put(self, key: str, value: Any, who: str) -> None:
        """Write a value under a key, as JSON; without an event."""
        self._c.write(
            "INSERT INTO system_config (key, value, updated_at, updated_by) VALUES (?,?,?,?) ON CONFLICT (key) "
            "DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
            (key, json.dumps(value), self._c.stamp(), who),
        )


@lru_cache(maxsize=4)
def parse_kill_switch(text: str | None) -> KillSwitch:
    """Return what the flag's text says; missing or garbled counts as on."""
    if text is None:
        return KillSwitch(on=True, why="the flag is missing in the state DB", source="rule")
    try:
        value = json.loads(text)
        if value["on"] is False:
            return KillSwitch(on=False)
        if value["on"] is True:
            since = datetime.fromisoformat(value["since"])
            return KillSwitch(on=True, why=str(value["why"]), since=since, who=str(value["who"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return KillSwitch(on=True, why="the flag in the state DB is garbled", source="rule")


def describe_account(binding: AccountBinding) -> str:
    """Return an account for people: broker, paper or live, the last four signs of its id."""
    return f"{binding.broker} {'live' if binding.is_live else 'paper'} …{binding.account_id[-4:]}"
