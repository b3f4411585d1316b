"""How `--json` of a reader writes one value, or null where it is not known."""

from __future__ import annotations

from datetime import datetime

from backtest.money import format_price, format_usd
from live.clock import iso_utc


def price_json(price: int | None) -> str | None:
    """Return a price of 1/10,000 USD as text in USD, with every decimal that it has."""
    return None if price is None else format_price(price)


def amount_json(amount: int | None) -> str | None:
    """Return an amount of 1/10,000 USD as text in USD, rounded to cents: `-2040.00`."""
    return None if amount is None else format_usd(amount).replace(",", "")


def moment_json(moment: datetime | None) -> str | None:
    """Return a moment as stored everywhere, see `iso_utc`."""
    return None if moment is None else iso_utc(moment)
