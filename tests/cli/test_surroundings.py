"""Where a program is started: paths, pipes, homes, umask, a full log. Documented codes, nothing too wide."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from backtest.__main__ import cli as backtest
from backtest.errors import PriceDataError
from backtest.prices.folder import open_folder
from live.admin import main as admin
from live.executor import main as executor
from live.run.lock import db_lock_path
from live.sim.__main__ import cli as exchange
from live.sim.faults import RequestFault
from tests.cli.account import CONFIG, TradingAccount, bars, day, offer
from tests.cli.bad_input import PROGRAMS, ready, refused, start
from tests.cli.done import Done, run_command
from tests.fault_actions import answer
from tests.faults.ending import UNTOUCHED, Rerun, State, begins, fault_ends
from tests.live.run.test_lock import holder
from tests.paths import ROOT

both = pytest.mark.parametrize("program", PROGRAMS)


@pytest.fixture
def calm(ready_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    return ready_before.copy_to(tmp_path)


def pipe(folder: Path) -> Path:
    path = folder / "pipe"
    os.mkfifo(path)
    return path


@both
def test_a_pipe_in_the_place_of_a_file_never_holds_a_run_up(calm: TradingAccount, program: str) -> None:
    path = pipe(calm.folder)
    refused(start(calm, program, "--config", path), 6, "no regular file")
    refused(start(calm, program, "--state-db", path), 13, "no regular file")
    refused(start(calm, program, "--set", f"paths.log_file={path}"), 13, "log file unusable")
    refused(start(calm, program, "--manifest", path), 7)


def test_a_pipe_in_the_place_of_prices_or_of_the_db_of_the_kill_switch_is_no_file(calm: TradingAccount) -> None:
    path = pipe(calm.folder)
    calm.runtime = type(calm.runtime)(calm.broker, None, calm.runtime.sessions)
    refused(calm.generate("--no-report", "--prices", path), 7, "neither a file nor a folder")
    folder = calm.folder / "bars"
    folder.mkdir()
    os.mkfifo(folder / "splits.csv")
    with pytest.raises(PriceDataError, match="no regular file"):
        open_folder(folder).tickers()
    for command in ("status", "off"):
        args = ["kill-switch", command, "--config", str(CONFIG), "--state-db", str(path)]
        assert run_command(admin, args, calm.runtime).code in (3, 13)


@both
def test_a_log_on_a_full_disk_is_reported_once_and_changes_no_code(calm: TradingAccount, program: str) -> None:
    log = ("--set", "paths.log_file=/dev/full")
    done = start(calm, program, *log, "--manifest", calm.folder / "none.json")
    assert done.code == 5
    assert done.stderr.count("the log file /dev/full cannot be written: No space left on device") == 1
    assert done.last_line.startswith("error[5] ")
    done = start(calm, program, *log)
    assert done.code == 0
    assert "Traceback" not in done.stderr


@both
def test_paths_that_are_no_utf_8_are_paths(tmp_path: Path, program: str) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    calm = ready(folder)
    done = start(calm, program)
    assert done.code == 0, (done.stdout, done.stderr)
    with calm.look() as db:
        assert db.runs.last()[0].exit_code == 0


@both
@pytest.mark.parametrize("option", ["--config", "--manifest", "--state-db", "--set"])
def test_an_argument_that_is_no_utf_8_ends_with_a_documented_code(
    calm: TradingAccount, program: str, option: str
) -> None:
    bad = (
        os.fsdecode(os.fsencode(calm.folder) + b"/\xff/\xfe") if option != "--set" else os.fsdecode(b"strategy.\xff=1")
    )
    done = start(calm, program, option, bad)
    assert done.code in (0, 5, 6, 13), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("status",), ("doctor",), ("reconcile",), ("kill-switch", "on", "--reason", "x")])
def test_every_program_refuses_a_state_db_in_memory(calm: TradingAccount, command: tuple[str, ...]) -> None:
    for door_args in ((*command, "--config", str(CONFIG), "--state-db", ":memory:"),):
        assert run_command(admin, door_args, calm.runtime).code == 2
    for program in PROGRAMS:
        assert start(calm, program, "--state-db", ":memory:").code == 2
        refused(start(calm, program, "--set", "paths.state_db=:memory:"), 6)


def test_neither_a_backup_nor_an_exchange_is_in_memory(calm: TradingAccount) -> None:
    args = ["backup", ":memory:", "--config", str(CONFIG), "--state-db", str(calm.state_db)]
    refused(run_command(admin, args, calm.runtime), 2)
    bars_file = calm.folder / "bars.csv"
    bars_file.write_text("symbol,date,open,high,low,close,volume\nAAA,2026-01-30,1,1,1,1,1\n")
    given = ["--prices", str(bars_file), "--cash", "1", "--now", "2026-01-30T09:00"]
    refused(run_command(exchange, ["init", "--file", ":memory:", *given]), 6, ":memory:")


def test_the_other_programs_make_nothing_wider_either(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = tmp_path / "deep"
        command = ["manifest", "--out", str(made / "er" / "m.json")]
        assert run_command(backtest, command).code == 0
        (tmp_path / "bars.csv").write_text("symbol,date,open,high,low,close,volume\nAAA,2026-01-30,1,1,1,1,1\n")
        given = ["--prices", str(tmp_path / "bars.csv"), "--cash", "1", "--now", "2026-01-30T09:00"]
        assert run_command(exchange, ["init", "--file", str(made / "x.sim"), *given]).code == 0
    finally:
        os.umask(before)
    assert [path for path in (made, *made.rglob("*")) if path.stat().st_mode & 0o077] == []


def test_nothing_is_wider_than_its_contract_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        calm = TradingAccount(tmp_path, bars("AAA"), settings=[f"paths.log_file={tmp_path}/logs/a/run.jsonl"])
        calm.go(day(0), "09:00")
        report = calm.report(day(0), offer("AAA", day(0)))
        known = set(tmp_path.rglob("*"))
        deep = ("--state-db", tmp_path / "deep" / "er" / "state.db", "--output-dir", tmp_path / "out" / "put")
        done = calm.generate("--report-file", report, *deep)
        assert done.code == 0, done.stderr
    finally:
        os.umask(before)
    made = [path for path in tmp_path.rglob("*") if path not in known]
    assert len(made) > 8
    wide = [str(path) for path in made if path.stat().st_mode & 0o077]
    assert wide == []
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in made if path.is_dir())


def lock_folder(**environ: str) -> str:
    command = [sys.executable, "-c", "from live.run.lock import default_state_dir; print(default_state_dir())"]
    clean = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_STATE_HOME")}
    done = subprocess.run(command, cwd=ROOT, env=clean | environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_shell_and_a_cron_line_share_the_lock_of_an_account() -> None:
    found = {
        lock_folder(),
        lock_folder(HOME="/nowhere"),
        lock_folder(HOME="relative", XDG_STATE_HOME="also/relative"),
        lock_folder(XDG_STATE_HOME="/tmp/xdg"),
    }
    assert len(found) == 1
    assert Path(found.pop()).is_absolute()


def test_a_user_without_a_home_has_a_lock_folder_of_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from live.run import lock

    monkeypatch.setattr(lock, "user_home", lambda: None)
    assert lock.default_state_dir() == Path(f"/var/tmp/earnings-drift-{os.getuid()}")


def test_the_users_folders_are_never_relative(monkeypatch: pytest.MonkeyPatch) -> None:
    from backtest.user_folders import default_cache_dir, default_data_dir

    for home, named in (("relative", "rel"), ("/home/me", "rel"), ("/home/me", "/named")):
        monkeypatch.setenv("HOME", home)
        for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
            monkeypatch.setenv(variable, named)
        assert default_cache_dir().is_absolute()
        assert default_data_dir().is_absolute()


def test_in_one_file_stdout_and_stderr_stand_in_the_order_they_were_written(calm: TradingAccount) -> None:
    command = [sys.executable, "-m", "live.executor", "--broker", "nobody", "--state-db", str(calm.folder / "x.db")]
    command += ["--manifest", str(calm.manifest), "--phase", "place"]
    done = subprocess.run(
        command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 6
    assert lines[-1].startswith("error[6] ")
    assert lines[-2].startswith("next step:")


@both
def test_an_error_is_one_line_whatever_another_library_wrote(calm: TradingAccount, program: str) -> None:
    calm.exchange.faults.add(RequestFault("GET", "/v2/account", answer(422, {"message": "a\nb\r\nc"}), times=None))
    refused(start(calm, program), 11, "a b c")


def test_a_price_file_that_is_no_parquet_is_one_line(calm: TradingAccount) -> None:
    (calm.folder / "bars.parquet").write_bytes(b"PAR1 not really\nPAR1")
    calm.runtime = type(calm.runtime)(calm.broker, None, calm.runtime.sessions)
    done = calm.generate("--no-report", "--prices", calm.folder / "bars.parquet")
    assert done.code in (0, 7), done.stderr
    assert len([line for line in done.stderr.splitlines() if line]) <= 1


def start_unread(calm: TradingAccount) -> Done:
    """Start the executor with a stdout whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    said = io.StringIO()
    with suppress(BrokenPipeError), os.fdopen(writer, "w") as unread, redirect_stdout(unread), redirect_stderr(said):
        with pytest.raises(SystemExit) as ended:
            executor.main(["--phase", "place", *calm._common()], obj=calm.runtime)
    code = ended.value.code
    assert isinstance(code, int)
    return Done(code, "", said.getvalue())


def test_f81_a_run_that_nobody_reads_does_its_work_and_ends_as_ever(calm: TradingAccount) -> None:
    entry = "20260202_AAA_entry_buy"
    fault_ends(
        "F81",
        calm,
        lambda: start_unread(calm),
        exit_code=0,
        last_line="",
        received=[f"POST {entry}"],
        state=State({}, {entry: "accepted 0/100"}),
        rerun=Rerun(0),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="who holds a lock is read from Linux's tables")
def test_f140_beside_a_run_that_was_stopped_it_is_13_with_the_command_that_ends_it(calm: TradingAccount) -> None:
    entry = "20260202_AAA_entry_buy"
    with holder(db_lock_path(calm.state_db)) as other:
        other.send_signal(signal.SIGSTOP)
        os.waitpid(other.pid, os.WUNTRACED)

        def end_it() -> None:
            other.kill()
            other.wait()

        fault_ends(
            "F140",
            calm,
            lambda: calm.execute("place"),
            exit_code=13,
            last_line=begins("error[13] ", f"kill {other.pid} && kill -CONT {other.pid}"),
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(0, received=[f"POST {entry}"], state=State({}, {entry: "accepted 0/100"}), mend=end_it),
        )
