"""One folder holds everything: `--home` and EARNINGS_DRIFT_HOME, from wherever a program is started."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from backtest.__main__ import cli as backtest
from live.admin import main as admin
from live.executor import main as executor
from live.signal_generator import main as generator
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.done import Done, run_command
from tests.cli.printed import commands_in, run_printed
from tests.paths import DEFAULT_CONFIG

SIM = ("--broker", "sim", "--set", "broker.sim_file=exchange.db")


@pytest.fixture
def account(tmp_path: Path) -> TradingAccount:
    """A home with a configuration and a report, and an account on an exchange in it; the person stands elsewhere."""
    account = TradingAccount(tmp_path / "drift", bars("AAA"), in_file=True) if _made(tmp_path / "drift") else None
    assert account is not None
    shutil.copy(DEFAULT_CONFIG, account.folder / "configs/default.yaml")
    shutil.copy(account.manifest, account.folder / "configs/run_manifest.json")
    account.report(day(0), offer("AAA", day(0)))
    return account.go(day(0), "09:00")


def _made(folder: Path) -> bool:
    (folder / "configs").mkdir(parents=True)
    return True


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def decide(account: TradingAccount, *more: str | Path) -> Done:
    return run_command(generator, ["--report-dir", "reports", *SIM, *more], account.runtime)


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_everything_counts_from_the_home_and_nothing_is_made_elsewhere(
    account: TradingAccount, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    given: Sequence[str | Path] = ("--home", account.folder)
    if how == "variable":
        monkeypatch.setenv("EARNINGS_DRIFT_HOME", str(account.folder))
        given = ()
    log = ("--set", "paths.log_file=run.log")
    done = decide(account, *given, *log)
    assert done.code == 0, done.stderr
    assert {"live/state.db", "run.log", f"signals/trade_signals_{day(0)}_ema_p10.json"} <= files(account.folder)
    assert any(name.startswith("live/backups/") for name in files(account.folder))
    assert run_command(admin, ("kill-switch", "on", *given, *SIM), account.runtime).code == 0
    assert run_command(executor, ("--phase", "place", *given, *SIM), account.runtime).code == 3
    assert run_command(backtest, ("manifest", "--out", "m.json", *given)).code == 0
    assert (account.folder / "m.json").exists()
    assert files(elsewhere) == set()
    assert Path.cwd() == elsewhere


def test_what_is_printed_next_works_from_another_folder_too(
    account: TradingAccount, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARNINGS_DRIFT_HOME", str(account.folder))
    said = decide(account).stdout.splitlines()[-1]
    monkeypatch.delenv("EARNINGS_DRIFT_HOME")
    assert f"python -m live.executor --phase place --home {account.folder} --broker sim --set" in said
    ((program, arguments),) = commands_in(said)
    done = run_printed(account, program, arguments)
    assert done.code == 0, done.stderr
    assert files(elsewhere) == set()


def test_the_flag_comes_before_the_variable(
    account: TradingAccount, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARNINGS_DRIFT_HOME", str(elsewhere))
    assert decide(account, "--home", "../drift").code == 0
    assert files(elsewhere) == set()


@pytest.mark.parametrize("phase", ["place", "protect"])
def test_a_folder_without_a_configuration_is_6_and_stays_as_it_is(
    account: TradingAccount, elsewhere: Path, phase: str
) -> None:
    done = run_command(executor, ("--phase", phase, *SIM), account.runtime)
    assert (done.code, "--home DIR" in done.last_line) == (6, True)
    assert decide(account).code == 6
    assert files(elsewhere) == set()


def test_a_configuration_of_another_folder_begins_no_book_here(account: TradingAccount, elsewhere: Path) -> None:
    config = account.folder / "configs/default.yaml"
    for done in (
        run_command(executor, ("--phase", "protect", "--config", config, *SIM), account.runtime),
        decide(account, "--config", config, "--dry-run"),
    ):
        assert (done.code, "--home DIR" in done.last_line) == (6, True), done.stderr
    assert files(elsewhere) == set()


def test_signal_files_and_bars_are_not_put_into_a_folder_that_is_no_home(
    account: TradingAccount, elsewhere: Path
) -> None:
    common = ("--config", account.folder / "configs/default.yaml", "--state-db", account.state_db)
    common += ("--manifest", account.manifest, "--set", f"broker.sim_file={account.folder / 'exchange.db'}")
    decided = ("--report-dir", account.reports, "--broker", "sim", *common)
    for more, said in (
        ((), "no signal files in"),
        (("--dry-run",), "no signal files in"),
        (("--output-dir", account.signals, "--prices", "fmp"), "no price cache in"),
    ):
        done = run_command(generator, [*decided, *more], account.runtime)
        assert (done.code, said in done.last_line, "--home DIR" in done.last_line) == (6, True, True), done.stderr
    assert files(elsewhere) == set()
    done = run_command(generator, [*decided, "--output-dir", account.signals], account.runtime)
    assert done.code == 0, done.stderr
    assert files(elsewhere) == set()
    (elsewhere / "signals").mkdir()  # somebody made it: this is where they mean them to go
    assert run_command(generator, decided, account.runtime).code == 0


@pytest.mark.parametrize("named", ["no-such-folder", "../drift/exchange.db"])
def test_a_home_that_is_no_folder_is_6_before_anything_is_done(
    account: TradingAccount, elsewhere: Path, named: str
) -> None:
    for done in (
        decide(account, "--home", named),
        run_command(admin, ("status", "--home", named), account.runtime),
        run_command(backtest, ("manifest", "--out", "m.json", "--home", named)),
    ):
        assert (done.code, "home not usable" in done.last_line) == (6, True), done.stderr
    assert files(elsewhere) == set()


def test_the_kill_switch_is_not_on_where_there_is_nothing_to_stop(account: TradingAccount, elsewhere: Path) -> None:
    for given in ((), ("--home", "no-such-folder"), ("--home", "../elsewhere")):
        done = run_command(admin, ("kill-switch", "on", *given), account.runtime)
        assert (done.code, "kill switch NOT on" in done.last_line) == (13, True), done.stderr
    assert files(elsewhere) == set()


def test_a_home_that_is_not_absolute_is_refused_in_the_environment(
    account: TradingAccount, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARNINGS_DRIFT_HOME", "../drift")
    done = decide(account)
    assert (done.code, "expected an absolute path" in done.last_line) == (6, True)


def test_the_cron_lines_of_the_readme_need_no_cd_and_are_taken_by_the_programs(
    account: TradingAccount, elsewhere: Path
) -> None:
    readme = (DEFAULT_CONFIG.parents[1] / "README.md").read_text(encoding="utf-8")
    lines = [line for line in readme.splitlines() if "-q --home ~/earnings-drift >>" in line]
    assert len(lines) == 5
    for line, (hour, minute) in zip(lines, ((9, 0), (9, 20), (9, 31), (15, 45), (16, 5)), strict=True):
        assert line.split()[:2] == [str(minute), str(hour)]
        account.go(day(0), f"{hour:02}:{minute:02}")
        ((program, arguments),) = commands_in("python" + line.split("/python", 1)[1].split(" >>")[0])
        home = [str(account.folder) if one == "~/earnings-drift" else one for one in arguments]
        done = run_printed(account, program, (*home, *SIM))
        assert done.code == 0, (line, done.stderr)
    assert files(elsewhere) == set()
