"""Parts of a long run of random histories add up to one result, and a mended seed is told as such."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.proofs.chaos.command import command
from tests.proofs.chaos.parts import CODES, joined, seeds_of
from tests.proofs.results import Result, read_results


def part(first: int, histories: int, *failing: int, commit: str = "aaa") -> Result:
    command = f"python -m tests.proofs chaos --histories {histories} --seed {first} --days 3"
    figures = {
        "histories": histories, "days simulated": 4 * histories, "days simulated a second": 8.0,
        "runs": 1_000, CODES: "0: 1,000, 9: 2",
    }  # fmt: skip
    found = [f"I2 naked; python -m tests.proofs chaos --histories 1 --seed {seed} --days 3" for seed in failing]
    return Result("chaos", command, figures, found, histories / 2, float(histories), commit, "a machine", "2026-01-02")


def test_histories_of_two_runs_are_one_result() -> None:
    whole = joined(part(1, 100), part(101, 50, 120, commit="bbb"))
    assert whole.figures == {
        "histories": 150, "days simulated": 600, "days simulated a second": 8.0, "runs": 2_000, CODES: "0: 2,000, 9: 4",
        "seeds": "1 to 150", "of them at a commit": "aaa: 100, bbb: 50",
    }  # fmt: skip
    assert (whole.seconds, whole.cpu_seconds, whole.commit) == (75.0, 150.0, "bbb")
    assert len(whole.found) == 1


def test_parts_need_not_adjoin() -> None:
    whole = joined(joined(part(1, 10), part(21, 5)), part(31, 1, commit="ccc"))
    assert whole.figures["seeds"] == "1 to 10, 21 to 25, 31"
    assert whole.figures["of them at a commit"] == "aaa: 15, ccc: 1"
    assert seeds_of(whole) == {*range(1, 11), *range(21, 26), 31}


def test_a_seed_that_failed_and_holds_now_is_mended() -> None:
    mended = joined(part(1, 100, 7, 9), part(7, 1, commit="bbb"))
    assert [line for line in mended.found if "--seed 7 " in line] == []
    assert len(mended.found) == 1
    assert mended.figures["histories"] == 100
    assert mended.figures["violations found, mended, not found again"] == 1
    assert mended.commit == "bbb"
    later = joined(mended, part(101, 10))
    assert later.figures["violations found, mended, not found again"] == 1


def test_a_seed_that_still_fails_stays() -> None:
    still = joined(part(1, 100, 7), part(7, 1, 7))
    assert len(still.found) == 1
    assert still.figures["violations found, mended, not found again"] == 0


@pytest.mark.parametrize("again", [(50, 100), (7, 2), (8, 1)])
def test_what_is_kept_is_not_counted_twice(again: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="kept already"):
        joined(part(1, 100, 7), part(*again))


def test_histories_of_another_length_are_not_joined() -> None:
    longer = replace(part(101, 10), command="python -m tests.proofs chaos --histories 10 --seed 101 --days 4")
    with pytest.raises(ValueError, match="kept are histories of --days 3"):
        joined(part(1, 100), longer)


def test_a_result_says_its_seeds_by_its_command() -> None:
    assert seeds_of(part(5, 3)) == {5, 6, 7}
    with pytest.raises(ValueError, match="seed"):
        seeds_of(replace(part(5, 3), command="python -m tests.proofs soak"))


def test_the_command_keeps_the_whole_and_refuses_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.proofs.results.FOLDER", tmp_path)
    monkeypatch.setattr("tests.proofs.results.ROOT", tmp_path)
    monkeypatch.setattr("tests.proofs.page.PAGE", tmp_path / "page.md")
    for seed in ("1", "2"):
        done = CliRunner().invoke(command, ["--histories", "1", "--days", "1", "--seed", seed, "--add"])
        assert (done.exit_code, done.output.splitlines()[-2]) == (0, "violations: 0")
    assert read_results()["chaos"].figures["seeds"] == "1 to 2"
    again = CliRunner().invoke(command, ["--histories", "1", "--days", "1", "--seed", "2", "--add"])
    assert (again.exit_code, again.output) == (1, "Error: kept already: 2\n")
    longer = CliRunner().invoke(command, ["--histories", "1", "--days", "2", "--seed", "3", "--add"])
    assert (longer.exit_code, longer.output) == (1, "Error: kept are histories of --days 1\n")
    assert "| seeds | 1 to 2 |" in (tmp_path / "page.md").read_text(encoding="utf-8")
