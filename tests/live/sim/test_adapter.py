"""The adapter `sim`: a file opened by configuration, the client in virtual time, nothing heavy imported."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from backtest.errors import ConfigError
from backtest.redaction import Redactor
from live.brokers.registry import OpenRequest, find_adapters, open_broker
from live.config import BrokerSettings, LiveConfig
from live.orders import OrderRequest, OrderType, Side, TimeInForce
from tests.live.sim.market import at, open_rest_trader
from tests.paths import ROOT


def opened(folder: Path, file: str | None, *, read_only: bool = False) -> OpenRequest:
    config = replace(LiveConfig(), broker=BrokerSettings("sim", None if file is None else Path(file)))
    return OpenRequest(config, {}, folder, Redactor(), read_only=read_only)


def test_the_registry_knows_it_and_opens_the_configured_file(tmp_path: Path) -> None:
    open_rest_trader(file=tmp_path / "x.sim").exchange.close()
    assert find_adapters().by_id["sim"].module == "live.brokers.sim"
    broker = open_broker("sim", opened(tmp_path, "x.sim"))
    assert (broker.id, broker.is_live, broker.clock.now()) == ("sim", False, at(0, "09:00"))
    assert broker.get_clock().next_open == at(0, "09:30")


def test_sleeping_lets_the_market_go_on(tmp_path: Path) -> None:
    open_rest_trader(file=tmp_path / "x.sim").exchange.close()
    broker = open_broker("sim", opened(tmp_path, "x.sim"))
    request = OrderRequest(
        "20260105_AAA_entry_buy", "AAA", Side.BUY, 10, OrderType.MARKET, TimeInForce.GTC, stop_loss=Decimal("90.00")
    )
    order = broker.place_order(request)
    assert order.status == "accepted"
    broker.clock.sleep(timedelta(minutes=31).total_seconds())
    filled = broker.get_order(order.id)
    assert filled is not None
    assert (filled.status, filled.filled_avg_price, filled.legs[0].status) == ("filled", Decimal(100), "new")
    with pytest.raises(ValueError, match="cannot sleep"):
        broker.clock.sleep(-1)


def test_a_broker_for_a_dry_run_changes_no_byte_of_the_file(tmp_path: Path) -> None:
    open_rest_trader(file=tmp_path / "x.sim").exchange.close()
    before = (tmp_path / "x.sim").read_bytes()
    broker = open_broker("sim", opened(tmp_path, "x.sim", read_only=True))
    broker.clock.sleep(3600)
    assert broker.get_clock().is_open
    assert (tmp_path / "x.sim").read_bytes() == before


def test_without_a_file_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        open_broker("sim", opened(tmp_path, None))
    assert "python -m live.sim init" in refused.value.line()
    with pytest.raises(ConfigError, match="no exchange file"):
        open_broker("sim", opened(tmp_path, "missing.sim"))


def test_trading_on_it_needs_neither_numpy_nor_pandas(tmp_path: Path) -> None:
    open_rest_trader(file=tmp_path / "x.sim").exchange.close()
    script = (
        "import sys; from pathlib import Path\n"
        "from live.brokers.sim import open_exchange\n"
        "from live.sim.exchange import Exchange\n"
        "broker = open_exchange(Exchange.open(Path(sys.argv[1])))\n"
        "broker.get_account(); broker.clock.sleep(7200); broker.get_latest_trades(['AAA'])\n"
        "heavy = {'numpy', 'pandas', 'exchange_calendars'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    root = ROOT
    command = [sys.executable, "-c", script, str(tmp_path / "x.sim")]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
