"""Alpaca's instruments: a single one as an `Asset`, the list of all that are active as a directory's rows.

Unlike any other list the second may be used without the rows that cannot be read: a stock that is missing is not
confirmed and so not bought. What was left out is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backtest.text import strip_control
from backtest.tickers import canonical_ticker
from backtest.web.answers import UnreadableAnswerError, as_object
from live.alpaca.fields import optional_text, text
from live.broker import Asset, AssetList

ACTIVE_STOCKS = {"status": "active", "asset_class": "us_equity"}
MOST_ASSETS = 100_000
MAX_NAME = 300
_ATTRIBUTE_PROBLEMS = {
    "ipo": "limit orders only (ipo)",
    "ptp_no_exception": "blocked by default (ptp_no_exception)",
}


def parse_asset(row: Any) -> Asset:
    """Return one instrument. Raises UnreadableAnswerError."""
    item = as_object(row)
    return Asset(
        id=text(item, "id"),
        ticker=canonical_ticker(text(item, "symbol")),
        problem=_problem(item),
    )


def parse_assets(content: Any) -> AssetList:
    """Return the list. Raises UnreadableAnswerError when it is none, empty, too long, or without a readable row."""
    if not isinstance(content, list) or not 0 < len(content) <= MOST_ASSETS:
        found = f"{len(content):,} rows" if isinstance(content, list) else type(content).__name__
        raise UnreadableAnswerError(f"a list of 1 to {MOST_ASSETS:,} assets expected, {found} found")
    from backtest.reports.directory import Listing  # late: only the generator reads the list

    listings: list[Listing] = []
    unreadable: list[str] = []
    for number, row in enumerate(content, start=1):
        try:
            item = as_object(row)
            ticker = canonical_ticker(text(item, "symbol"))
            listings.append(Listing(ticker, _name(item), optional_text(item, "exchange") or ""))
        except UnreadableAnswerError as error:
            unreadable.append(f"row {number}: {error}")
    if not listings:
        raise UnreadableAnswerError(f"none of {len(content):,} assets is readable, {unreadable[0]}")
    return AssetList(tuple(listings), tuple(unreadable))


def _problem(item: Mapping[str, Any]) -> str | None:
    status = text(item, "status")
    if item.get("tradable") is not True or status != "active":
        return f"not tradable (status {status})"
    attributes = item.get("attributes")
    words = attributes if isinstance(attributes, list) else ()
    return next((problem for word, problem in _ATTRIBUTE_PROBLEMS.items() if word in words), None)


def _name(item: Mapping[str, Any]) -> str:
    """Return the company's name on one line, cut; its first words tell it from others."""
    name = item.get("name")
    if name is None:
        return ""
    if not isinstance(name, str):
        raise UnreadableAnswerError("name of a wrong type")
    return strip_control(name[:MAX_NAME]).strip()
