"""FMP over HTTP: the key is found, sent in the query and never printed; every refusal is an error."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import responses

from backtest.errors import ConfigError, HostNotAllowedError, KeysError, PriceSourceUnavailableError
from backtest.prices.provider import PriceData, PriceProvider
from backtest.redaction import Redactor
from live.brokers.registry import OpenRequest
from live.clock import SystemClock
from live.config import LiveConfig, PriceSettings
from live.prices.registry import open_prices
from tests.builders import weekdays
from tests.live.alpaca.orders import client_on

pytestmark = pytest.mark.usefixtures("http")

SESSIONS = weekdays(date(2015, 1, 2), date(2026, 12, 31))
KEY = "fmpKEY0123456789abcdef"
FMP = "https://financialmodelingprep.com/stable"
BARS = f"{FMP}/historical-price-eod/non-split-adjusted"
ROWS = [
    {"symbol": "AEIS", "date": "2026-11-18", "adjOpen": 247.51, "adjHigh": 250.72, "adjLow": 246.82, "adjClose": 250.3,
     "volume": 401552},
    {"symbol": "AEIS", "date": "2026-11-17", "adjOpen": 247.71, "adjHigh": 250.14, "adjLow": 246.61, "adjClose": 247.26,
     "volume": 388410},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)


def opened(folder: Path, redactor: Redactor | None = None, source: str = "fmp", **environ: str) -> PriceProvider:
    client, _, _ = client_on()
    responses.reset()
    config = replace(LiveConfig(), prices=PriceSettings(source=source, cache_dir=folder / "cache"))
    settings = OpenRequest(config, {"FMP_API_KEY": KEY} | environ, folder, redactor or Redactor())
    return open_prices(None, client, SESSIONS, settings)


def fetched(prices: PriceProvider) -> PriceData:
    return prices.fetch(["AEIS"], date(2026, 11, 17), date(2026, 11, 18))


def answer(bars: Any, status: int = 200) -> None:
    body = {"body": bars} if isinstance(bars, str) else {"json": bars}
    responses.get(BARS, status=status, **body)
    responses.get(f"{FMP}/splits", json=[])
    responses.get(f"{FMP}/dividends", json=[])


def test_bars_are_fetched_with_the_key_in_the_query(tmp_path: Path) -> None:
    prices = opened(tmp_path)
    answer(ROWS)
    series = fetched(prices).series["AEIS"]
    assert series.close.tolist() == [2_472_600, 2_503_000]
    assert (prices.source, prices.has_all_splits) == ("fmp", False)
    assert responses.calls[0].request.params["apikey"] == KEY
    assert "APCA-API-KEY-ID" not in responses.calls[0].request.headers


def test_an_unknown_symbol_is_a_failed_ticker_and_no_empty_answer(tmp_path: Path) -> None:
    prices = opened(tmp_path)
    answer([])
    assert "fmp has no bars" in fetched(prices).failed["AEIS"]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"Error Message": "Invalid API KEY. Please retry"}, "does not accept the key"),
        (402, "Exclusive Endpoint : this is not available under your current subscription", "Exclusive Endpoint"),
        (403, {"Error Message": "Legacy Endpoint : no longer supported"}, "Legacy Endpoint"),
    ],
)
def test_a_key_or_a_plan_that_does_not_do_is_6_after_one_request(
    status: int, body: Any, words: str, tmp_path: Path
) -> None:
    prices = opened(tmp_path)
    answer(body, status)
    with pytest.raises(ConfigError, match=words) as caught:
        fetched(prices)
    assert caught.value.exit_code == 6
    assert len(responses.calls) == 1


@pytest.mark.parametrize(("status", "tries"), [(200, 1), (429, 4), (503, 4)])
def test_a_limit_that_is_reached_is_8_even_inside_a_200(status: int, tries: int, tmp_path: Path) -> None:
    prices = opened(tmp_path)
    answer({"Error Message": "Limit Reach . Please upgrade your plan"}, status)
    with pytest.raises(PriceSourceUnavailableError) as caught:
        fetched(prices)
    assert caught.value.exit_code == 8
    assert len(responses.calls) == tries


@pytest.mark.parametrize(("status", "body"), [(401, "no"), (500, "oops"), (302, ""), (200, "{")])
def test_i8_no_failure_tells_the_key(status: int, body: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    redactor = Redactor()
    prices = opened(tmp_path, redactor)
    answer(body, status)
    with caplog.at_level(logging.DEBUG), pytest.raises((ConfigError, PriceSourceUnavailableError)) as caught:
        fetched(prices)
    assert KEY not in caplog.text + caught.value.line() + repr(prices)
    assert redactor.redact(KEY) == "***"


def test_the_older_endpoints_serve_the_live_programs_too(tmp_path: Path) -> None:
    prices = opened(tmp_path, source="fmp-legacy")
    history = "https://financialmodelingprep.com/api/v3/historical-price-full"
    days = [
        {"date": f"2026-11-{day}", "open": 10, "high": 11, "low": 9, "close": 10, "volume": 400} for day in (18, 17)
    ]
    responses.get(f"{history}/AEIS", json={"symbol": "AEIS", "historical": days})
    split = {"date": "2026-11-18", "numerator": 2, "denominator": 1}
    responses.get(f"{history}/stock_split/AEIS", json={"symbol": "AEIS", "historical": [split]})
    responses.get(f"{history}/stock_dividend/AEIS", json={})
    data = fetched(prices)
    assert data.series["AEIS"].close.tolist() == [200_000, 100_000]
    assert data.series["AEIS"].volume.tolist() == [200, 400]
    assert [str(one.ratio) for one in data.splits] == ["2"]


def test_without_a_key_it_is_6_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="FMP_API_KEY missing"):
        opened(tmp_path, FMP_API_KEY="")


def test_i6_a_base_url_off_the_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostNotAllowedError):
        opened(tmp_path, FMP_BASE_URL="https://financialmodelingprep.com.evil.example")


def test_the_bars_are_kept_in_the_cache(tmp_path: Path) -> None:
    prices = opened(tmp_path)
    answer(ROWS)
    fetched(prices)
    assert (tmp_path / "cache" / "fmp" / "AEIS.npz").exists()
