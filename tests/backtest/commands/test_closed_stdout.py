"""F81: whoever reads stdout may stop, as `| head` does; the work goes on and ends as it would without that."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from backtest.__main__ import cli
from tests.backtest.runs.market import InventedMarket


def unread(*arguments: object) -> object:
    """Start the program with a stdout whose reader has gone; return its exit code."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", pipe)
        code = code_of(*arguments)
        pipe.write("what the interpreter flushes at its end goes nowhere")
    return code


def code_of(*arguments: object) -> object:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(one) for one in arguments], prog_name="python -m backtest")
    return ended.value.code


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_f81_a_run_that_nobody_reads_writes_its_files_and_ends_0(
    invented_market: InventedMarket, tmp_path: Path, json: tuple[str, ...]
) -> None:
    assert unread("run", *invented_market.options, "--out", tmp_path / "run", *json) == 0
    assert (tmp_path / "run" / "metrics.json").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["sweep", "--help"], ["--version"], ["runs", "list", "--help"]])
def test_f81_a_help_that_nobody_reads_ends_0(arguments: list[str]) -> None:
    assert unread(*arguments) == 0


def test_f81_an_error_keeps_its_code_and_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("parse", tmp_path / "no such folder", "--json")
    assert unread(*arguments) == 7
    assert "error[7]" in capsys.readouterr().err


def test_another_pipe_that_breaks_is_no_reader_that_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("backtest.commands.run.source_of", broken)
    monkeypatch.setattr(sys, "stderr", told := io.StringIO())
    given = ["--candidates", "c.csv", "--prices", "p", "--from", "2016-02-01", "--to", "2016-04-29", "--out", "o"]
    assert code_of("run", *given) == 1
    assert "error[1] unexpected BrokenPipeError" in told.getvalue()
