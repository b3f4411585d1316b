"""Which price counts as today's, and how the prices of a run are stored for the next one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backtest.model import Reference, ReferenceSource
from live.broker import LatestPrice
from live.generate.reference_prices import ReferencePrices, is_usable
from tests.builders import usd

TUESDAY = date(2026, 2, 17)
AS_OF_CLOSE = datetime(2026, 2, 13, 21, 0, tzinfo=UTC)
NOW = datetime(2026, 2, 17, 14, 0, tzinfo=UTC)
PRICES = ReferencePrices(TUESDAY, TUESDAY, {"NVDA": Reference(usd("140.2001"), ReferenceSource.QUOTE_MIDPOINT)})


@pytest.mark.parametrize(
    ("price", "at", "usable"),
    [
        ("140.20", "2026-02-13T21:00:00", True),  # at the as-of close
        ("140.20", "2026-02-13T20:59:59", False),
        ("140.20", "2026-02-17T14:01:00", True),  # the two clocks may differ by a minute
        ("140.20", "2026-02-17T14:01:01", False),
        ("0", "2026-02-17T13:00:00", False),
        ("0.00001", "2026-02-17T13:00:00", False),  # 0 in units of 1/10,000 USD
        ("-1", "2026-02-17T13:00:00", False),
    ],
)
def test_a_price_is_usable_from_the_as_of_close_to_now(price: str, at: str, *, usable: bool) -> None:
    latest = LatestPrice(Decimal(price), datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert is_usable(latest, AS_OF_CLOSE, NOW, Decimal(5)) is usable


@pytest.mark.parametrize(("spread", "usable"), [("0", True), ("5", True), ("5.01", False), ("200", False)])
def test_a_quote_whose_sides_are_too_far_apart_has_no_midpoint_to_use(spread: str, *, usable: bool) -> None:
    quote = LatestPrice(Decimal("140.20"), NOW, Decimal(spread))
    assert is_usable(quote, AS_OF_CLOSE, NOW, Decimal(5)) is usable


def test_stored_prices_come_back_as_they_were() -> None:
    assert ReferencePrices.from_json(PRICES.to_json()) == PRICES


@pytest.mark.parametrize("content", [{}, {"references": []}, {"references": {"A": ["x", "latest_trade"]}}])
def test_stored_prices_of_another_form_are_refused(content: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        ReferencePrices.from_json({"trade_date": "2026-02-17", "taken_on": "2026-02-17", **content})


def test_prices_are_for_one_trade_date_on_one_day() -> None:
    assert PRICES.is_for(TUESDAY, TUESDAY)
    assert not PRICES.is_for(TUESDAY, date(2026, 2, 16))
    assert not PRICES.is_for(date(2026, 2, 18), TUESDAY)
