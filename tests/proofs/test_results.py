"""A proof's result says what repeats it; the page is made from the kept ones and by nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from tests.proofs import page
from tests.proofs.__main__ import COMMANDS, main
from tests.proofs.results import NAMES, lines_of, make_result, read_results, report

RESULT = make_result("crash", "python -m tests.proofs crash --seed 1", {"points": 1234, "runs": "2 kinds"}, [], 12.34)


def test_a_result_is_shown_as_a_table_that_ends_with_its_violations() -> None:
    assert lines_of(RESULT)[:2] == ["points  1,234", "runs    2 kinds"]
    assert lines_of(RESULT)[-1] == "violations: 0"
    assert lines_of(replace(RESULT, found=["a share", "a stop"]))[-3:] == [
        "violation: a share",
        "violation: a stop",
        "violations: 2",
    ]


def test_without_a_violation_the_code_is_0_else_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(RESULT, keep=False) == 0
    assert report(replace(RESULT, found=["a share"]), keep=False) == 1
    assert "kept" not in capsys.readouterr().out


def test_every_proof_has_its_title_and_its_command() -> None:
    assert list(page.TITLES) == list(NAMES)
    assert {*NAMES, "page"} == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_within_80_columns(name: str) -> None:
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 80


def test_the_page_is_what_the_kept_results_say() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page_text(read_results())


def test_the_page_shows_the_figures_and_the_violations() -> None:
    text = page.page_text({"crash": replace(RESULT, found=["a share is naked"])})
    assert "| points | 1,234 |" in text
    assert "    python -m tests.proofs crash --seed 1\n" in text
    assert "\n- a share is naked\n" in text


def test_without_a_name_the_proofs_are_listed() -> None:
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    assert all(name in done.output for name in COMMANDS)
    assert max(len(line) for line in done.output.splitlines()) <= 80
