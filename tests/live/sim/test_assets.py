"""The exchange's names: copied in, served with every instrument, and what is listed when."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from backtest.errors import InputError
from backtest.reports.directory import Listing
from live.brokers.read_only import read_only
from live.brokers.sim import open_exchange
from live.sim.__main__ import cli
from live.sim.exchange import Exchange
from live.sim.names import find_listings
from tests.live.sim.market import RestTrader, at, bars, open_rest_trader, quiet_bars

NAMES = (Listing("AAA", "Aaron Anvils Inc.", "NYSE"), Listing("ZZZ", "Zzyzx Zinc", "AMEX"))
HEADER = "symbol,name,exchange\n"


def shown(trader: RestTrader, **query: str) -> list[tuple[str, str, str]]:
    return [(row["symbol"], row["name"], row["exchange"]) for row in trader.get("/v2/assets", **query)]


def test_names_are_served_with_the_list_and_with_each_instrument() -> None:
    trader = open_rest_trader(quiet_bars("AAA"), quiet_bars("BBB"), listings=NAMES)
    assert shown(trader) == [("AAA", "Aaron Anvils Inc.", "NYSE"), ("BBB", "", "NASDAQ"), ("ZZZ", "Zzyzx Zinc", "AMEX")]
    assert trader.get("/v2/assets/AAA")["name"] == "Aaron Anvils Inc."


def test_a_listed_stock_without_bars_is_active_and_does_not_trade() -> None:
    trader = open_rest_trader(quiet_bars("AAA"), listings=NAMES)
    asset = trader.get("/v2/assets/ZZZ")
    assert (asset["status"], asset["tradable"]) == ("active", False)
    assert trader.post(symbol="ZZZ")[0] in (403, 422)


def test_a_delisted_stock_is_no_longer_among_the_active_ones() -> None:
    trader = open_rest_trader(bars("AAA", [(100.0, 101.0, 99.0, 100.0)] * 2), quiet_bars("BBB"), listings=NAMES)
    assert [symbol for symbol, _, _ in shown(trader, status="active")] == ["AAA", "BBB", "ZZZ"]
    trader.go(10, "09:00")
    assert [symbol for symbol, _, _ in shown(trader, status="active")] == ["BBB", "ZZZ"]
    assert [one.ticker for one in trader.exchange.listed_at(at(0, "09:00"))] == ["AAA", "BBB", "ZZZ"]


def test_only_stocks_are_listed() -> None:
    assert shown(open_rest_trader(), asset_class="us_equity") == [("AAA", "", "NASDAQ")]
    assert shown(open_rest_trader(), asset_class="crypto") == []


def test_the_names_stay_in_the_file(tmp_path: Path) -> None:
    open_rest_trader(file=tmp_path / "exchange.db", listings=NAMES).exchange.close()
    assert shown(RestTrader(Exchange.open(tmp_path / "exchange.db")))[0] == ("AAA", "Aaron Anvils Inc.", "NYSE")


def test_the_client_reads_the_list_also_without_mutating_verbs() -> None:
    broker = read_only(open_exchange(open_rest_trader(listings=NAMES).exchange))
    assert [(one.ticker, one.name) for one in broker.list_assets().listings] == [
        ("AAA", "Aaron Anvils Inc."),
        ("ZZZ", "Zzyzx Zinc"),
    ]


def init(folder: Path, *more: str) -> str:
    prices = folder / "prices"
    prices.mkdir(exist_ok=True)
    rows = "symbol,date,open,high,low,close,volume\nAAA,2016-03-01,10,11,9,10,100\nAAA,2016-03-02,10,11,9,10,100\n"
    (prices / "bars.csv").write_text(rows)
    given = ["init", "--file", str(folder / "x.db"), "--prices", str(prices), "--cash", "1000"]
    result = CliRunner().invoke(cli, [*given, "--now", "2016-03-02T09:00", *more])
    return result.output


def test_init_takes_the_names_of_a_file_or_of_the_price_folder(tmp_path: Path) -> None:
    assert "0 names" in init(tmp_path)
    (tmp_path / "x.db").unlink()
    (tmp_path / "prices" / "assets.csv").write_text(HEADER + "AAA,From the folder,NYSE\n")
    assert "1 names" in init(tmp_path)
    assert shown(RestTrader(Exchange.open(tmp_path / "x.db"))) == [("AAA", "From the folder", "NYSE")]
    (tmp_path / "x.db").unlink()
    (tmp_path / "other.csv").write_text(HEADER + "AAA,From the file,NYSE\nBRK/B,Berkshire,NYSE\n")
    assert "2 names" in init(tmp_path, "--assets", str(tmp_path / "other.csv"))
    assert [name for _, name, _ in shown(RestTrader(Exchange.open(tmp_path / "x.db")))] == [
        "From the file",
        "Berkshire",
    ]


@pytest.mark.parametrize("text", ["", HEADER, "ticker,name\nAAA,A\n", HEADER + "AAA,One,X\nAAA,Two,X\n"])
def test_names_of_another_form_are_7(tmp_path: Path, text: str) -> None:
    (tmp_path / "assets.csv").write_text(text)
    with pytest.raises(InputError):
        find_listings(None, tmp_path)
    assert "error[7]" in init(tmp_path, "--assets", str(tmp_path / "assets.csv"))
    assert not (tmp_path / "x.db").exists()
