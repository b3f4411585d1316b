"""The exchange as a file: reopened, shared between processes, killed, read only, and its command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from backtest.errors import ConfigError
from live.sim.__main__ import cli
from live.sim.exchange import Exchange
from live.sim.server import SimServer
from tests.live.sim.market import RestTrader, open_rest_trader
from tests.paths import ROOT

EVERYTHING = (
    "/v2/account",
    "/v2/clock",
    "/v2/positions",
    "/v2/account/activities",
    "/v2/assets",
    "/v2/account/configurations",
)


def everything(trader: RestTrader) -> str:
    orders = trader.get("/v2/orders", status="all", nested="true", limit="500")
    return json.dumps([trader.get(path) for path in EVERYTHING] + [orders, trader.get("/v2/account/portfolio/history")])


def busy_trader(file: Path | None) -> RestTrader:
    """A trader with a live stop, a replaced one, a queued order and something set by hand."""
    trader = open_rest_trader(file=file)
    trader.oto(client_order_id="entry")
    trader.go(0, "09:31")
    leg = trader.get("/v2/orders")[0]
    trader.ask("PATCH", f"/v2/orders/{leg['id']}", {"stop_price": "91.00", "client_order_id": "stop"})
    trader.go(0, "17:00")
    trader.buy(
        qty="1", order_class="oto", time_in_force="gtc", stop_loss={"stop_price": "80.00"}, client_order_id="next"
    )
    trader.exchange.set_account(sma="7")
    trader.exchange.set_asset("AAA", attributes=["ipo"])
    return trader


def test_a_reopened_exchange_answers_as_before_and_goes_on(tmp_path: Path) -> None:
    trader = busy_trader(tmp_path / "x.sim")
    before = everything(trader)
    trader.exchange.close()
    again = RestTrader(Exchange.open(tmp_path / "x.sim"))
    assert everything(again) == before
    again.go(1, "09:30")
    assert again.holdings() == {"AAA": "11"}


def test_two_runs_of_the_same_requests_give_the_same_bytes(tmp_path: Path) -> None:
    assert everything(busy_trader(tmp_path / "a.sim")) == everything(busy_trader(None))


def test_an_exchange_reopened_in_the_middle_of_a_session_meets_its_stops_at_the_same_moment(tmp_path: Path) -> None:
    ends = []
    for reopen in (False, True):
        trader = open_rest_trader(file=tmp_path / f"{reopen}.sim")
        trader.oto(stop="99.00")
        trader.go(0, "10:00")
        if reopen:
            trader.exchange.close()
            trader = RestTrader(Exchange.open(tmp_path / "True.sim"))
        trader.go(0, "16:00")
        ends.append(everything(trader))
    assert ends[0] == ends[1]


def test_two_open_exchanges_on_one_file_see_each_others_changes(tmp_path: Path) -> None:
    first = open_rest_trader(file=tmp_path / "x.sim")
    second = RestTrader(Exchange.open(tmp_path / "x.sim"))
    order = first.buy(client_order_id="mine")
    assert second.order(order)["status"] == "accepted"
    second.go(0, "09:31")
    assert first.order(order)["status"] == "filled"
    assert second.post(client_order_id="mine")[0] == 422
    assert everything(first) == everything(second)


def test_a_killed_process_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    open_rest_trader(file=tmp_path / "x.sim").exchange.close()
    script = (
        "import sys, os, json, signal\n"
        "from pathlib import Path\n"
        "from live.sim.exchange import Exchange\n"
        "from tests.live.sim.market import RestTrader, at\n"
        "trader = RestTrader(Exchange.open(Path(sys.argv[1])))\n"
        "trader.oto(client_order_id='entry')\n"
        "trader.exchange.advance_to(at(0, '09:31'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = ROOT
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "x.sim")], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert done.returncode == -signal.SIGKILL
    trader = RestTrader(Exchange.open(tmp_path / "x.sim"))
    parent = trader.get("/v2/orders:by_client_order_id", client_order_id="entry", nested="true")
    assert (parent["status"], parent["legs"][0]["status"]) == ("filled", "new")
    assert trader.get("/v2/clock")["timestamp"].startswith("2026-01-05T09:31:00")


def test_time_beyond_the_calendar_is_refused_and_everything_on_the_way_taken_back() -> None:
    trader = busy_trader(None)
    before = everything(trader)
    with pytest.raises(ConfigError, match="calendar ends with"):
        trader.exchange.advance(3 * 365 * 86_400)
    assert everything(trader) == before
    trader.go(1, "09:30")
    assert trader.holdings() == {"AAA": "11"}


def test_a_read_only_exchange_moves_on_in_memory_and_leaves_every_byte_alone(tmp_path: Path) -> None:
    file = tmp_path / "x.sim"
    busy_trader(file).exchange.close()
    before = file.read_bytes()
    reader = RestTrader(Exchange.open(file, read_only=True))
    reader.go(1, "10:00")
    reader.exchange.set_account(trading_blocked=True)
    assert reader.holdings() == {"AAA": "11"}
    reader.exchange.close()
    assert file.read_bytes() == before
    assert RestTrader(Exchange.open(file)).holdings() == {"AAA": "10"}


def test_a_file_that_is_no_exchange_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no exchange file at"):
        Exchange.open(tmp_path / "none.sim")
    (tmp_path / "text.sim").write_text("hello " * 1000)
    with pytest.raises(ConfigError, match="is no exchange file"):
        Exchange.open(tmp_path / "text.sim")
    (tmp_path / "empty.sim").touch()
    with pytest.raises(ConfigError, match="is no exchange file"):
        Exchange.open(tmp_path / "empty.sim")
    with pytest.raises(ConfigError, match="there is already"):
        open_rest_trader(file=tmp_path / "text.sim")


def run_cli(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(args))
    return result.exit_code, result.output


@pytest.fixture(name="prices")
def prices_file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    days = ("2026-03-02", "2026-03-03", "2026-03-04")
    rows = [f"AAA,{day},100,102,98,101,1000" for day in days]
    path.write_text("symbol,date,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    return path


def test_the_command_line_makes_moves_and_shows_an_exchange(tmp_path: Path, prices: Path) -> None:
    file = str(tmp_path / "x.sim")
    start = ("--prices", str(prices), "--cash", "5000.50", "--now", "2026-03-02T17:00")
    code, output = run_cli("init", "--file", file, *start, "--set", "slippage_pct=1")
    assert (code, "1 tickers" in output) == (0, True)
    RestTrader(Exchange.open(Path(file))).buy()
    assert run_cli("advance", "--file", file, "--to", "2026-03-03T09:30")[0] == 0
    code, output = run_cli("status", "--file", file, "--json")
    printed = json.loads(output)
    assert (code, printed["account"]["cash"], printed["positions"][0]["qty"]) == (0, "4000.50", "10")
    assert datetime.fromisoformat(printed["clock"]["timestamp"]).isoformat() == "2026-03-03T09:30:00-05:00"
    assert "AAA: 10 at 100.00" in run_cli("status", "--file", file)[1]


def test_the_command_line_serves_until_it_is_interrupted(
    tmp_path: Path, prices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(server: SimServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SimServer, "serve_forever", interrupted)
    file = str(tmp_path / "x.sim")
    assert (
        run_cli("init", "--file", file, "--prices", str(prices), "--cash", "5000", "--now", "2026-03-02T17:00")[0] == 0
    )
    code, output = run_cli("serve", "--file", file)
    assert (code, output.splitlines()[-1]) == (0, "stopped")
    assert f"serving {file} on http://127.0.0.1:" in output
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, output = run_cli("serve", "--file", file, "--port", str(taken.getsockname()[1]))
    assert (code, "cannot serve on port" in output) == (6, True)


def test_the_command_line_refuses_what_it_cannot_do(tmp_path: Path, prices: Path) -> None:
    file = str(tmp_path / "x.sim")
    good = ["init", "--file", file, "--prices", str(prices), "--cash", "5000", "--now", "2026-03-02T17:00"]
    assert run_cli("status", "--file", file)[0] == 6
    assert run_cli(*good[:-1], "soon")[0] == 2
    assert run_cli(*[word.replace("5000", "NaN") for word in good])[0] == 2
    assert run_cli(*[word.replace(str(prices), "nowhere.csv") for word in good])[0] == 7
    assert run_cli(*good, "--set", "slipage_pct=1")[0] == 6
    assert not Path(file).exists()
    assert run_cli(*good)[0] == 0
    assert run_cli(*good)[0] == 6
    assert run_cli("advance", "--file", file, "--to", "2026-03-01T09:00")[0] == 2
