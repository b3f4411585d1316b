"""Only hosts of the list, compared whole; live only with everything it needs (I6)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from backtest.errors import HostNotAllowedError
from backtest.web.hosts import DATA_URL, data_base, fmp_base
from live.alpaca.hosts import (
    CONFIRM_VARIABLE,
    CONFIRMATION,
    LIVE_URL,
    PAPER_URL,
    choose_endpoints,
    is_live_enabled,
    trading_base,
)
from live.config import LiveConfig, LiveSettings, Safety
from live.errors import LiveNotEnabledError

BAD = [
    "",
    "paper-api.alpaca.markets",
    "http://paper-api.alpaca.markets",
    "ftp://paper-api.alpaca.markets",
    "https://paper-api.alpaca.markets.",
    "https://paper-api.alpaca.markets.evil.example",
    "https://evil-paper-api.alpaca.markets",
    "https://xpaper-api.alpaca.markets",
    "https://paper.evil.example",
    "https://paper-api.alpaca.markets:443",
    "https://paper-api.alpaca.markets:8080",
    "https://user:secret@paper-api.alpaca.markets",
    "https://paper-api.alpaca.markets@evil.example",
    "https://paper-api.alpaca.markets/v2",
    "https://paper-api.alpaca.markets//",
    "https://paper-api.alpaca.markets?x=1",
    "https://paper-api.alpaca.markets#x",
    "https://paper-api.alpaca.markets\n",
    " https://paper-api.alpaca.markets",
    "https://раper-api.alpaca.markets",
    "https://data.alpaca.markets",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1:0",
    "http://127.0.0.1:65536",
    "http://127.0.0.1:80@evil.example",
    "http://127.0.0.2",
    "http://0.0.0.0",
    "http://localhost.evil.example",
    "http://127.0.0.1:8080/x",
]


@pytest.mark.parametrize("text", BAD)
def test_i6_a_url_that_is_not_equal_to_an_entry_of_the_list_is_refused(text: str) -> None:
    with pytest.raises(HostNotAllowedError) as caught:
        trading_base(text, live_enabled=True)
    assert caught.value.exit_code == 6
    assert "secret" not in caught.value.line()


@pytest.mark.parametrize("text", ["https://paper-api.alpaca.markets/", "HTTPS://Paper-API.alpaca.markets"])
def test_upper_case_and_one_trailing_slash_are_fine_and_the_lists_own_text_is_used(text: str) -> None:
    assert trading_base(text, live_enabled=False) == PAPER_URL


@pytest.mark.parametrize("text", ["http://127.0.0.1:8123", "http://localhost", "https://[::1]:65535/"])
def test_loopback_may_have_any_port(text: str) -> None:
    assert trading_base(text, live_enabled=False) == text.rstrip("/")
    assert data_base(text) == text.rstrip("/")


def test_the_live_host_needs_enablement() -> None:
    with pytest.raises(LiveNotEnabledError):
        trading_base(LIVE_URL, live_enabled=False)
    assert trading_base(LIVE_URL, live_enabled=True) == LIVE_URL


def test_data_and_fmp_urls_have_lists_of_their_own() -> None:
    assert data_base("https://data.sandbox.alpaca.markets") == "https://data.sandbox.alpaca.markets"
    assert fmp_base("https://financialmodelingprep.com/") == "https://financialmodelingprep.com"
    for wrong in (PAPER_URL, LIVE_URL):
        with pytest.raises(HostNotAllowedError):
            data_base(wrong)


def test_endpoints_are_paper_unless_live_is_enabled() -> None:
    assert choose_endpoints({}, live_enabled=False).trading_url == PAPER_URL
    assert choose_endpoints({}, live_enabled=True).trading_url == LIVE_URL
    assert choose_endpoints({}, live_enabled=True).is_live
    assert choose_endpoints({}, live_enabled=False).data_url == DATA_URL


def test_a_served_exchange_on_loopback_gets_the_data_requests_too() -> None:
    found = choose_endpoints({"APCA_API_BASE_URL": "http://127.0.0.1:8123"}, live_enabled=False)
    assert (found.trading_url, found.data_url) == ("http://127.0.0.1:8123",) * 2


def test_paper_and_live_are_never_mixed() -> None:
    with pytest.raises(LiveNotEnabledError):
        choose_endpoints({"APCA_API_BASE_URL": PAPER_URL}, live_enabled=True)
    with pytest.raises(LiveNotEnabledError):
        choose_endpoints({"APCA_API_BASE_URL": LIVE_URL}, live_enabled=False)


LIMITS = Safety(Decimal(10), Decimal(3), Decimal(20000), max_orders_per_day=60)
READY = LiveConfig(live=LiveSettings(enabled=True), safety=LIMITS)
WORDS = {CONFIRM_VARIABLE: CONFIRMATION}


def test_live_needs_config_and_flag_and_words_and_limits_together() -> None:
    assert is_live_enabled(READY, True, WORDS)
    assert is_live_enabled(READY, True, {}, ask=lambda words, host: words if host == LIVE_URL else "")
    assert not is_live_enabled(LiveConfig(), False, WORDS)


@pytest.mark.parametrize(
    ("config", "flag", "environ", "typed"),
    [
        (LiveConfig(safety=LIMITS), True, WORDS, None),
        (READY, False, WORDS, None),
        (READY, True, {}, None),
        (READY, True, {}, "yes i understand"),
        (READY, True, {CONFIRM_VARIABLE: "YES"}, CONFIRMATION),
        (replace(READY, safety=replace(LIMITS, max_orders_per_day=None)), True, WORDS, None),
        (replace(READY, safety=replace(LIMITS, max_position_usd=None)), True, WORDS, None),
    ],
)
def test_a_half_enabled_run_is_refused_rather_than_traded_on_paper(
    config: LiveConfig, flag: bool, environ: dict[str, str], typed: str | None
) -> None:
    with pytest.raises(LiveNotEnabledError):
        is_live_enabled(config, flag, environ, None if typed is None else lambda _words, _host: typed)
