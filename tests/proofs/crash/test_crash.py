"""I11, F67: a command that died anywhere is finished by the same command; a small part of what `make crash` tries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.paths import ROOT
from tests.proofs.crash.command import command, figures_of
from tests.proofs.crash.commands import COMMANDS
from tests.proofs.crash.jobs import Job, Wanted, jobs_of, open_machine, try_job, workshop
from tests.proofs.crash.machine import Machine, Tried
from tests.proofs.crash.points import How, Point, read_point
from tests.proofs.crash.safe_ends import SAFE
from tests.proofs.dying import COMMIT, REQUEST, Death

SEED = 7
OFTEN = ("place", "kill-switch")
"""What is tried each time; the others are among the slow ones."""


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with workshop() as found:
        yield found


@pytest.fixture(scope="module")
def machine(root: Path) -> Machine:
    return open_machine(root, SEED)


def jobs(
    machine: Machine, names: Sequence[str], *, each: int, processes: int = 0, doubles: int = 0, left: int = 0
) -> list[Job]:
    steps = {name: machine.undisturbed(name).steps for name in names}
    return jobs_of(steps, Wanted(tuple(names), SEED, processes, doubles, left, each))


def try_all(machine: Machine, todo: Sequence[Job]) -> list[Tried]:
    """Try jobs, none of which may find anything."""
    tried = [try_job(machine, one) for one in todo]
    assert [(one.point.text, one.found) for one in tried if one.found] == []
    return tried


@pytest.mark.parametrize("name", OFTEN)
def test_i11_f67_a_command_that_dies_is_finished_by_the_same_command(machine: Machine, name: str) -> None:
    tried = try_all(machine, jobs(machine, [name], each=2))
    assert [one.deaths for one in tried] == [1, 1]


def test_f67_a_process_that_ends_by_sigkill_is_finished_by_the_same_command(machine: Machine) -> None:
    (tried,) = try_all(machine, [Job(Point("place", (Death(COMMIT, 60),), How.PROCESS))])
    assert tried.deaths == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_i11_f67_at_many_points_and_twice(machine: Machine, name: str) -> None:
    tried = try_all(machine, jobs(machine, [name], each=10, processes=1, doubles=2, left=4))
    assert sum(one.deaths for one in tried) > len(tried)


def test_a_share_left_without_its_stop_is_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: `kill-switch on` did not see what a killed one before it had left behind."""
    monkeypatch.setattr("live.administer.queued_orders.open_needs", lambda facts: [])
    machine = open_machine(root, SEED)
    points = [Point("kill-switch", (Death(COMMIT, number, True),)) for number in (30, 36)]
    found = [words for point in points for words in machine.try_point(point).found]
    assert any("without protection after the same command again" in words for words in found)


def test_a_point_is_written_as_it_is_read() -> None:
    for text in (
        "place:request:12",
        "poll:commit:0:after",
        "day:file:3+request:1:after",
        "all:commit:1@process",
        "poll:commit:1@left",
    ):
        assert read_point(text).text == text
    for text in ("place", "place:request", "place:request:x", "place:look:1", "place:request:1:later", "a:commit:1@us"):
        with pytest.raises(ValueError, match="no point"):
            read_point(text)


def test_one_seed_is_one_choice_over_all_commands() -> None:
    steps = {"place": {REQUEST: 40, COMMIT: 5}, "close": {REQUEST: 2}}
    wanted = Wanted(("place", "close"), 3, processes=8, doubles=4, left=5)
    chosen = jobs_of(steps, wanted)
    assert chosen == jobs_of(steps, wanted)
    assert len(chosen) == 2 * 47 + 8 + 4 + 5
    assert {one.point.command for one in chosen if one.point.how is How.LEFT} == {"place"}
    real = [one.point.command for one in chosen if one.point.how is How.PROCESS]
    assert (real.count("place"), real.count("close")) == (4, 4)
    assert chosen != jobs_of(steps, Wanted(("place", "close"), 4, processes=8, doubles=4))


def test_what_was_tried_is_counted_by_its_kind() -> None:
    tried = [
        Tried(read_point("place:request:1"), 1, True, ()),
        Tried(read_point("place:commit:1:after"), 1, False, ()),
        Tried(read_point("poll:commit:1+request:2"), 2, True, ()),
        Tried(read_point("poll:commit:1@process"), 1, True, ()),
        Tried(read_point("poll:commit:1@left"), 1, True, ()),
    ]
    assert figures_of(tried) == {
        "commands killed": 2,
        "points tried": 5,
        "before or after a request": 1,
        "before or after a commit": 1,
        "before or after a change of a file": 0,
        "as processes ended by SIGKILL": 1,
        "with the next start killed too": 1,
        "left to the next run of the timetable": 1,
        "deaths": 6,
        "carried through to the next morning": 4,
        "in a state carried through before": 1,
    }


def test_what_counts_as_safe_is_documented() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert [one for one in SAFE if f"| {one.documented} |" not in page or not one.why] == []


@pytest.mark.parametrize("point", ["place", "place:request:one", "nothing:request:1"])
def test_what_is_no_point_is_2(point: str) -> None:
    assert CliRunner().invoke(command, ["--point", point]).exit_code == 2


@pytest.mark.slow
def test_the_command_says_what_it_tried_and_repeats_one_point() -> None:
    done = CliRunner().invoke(
        command, ["--only", "close", "--processes", "1", "--doubles", "1", "--left", "0", "--workers", "1"]
    )
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == "violations: 0"
    assert "as processes ended by SIGKILL 1 " in " ".join(done.output.split())
    again = CliRunner().invoke(command, ["--point", "close:request:3:after"])
    assert (again.exit_code, again.output.splitlines()[-1]) == (0, "violations: 0")
