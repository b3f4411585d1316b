"""Adapters are found without being imported, and only the chosen one is opened (I13)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from requests.adapters import HTTPAdapter

from backtest.errors import HostNotAllowedError, KeysError
from backtest.redaction import Redactor
from live.alpaca.client import AlpacaClient
from live.brokers.read_only import read_only
from live.brokers.registry import OpenRequest, find_adapters, find_keys, open_broker
from live.config import LiveConfig
from live.errors import AdapterNotFoundError
from tests.live.alpaca.orders import BUY, client_on

KEYS = {"APCA_API_KEY_ID": "PKABCDEF12345678", "APCA_API_SECRET_KEY": "s3cr3tS3CR3Ts3cr3tS3CR3T"}


def request(folder: Path, environ: dict[str, str], redactor: Redactor | None = None) -> OpenRequest:
    return OpenRequest(LiveConfig(), environ, folder, redactor or Redactor())


def test_the_packages_own_adapters_are_found_without_importing_them() -> None:
    before = set(sys.modules)
    found = find_adapters().by_id
    assert {"alpaca", "sim"} <= set(found)
    assert found["alpaca"].module == "live.brokers.alpaca"
    assert not {name for name in set(sys.modules) - before if name.startswith("live.")}


def test_an_unknown_id_is_6_and_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFoundError, match="alpaca, sim") as caught:
        open_broker("alpacca", request(tmp_path, KEYS))
    assert caught.value.exit_code == 6


def test_the_alpaca_adapter_opens_the_paper_host_and_tells_the_redactor(tmp_path: Path) -> None:
    redactor = Redactor()
    broker = open_broker("alpaca", request(tmp_path, KEYS, redactor))
    assert isinstance(broker, AlpacaClient)
    assert (broker.id, broker.is_live) == ("alpaca", False)
    assert redactor.redact(KEYS["APCA_API_SECRET_KEY"]) == "***"


def test_without_keys_it_is_6_and_no_other_broker_is_opened(tmp_path: Path) -> None:
    with pytest.raises(KeysError) as caught:
        open_broker("alpaca", request(tmp_path, {}))
    assert "make demo" in caught.value.line()


def test_a_base_url_off_the_list_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(HostNotAllowedError):
        open_broker("alpaca", request(tmp_path, KEYS | {"APCA_API_BASE_URL": "https://evil.example"}))


def test_i18_a_read_only_broker_reads_and_never_sends() -> None:
    client, script, _ = client_on()
    broker = read_only(client)
    assert broker.id == "alpaca"
    with pytest.raises(AssertionError, match="dry run"):
        broker.place_order(BUY)
    with pytest.raises(AssertionError, match="dry run"):
        broker.cancel_order("x")
    assert script.sent == []


def test_an_adapter_says_where_its_keys_are_without_opening_anything(tmp_path: Path) -> None:
    assert find_keys("alpaca", request(tmp_path, KEYS)) == "APCA_API_KEY_ID in the environment"
    assert find_keys("sim", request(tmp_path, {})) is None
    with pytest.raises(KeysError):
        find_keys("alpaca", request(tmp_path, {}))


def test_closing_a_broker_closes_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    client, _, _ = client_on()
    closed: list[object] = []
    monkeypatch.setattr(HTTPAdapter, "close", lambda adapter: closed.append(adapter))
    client.close()
    assert len(closed) == 1
