"""Price sources are found without being imported, and only the named one is opened."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from backtest.errors import ConfigError, PriceDataError
from backtest.prices.provider import PriceProvider
from backtest.redaction import Redactor
from live.brokers.registry import OpenRequest
from live.config import LiveConfig, PriceSettings
from live.prices.registry import find_sources, open_prices
from tests.builders import weekdays
from tests.live.alpaca.orders import client_on

SESSIONS = weekdays(date(2026, 1, 2), date(2026, 3, 31))


def opened(named: str | None, folder: Path, *, broker_id: str = "alpaca", source: str = "broker") -> PriceProvider:
    client, _, _ = client_on()
    client.id = client.price_source = broker_id
    config = replace(LiveConfig(), prices=PriceSettings(source=source, cache_dir=folder))
    return open_prices(named, client, SESSIONS, OpenRequest(config, {}, folder, Redactor()))


def test_the_sources_are_found_without_importing_them() -> None:
    before = set(sys.modules)
    assert set(find_sources()) == {"alpaca", "fmp", "fmp-full", "fmp-legacy", "folder", "sim"}
    assert not {name for name in set(sys.modules) - before if name.startswith(("live.", "backtest."))}


@pytest.mark.parametrize(("broker_id", "has_all_splits", "feed"), [("alpaca", False, "sip"), ("sim", True, None)])
def test_the_source_broker_is_the_chosen_brokers_own(
    broker_id: str, has_all_splits: bool, feed: str | None, tmp_path: Path
) -> None:
    prices = opened(None, tmp_path, broker_id=broker_id)
    assert (prices.source, prices.has_all_splits, prices.feed) == (broker_id, has_all_splits, feed)


def test_a_path_is_a_folder_of_bars_which_has_every_split(tmp_path: Path) -> None:
    prices = opened(str(tmp_path), tmp_path, source="alpaca")
    assert (prices.source, prices.has_all_splits) == ("folder", True)


def test_a_path_that_is_not_there_is_7(tmp_path: Path) -> None:
    with pytest.raises(PriceDataError) as caught:
        opened(str(tmp_path / "alpacca"), tmp_path)
    assert caught.value.exit_code == 7
    assert "expected a path, or one of alpaca, broker, fmp, fmp-full, fmp-legacy, sim" in caught.value.what


@pytest.mark.parametrize(("named", "broker_id"), [("sim", "alpaca"), ("alpaca", "sim")])
def test_another_brokers_own_source_is_6(named: str, broker_id: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{named} with the broker {broker_id}") as caught:
        opened(named, tmp_path, broker_id=broker_id)
    assert caught.value.exit_code == 6
