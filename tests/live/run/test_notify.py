"""The notify hook: what it is given, without secrets, bounded, and never under pytest (F82)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from live.redaction import Redactor, Secret
from live.run.notify import Notifier, parse_command


def a_command(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_the_command_gets_title_and_body_and_no_keys(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"import os,sys; open({str(out)!r},'w').write(os.environ['EARNINGS_DRIFT_TITLE']+'|'+sys.stdin.read()"
    code += "+'|'+str(sorted(k for k in os.environ if not k.startswith(('EARNINGS', 'LC_CTYPE')))))"
    environ = {"APCA_API_SECRET_KEY": "x", "DATABASE_URL": "x", "MY_TOKEN": "x", "PATH": "/bin", "HOME": "/home/me"}
    assert Notifier(a_command(code), environ=environ).send("executor\x1b[31m ended 12", "error[12] MTZ\nnaked")
    assert out.read_text() == "executor[31m ended 12|error[12] MTZ naked|['HOME', 'PATH']"


def test_i8_a_secret_in_a_message_is_not_sent(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"import os,sys; open({str(out)!r},'w').write(os.environ['EARNINGS_DRIFT_BODY']+sys.stdin.read())"
    redactor = Redactor([Secret("sEcReT0123456789")])
    assert Notifier(a_command(code), environ={}, redactor=redactor).send("t", "refused: sEcReT0123456789")
    assert out.read_text() == "refused: ***refused: ***"


@pytest.mark.parametrize("command", [("/no/such/program",), a_command("raise SystemExit(3)")])
def test_f82_a_hook_that_fails_is_told_and_harmless(command: tuple[str, ...]) -> None:
    assert not Notifier(command, environ={}).send("t", "b")


def test_f82_a_hook_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.run.notify.TIME_LIMIT_S", 0.2)
    assert not Notifier(a_command("import time; time.sleep(60)"), environ={}).send("t", "b")


def test_nothing_runs_under_pytest(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert not Notifier(a_command(f"open({str(out)!r},'w')")).send("t", "b")
    assert not out.exists()


def test_nothing_configured_is_fine() -> None:
    assert Notifier(environ={}).send("t", "b")


def test_urls_without_the_extra_are_told_and_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert not Notifier(urls=("json://127.0.0.1",), environ={}).send("t", "b")


def test_a_command_line_is_split_without_a_shell() -> None:
    assert parse_command("page-me 'a b' $HOME") == ("page-me", "a b", "$HOME")
    assert parse_command(None) == ()
    with pytest.raises(ValueError):
        parse_command("page 'unclosed")
