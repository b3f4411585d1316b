"""The bar of a long command: on a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest

from backtest.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(patch: pytest.MonkeyPatch, stream: io.StringIO, locale: str = "C.UTF-8") -> str:
    patch.setenv("LC_ALL", locale)
    patch.setenv("TERM", "xterm")
    patch.setattr("sys.stderr", stream)
    with progress_bar("configurations") as progress:
        for done in (0, 3, 9):
            progress(done, 9)
    return stream.getvalue()


def test_a_terminal_sees_how_many_of_how_many_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(monkeypatch, Terminal())
    assert "configurations" in text
    assert "3/9" in text
    assert "9/9" in text


def test_a_pipe_and_a_file_see_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, io.StringIO()) == ""


def test_an_ascii_terminal_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, Terminal(), "C") == ""
