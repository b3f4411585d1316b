"""Events of switches and flags (no `corr_id`), and of what a sync explained (`position:<id>`) or recovered."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class KillSwitchOn(NamedTuple):
    """was_on: it was on already; its first reason stays."""

    why: str
    who: str
    was_on: bool


class KillSwitchOff(NamedTuple):
    """why: what it had been on for."""

    who: str
    was_on: bool
    why: str | None


class EntriesOff(NamedTuple):
    """`admin entries off`: nothing is bought any more. was_off: already; its first reason stays."""

    why: str
    who: str
    was_off: bool


class EntriesOn(NamedTuple):
    """`admin entries on`: entries go out again."""

    why: str
    who: str
    was_off: bool


class AccountBound(NamedTuple):
    """The state DB was bound to its account at first use."""

    broker: str
    account_id: str
    is_live: bool


class EquityPeakReset(NamedTuple):
    """The drawdown counts from this equity on, in USD. was: the highest equity until then."""

    equity: Decimal
    was: Decimal | None
    reason: str
    who: str


class FlagSet(NamedTuple):
    """value: None when the flag was removed."""

    flag: str
    value: str | None
    who: str


class TickerIgnored(NamedTuple):
    """`admin repair --ignore`: a holding of this ticker is not ours."""

    ticker: str
    reason: str
    who: str


class StateDBRestored(NamedTuple):
    """A backup was put in the place of the state DB. kept: where the file that was there is now."""

    backup: str
    kept: str | None
    who: str


class StateDBRebuilt(NamedTuple):
    """The state DB was made anew from broker and signal files. kept: where the file that was there is now."""

    kept: str | None
    who: str


class OrdersRecovered(NamedTuple):
    """A signal file proves orders ours that this state DB did not know; its plan was accepted with them."""

    orders: tuple[str, ...]
    signal_file: str


class DifferenceExplained(NamedTuple):
    """Facts explain how state DB and broker differed; it is booked. why: the facts in a sentence."""

    ticker: str
    why: str
