"""The start-up order, step by step: what refuses, with which code, and that nothing is sent or written before."""

from __future__ import annotations

import json
import logging
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from backtest.params import Params
from live.clock import SystemClock
from live.run.lock import account_lock_path, db_lock_path, hold_lock
from live.run.options import RunOptions
from live.run.program import Run, run_program
from live.run.runtime import Runtime
from live.run.startup import (
    Connected,
    Opened,
    check_manifest,
    connect,
    open_run,
    refuse_restricted,
    require_kill_switch_off,
)
from live.state_db.db import StateDB
from live.state_db.records import AccountBinding
from tests.backtest.web.test_http import CLOCK
from tests.builders import put_manifest
from tests.fakes import Reply, Script, Step, refusal
from tests.live.alpaca.orders import BUY, client_on
from tests.live.alpaca.test_client import ACCOUNT

pytestmark = pytest.mark.usefixtures("http")

CONFIG = "strategy:\n  max_positions: 20\n"


@pytest.fixture(scope="module")
def empty_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state DB as the first run makes it; copied, because making one takes a second."""
    path = tmp_path_factory.mktemp("empty") / "state.db"
    StateDB.open(path, SystemClock()).close()
    return path


@pytest.fixture
def folder(empty_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY", "ALPACA_API_KEY", "ALPACA_SECRET_KEY", "APCA_API_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("live.run.lock.user_home", lambda: tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_db, tmp_path / "state.db")
    (tmp_path / "c.yaml").write_text(CONFIG)
    put_manifest(tmp_path / "m.json", Params())
    return tmp_path


def options(folder: Path, **changes: object) -> RunOptions:
    known = {"config": folder / "c.yaml", "state_db": folder / "state.db", "manifest": folder / "m.json"}
    return RunOptions(**(known | changes))  # type: ignore[arg-type]


def runtime(*steps: Step) -> tuple[Runtime, Script]:
    client, script, _ = client_on(*steps)
    client.is_in_process = True  # one question after the other, as the script has them
    return Runtime(client), script


def start(
    given: RunOptions,
    runtime: Runtime | None,
    then: Callable[[Run, Opened, Connected], None] = lambda *_: None,
    *,
    phase: str | None = None,
) -> int:
    """Run the whole order as a program does and return the exit code."""

    def work(run: Run) -> None:
        opened = open_run(run, given, runtime)
        require_kill_switch_off(opened.kill_switch)
        check_manifest(opened.config, given.manifest)
        connected = connect(run, opened, given, runtime)
        refuse_restricted(connected.account)
        then(run, opened, connected)

    return run_program("executor", work, phase=phase)


def test_a_whole_start_binds_the_account_and_records_the_run(folder: Path) -> None:
    with_account, script = runtime(CLOCK, Reply(200, ACCOUNT))
    assert start(options(folder), with_account, phase="place") == 0
    assert script.lines == ["GET /v2/clock", "GET /v2/account"]
    with StateDB.open(folder / "state.db", SystemClock()) as db:
        assert db.system_config.bound_account() == AccountBinding("alpaca", "23773add", is_live=False)
        (row,) = db.runs.last(5)
    assert (row.program, row.phase, row.exit_code, row.last_line) == ("executor", "place", 0, "ok")


def test_a_missing_configuration_is_6_before_the_db_is_touched(folder: Path) -> None:
    (folder / "state.db").unlink()
    assert start(options(folder, config=folder / "none.yaml"), None) == 6
    assert not (folder / "state.db").exists()


def test_a_first_run_makes_the_db_and_says_that_it_is_new(folder: Path) -> None:
    (folder / "state.db").unlink()
    with_account, _ = runtime(CLOCK, Reply(200, ACCOUNT))
    new: list[bool] = []

    def work(run: Run, opened: Opened, connected: Connected) -> None:
        new.append(opened.db_is_new)
        assert not (folder / "state.db").exists()  # F137
        run.begin()

    assert start(options(folder), with_account, work) == 0
    assert new == [True]
    assert stat.S_IMODE((folder / "state.db").stat().st_mode) == 0o600


def test_an_unusable_db_is_13_before_the_lock_and_stays_as_it_is(folder: Path) -> None:
    (folder / "state.db").write_text("this is no database, not even a small one")
    with hold_lock(db_lock_path(folder / "state.db")):
        assert start(options(folder), None) == 13
    assert (folder / "state.db").read_text().startswith("this is no database")


def test_f69_a_held_lock_is_10_before_the_kill_switch(folder: Path) -> None:
    (folder / "KILL").write_text("stop")
    with hold_lock(db_lock_path(folder / "state.db")):
        assert start(options(folder), None) == 10


def test_f80_a_kill_file_is_3_before_the_manifest_and_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "KILL").write_text("earnings desk on fire")
    assert start(options(folder, manifest=folder / "none.json"), None) == 3
    out, err = capsys.readouterr()
    assert "kill switch is ON" in out
    assert "earnings desk on fire" in err.splitlines()[-1]


def test_f104_a_manifest_of_other_parameters_is_5_before_the_keys(folder: Path) -> None:
    assert start(options(folder, settings=("strategy.max_positions=19",)), None) == 5


def test_missing_keys_are_6_and_name_the_demo_never_another_broker(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(options(folder), None) == 6
    assert "make demo" in capsys.readouterr().err
    with StateDB.open(folder / "state.db", SystemClock()) as db:
        assert [row.exit_code for row in db.runs.last(5)] == [6]
        assert db.system_config.bound_account() is None


def test_an_unknown_broker_is_6(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(options(folder, broker="alpacca"), None) == 6
    assert "alpaca, sim" in capsys.readouterr().err


def test_f64_keys_of_another_account_are_6_and_nothing_was_sent(folder: Path) -> None:
    first, _ = runtime(CLOCK, Reply(200, ACCOUNT))
    assert start(options(folder), first) == 0
    second, script = runtime(CLOCK, Reply(200, ACCOUNT | {"id": "another"}))
    assert start(options(folder), second) == 6
    assert all(line.startswith("GET") for line in script.lines)


def test_i10_one_account_is_never_acted_on_from_two_dbs_at_once(folder: Path) -> None:
    with_account, _ = runtime(CLOCK, Reply(200, ACCOUNT))
    with hold_lock(account_lock_path("alpaca", "23773add")):
        assert start(options(folder), with_account) == 10


@pytest.mark.parametrize("flag", ["trading_blocked", "account_blocked", "trade_suspended_by_user"])
def test_f50_a_restricted_account_is_11(flag: str, folder: Path) -> None:
    blocked, script = runtime(CLOCK, Reply(200, ACCOUNT | {flag: True}))
    assert start(options(folder), blocked) == 11
    assert all(line.startswith("GET") for line in script.lines)


def test_f03_refused_keys_are_6(folder: Path) -> None:
    unauthorized, _ = runtime(refusal(401, None, "unauthorized."))
    assert start(options(folder), unauthorized) == 6


def test_f07_a_broker_that_does_not_answer_is_8(folder: Path) -> None:
    down, _ = runtime(*[Reply(503)] * 8)
    assert start(options(folder), down) == 8


def test_f18_a_clock_that_cannot_be_read_does_not_stop_protection(folder: Path) -> None:
    no_clock, _ = runtime(*[Reply(503)] * 4, Reply(200, ACCOUNT))
    seen: list[object] = []
    assert start(options(folder), no_clock, lambda run, opened, connected: seen.append(connected.market_clock)) == 0
    assert seen == [None]


def every_byte(folder: Path) -> dict[str, bytes]:
    """Return every file but SQLite's own helpers."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return {str(path): path.read_bytes() for path in files}


def test_i18_a_dry_run_changes_no_byte_and_cannot_send(folder: Path) -> None:
    before = every_byte(folder)
    with_account, script = runtime(CLOCK, Reply(200, ACCOUNT))

    def try_to_send(_run: Run, _opened: Opened, connected: Connected) -> None:
        with pytest.raises(AssertionError):
            connected.broker.place_order(BUY)

    assert start(options(folder, dry_run=True), with_account, try_to_send) == 0
    assert every_byte(folder) == before
    assert all(line.startswith("GET") for line in script.lines)


def test_a_dry_run_beside_a_real_one_is_no_conflict(folder: Path) -> None:
    with_account, _ = runtime(CLOCK, Reply(200, ACCOUNT))
    with hold_lock(db_lock_path(folder / "state.db")), hold_lock(account_lock_path("alpaca", "23773add")):
        assert start(options(folder, dry_run=True), with_account) == 0


def test_a_bad_notify_command_is_6(folder: Path) -> None:
    assert start(options(folder, settings=("notify.command=page 'unclosed",)), None) == 6


def test_a_log_file_is_json_lines_of_mode_0600_with_the_runs_id(folder: Path) -> None:
    with_account, _ = runtime(CLOCK, Reply(200, ACCOUNT))
    ids: list[str] = []

    def work(run: Run, _opened: Opened, _connected: Connected) -> None:
        ids.append(run.run_id)
        logging.getLogger("live.test").info("order %s accepted", "20261120_MTZ_entry_buy")

    assert start(options(folder, settings=("paths.log_file=log/run.jsonl",)), with_account, work) == 0
    path = folder / "log" / "run.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    line = json.loads(path.read_text().splitlines()[-2])
    assert (line["run_id"], line["message"]) == (ids[0], "order 20261120_MTZ_entry_buy accepted")


def test_i21_a_log_file_is_never_written_through_a_symlink(folder: Path) -> None:
    (folder / "target").write_text("")
    (folder / "log.jsonl").symlink_to(folder / "target")
    assert start(options(folder, settings=("paths.log_file=log.jsonl",)), None) == 13
    assert (folder / "target").read_text() == ""
