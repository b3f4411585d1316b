"""The daily page: written by runs in a child process that changes nothing of them, and by hand."""

from __future__ import annotations

import io
import json
import logging
import re
import stat
import sys
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

from live.child_process import ChildProcess
from live.page.__main__ import main as write_the_page
from live.page.document import MOST_BYTES
from live.run.daily_page import BY_HAND
from live.run.options import RunOptions
from live.run.page_job import PageJob
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.printed import commands_in, run_printed
from tests.faults.ending import Rerun, State, fault_ends
from tests.live.page.builders import words_of

HOSTILE = "Acme <b>&</b> <script>alert(1)</script> Söhne"
FALLING = {day(0): "100", day(3): "80"}


def an_account(folder: Path) -> TradingAccount:
    """Return an account whose runs write pages; the exchange knows no names, so that any printed one counts."""
    account = TradingAccount(
        folder,
        *(bars(one, "100") for one in ("AAA", "BBB", "CCC")),
        settings=[f"paths.pages_dir={folder / 'pages'}"],
        named=False,
    )
    account.runtime = replace(account.runtime, has_pages=True)
    return account


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """One session: AAA and BBB were bought, CCC's printed price is far off; only the last run wrote a page."""
    account = an_account(tmp_path_factory.mktemp("played"))
    with_pages, account.runtime = account.runtime, replace(account.runtime, has_pages=False)
    account.trade(
        day(0),
        offer("AAA", day(0), company=HOSTILE),
        offer("BBB", day(0), 70),
        offer("CCC", day(0), price="300"),
    )
    account.runtime = with_pages
    assert account.execute("protect").code == 0
    return account


@pytest.fixture
def fresh(tmp_path: Path) -> TradingAccount:
    return an_account(tmp_path).go(day(0), "09:20")


class _Here:
    """The work of a page's child, done in this process."""

    def __init__(self, work: bytes) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(work)))
            patch.setattr("live.page.__main__.limit_time", lambda seconds: None)
            self.exit_code = write_the_page()

    def wait(self, is_interrupted: object) -> None:
        """It is done."""


@pytest.fixture
def written_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no process for a page, where what stands on it is asked."""
    monkeypatch.setattr("live.run.daily_page.start_child", lambda module, work: _Here(work))


def replace_setting(account: TradingAccount, folder: str) -> TradingAccount:
    """Return the same account with another folder of pages."""
    other = copy(account)
    other.settings = ("broker.id=sim", f"paths.pages_dir={folder}")
    return other


def pages(account: TradingAccount) -> dict[str, str]:
    folder = account.folder / "pages"
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} if folder.exists() else {}


def without_options(text: str) -> str:
    """Return a text whose commands have lost the options of the run that named them."""
    return re.sub(r"(python -m live\.admin [a-z-]+)( --[a-z-]+ [^ <]+)+", r"\1", text)


def the_page(account: TradingAccount, name: str = f"{day(0)}.html") -> tuple[str, str]:
    """Return a page and the text it shows; fails where it is not well-formed."""
    text = pages(account)[name]
    return text, re.sub(r"\s+", " ", words_of(text))


def test_a_run_leaves_the_page_of_its_day_and_the_list(played: TradingAccount) -> None:
    assert set(pages(played)) == {f"{day(0)}.html", "index.html"}
    text, said = the_page(played)
    assert len(text.encode()) <= MOST_BYTES
    assert "<script" not in text
    assert "Monday, 2 February 2026" in said
    assert "as of 2026-02-02 16:05 New York, after executor protect" in said
    assert "Nothing needs a hand" in said
    assert "every share protected, as the state DB has it, prices as of 2026-02-02 16:05 New York" in said
    assert "2 positions of at most 20" in said
    assert "2 orders, 2 with fills, none still open" in said
    assert "executor protect 02-02 16:05 0" in said


def test_decisions_stand_with_their_numbers_and_the_doubtful_with_what_speaks_against_them(
    played: TradingAccount,
) -> None:
    _, said = the_page(played)
    assert "2 entries, 1 skipped" in said
    assert f"AAA {HOSTILE} 100 100.00 90.00 80 B" in said
    assert "Doubtful candidates, not bought: 1" in said
    assert re.search(r"CCC 80 .*300", said)


def test_names_of_others_are_shown_and_nothing_else(played: TradingAccount) -> None:
    text, said = the_page(played)
    assert HOSTILE in said
    assert "&lt;script&gt;" in text


def test_pages_are_for_their_user_only(played: TradingAccount) -> None:
    folder = played.folder / "pages"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_list_leads_to_the_page(played: TradingAccount) -> None:
    text, said = the_page(played, "index.html")
    assert f'href="{day(0)}.html"' in text
    assert f"Mon {day(0)}" in said


def test_by_hand_it_is_the_same_page_in_a_file_of_any_name(played: TradingAccount, tmp_path: Path) -> None:
    done = played.admin("page", "--out", tmp_path / "new" / "x.html")
    assert (done.code, done.stdout) == (0, f"written: {tmp_path / 'new' / 'x.html'}\n")
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "x.html"]
    said = re.sub(r"\s+", " ", words_of((tmp_path / "new" / "x.html").read_text(encoding="utf-8")))
    assert without_options(said) == without_options(the_page(played)[1]).replace(" · all days", "", 1)


def test_by_hand_it_goes_into_the_folder_of_all_pages(played: TradingAccount) -> None:
    before = {name: without_options(text) for name, text in pages(played).items()}
    found = played.admin("page", "--json").json
    folder = played.folder / "pages"
    page, index = str(folder / f"{day(0)}.html"), str(folder / "index.html")
    assert (found["day"], found["file"], found["index"]) == (f"{day(0)}", page, index)
    assert {name: without_options(text) for name, text in pages(played).items()} == before


def test_it_changes_nothing_but_the_pages(played: TradingAccount, tmp_path: Path) -> None:
    before = played.tree()
    assert played.admin("page", "--out", tmp_path / "x.html").code == 0
    assert played.tree() == before


def test_a_day_of_which_nothing_is_known_has_no_page(played: TradingAccount) -> None:
    before = played.tree()
    done = played.admin("page", "--date", "2025-01-02")
    assert (done.code, played.tree()) == (0, before)
    assert f"nothing is on record for 2025-01-02: no page is written; the newest day is {day(0)}" in done.stdout
    assert played.admin("page", "--date", "2025-01-02", "--json").json["file"] is None


def test_where_pages_are_off_a_file_has_to_be_named(played: TradingAccount, tmp_path: Path) -> None:
    off = replace_setting(played, "none")
    done = off.admin("page")
    assert done.code == 2
    assert "paths.pages_dir" in done.last_line
    assert off.admin("page", "--out", tmp_path / "x.html").code == 0


def test_a_place_that_cannot_be_written_is_7(played: TradingAccount, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert played.admin("page", "--out", tmp_path / "file" / "x.html").code == 7


def test_every_command_on_a_page_can_be_typed_off(played: TradingAccount, tmp_path: Path) -> None:
    assert played.admin("kill-switch", "on", "--reason", "a <b>storm</b>", "--set", "broker.id=sim").code == 0
    try:
        assert played.admin("page", "--out", tmp_path / "x.html").code == 0
    finally:
        assert played.admin("kill-switch", "off").code == 0
    said = words_of((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "1 thing needs a hand kill switch is ON since" in said
    assert "a <b>storm</b>" in said
    commands = commands_in(said)
    assert [arguments[0] for _, arguments in commands] == ["kill-switch", "slippage"]
    for program, arguments in commands:
        assert run_printed(played, program, arguments).code == 0


def test_the_commands_for_what_a_page_leaves_out_exist(played: TradingAccount) -> None:
    from live.page.commands import ORDERS, SHADOWS, SLIPPAGE, STATUS

    for command in (ORDERS, SHADOWS, SLIPPAGE, STATUS, BY_HAND):
        words = command.removeprefix("python -m live.admin ").split()
        assert played.admin(*words).code == 0, command


# runs


@pytest.mark.usefixtures("written_here")
def test_the_first_run_of_an_empty_account_has_a_page_too(fresh: TradingAccount) -> None:
    assert fresh.execute("protect").code == 0
    _, said = the_page(fresh)
    assert "No open position." in said
    assert "No signal file was issued for this day." in said


@pytest.mark.usefixtures("written_here")
def test_the_generators_page_is_that_of_its_trade_date(fresh: TradingAccount) -> None:
    assert fresh.go(day(0), "18:00").generate("--no-report").code == 0
    assert f"{day(1)}.html" in pages(fresh)


@pytest.mark.usefixtures("written_here")
def test_a_dry_run_and_a_run_without_pages_write_none(fresh: TradingAccount) -> None:
    assert fresh.execute("protect").code == 0
    for path in (fresh.folder / "pages").iterdir():
        path.unlink()
    assert fresh.execute("protect", "--dry-run").code == 0
    assert fresh.execute("protect", "--set", "paths.pages_dir=none").code == 0
    fresh.runtime = replace(fresh.runtime, has_pages=False)
    assert fresh.execute("protect").code == 0
    assert pages(fresh) == {}


def test_a_run_that_was_refused_writes_none(fresh: TradingAccount) -> None:
    fresh.manifest.write_text("{}")
    assert fresh.execute("place").code == 7
    assert not (fresh.folder / "pages").exists()


@pytest.mark.usefixtures("written_here")
def test_a_refused_generator_that_decided_for_the_shadows_writes_the_page_of_its_trade_date(
    fresh: TradingAccount,
) -> None:
    assert fresh.generate("--no-report", "--set", "paths.pages_dir=none").code == 0
    (fresh.folder / "KILL").write_text("a bad feeling")
    assert fresh.go(day(1), "09:00").generate("--no-report").code == 3
    said = words_of(pages(fresh)[f"{day(1)}.html"])
    assert re.search(r"kill switch is ON .*a bad feeling", said)
    assert "No signal file was issued for this day." in said


@pytest.mark.usefixtures("written_here")
def test_what_went_wrong_in_a_run_stands_on_its_page(fresh: TradingAccount) -> None:
    fresh.manifest.write_text("{}")
    assert fresh.execute("protect").code == 0
    assert fresh.execute("place").code == 7
    assert fresh.admin("page").code == 0
    _, said = the_page(fresh)
    assert "needs a hand" in said
    assert re.search(r"run_manifest\.json.*\(executor place, 09:20\)", said)


@pytest.mark.usefixtures("written_here")
def test_nothing_is_made_in_a_folder_that_is_no_home(
    fresh: TradingAccount, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    assert fresh.execute("protect", "--set", "paths.pages_dir=pages").code == 0
    assert list(elsewhere.iterdir()) == []
    done = replace_setting(fresh, "pages").admin("page")
    assert done.code == 6
    assert "--home DIR" in done.last_line
    assert list(elsewhere.iterdir()) == []
    assert fresh.execute("protect", "--set", "paths.pages_dir=pages", "--home", str(elsewhere)).code == 0
    assert (elsewhere / "pages" / "index.html").exists()


def test_f147_a_child_that_fails_is_a_line_in_the_log_and_the_command_shows_why(
    fresh: TradingAccount, caplog: pytest.LogCaptureFixture
) -> None:
    (fresh.folder / "pages").write_text("a file in the way")
    with caplog.at_level(logging.WARNING, "live.run.daily_page"):
        fault_ends(
            "F147",
            fresh,
            lambda: fresh.execute("protect"),
            exit_code=0,
            last_line="",
            received=[],
            state=State({}),
            rerun=Rerun(0),
        )
    assert f"no page was written: the folder cannot be written; to see more: {BY_HAND}" in caplog.text
    assert fresh.admin("page").code == 7


@pytest.mark.usefixtures("written_here")
def test_f147_doctor_warns_of_a_newest_day_without_its_page(fresh: TradingAccount) -> None:
    def told() -> tuple[int, dict[str, str]]:
        done = fresh.admin("doctor", "--json", "--manifest", fresh.manifest)
        (found,) = [one for one in done.json["checks"] if one["name"] == "pages"]
        return done.code, {name: found[name] for name in ("status", "detail", "fix")}

    name = f"{day(0)}.html"
    assert told()[1] == {"status": "ok", "detail": "none yet: the first run writes one", "fix": ""}
    (fresh.folder / "pages").write_text("a file in the way")
    assert fresh.execute("protect").code == 0
    fix = f"Write it, or see why not: {BY_HAND}"
    missing = {"status": "warn", "detail": f"{name} is not in {fresh.folder / 'pages'}"}
    code, found = told()
    assert found.pop("fix").startswith(fix)
    assert (code, found) == (0, missing)
    (fresh.folder / "pages").unlink()
    assert fresh.admin("page").code == 0
    assert told()[1] == {"status": "ok", "detail": f"the newest is {name}", "fix": ""}
    assert replace_setting(fresh, "none").admin("doctor", "--manifest", fresh.manifest, "-q").code == 0


@pytest.mark.parametrize(
    ("code", "words"), [(None, "was not ready within"), (-9, "was not ready within"), (1, "it ended 1")]
)
def test_f147_a_child_that_dies_leaves_the_runs_code_alone(
    fresh: TradingAccount,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: int | None,
    words: str,
) -> None:
    monkeypatch.setattr("live.run.daily_page.MODULE", "live.no_such_module")
    monkeypatch.setattr(ChildProcess, "exit_code", code)
    with caplog.at_level(logging.WARNING, "live.run.daily_page"):
        fault_ends(
            "F147",
            fresh,
            lambda: fresh.execute("protect"),
            exit_code=0,
            last_line="",
            received=[],
            state=State({}),
            rerun=Rerun(0, mend=monkeypatch.undo),
        )
    assert words in caplog.text


def test_f147_where_no_process_can_be_started_the_run_ends_as_before(
    fresh: TradingAccount, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    with caplog.at_level(logging.WARNING, "live.run.daily_page"):
        fault_ends(
            "F147",
            fresh,
            lambda: fresh.execute("protect"),
            exit_code=0,
            last_line="",
            received=[],
            state=State({}),
            rerun=Rerun(0),
        )
    assert "no process could be started" in caplog.text


@pytest.mark.usefixtures("written_here")
def test_the_log_file_of_the_run_has_the_warning(fresh: TradingAccount) -> None:
    (fresh.folder / "pages").write_text("a file in the way")
    log = fresh.folder / "log.jsonl"
    assert fresh.execute("protect", "--set", f"paths.log_file={log}").code == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["level"] for line in lines if "no page was written" in line["message"]] == ["warning"]


# by hand, where there is little


def test_without_a_state_db_there_is_no_page(tmp_path: Path) -> None:
    account = an_account(tmp_path)
    before = account.tree()
    done = account.admin("page")
    assert (done.code, account.tree()) == (0, before)
    assert f"there is no state DB at {account.state_db} yet: no page is written" in done.stdout


def test_the_page_of_an_earlier_day_shows_what_was_held_then(fresh: TradingAccount) -> None:
    fresh.runtime = replace(fresh.runtime, has_pages=False)
    fresh.trade(day(0), offer("AAA", day(0)))
    fresh.trade(day(1), offer("BBB", day(1)))
    assert fresh.admin("page", "--date", f"{day(0)}").code == 0
    _, said = the_page(fresh)
    assert "1 position of at most 20, what covered them then is not on record" in said
    assert f"prices as of {day(0)} 15:45 New York" in said
    assert "buy AAA" in said
    assert "BBB" not in said


def test_a_job_goes_through_the_pipe_as_it_is() -> None:
    options = RunOptions(Path("/home"), Path("c.yaml"), ("a.b=c", "d.e=f"), None, Path("m.json"), "sim", True)
    job = PageJob(options, Path("pages"), 3.0)
    assert PageJob.from_bytes(job.to_bytes()) == job
