"""`admin diff`: two signal files in words, read from their files alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from live.admin import main as admin
from live.signals.file import SignalFile
from tests.cli.done import Done, run_command
from tests.live.signals.test_signal_file import signal

FIRST = signal()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a.json; the programs are started in it."""
    monkeypatch.chdir(tmp_path)
    write("a.json", FIRST)
    return tmp_path


def write(name: str, file: SignalFile) -> None:
    Path(name).write_text(file.text(), encoding="utf-8")


def diff(*args: str) -> Done:
    return run_command(admin, ("diff", *args))


def test_files_of_the_same_decisions_have_no_difference(folder: Path) -> None:
    write("b.json", replace(FIRST, run_id="r2"))
    done = diff("a.json", "b.json")
    assert (done.code, done.stderr) == (0, "")
    first, second, said = done.stdout.splitlines()
    assert first.startswith("first: a.json: ema_p10 for 2026-02-17, made 2026-02-17 09:20:00 New York by r1, content ")
    assert second.startswith("second: b.json: ")
    assert said == "no difference"


def test_differences_are_told_in_words_and_end_0(folder: Path) -> None:
    write("b.json", replace(FIRST, entries=FIRST.entries[:1], exits=()))
    done = diff("a.json", "b.json")
    assert done.code == 0
    assert done.stdout.splitlines()[2:] == [
        "2 differences",
        "part     what the second file says otherwise",
        "exits    AAPL: not sold any more; the second file does not name it",
        "entries  PENY: not bought any more; the second file does not name it",
    ]


def test_json_has_both_files_and_every_change(folder: Path) -> None:
    changed = replace(FIRST.entries[0], shares=70)
    write("b.json", replace(FIRST, entries=(changed, FIRST.entries[1])))
    found = diff("a.json", "b.json", "--json").json
    assert [one["path"] for one in found["files"]] == ["a.json", "b.json"]
    assert found["files"][0]["content_sha256"] == FIRST.content_sha256
    assert found["files"][0]["generated_at"] == "2026-02-17T14:20:00.000000Z"
    assert found["is_equal"] is False
    (change,) = found["changes"]
    assert (change["part"], change["name"], change["kind"]) == ("entries", "NVDA", "changed")
    assert change["fields"] == [{"name": "shares", "before": 71, "after": 70}]
    assert (change["before"]["stop_price"], change["after"]["shares"]) == ("126.18", 70)
    assert diff("a.json", "a.json", "--json").json["is_equal"] is True


def test_another_sessions_numbers_of_the_holdings_are_counted_and_shown_with_v(folder: Path) -> None:
    day = timedelta(days=1)
    held = replace(FIRST.holdings[0], last_close=2_200_000)
    later = replace(FIRST, trade_date=FIRST.trade_date + day, as_of_session=FIRST.as_of_session + day, holdings=(held,))
    write("b.json", later)
    short, whole = diff("a.json", "b.json").stdout, diff("a.json", "b.json", "-v").stdout
    assert "holdings  1 in both files with the numbers of another session (-v shows them)" in short
    assert "TSLA: last close 220.00 instead of 210.40" in whole
    assert "TSLA" not in short


def test_a_file_of_before_holdings_were_listed_is_compared(folder: Path) -> None:
    content = json.loads(FIRST.text())
    del content["holdings"], content["candidates"]
    Path("old.json").write_text(json.dumps(content))
    said = diff("old.json", "a.json").stdout
    assert "holdings    the first file lists none, the second 1" in said
    assert "candidates  the first file lists none, the second 1" in said


def test_a_file_that_was_changed_by_hand_is_compared_and_said(folder: Path) -> None:
    Path("b.json").write_text(FIRST.text().replace('"shares": 71', '"shares": 72'))
    done = diff("a.json", "b.json")
    assert done.code == 0
    assert "b.json does not fit its own content_sha256: it was changed after it was made" in done.stdout
    assert "NVDA: shares 72 instead of 71" in done.stdout


@pytest.mark.parametrize("other", ["none.json", ".", "text.json", "list.json", "other.json"])
def test_what_is_no_signal_file_ends_7(folder: Path, other: str) -> None:
    Path("text.json").write_text("hello")
    Path("list.json").write_text("[]")
    Path("other.json").write_text('{"a": 1}')
    for args in (("a.json", other), (other, "a.json")):
        done = diff(*args)
        assert done.code == 7
        assert done.last_line.endswith("Name two signal files, trade_signals_DATE_STRATEGY.json.")


@pytest.mark.parametrize("args", [(), ("a.json",), ("a.json", "a.json", "a.json")])
def test_anything_but_two_files_is_a_usage_error(folder: Path, args: tuple[str, ...]) -> None:
    assert diff(*args).code == 2


def test_it_needs_no_home_and_leaves_nothing_behind(folder: Path) -> None:
    assert diff("a.json", "a.json").code == 0
    assert [path.name for path in folder.iterdir()] == ["a.json"]


def test_a_narrow_terminal_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    write("b.json", replace(FIRST, entries=(), exits=(), skipped=(), holdings=()))
    assert max(map(len, diff("b.json", "a.json").stdout.splitlines())) <= 80
