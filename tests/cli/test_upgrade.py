"""What 0.1.0 left behind goes on: its command lines, its configuration, its state DB, its signal files.

`tests/data/v0_1_0` was made by the programs of 0.1.0: an account of three positions on Monday 2026-03-23 at 09:20,
after `place`; an exit and two entries are queued for the open. `commands.json` holds every command it had with its
options.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import click
import pytest

from backtest.__main__ import cli as backtest
from backtest.errors import ConfigError
from backtest.params import ReportJson
from backtest.settings import load_params
from demo.__main__ import main as demo
from demo.reports import write_reports
from live.admin import main as admin
from live.broker import Broker
from live.brokers.sim import open_exchange
from live.config import LiveConfig
from live.config_file import load_config
from live.executor import main as executor
from live.replay import main as replay
from live.run.runtime import Runtime
from live.signal_generator import main as generator
from live.sim.__main__ import cli as sim
from live.sim.exchange import Exchange
from tests.cli.account import offer
from tests.cli.done import Done, run_command
from tests.faults.ending import Rerun, State, fault_ends
from tests.paths import ROOT

V0_1_0 = ROOT / "tests" / "data" / "v0_1_0"
SIGNAL_FILE = "trade_signals_2026-03-23_ema_p10.json"
HELD = ("AAA", "BBB", "DDD", "EEE")
NEW_MANIFEST = "backtest manifest --config configs/default.yaml --out configs/run_manifest.json"
PROGRAMS: Mapping[str, click.Command] = {
    "live.signal_generator": generator,
    "live.executor": executor,
    "live.admin": admin,
    "live.replay": replay,
    "live.sim": sim,
    "backtest": backtest,
    "demo": demo,
}
COMMANDS: Mapping[str, Mapping[str, list[str]]] = json.loads((V0_1_0 / "commands.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_0_1_0_and_its_options_are_still_taken(line: str) -> None:
    program, *names = line.split()
    command = PROGRAMS[program]
    for name in names:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"{line} is gone"
        command = found
    today = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
    for option, choices in COMMANDS[line].items():
        for name in option.split("/"):
            assert name in today, f"{line} {name}"
        kind = today[option.split("/")[0]].type
        assert not choices or (isinstance(kind, click.Choice) and set(choices) <= set(kind.choices)), f"{line} {option}"


def test_the_configuration_of_0_1_0_is_taken_as_it_is() -> None:
    found, today = load_config(V0_1_0 / "default.yaml"), LiveConfig()
    for section in fields(LiveConfig):
        if section.name not in ("config_sha256", "file"):
            assert getattr(found, section.name) == getattr(today, section.name)
    assert load_params(V0_1_0 / "default.yaml") == today.strategy


@pytest.mark.parametrize("setting", ["reports.report_json=analyzer", "strategy.report_json=analyzer"])
def test_an_old_name_of_a_setting_says_what_its_new_name_says(setting: str, tmp_path: Path) -> None:
    assert load_config(V0_1_0 / "default.yaml", (setting,)).strategy.report_json is ReportJson.ANALYZER
    path = tmp_path / "old.yaml"
    path.write_text("reports:\n  report_json: analyzer\n")
    assert load_config(path).strategy.report_json is ReportJson.ANALYZER
    assert load_params(path).report_json is ReportJson.ANALYZER


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "reports:\n  report_json: analyzer\nstrategy:\n  report_json: candidates\n",
            "duplicate setting in .*: reports.report_json and strategy.report_json",
        ),
        ("reports:\n  report_json: candidates\n  folder: x\n", "unknown key in .*: reports"),
    ],
)
def test_an_old_name_beside_its_new_one_or_an_unknown_one_is_6(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "both.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_config(path)


@dataclass(frozen=True)
class Account:
    """A folder as the programs of 0.1.0 left it on 2026-03-23 at 09:20, after `place`; the current one."""

    folder: Path

    def run(self, line: str, *settings: str, has_pages: bool = False) -> Done:
        """Run a command as it stands in a shell or a cron line, on the account's exchange."""
        program, *words = shlex.split(line)
        if program.startswith("live.") and words[0] != "advance":
            unkept = () if has_pages else ("paths.pages_dir=none",)  # a process for each page
            words += ["--broker", "sim"]
            words += [part for one in ("broker.sim_file=exchange.db", *unkept, *settings) for part in ("--set", one)]
        return run_command(PROGRAMS[program], words)

    def go(self, moment: str) -> Account:
        assert self.run(f"live.sim advance --file exchange.db --to {moment}").code == 0
        return self

    def orders(self) -> list[tuple[str, str, str]]:
        """Return every order of the exchange: ticker, side and type."""
        with closing(sqlite3.connect(self.folder / "exchange.db")) as exchange:
            return sorted(exchange.execute("SELECT symbol, side, type FROM orders").fetchall())


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    for name, target in (("state_db.sql", "live/state.db"), ("exchange.sql", "exchange.db")):
        path = tmp_path / target
        path.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(path)) as db:
            db.executescript((V0_1_0 / name).read_text(encoding="utf-8"))
        path.chmod(0o600)
    for name, folder in (("default.yaml", "configs"), ("run_manifest.json", "configs"), (SIGNAL_FILE, "signals")):
        (tmp_path / folder).mkdir(exist_ok=True)
        shutil.copy(V0_1_0 / name, tmp_path / folder / name)
    monkeypatch.chdir(tmp_path)
    return Account(tmp_path)


def finished(account: Account) -> None:
    """The exit was sold, both entries were bought, each once, and everything held has its one stop."""
    status = account.run("live.admin status --json").json
    assert {one["ticker"]: one["naked_shares"] for one in status["positions"]} == dict.fromkeys(HELD, 0)
    assert account.run("live.admin reconcile").code == 0
    sent = [(ticker, side) for ticker, side, kind in account.orders() if kind == "market"]
    assert sorted(sent) == sorted(
        [*((ticker, "buy") for ticker in ("AAA", "BBB", "CCC", "DDD", "EEE")), ("CCC", "sell")]
    )


@dataclass(frozen=True)
class Opened:
    """The account's exchange, held open so that what it receives can be seen."""

    exchange: Exchange
    broker: Broker
    state_db: Path


def test_f75_a_state_db_of_an_older_schema_is_copied_and_migrated_by_the_run(account: Account) -> None:
    account.go("2026-03-23T09:31")
    exchange = Exchange.open(account.folder / "exchange.db")
    opened = Opened(exchange, open_exchange(exchange), account.folder / "live" / "state.db")
    words = ["--phase", "poll", "--broker", "sim", "--set", "broker.sim_file=exchange.db"]
    bought = {"AAA": "200 at 50.00, stop 45.00", "BBB": "125 at 80.00, stop 72.00"}
    bought |= {"DDD": "400 at 25.00, stop 22.50", "EEE": "83 at 120.00, stop 108.00"}
    fault_ends(
        "F75",
        opened,
        lambda: run_command(executor, words, Runtime(opened.broker)),
        exit_code=0,
        last_line="",
        received=[],
        state=State(bought, closed={"CCC": "250 trend_break at 37.01"}),
        rerun=Rerun(0),
    )
    exchange.close()
    finished(account)
    (copy,) = opened.state_db.parent.glob("state.db.v2-*.bak")
    assert copy.stat().st_mode & 0o777 == 0o600


def test_an_upgrade_between_place_and_poll_finishes_the_day(account: Account) -> None:
    for moment, phase in (
        ("2026-03-23T09:31", "poll"),
        ("2026-03-23T15:45", "protect"),
        ("2026-03-23T16:05", "protect"),
    ):
        done = account.go(moment).run(f"live.executor --phase {phase} -q")
        assert done.code == 0, done.stderr
    finished(account)
    assert account.run("live.executor --phase poll").code == 0
    (copy,) = (account.folder / "live").glob("state.db.v2-*.bak")
    assert copy.stat().st_mode & 0o777 == 0o600


def test_an_upgrade_with_a_new_manifest_and_then_poll_finishes_the_day(account: Account) -> None:
    assert account.run(NEW_MANIFEST).code == 0
    assert account.go("2026-03-23T09:31").run("live.executor --phase poll").code == 0
    finished(account)


def test_an_upgrade_with_another_poll_timeout_finishes_the_day(account: Account) -> None:
    done = account.go("2026-03-23T09:31").run("live.executor --phase poll", "execution.poll_timeout_s=90")
    assert done.code == 0, done.stderr
    finished(account)


def test_a_strategy_changed_with_the_upgrade_is_5_and_the_printed_way_leads_out(account: Account) -> None:
    made = account.folder / "configs" / "run_manifest.json"
    before = made.read_bytes()
    account.go("2026-03-23T09:31")
    assert account.run(f"{NEW_MANIFEST} --set stop_loss_pct=9").code == 0
    done = account.run("live.executor --phase poll", "strategy.stop_loss_pct=9")
    assert done.code == 5
    assert "put the manifest back that it was made with" in done.last_line
    assert account.run("live.executor --phase protect", "strategy.stop_loss_pct=9").code == 0
    made.write_bytes(before)
    assert account.run("live.executor --phase poll").code == 0
    finished(account)


def test_the_morning_after_the_upgrade_asks_for_a_manifest_and_goes_on_with_it(account: Account) -> None:
    account.go("2026-03-23T16:05").run("live.executor --phase protect -q")
    line = "live.signal_generator --report-dir reports -q"
    write_reports(account.folder / "reports", [offer("DDD", date(2026, 3, 24), price="25")])
    refused = account.go("2026-03-24T09:00").run(line)
    assert refused.code == 5
    assert f"Make one with: python -m {NEW_MANIFEST} (" in refused.last_line
    assert account.run(NEW_MANIFEST).code == 0
    for moment, cron in (
        ("2026-03-24T09:00", line),
        ("2026-03-24T09:20", "live.executor --phase place -q"),
        ("2026-03-24T09:31", "live.executor --phase poll -q"),
        ("2026-03-24T15:45", "live.executor --phase protect -q"),
    ):
        done = account.go(moment).run(cron)
        assert done.code == 0, done.stderr
    finished(account)


def test_protect_status_reconcile_and_the_kill_switch_work_at_once_after_the_upgrade(account: Account) -> None:
    assert account.run("live.admin status --offline").code == 0
    assert account.run("live.admin reconcile").code == 0
    assert account.run("live.executor --phase protect", has_pages=True).code == 0
    assert (account.folder / "pages" / "2026-03-23.html").is_file()
    assert account.run('live.admin kill-switch on --reason "look first"').code == 0
    assert account.run("live.admin kill-switch status").code == 3
