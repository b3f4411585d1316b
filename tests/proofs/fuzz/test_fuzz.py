"""Every kept case is read or refused as documented; so are changed ones, a few here and many in the slow set."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings

from tests.proofs.fuzz.cases import cases
from tests.proofs.fuzz.command import command
from tests.proofs.fuzz.corpus import CORPUS, kept_cases
from tests.proofs.fuzz.engine import is_found
from tests.proofs.fuzz.registry import find_target, targets
from tests.proofs.fuzz.session import Session
from tests.proofs.fuzz.target import VALUE, Target, Violation, judge, outcome, signature

every = pytest.mark.parametrize("name", list(targets()))
SLOW = ("executor-day", "state-db-programs", "report-html")
"""Targets of which a case takes tens of milliseconds."""


@every
def test_a_good_case_is_read_and_every_kept_one_read_or_refused_as_documented(name: str) -> None:
    target = find_target(name)
    seeds = target.seeds() if name not in SLOW else target.seeds()[:2]
    assert VALUE in [judge(target, case) for case in seeds]
    for path in kept_cases(name):
        judge(target, path.read_bytes())


def _try_changed(name: str, count: int) -> None:
    target = find_target(name)

    @settings(
        max_examples=count, derandomize=True, database=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(cases(target))
    def run(case: bytes) -> None:
        judge(target, case)

    run()


@every
def test_changed_cases_are_read_or_refused_as_documented(name: str) -> None:
    _try_changed(name, 3 if name in SLOW else 12)


@pytest.mark.slow
@every
def test_many_changed_cases_are_read_or_refused_as_documented(name: str) -> None:
    _try_changed(name, 30 if name in SLOW else 300)


def test_every_target_is_found_by_its_name_alone() -> None:
    assert {name: find_target(name) for name in targets()} == dict(targets())
    with pytest.raises(KeyError):
        find_target("nothing")


def test_every_folder_of_kept_cases_is_that_of_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= targets().keys()


def _broken(check: object) -> Target:
    return Target("broken", "what violates", check, lambda: [b"1"], lambda case, rng: case)  # type: ignore[arg-type]


def test_another_exception_a_long_line_a_secret_and_a_slow_case_are_violations() -> None:
    from backtest.errors import InputError
    from tests.proofs.fuzz.target import SECRET

    def refuse(words: str) -> None:
        raise InputError(words)

    def wait() -> str:
        while True:
            pass

    checks = [
        lambda case: str(int(case) // 0),
        lambda case: outcome(lambda: refuse(f"the key {SECRET}"), (7,)),
        lambda case: outcome(lambda: refuse("another code"), (6,)),
        lambda case: wait(),
    ]
    for check in checks:
        target = Target("broken", "", check, lambda: [b"1"], lambda case, rng: case, seconds=0.05)
        with pytest.raises(Violation):
            judge(target, b"1")


def test_findings_are_told_apart_by_their_error_and_place_and_the_shortest_is_kept(tmp_path: Path) -> None:
    session = Session(_broken(lambda case: str(int(case))), tmp_path)
    for case in (b"7", b"a longer case", b"none", b"8"):
        session.one(case)
    session.write()
    assert session.outcomes == {"7": 1, "8": 1, "violation": 2}
    assert [path.read_bytes() for path in (tmp_path / "found").iterdir()] == [b"none"]
    with pytest.raises(Violation) as caught:
        judge(session.target, b"none")
    assert signature(caught.value) == "ValueError-outside"


def test_the_command_replays_one_case_and_knows_its_targets(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case.write_bytes(b"AAA\n")
    done = CliRunner().invoke(command, ["--only", "symbols", "--replay", str(case)])
    assert (done.exit_code, done.output) == (0, "symbols: value\n")
    assert CliRunner().invoke(command, ["--only", "nothing"]).exit_code == 2
    assert CliRunner().invoke(command, ["--replay", str(case)]).exit_code == 2


def test_what_is_too_slow_only_while_coverage_is_counted_is_not_found(tmp_path: Path) -> None:
    case = tmp_path / "TooSlowError-symbols.txt"
    case.write_bytes(b"AAA\n")
    assert not is_found("symbols", case)
    assert is_found("symbols", case.rename(tmp_path / "ValueError-symbols.txt"))


@pytest.mark.slow
def test_the_command_fuzzes_a_target_in_a_process_of_its_own_and_says_how_many_cases() -> None:
    done = CliRunner().invoke(command, ["--only", "symbols", "--seconds", "1", "--engine", "hypothesis"])
    assert done.exit_code == 0, done.output
    assert "inputs fuzzed     1" in done.output
    assert done.output.endswith("violations: 0\n")
