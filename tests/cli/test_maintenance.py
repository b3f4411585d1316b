"""`admin maintenance`: the state DB's file is made small and old logs go; no row and nothing else does."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from live.run.lock import db_lock_path, hold_lock
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.done import Done

TODAY = day(0)


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """AAA was bought; it is after the close of the first day."""
    folder = tmp_path_factory.mktemp("traded")
    account = TradingAccount(folder, bars("AAA"), settings=[f"paths.pages_dir={folder / 'pages'}"])
    account.trade(TODAY, offer("AAA", TODAY))
    return account


def grown(account: TradingAccount) -> None:
    """Leave a megabyte unused inside the state DB's file."""
    with closing(sqlite3.connect(account.state_db, isolation_level=None)) as raw:
        raw.execute("CREATE TABLE bulk AS SELECT zeroblob(1000000) AS content")
        raw.execute("DROP TABLE bulk")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def logs_of(account: TradingAccount, *days_ago: int) -> list[Path]:
    folder = account.folder / "logs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found = [folder / f"{TODAY - timedelta(days=n)}.jsonl" for n in days_ago]
    for path in found:
        path.write_text("{}\n" * 100)
    return found


def rows(account: TradingAccount, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(account.state_db)) as raw:
        return raw.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def size(account: TradingAccount) -> int:
    log = account.folder / "state.db-wal"
    return account.state_db.stat().st_size + (log.stat().st_size if log.exists() else 0)


def maintain(account: TradingAccount, *words: str, typed: str = "") -> Done:
    return account.admin("maintenance", *words, typed=typed)


def test_the_file_shrinks_and_no_row_goes(traded: TradingAccount) -> None:
    tables = ("orders", "positions", "signal_files", "plans", "equity_snapshots", "system_config")
    before, events, runs = (
        {name: rows(traded, name) for name in tables},
        rows(traded, "events"),
        rows(traded, "run_log"),
    )
    small = size(traded)
    grown(traded)
    assert size(traded) > small + 900_000
    done = maintain(traded, "--yes", "--json")
    assert done.code == 0, done.stderr
    assert done.json["freed_bytes"] > 900_000
    assert done.json["state_db"]["bytes_before"] - done.json["state_db"]["bytes_after"] == done.json["freed_bytes"]
    assert size(traded) < small + 50_000
    assert {name: rows(traded, name) for name in tables} == before
    assert rows(traded, "events")[: len(events)] == events
    assert rows(traded, "run_log")[: len(runs)] == runs
    assert traded.admin("runs", "list", "--program", "admin-maintenance", "--json").json["total"] == 1
    assert traded.execute("protect").code == 0


def test_logs_of_days_long_past_go_and_nothing_else_in_their_folder(traded: TradingAccount) -> None:
    kept, gone, long_gone = logs_of(traded, 90, 120, 400)
    other = traded.folder / "logs" / "2020-01-01.jsonl.txt"
    other.write_text("mine")
    said = maintain(traded, "--dry-run").stdout
    assert f"logs of days before {kept.stem} in {kept.parent}: 2 ({long_gone.name}, {gone.name}), 600 bytes" in said
    done = maintain(traded, "--yes")
    assert done.code == 0, done.stderr
    assert ", 600 of old files" in done.stdout
    assert [path.exists() for path in (kept, gone, long_gone, other)] == [True, False, False, True]
    maintain(traded, "--yes", "--keep-logs", "30")
    assert (kept.exists(), other.exists()) == (False, True)


def test_pages_of_days_long_past_go_and_the_list_names_those_that_are_left(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    account = TradingAccount(tmp_path, bars("AAA"), settings=[f"paths.pages_dir={pages}"])
    account.go(TODAY, "09:20")
    assert account.execute("protect").code == 0
    assert account.admin("page").code == 0
    gone, kept = (pages / f"{TODAY - timedelta(days=n)}.html" for n in (367, 366))
    other = pages / "notes.html"
    for path in (gone, kept, other):
        path.write_text("a page")
    assert account.admin("page").code == 0
    assert gone.name in (pages / "index.html").read_text()
    assert (
        f"pages of days before {kept.stem} in {pages}: 1 ({gone.name}), 6 bytes"
        in maintain(account, "--dry-run").stdout
    )
    assert maintain(account, "--yes").code == 0
    assert [path.exists() for path in (gone, kept, other)] == [False, True, True]
    listed = (pages / "index.html").read_text()
    assert (gone.name in listed, kept.name in listed) == (False, True)
    account.go(day(20), "09:20")
    assert maintain(account, "--yes", "--keep-pages", "1").code == 0
    assert [path.name for path in pages.iterdir()] == ["notes.html"]


def test_pages_in_a_folder_that_is_no_home_are_not_ours(
    traded: TradingAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "pages" / "2020-01-01.html"
    theirs.parent.mkdir()
    theirs.write_text("a diary")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(traded, "settings", ("broker.id=sim",))  # pages_dir: pages
    done = maintain(traded, "--yes")
    assert (done.code, theirs.exists()) == (0, True)
    assert "pages of days" not in done.stdout
    monkeypatch.setattr(traded, "settings", ("broker.id=sim", f"paths.pages_dir={theirs.parent}"))
    assert "pages of days before" in maintain(traded, "--dry-run").stdout


def test_dry_run_says_what_would_go_and_changes_no_byte(traded: TradingAccount) -> None:
    logs_of(traded, 200)
    grown(traded)
    before = traded.tree()
    done = maintain(traded, "--dry-run", "--json")
    assert (done.code, done.json["freed_bytes"], done.json["state_db"]["bytes_after"]) == (0, 0, None)
    assert len(done.json["old_files"]["logs"]["paths"]) == 1
    assert traded.tree() == before
    unused = re.search(r"([\d,]+) bytes unused in it", done.stderr)
    assert unused is not None
    assert int(unused[1].replace(",", "")) > 900_000


def test_the_word_is_typed_on_the_terminal_and_without_one_it_takes_yes(traded: TradingAccount) -> None:
    (old,) = logs_of(traded, 60)
    for typed in ("", "yes\n"):
        assert maintain(traded, "--keep-logs", "30", typed=typed).code == 2
        assert old.exists()
    assert maintain(traded, "--keep-logs", "30", typed="MAINTENANCE\n").code == 0
    assert not old.exists()


def test_while_a_run_is_active_nothing_is_done(traded: TradingAccount) -> None:
    (old,) = logs_of(traded, 60)
    with hold_lock(db_lock_path(traded.state_db)):
        assert maintain(traded, "--yes", "--keep-logs", "30").code == 10
    assert old.exists()


def test_a_log_that_cannot_be_deleted_is_named_and_it_ends_9(
    traded: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = logs_of(traded, 60)
    real = Path.unlink

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if path == old:
            raise PermissionError(13, "Permission denied")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    done = maintain(traded, "--yes", "--keep-logs", "30")
    assert (done.code, f"not deleted: {old} (Permission denied)" in done.last_line) == (9, True)


def test_a_reader_keeps_the_log_from_being_emptied_and_it_ends_9(
    traded: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.state_db.sqlite_file.BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(traded.state_db, isolation_level=None)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM orders").fetchone()
        done = maintain(traded, "--yes")
    assert (done.code, "another program reads the state DB" in done.last_line) == (9, True)
    assert maintain(traded, "--yes").code == 0


def test_where_there_is_no_state_db_none_is_made(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    before = account.tree()
    done = maintain(account, "--yes")
    assert (done.code, "no state DB in" in done.last_line) == (13, True)
    assert account.tree() == before
