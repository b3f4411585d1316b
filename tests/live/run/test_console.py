"""What a run prints, and that hostile text and a closed stdout do no harm."""

from __future__ import annotations

import io
import json
import os

import pytest

from backtest.redaction import Secret
from live.run.closing_lines import ClosingLines
from live.run.console import Console


def console(*, as_json: bool = False, verbosity: int = 0) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Console(as_json=as_json, verbosity=verbosity, stdout=out, stderr=err), out, err


def test_with_json_stdout_is_one_object_and_all_words_go_to_stderr() -> None:
    screen, out, err = console(as_json=True, verbosity=1)
    screen.say("deciding")
    screen.detail("why")
    screen.closing_lines(ClosingLines(exits="1 sold"))
    screen.result({"exit_code": 0, "name": "Würth\n"})
    assert json.loads(out.getvalue()) == {"exit_code": 0, "name": "Würth\n"}
    assert err.getvalue().startswith("deciding\nwhy\n")


def test_with_data_stdout_is_for_other_programs_and_all_words_go_to_stderr() -> None:
    out, err = io.StringIO(), io.StringIO()
    screen = Console(has_data=True, verbosity=-1, stdout=out, stderr=err)
    screen.headline("LIVE")
    screen.data("ticker,pnl")
    assert (out.getvalue(), err.getvalue()) == ("ticker,pnl\n", "LIVE\n")


def test_a_record_is_one_line_of_json_without_secrets_and_its_commands_stay_as_they_are() -> None:
    out = io.StringIO()
    screen = Console(has_data=True, verbosity=-1, stdout=out, complete=lambda text: f"{text} --home /srv")
    screen.redactor.add(Secret("hunter2hunter2"))
    screen.record({"seq": 1, "payload": {"why": "hunter2hunter2, Würth\n", "last_line": "python -m live.admin status"}})
    (line,) = out.getvalue().splitlines()
    assert line.isascii()
    assert json.loads(line)["payload"] == {"why": "***, Würth\n", "last_line": "python -m live.admin status"}


def test_a_pipe_has_a_reader_until_its_other_end_is_closed() -> None:
    theirs, ours = os.pipe()
    with open(ours, "w", encoding="utf-8") as stdout:  # noqa: PTH123  # no path
        screen = Console(has_data=True, stdout=stdout)
        assert screen.has_reader
        os.close(theirs)
        assert not screen.has_reader
        screen.record({"seq": 1})
        screen.flush()
        assert not screen.has_reader
    assert Console(stdout=io.StringIO()).has_reader


def test_a_sentence_is_broken_between_words_and_a_line_to_type_off_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    screen, out, _ = console()
    sentence = "equity 403,087.36, cash 193,113.31 USD, buying power 193,113.31 USD"
    screen.prose(sentence)
    screen.say(sentence)
    assert out.getvalue().splitlines() == [sentence[:46], "power 193,113.31 USD", sentence]
    monkeypatch.delenv("COLUMNS")
    screen, out, _ = console()
    screen.prose(sentence)
    assert out.getvalue() == f"{sentence}\n"


def test_quiet_keeps_the_closing_lines_and_errors_only() -> None:
    screen, out, err = console(verbosity=-1)
    screen.say("deciding")
    screen.detail("why")
    screen.closing_lines(ClosingLines())
    screen.error("error[9] MTZ open.")
    assert "deciding" not in out.getvalue()
    assert len(out.getvalue().splitlines()) == 5
    assert err.getvalue() == "error[9] MTZ open.\n"


def test_stopped_out_positions_come_before_the_five_lines() -> None:
    screen, out, _ = console()
    screen.closing_lines(
        ClosingLines(exits="none", entries="2 bought", stopped_out=["MTZ 46 at $192.90, P&L -$980.00"])
    )
    lines = out.getvalue().splitlines()
    assert lines[0] == "STOPPED OUT  MTZ 46 at $192.90, P&L -$980.00"
    assert [line.split(":")[0] for line in lines[1:]] == ["exits", "entries", "skipped", "needs a hand", "next step"]
    assert len({line.index(line.split(":")[1].strip()) for line in lines[1:]}) == 1


class Closed(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_f81_a_closed_stdout_has_no_effect() -> None:
    err = io.StringIO()
    screen = Console(stdout=Closed(), stderr=err)
    screen.say("one")
    screen.closing_lines(ClosingLines())
    screen.error("error[9] still told.")
    screen.flush()
    assert err.getvalue() == "error[9] still told.\n"


def test_a_terminal_without_unicode_gets_escapes_instead_of_an_error() -> None:
    raw = io.BytesIO()
    screen = Console(stdout=io.TextIOWrapper(raw, encoding="ascii"), stderr=io.StringIO())
    screen.say("Würth")
    screen.flush()
    assert raw.getvalue() == b"W\\xfcrth\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_only_on_a_terminal_and_not_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    tty = Terminal()
    Console(stdout=tty, stderr=tty).say("x", "red")
    assert tty.getvalue() == "\x1b[31mx\x1b[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    Console(stdout=plain, stderr=plain).say("x", "red")
    assert plain.getvalue() == "x\n"


def test_force_color_colours_without_a_terminal_and_no_color_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    screen, out, _ = console()
    screen.say("x", "red")
    monkeypatch.setenv("NO_COLOR", "1")
    screen.say("y", "red")
    assert out.getvalue() == "\x1b[31mx\x1b[0m\ny\n"


def test_a_table_aligns_its_columns() -> None:
    screen, out, _ = console()
    screen.table(["ticker", "shares"], [["MTZ", "46"], ["BRK.B", "3"]])
    assert out.getvalue().splitlines() == ["ticker  shares", "MTZ         46", "BRK.B        3"]


def test_i8_no_secret_is_printed_in_lines_tables_closing_lines_and_json() -> None:
    screen, out, err = console(as_json=True)
    screen.redactor.add(Secret("sEcReT0123456789"))
    for show in (screen.say, screen.warn, screen.error):
        show("refused: sEcReT\x0001\u200b23456789")
    screen.table(["a"], [["sEcReT0123456789"]])
    screen.closing_lines(ClosingLines(needs_hand="sEcReT0123456789"))
    screen.result({"endings": [{"what": "no sEcReT0123456789"}], "error": ValueError("sEcReT0123456789"), "n": 1})
    assert "sEcReT" not in out.getvalue() + err.getvalue()
    assert json.loads(out.getvalue()) == {"endings": [{"what": "no ***"}], "error": "***", "n": 1}
