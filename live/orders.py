"""`client_order_id`: the only place that spells it.

    {YYYYMMDD}_{TICKER}_{intent}_{side}        20260217_NVDA_entry_buy
    {YYYYMMDD}_{TICKER}_{intent}_{side}_{n}    20260217_NVDA_stop_sell_2   (the second generation)

The date is the trade date of the decision; for a stop, that of its entry. Ids are unique for ever at
the broker, canceled orders included, so an exit or a stop that died is placed again as the next
generation. An entry never gets one (RELIABILITY I1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from backtest.model import TICKER_PATTERN


class Intent(StrEnum):
    """What an order of ours is for."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"

    @property
    def side(self) -> str:
        """`buy` for an entry, `sell` for an exit or a stop."""
        return "buy" if self is Intent.ENTRY else "sell"


MAX_GENERATION = 999
_FORM = re.compile(
    r"(?P<day>[0-9]{8})_(?P<ticker>[A-Z0-9.]{1,9})_(?P<intent>entry|exit|stop)_(?P<side>buy|sell)"
    r"(_(?P<generation>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class OrderId:
    """The parts of a client_order_id; `str()` spells it. generation: 1 for the first, which is not written."""

    trade_date: date
    ticker: str
    intent: Intent
    generation: int = 1

    def __str__(self) -> str:
        suffix = "" if self.generation == 1 else f"_{self.generation}"
        return f"{self.trade_date:%Y%m%d}_{self.ticker}_{self.intent}_{self.intent.side}{suffix}"


def order_id(trade_date: date, ticker: str, intent: Intent) -> str:
    """Return the first client_order_id of an intent.

    Raises ValueError when the ticker is not canonical.
    """
    if not TICKER_PATTERN.fullmatch(ticker):
        raise ValueError(f"{ticker!r} is no canonical ticker")
    return str(OrderId(trade_date, ticker, intent))


def parse_order_id(text: str) -> OrderId | None:
    """Return the parts of a client_order_id of our form; None for every other text.

    Only the exact spelling is ours: a first generation written `_1`, an impossible date or a side
    that does not fit the intent is not.
    """
    match = _FORM.fullmatch(text)
    if match is None or not TICKER_PATTERN.fullmatch(match["ticker"]):
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    parsed = OrderId(day, match["ticker"], Intent(match["intent"]), int(match["generation"] or 1))
    return parsed if str(parsed) == text else None


def next_order_id(text: str) -> str:
    """Return the id of the next generation of an exit or a stop.

    Raises ValueError for an entry (it never gets a second one), for a text that is not of our form
    and beyond generation 999.
    """
    parsed = parse_order_id(text)
    if parsed is None:
        raise ValueError(f"{text!r} is no client_order_id of ours")
    if parsed.intent is Intent.ENTRY:
        raise ValueError(f"{text}: an entry never gets a second generation")
    if parsed.generation >= MAX_GENERATION:
        raise ValueError(f"{text}: more than {MAX_GENERATION} generations")
    return str(replace(parsed, generation=parsed.generation + 1))
