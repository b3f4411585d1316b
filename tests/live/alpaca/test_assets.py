"""The list of active stocks: complete, canonical, bounded, and honest about what could not be read."""

from __future__ import annotations

from typing import Any

import pytest

from live.alpaca.assets import MAX_NAME, MOST_ASSETS, parse_assets
from live.errors import BrokerUnavailableError
from tests.fakes import Reply
from tests.live.alpaca.orders import client_on

pytestmark = pytest.mark.usefixtures("http")


def row(symbol: Any = "NVDA", **changes: Any) -> dict[str, Any]:
    names = {"id": f"id-{symbol}", "symbol": symbol, "name": "NVIDIA Corporation Common Stock", "exchange": "NASDAQ"}
    return names | {"status": "active", "tradable": True, "attributes": []} | changes


def test_every_active_stock_is_asked_for_in_one_request() -> None:
    client, script, _ = client_on(Reply(200, [row(), row("KO", name="Coca-Cola Company", exchange="NYSE")]))
    found = client.list_assets()
    assert [(one.ticker, one.name, one.exchange) for one in found.listings] == [
        ("NVDA", "NVIDIA Corporation Common Stock", "NASDAQ"),
        ("KO", "Coca-Cola Company", "NYSE"),
    ]
    assert script.lines == ["GET /v2/assets"]
    assert script.sent[0].query == {"status": "active", "asset_class": "us_equity"}


@pytest.mark.parametrize("symbol", ["BRK.B", "BRK/B", "BRK B"])
def test_a_class_share_is_spelt_canonically(symbol: str) -> None:
    assert parse_assets([row(symbol)]).listings[0].ticker == "BRK.B"


@pytest.mark.parametrize("bad", [{}, 7, None, row(7), row(""), row("X", name=["a"])])
def test_a_row_that_cannot_be_read_is_left_out_and_named(bad: Any) -> None:
    found = parse_assets([row(), bad])
    assert [one.ticker for one in found.listings] == ["NVDA"]
    assert [text.split(":")[0] for text in found.unreadable] == ["row 2"]


def test_a_stock_without_a_name_has_none_and_a_name_stays_on_one_short_line() -> None:
    assert parse_assets([row(name=None)]).listings[0].name == ""
    assert parse_assets([row(name=" A\nB\x1b[2J ")]).listings[0].name == "A B[2J"
    assert len(parse_assets([row(name="x" * 5000)]).listings[0].name) == MAX_NAME


@pytest.mark.parametrize("content", [[], {}, {"assets": [row()]}, None, "x", [{}, 7]])
def test_what_is_no_list_of_stocks_is_asked_for_again_and_then_8(content: Any) -> None:
    client, script, _ = client_on(*[Reply(200, content)] * 4)
    with pytest.raises(BrokerUnavailableError, match="/v2/assets"):
        client.list_assets()
    assert script.is_used_up


def test_an_absurdly_long_list_is_not_read() -> None:
    client, _, _ = client_on(*[Reply(200, "[" + ",".join(["{}"] * (MOST_ASSETS + 1)) + "]")] * 4)
    with pytest.raises(BrokerUnavailableError, match="100,001 rows"):
        client.list_assets()
