"""`admin browse`: datasette on a copy of the state DB; the ready queries answer, the DB itself stays as it is."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from live.admin import main as admin
from live.administer.browse import HOST, INSTALL, copy_for_browsing, datasette
from live.state_db.browsing import QUERIES
from tests.cli.account import CONFIG, HISTORY, TradingAccount, bars, day, offer
from tests.cli.done import run_command
from tests.paths import ROOT

needs_datasette = pytest.mark.skipif(find_spec("datasette") is None, reason="needs the extra browse")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """AAA is held, BBB was stopped out on the day it was bought."""
    account = TradingAccount(
        tmp_path_factory.mktemp("browsed"), bars("AAA"), bars("BBB", {HISTORY: "100", day(1): "80"})
    )
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    account.trade(day(1))
    return account


@pytest.fixture(scope="module")
def copy(account: TradingAccount, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with account.db() as db:
        return copy_for_browsing(tmp_path_factory.mktemp("copy"), db.connection.copy_to)


def answer(copy: Path, name: str, **values: object) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(copy)) as raw:
        raw.row_factory = sqlite3.Row
        return [dict(row) for row in raw.execute(QUERIES[name][1], values)]


def first_place(copy: Path) -> str:
    """Return the run_id of the first `place`, which bought both."""
    return [run["run_id"] for run in answer(copy, "runs") if run["phase"] == "place"][-1]


def test_the_runs_the_orders_of_one_and_what_became_of_an_order_are_found(copy: Path) -> None:
    orders = answer(copy, "orders_of_a_run", run_id=first_place(copy))
    assert {"20260202_AAA_entry_buy", "20260202_BBB_entry_buy"} <= {order["client_order_id"] for order in orders}
    about = answer(copy, "events_about", corr_id="20260202_AAA_entry_buy")
    assert [event["event"] for event in about] == ["order.planned", "order.sent", "order.updated", "order.fill"]


def test_events_are_shown_from_any_on(copy: Path) -> None:
    every = answer(copy, "events_since", seq="")
    assert [event["seq"] for event in every] == list(range(1, len(every) + 1))
    assert answer(copy, "events_since", seq="10") == every[10:]


def test_trades_are_shown_in_usd_and_an_open_position_has_no_exit_price(copy: Path) -> None:
    (trade,) = answer(copy, "trades")
    assert (trade["ticker"], trade["entry_price"], trade["exit_reason"]) == ("BBB", "100.0000", "stop_loss")
    assert trade["pnl"].startswith("-")
    with closing(sqlite3.connect(copy)) as raw:
        held = raw.execute("SELECT ticker, exit_price, pnl FROM positions_readable WHERE status = 'open'").fetchall()
    assert held == [("AAA", None, None)]


def test_every_run_that_a_row_names_is_a_row_one_can_follow_to(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as raw:
        for table in ("events", "orders", "signal_files", "plans", "equity_snapshots"):
            references = {tuple(row[2:5]) for row in raw.execute(f"PRAGMA foreign_key_list({table})")}
            assert ("run_log", "run_id", "run_id") in references
        keys = [row[1] for row in raw.execute("PRAGMA table_info(run_log)") if row[5]]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    assert keys == ["run_id"]


def test_without_datasette_it_is_6_and_how_to_install_it(
    account: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.administer.browse.find_spec", lambda _: None)
    done = account.admin("browse")
    assert done.code == 6
    assert INSTALL in done.last_line


@needs_datasette
def test_a_datasette_that_does_not_start_is_6_with_its_last_words(
    account: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [sys.executable, "-c", "raise SystemExit('no module named jinja2')"]
    monkeypatch.setattr("live.administer.browse.datasette", lambda *_: broken)
    done = account.admin("browse", "--port", "0")
    assert done.code == 6
    assert "datasette ended with 1: no module named jinja2" in done.last_line


@needs_datasette
def test_a_port_that_is_taken_is_6(account: TradingAccount) -> None:
    with closing(socket.create_server((HOST, 0))) as taken:
        done = account.admin("browse", "--port", str(taken.getsockname()[1]))
    assert done.code == 6
    assert "--port" in done.last_line


@needs_datasette
def test_no_state_db_yet_is_said_and_0(account: TradingAccount, tmp_path: Path) -> None:
    flags = ["--config", str(CONFIG), "--set", "broker.id=sim", "--state-db", str(tmp_path / "none.db")]
    done = run_command(admin, ["browse", "--port", "0", *flags], account.runtime)
    assert done.code == 0
    assert "there is no state DB" in done.stdout


def datasette_says(copy: Path, path: str) -> str:
    """Return what datasette, started as `browse` starts it, answers there; in this process, as it is slow to import."""
    from datasette.cli import cli

    _, _, _, *words = datasette(copy, "--get", path)
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@needs_datasette
def test_datasette_answers_a_ready_query_and_knows_the_columns(copy: Path) -> None:
    run_id = first_place(copy)
    found = json.loads(datasette_says(copy, f"/state/orders_of_a_run.json?_shape=array&run_id={quote(run_id)}"))
    assert found == answer(copy, "orders_of_a_run", run_id=run_id)
    page = datasette_says(copy, "/state/orders")
    assert "average price of the fills in USD, as the broker says it" in page
    assert f'<a href="/state/run_log/{run_id}">' in page


@needs_datasette
def test_it_serves_a_copy_until_ctrl_c_and_leaves_nothing(account: TradingAccount, tmp_path: Path) -> None:
    before = account.state_db.read_bytes()
    command = [sys.executable, "-m", "live.admin", "browse", "--port", "0", *account.admin_flags()]
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            (address,) = [word for word in line.split() if word.startswith(f"http://{HOST}:")]
            with urlopen(f"{address}/runs.json?_shape=array") as answered:
                assert len(json.load(answered)) > 5
            assert len(list(tmp_path.iterdir())) == 1
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert list(tmp_path.iterdir()) == []
    assert account.state_db.read_bytes() == before
