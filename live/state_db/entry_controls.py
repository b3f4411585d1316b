"""What a person has said about entries: all of them off, and single ones vetoed; exits and stops never ask.

Both are read again in the transaction that marks an entry as sent (`live.execute.send`), so an entry leaves either
before a person's word or not at all; writing them needs no lock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from live.orders import Intent, order_id
from live.state_db.connection import Connection
from live.state_db.event_types.config import EntriesOff, EntriesOn
from live.state_db.event_types.orders import EntryVetoed
from live.state_db.events import Events
from live.state_db.records import ByHand
from live.state_db.system_config import SystemConfig
from live.state_db.values import read_moment

_ENTRIES = "entries"
_VETO = "veto."
GARBLED = ByHand("the row in the state DB is garbled")


class EntryControls:
    """`entries off | on` and vetoes, as rows of `system_config`."""

    def __init__(self, connection: Connection, events: Events, system_config: SystemConfig) -> None:
        self._c = connection
        self._events = events
        self._system_config = system_config

    def off(self) -> ByHand | None:
        """Return why and since when no entry goes out; None: they do. A row that is garbled counts as off."""
        value = self._system_config.value(_ENTRIES)
        if value is None:
            return None
        try:
            return None if value["on"] is True else _by_hand(value)
        except (KeyError, TypeError, ValueError):
            return GARBLED

    def turn_off(self, why: str, who: str) -> ByHand:
        """Let no entry out from now on; off already keeps the first why and since (the new reason becomes an event)."""
        with self._c.transaction():
            before = self.off()
            if before is None:
                self._put(_ENTRIES, {"on": False}, why, who)
            self._events.append(EntriesOff(why, who, before is not None))
            return self.off() or GARBLED

    def turn_on(self, why: str, who: str) -> None:
        """Let entries out again."""
        with self._c.transaction():
            was_off = self.off() is not None
            self._put(_ENTRIES, {"on": True}, why, who)
            self._events.append(EntriesOn(why, who, was_off))

    def vetoes(self, trade_date: date) -> Mapping[str, ByHand]:
        """Return the vetoed entries of a trade date, by ticker."""
        return {ticker: said for _, ticker, said in self._all_vetoes(f"{_VETO}{trade_date}.")}

    def veto(self, ticker: str, trade_date: date, why: str, who: str, *, strategy: str = "") -> ByHand:
        """Let this entry never out; vetoed already keeps the first reason. strategy: whose signal file has it."""
        with self._c.transaction():
            before = self.vetoes(trade_date).get(ticker)
            if before is not None:
                return before
            self._put(f"{_VETO}{trade_date}.{ticker}", {}, why, who)
            entry = order_id(trade_date, ticker, Intent.ENTRY)
            cause = self._events.last_about(entry) or self._events.last_about(f"signals:{trade_date}:{strategy}")
            self._events.append(EntryVetoed(ticker, trade_date, why, who), corr_id=entry, causation_id=cause)
            return self.vetoes(trade_date).get(ticker, GARBLED)

    def take_over(self, others: EntryControls) -> None:
        """Keep what was said in the state DB that this one replaces."""
        off = others.off()
        with self._c.transaction():
            if off is not None and self.off() is None:
                self.turn_off(off.why, off.who or "unknown")
            for day, ticker, said in others._all_vetoes():
                self.veto(ticker, day, said.why, said.who or "unknown")

    def _all_vetoes(self, prefix: str = _VETO) -> Iterator[tuple[date, str, ByHand]]:
        between = (prefix, f"{prefix}\U0010ffff")  # found by the primary key; LIKE and GLOB look at every row
        rows = self._c.all("SELECT key FROM system_config WHERE key >= ? AND key < ? ORDER BY key", between)
        for key in (row["key"] for row in rows):
            day, _, ticker = key.removeprefix(_VETO).partition(".")
            try:
                said = _by_hand(self._system_config.value(key))
            except (KeyError, TypeError, ValueError):
                said = GARBLED
            with contextlib.suppress(ValueError):  # a day that is none has no entry
                yield date.fromisoformat(day), ticker, said

    def _put(self, key: str, value: Mapping[str, object], why: str, who: str) -> None:
        self._system_config.put(key, {**value, "why": why, "since": self._c.stamp(), "who": who}, who)


def _by_hand(value: Any) -> ByHand:
    return ByHand(str(value["why"]), read_moment(value["since"]), str(value["who"]))
