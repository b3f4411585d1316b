"""`admin doctor`: everything the next runs need is asked, what is missing is said, and nothing is changed."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Thread

import pytest

from live.admin import main as admin
from live.doctor.registry import CHECKS
from live.run.lock import db_lock_path, hold_lock
from live.run.runtime import Runtime
from live.sim.faults import RequestFault
from live.sim.server import SimServer
from live.state_db.db import StateDB
from tests.bench.history import write_history
from tests.builders import weekdays
from tests.cli.account import CONFIG, SESSIONS, TradingAccount, bars, day, offer
from tests.cli.done import Done, run_command
from tests.fault_actions import answer, change_answer

DEPEND_ON_THE_MACHINE = {"disk", "private files"}
"""Checks that a small or shared machine of a developer may warn of."""


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """AAA and BBB are held with their stops; it is eleven o'clock on the next session."""
    account = TradingAccount(tmp_path_factory.mktemp("traded"), bars("AAA"), bars("BBB"), bars("CCC"))
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    return account.go(day(1), "11:00")


@pytest.fixture
def holding(traded: TradingAccount) -> Iterator[TradingAccount]:
    yield traded
    traded.exchange.faults.clear()


def doctor(account: TradingAccount, *args: str | Path) -> Done:
    return account.admin("doctor", "--manifest", account.manifest, *args)


def doctor_on(account: TradingAccount, state_db: Path) -> Done:
    flags = ["--config", str(CONFIG), "--state-db", str(state_db), "--manifest", str(account.manifest)]
    return run_command(admin, ["doctor", "--json", *flags, "--set", "broker.id=sim"], account.runtime)


def answers(done: Done) -> dict[str, tuple[str, str, str]]:
    """Return status, detail and fix by name; of several under one name the last."""
    return {one["name"]: (one["status"], one["detail"], one["fix"]) for one in done.json["checks"]}


def broken(account: TradingAccount, path: str, status: int = 503) -> None:
    account.exchange.faults.add(RequestFault("GET", path, answer(status), times=None))


def says(account: TradingAccount, path: str, **more: object) -> None:
    change = change_answer(lambda found: found | more)
    account.exchange.faults.add(RequestFault("GET", path, change, times=None))


# when all is well


def test_it_asks_everything_and_ends_0_when_tomorrow_will_work(holding: TradingAccount) -> None:
    before = holding.tree()
    done = doctor(holding, "--json")
    assert done.code == 0, done.stderr
    found = answers(done)
    not_asked = {"asset directory", "report", "test message", "candidate sources", "symbols"}
    assert list(found) == [name for name, _ in CHECKS if name not in not_asked]
    assert {name for name, (status, _, _) in found.items() if status != "ok"} <= DEPEND_ON_THE_MACHINE
    assert holding.tree() == before


def test_each_check_is_a_line_and_the_last_line_is_the_count(holding: TradingAccount) -> None:
    lines = doctor(holding).stdout.splitlines()
    cells = [re.split(r"  +", line) for line in lines]
    assert lines[-1].startswith("37 checks: ")
    assert lines[-1].endswith(" 0 fail")
    assert ["ok", "kill switch", "off"] in cells
    assert ["ok", "book", "2 positions, as the broker has them"] in cells
    assert ["ok", "protection", "2 positions, every share is protected"] in cells


def test_eighty_columns_hold_every_line_and_the_fix_stands_below_its_check(
    holding: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = doctor(holding, "--set", "safety.max_position_usd=500")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    at = next(i for i, line in enumerate(lines) if line.startswith("FAIL  settings"))
    fix = next(line for line in lines[at:] if line.startswith("    fix: "))
    assert fix == "    fix: Raise max_position_usd, or lower position_size (and make a new"


def test_quiet_says_only_what_is_not_ok(holding: TradingAccount) -> None:
    done = doctor(holding, "-q", "--set", "execution.poll_timeout_s=1")
    assert (done.code, done.stdout) == (0, "")
    assert "warn settings: execution.poll_timeout_s 1 is less than twice poll_interval_s 2" in done.stderr
    assert "ok " not in done.stderr


def test_check_is_the_same_command_and_not_in_the_list(holding: TradingAccount) -> None:
    found = answers(holding.admin("check", "--json", "--manifest", holding.manifest))
    assert list(found) == list(answers(doctor(holding, "--json")))
    listed = run_command(admin, ["--help"]).stdout.partition("Options:")[2].split()
    assert "doctor" in listed
    assert "check" not in listed


def test_before_the_first_run_nothing_is_missing(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA")).go(day(0), "09:00")
    before = account.tree()
    done = doctor(account, "--json")
    assert done.code == 0, done.stderr
    found = answers(done)
    assert found["state DB"][1] == f"none yet at {account.state_db}, the first run makes one"
    assert found["backups"][1] == "none yet: the first signal file makes one"
    assert found["prices"][1].startswith("sim: newest bar of AAA 2026-01-30")
    assert account.tree() == before


# what fails


def test_a_failure_hides_nothing_and_decides_the_code(holding: TradingAccount) -> None:
    done = doctor(holding, "--json", "--manifest", holding.folder / "none.json")
    assert done.code == 5
    found = answers(done)
    assert found["manifest"][0] == "fail"
    assert "python -m backtest manifest" in found["manifest"][2]
    assert found["account"][0] == "ok"
    assert done.json["counts"]["fail"] == 1
    assert [one["code"] for one in done.json["endings"]] == [5]
    assert next(one["code"] for one in done.json["checks"] if one["name"] == "manifest") == 5


def test_without_a_configuration_the_machine_is_asked_all_the_same(holding: TradingAccount) -> None:
    done = run_command(admin, ["doctor", "--json", "--config", holding.folder / "none.yaml"])
    assert done.code == 6
    found = answers(done)
    assert [found[name][0] for name in ("python", "packages", "time zone", "configuration")] == ["ok"] * 3 + ["fail"]
    assert found["account"][:2] == ("warn", "not asked: no configuration")
    assert done.json["counts"]["fail"] == 1


def test_a_damaged_state_db_keeps_neither_account_nor_prices_from_being_asked(holding: TradingAccount) -> None:
    path = holding.folder / "damaged.db"
    path.write_bytes(b"no database at all" * 50)
    done = doctor_on(holding, path)
    assert done.code == 13
    found = answers(done)
    assert "restore --list" in found["state DB"][2]
    assert found["kill switch"][0] == "fail"
    assert found["backups"] == ("warn", f"none in {holding.folder / 'backups'}", "")
    assert [found[name][0] for name in ("account", "clock", "calendar", "prices", "notifier")] == ["ok"] * 5
    assert found["book"][:2] == ("warn", "not asked: the state DB cannot be opened")
    path.unlink()


def test_a_row_that_no_run_looks_at_any_more_is_judged_too(holding: TradingAccount) -> None:
    path = holding.folder / "changed.db"
    write_history(path, weekdays(date(2025, 1, 1), date(2025, 1, 28)).days, 70)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute("UPDATE orders SET trade_date = 'garbage' WHERE id = 1")
    StateDB.open(path, holding.broker.clock).close()
    done = doctor_on(holding, path)
    assert done.code == 13
    assert "table orders, row 1: CHECK constraint failed: trade_date" in answers(done)["state DB"][1]
    path.unlink()


def test_without_keys_it_says_where_they_were_looked_for_and_asks_the_rest(
    holding: TradingAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    done = asks_alpaca(holding)
    assert done.code == 6
    found = answers(done)
    assert found["keys"][1].startswith("broker keys missing for the paper account in the environment, .env and .mcp")
    assert [found[name][1] for name in ("broker", "account", "prices")] == ["not asked: no keys"] * 3
    assert found["manifest"][0] == "ok"


def asks_alpaca(account: TradingAccount, *args: str) -> Done:
    """Ask with Alpaca's adapter, as from the shell."""
    common = ["--config", CONFIG, "--state-db", account.folder / "other.db", "--manifest", account.manifest]
    return run_command(admin, ["doctor", "--json", "--broker", "alpaca", *common, *args])


KEY, SECRET = "PKABCDEF12345678", "s3cr3tS3CR3Ts3cr3tS3CR3T"


@pytest.mark.parametrize(
    ("variables", "name", "status", "words"),
    [
        ({"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": SECRET}, "keys", "ok", "in the environment, for the paper"),
        ({"ALPACA_API_KEY": KEY, "ALPACA_API_SECRET": SECRET}, "environment", "warn", "(read: ALPACA_SECRET_KEY)"),
        ({"ALPACA_KEY_ID": KEY, "ALPACA_SECRET": SECRET}, "keys", "fail", "ALPACA_SECRET in the environment is"),
        ({"ALPACA_MODE": "live", "ALPACA_API_KEY": KEY, "ALPACA_SECRET_KEY": SECRET}, "keys", "fail", "says live"),
        ({"ALPACA_MODE": "Paper", "ALPACA_API_KEY": KEY, "ALPACA_SECRET_KEY": SECRET}, "keys", "ok", "the paper"),
        ({"EXECUTOR_STATE_DB": "x"}, "environment", "fail", "EXECUTOR_STATE_DB"),
        ({"LOG_LEVEL": "trace"}, "environment", "warn", "LOG_LEVEL 'trace' is not known"),
        ({"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": SECRET}, "broker", "fail", "https://example.com"),
    ],
)  # fmt: skip
def test_keys_and_their_spellings_are_told_and_no_value_is(
    holding: TradingAccount,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    name: str,
    status: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable, value in ({"APCA_API_BASE_URL": "https://example.com"} | variables).items():
        monkeypatch.setenv(variable, value)
    done = asks_alpaca(holding)
    found = answers(done)[name]
    assert (found[0], words in found[1]) == (status, True), found
    assert KEY not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_over_the_network_it_measures_the_answers_and_asks_for_prices(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = TradingAccount(tmp_path, bars("AAA")).go(day(0), "09:00")
    monkeypatch.chdir(tmp_path)
    server = SimServer(account.exchange)
    Thread(target=server.serve_forever, daemon=True).start()
    env = tmp_path / ".env"
    env.write_text(
        f"ALPACA_PAPER_API_KEY={KEY}\nALPACA_PAPER_SECRET_KEY={SECRET}\nALPACA_MODE=paper\n"
        f"APCA_API_BASE_URL={server.address}\nAPCA_API_DATA_URL={server.address}\n"
    )
    env.chmod(0o640)
    try:
        done = asks_alpaca(account)
    finally:
        server.shutdown()
        server.server_close()
    assert done.code == 0, done.stderr
    found = answers(done)
    assert found["keys"][1] == "ALPACA_PAPER_API_KEY in .env, for the paper account"
    assert found["broker"][1] == f"alpaca, local, {server.address}"
    assert re.fullmatch(r"\d+/\d+/\d+ ms \(min/median/max of 5 requests\)", found["response times"][1])
    assert found["prices"][1] == "alpaca (sip): newest bar of AAA 2026-01-30, last closed session 2026-01-30"
    assert found["private files"][::2] == ("warn", "chmod 600 .env")
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("args", "code", "name"),
    [
        (("--report-file", "none.html"), 7, "report"),
        (("--report-dir", "nowhere"), 7, "report"),
        (("--set", "strategy.nonsense=1"), 6, "configuration"),
        (("--set", "safety.max_position_usd=500"), 6, "settings"),
        (("--set", "notify.command=/nowhere/page-me"), 9, "notifier"),
    ],
)
def test_it_ends_as_the_program_that_needs_it_would(
    holding: TradingAccount, args: tuple[str, ...], code: int, name: str
) -> None:
    done = doctor(holding, "--json", *args)
    status, detail, fix = answers(done)[name]
    assert (done.code, status) == (code, "fail")
    assert fix or "expected one of" in detail


@pytest.mark.parametrize("option", [("--set", "execution.poll_timeout_s=1"), ("--set", "paths.backups_dir=none")])
def test_a_warning_changes_no_code(holding: TradingAccount, option: tuple[str, str]) -> None:
    done = doctor(holding, "--json", *option)
    assert (done.code, answers(done)["settings"][0]) == (0, "warn")


def test_a_broker_that_does_not_answer_is_8(holding: TradingAccount) -> None:
    broken(holding, ".*")
    done = doctor(holding, "--json")
    assert done.code == 8
    assert answers(done)["funds"][1] == "not asked: the account cannot be read"


def test_a_restricted_account_is_11_and_the_flag_is_named(holding: TradingAccount) -> None:
    says(holding, "/v2/account", trading_blocked=True)
    done = doctor(holding, "--json")
    assert (done.code, "trading_blocked" in answers(done)["restrictions"][1]) == (11, True)
    assert answers(done)["funds"][0] == "ok"


def test_short_selling_that_the_broker_would_take_is_a_warning(holding: TradingAccount) -> None:
    says(holding, "/v2/account", shorting_enabled=True)
    done = doctor(holding, "--json")
    assert done.code == 0
    assert answers(done)["shorting"] == (
        "warn",
        "the broker would take a short sale",
        "Set no_shorting in the account's settings at the broker.",
    )


def test_a_loss_that_would_stop_the_next_run_is_11(holding: TradingAccount) -> None:
    says(holding, "/v2/account", last_equity="900000")
    done = doctor(holding, "--json", "--set", "safety.max_daily_loss_pct=3")
    assert (done.code, answers(done)["limits"][1].split(":")[0]) == (11, "daily loss")


def test_shares_without_a_stop_are_12(holding: TradingAccount) -> None:
    hidden = change_answer(lambda rows: [row for row in rows if row["symbol"] != "AAA"])
    holding.exchange.faults.add(RequestFault("GET", "/v2/orders", hidden, times=None))
    gone = change_answer(lambda order: order | {"status": "canceled"})
    holding.exchange.faults.add(RequestFault("GET", "/v2/orders/.*", gone, times=None))
    done = doctor(holding, "--json")
    assert done.code == 12, answers(done)
    assert answers(done)["protection"][1].startswith("shares without a live stop: AAA 100")


@pytest.mark.skipif(sys.platform != "linux", reason="the system's table of locks is Linux's")
def test_a_run_at_work_is_10_and_named(holding: TradingAccount) -> None:
    with hold_lock(db_lock_path(holding.state_db)):
        done = doctor(holding, "--json")
    assert done.code == 10
    assert "another run holds the lock" in answers(done)["lock"][1]
    assert answers(done)["account"][0] == "ok"


def test_prices_that_end_before_the_last_closed_session_are_8(holding: TradingAccount) -> None:
    holding.prices.missing.add(day(0))
    try:
        done = doctor(holding, "--json")
    finally:
        holding.prices.missing.clear()
    assert done.code == 8
    assert answers(done)["prices"][1].endswith(f"{day(-1)}, last closed session {day(0)}")


def test_a_lost_state_db_is_4(holding: TradingAccount) -> None:
    done = doctor_on(holding, holding.folder / "elsewhere.db")
    assert (done.code, answers(done)["book"][0]) == (4, "fail")


def test_signal_files_that_were_moved_away_are_a_warning(holding: TradingAccount) -> None:
    away = holding.signals.rename(holding.folder / "away")
    try:
        done = doctor(holding, "--json")
    finally:
        away.rename(holding.signals)
    assert (done.code, answers(done)["signal files"][0]) == (0, "warn")


# funds and reports


def test_it_tells_for_how_many_slots_the_funds_last(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"), cash="100000").go(day(0), "09:00")
    status, detail, _ = answers(doctor(account, "--json"))["funds"]
    assert status == "warn"  # (100,000 - 5,000) / 10,500
    assert detail.startswith("buying_power 100,000.00: enough for 9 of 20 slots, 20 free (10,500.00 each)")
    assert detail.endswith("a full book is 20 x 10,000.00, cash is 100,000.00")


def test_it_reads_the_reports_of_the_next_trade_date(holding: TradingAccount) -> None:
    page = holding.report(day(1), offer("CCC", day(1)))
    done = doctor(holding, "--json", "--report-dir", holding.reports)
    assert done.code == 0, done.stderr
    found = answers(done)
    assert found["asset directory"][1] == "3 stocks of 2026-02-03"
    assert found["report"][1] == f"{page.name}: 1 of 1 candidates confirmed, 0 doubts"


def test_it_judges_a_report_by_the_asset_list_and_keeps_none(holding: TradingAccount) -> None:
    page = holding.report(day(1), offer("CCC", day(1), company="Zephyr Robotics"))
    before = holding.tree()
    done = doctor(holding, "--report-file", page)
    assert (done.code, holding.tree()) == (0, before)
    assert "0 of 1 candidates confirmed, 1 doubts" in done.stdout


def test_it_says_which_stocks_only_their_price_can_confirm(holding: TradingAccount) -> None:
    done = doctor(holding, "--report-file", holding.report(day(1), offer("CCC", day(1), company="")))
    assert "0 of 1 candidates confirmed, 1 more if the price fits, 1 doubts" in done.stdout


def test_one_report_that_cannot_be_read_hides_no_other(holding: TradingAccount) -> None:
    page = holding.report(day(1), offer("CCC", day(1)))
    done = doctor(holding, "--report-file", "none.html", "--report-file", page)
    assert (done.code, "1 of 1 candidates confirmed" in done.stdout) == (7, True)


def test_f124_it_says_that_the_asset_list_cannot_be_had(holding: TradingAccount) -> None:
    broken(holding, "/v2/assets")
    assert doctor(holding).code == 0  # without a report nobody needs it
    done = doctor(holding, "--report-file", holding.report(day(1), offer("CCC", day(1))))
    assert done.code == 8
    assert "1 of 1 candidates confirmed" in done.stdout


def test_the_runtime_may_bring_the_broker_only(holding: TradingAccount) -> None:
    before, holding.runtime = holding.runtime, Runtime(holding.broker, None, SESSIONS)
    try:
        done = doctor(holding, "--json")
    finally:
        holding.runtime = before
    assert (done.code, answers(done)["prices"][0]) == (0, "ok"), done.stderr


def test_a_test_message_is_sent_where_it_is_asked_for_and_its_failure_is_9(
    holding: TradingAccount, tmp_path: Path
) -> None:
    script = tmp_path / "page-me"
    script.write_text(f'#!/bin/sh\nprintf %s "$EARNINGS_DRIFT_TITLE" >>{tmp_path}/got\nexit $1\n')
    script.chmod(0o700)
    before = holding.tree()
    assert doctor(holding, "--set", f"notify.command={script} 0").code == 0
    assert not (tmp_path / "got").exists()
    done = doctor(holding, "--json", "--send-test", "--set", f"notify.command={script} 0")
    assert (done.code, answers(done)["test message"][:2]) == (0, ("ok", "sent by command"))
    assert (tmp_path / "got").read_text() == "earnings-drift: test message"
    done = doctor(holding, "--json", "--send-test", "--set", f"notify.command={script} 3")
    assert (done.code, answers(done)["test message"][1]) == (9, "notify.command ended 3")
    assert holding.tree() == before


def test_a_test_message_without_a_way_is_a_warning(holding: TradingAccount) -> None:
    done = doctor(holding, "--json", "--send-test")
    assert (done.code, answers(done)["test message"][0]) == (0, "warn")


def test_a_command_line_that_cannot_be_read_is_6(holding: TradingAccount) -> None:
    done = doctor(holding, "--json", "--send-test", "--set", "notify.command=page-me 'x")
    assert (done.code, answers(done)["notifier"][0]) == (6, "fail")
    assert answers(done)["test message"][1] == "not asked: notify.command cannot be read"


def test_no_address_of_a_notification_is_shown(holding: TradingAccount) -> None:
    urls = ("--set", "notify.urls=ntfy://hush-hush-topic", "--set", "heartbeat.url=https://hc-ping.com/hush-hush-id")
    done = doctor(holding, "--json", *urls)
    found = answers(done)
    assert found["heartbeat"][1] == "hc-ping.com, not asked"
    assert found["notifier"][1].startswith(("ntfy-", "notify.urls without apprise"))
    assert "hush-hush" not in done.stdout + done.stderr
    assert json.loads(done.stdout)["program"] == "admin-doctor"
