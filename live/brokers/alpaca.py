"""The Alpaca adapter: keys and hosts are found and checked here, then the client is opened."""

from __future__ import annotations

from backtest.web import keys
from backtest.web.keys import Source, find_setting, read_sources
from live.alpaca.hosts import choose_endpoints, is_live_enabled
from live.broker import Broker
from live.brokers.registry import OpenRequest

ADAPTER_META = {
    "id": "alpaca",
    "name": "Alpaca (paper by default)",
    "features": ["paper", "live", "market_data", "asset_names"],
}


def open_broker(request: OpenRequest) -> Broker:
    """Open the client for the paper account, or the live one when all four things enable it.

    Raises KeysError, HostNotAllowedError, LiveNotEnabledError (6). Sends nothing.
    """
    sources = read_sources(request.environ, request.folder)
    live_enabled = is_live_enabled(request.config, request.enable_live, request.environ, request.ask_confirmation)
    endpoints = choose_endpoints(_urls(sources), live_enabled=live_enabled)
    keys.check_mode(sources, is_live=endpoints.is_live)
    pair = keys.find_keys(sources, is_live=endpoints.is_live)
    request.redactor.add(pair.key_id)
    request.redactor.add(pair.secret)
    from live.alpaca.client import AlpacaClient  # late: requests costs 100 ms, a missing key should not wait for it

    feed = request.config.prices.feed
    return AlpacaClient(
        endpoints.trading_url,
        endpoints.data_url,
        pair,
        live_enabled=live_enabled,
        feed=feed if feed == "iex" else None,
    )


def find_keys(request: OpenRequest) -> str:
    """Return where the keys of the paper account are, or of the live one with --enable-live. Raises KeysError."""
    sources = read_sources(request.environ, request.folder)
    keys.check_mode(sources, is_live=request.enable_live)
    return keys.find_keys(sources, is_live=request.enable_live).found_in


def _urls(sources: tuple[Source, ...]) -> dict[str, str]:
    found = {name: find_setting(sources, name) for name in ("APCA_API_BASE_URL", "APCA_API_DATA_URL")}
    return {name: value[0] for name, value in found.items() if value is not None}
