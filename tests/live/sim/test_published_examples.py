"""Answers have every field of the published examples, with values of the same kind; refusals the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.live.sim.market import RestTrader, open_rest_trader
from tests.paths import SHARED

EXAMPLES = SHARED / "alpaca" / "examples.json"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXAMPLES.is_file(), reason="the developers' data folder is not there"),
]


def example(name: str) -> Any:
    rows = json.loads(EXAMPLES.read_text(encoding="utf-8"))["examples"]
    return next(row["response"] for row in rows if row["id"] == name)


def kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else type(value).__name__


def compare(ours: Any, theirs: Any, where: str, optional: frozenset[str] = frozenset()) -> None:
    """Assert that ours has every field of theirs with the same kind of value; null goes with anything."""
    if isinstance(theirs, list):
        assert isinstance(ours, list), where
        if ours and theirs:
            compare(ours[0], theirs[0], f"{where}[]", optional)
    elif isinstance(theirs, dict):
        missing = theirs.keys() - ours.keys() - optional
        assert not missing, f"{where}: {missing}"
        for name in theirs.keys() & ours.keys():
            compare(ours[name], theirs[name], f"{where}.{name}", optional)
    elif ours is not None and theirs is not None:
        assert kind(ours) == kind(theirs), where


@pytest.fixture(name="trader")
def trading_trader() -> RestTrader:
    trader = open_rest_trader()
    trader.oto(client_order_id="entry")
    trader.go(0, "09:31")
    return trader


NOT_OURS = frozenset(
    {"options_approved_level", "options_trading_level", "intraday_adjustments", "pending_reg_taf_fees", "crypto_tier"}
)


@pytest.mark.parametrize(
    ("name", "path", "query"),
    [
        ("account_ok", "/v2/account", {}),
        ("positions_all", "/v2/positions", {}),
        ("clock_open", "/v2/clock", {}),
        ("calendar_half_day", "/v2/calendar", {"start": "2026-01-05", "end": "2026-01-09"}),
        ("orders_open_flat", "/v2/orders", {}),
        ("oto_filled_nested", "/v2/orders:by_client_order_id", {"client_order_id": "entry", "nested": "true"}),
        ("activities_fill", "/v2/account/activities/FILL", {}),
        ("bars_page_2", "/v2/stocks/bars", {"symbols": "AAA", "timeframe": "1Day", "start": "2025-12-01"}),
    ],
)
def test_an_answer_has_the_published_fields(trader: RestTrader, name: str, path: str, query: dict[str, str]) -> None:
    ours, theirs = trader.get(path, **query), example(name)
    if name == "bars_page_2":
        ours, theirs = ours["bars"]["AAA"], theirs["bars"]["MTZ"]
    compare(ours, theirs, name, NOT_OURS)


def test_the_portfolio_history_has_the_published_fields(trader: RestTrader) -> None:
    trader.go(1, "09:00")
    compare(trader.get("/v2/account/portfolio/history"), example("portfolio_history"), "history")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("err_duplicate_client_order_id", {"client_order_id": "entry"}),
        ("err_insufficient_qty", {"side": "sell"}),
        ("err_insufficient_buying_power", {"qty": "100000", "order_class": "oto", "stop_loss": {"stop_price": "50"}}),
        ("err_wash_trade", {}),
        ("err_sub_penny", {"side": "sell", "type": "stop", "stop_price": "92.933"}),
        ("err_stop_above_market", {"side": "sell", "type": "stop", "stop_price": "192.93", "free": True}),
        ("err_oto_stop_vs_base", {"order_class": "oto", "stop_loss": {"stop_price": "192.93"}}),
        ("err_bracket_needs_tp", {"order_class": "bracket", "stop_loss": {"stop_price": "92.93"}}),
        ("err_asset_not_found", {"symbol": "ZZZZNOTREAL"}),
    ],
)
def test_a_refusal_has_the_published_code_words_and_fields(
    trader: RestTrader, name: str, fields: dict[str, Any]
) -> None:
    if fields.pop("free", False):
        trader.cancel(trader.get("/v2/orders")[0])
    _, ours = trader.post(**fields)
    theirs = example(name)
    assert ours["code"] == theirs["code"]
    assert ours.keys() == theirs.keys()

    def words(text: str) -> list[str]:
        return [word for word in text.split() if not any(letter.isdigit() for letter in word)]

    assert words(ours["message"]) == words(theirs["message"])
