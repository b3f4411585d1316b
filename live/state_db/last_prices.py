"""The broker's prices of what is held, as the last run of each day read them: rows of `system_config`, one a day.

Nothing decides by them; they are for whoever looks at the book without asking the broker.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import InvalidOperation

from backtest.money import to_price
from live.broker import Position
from live.clock import NEW_YORK, iso_utc
from live.state_db.connection import Connection
from live.state_db.records import LastPrices
from live.state_db.system_config import SystemConfig
from live.state_db.values import read_moment

_PRICES = "prices."


class LastPriceRows:
    """The prices of each New York day."""

    def __init__(self, connection: Connection, system_config: SystemConfig) -> None:
        self._c = connection
        self._system_config = system_config

    def keep(self, positions: Iterable[Position], at: datetime, who: str) -> None:
        """Write what the broker said at a moment in the place of the day's earlier prices; without any, nothing."""
        of = {one.ticker: f"{one.current_price:f}" for one in positions if one.current_price is not None}
        if of:
            day = at.astimezone(NEW_YORK).date()
            with self._c.transaction():
                self._system_config.put(f"{_PRICES}{day}", {"at": iso_utc(at), "of": of}, who)

    def latest(self, through: date) -> LastPrices:
        """Return the newest prices of a day up to `through`; what cannot be read counts as none."""
        row = self._c.one(
            "SELECT key FROM system_config WHERE key >= ? AND key <= ? ORDER BY key DESC LIMIT 1",
            (_PRICES, f"{_PRICES}{through}"),
        )
        try:
            kept = None if row is None else self._system_config.value(row["key"])
            if kept is None:
                return LastPrices()
            return LastPrices(read_moment(kept["at"]), {ticker: to_price(text) for ticker, text in kept["of"].items()})
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
            return LastPrices()
