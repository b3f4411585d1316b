"""The ledger of trials: added to and never lost, each trial counted once, whatever a line looks like."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.selection.moments import Moments
from backtest.selection.trials import Trial, TrialData, default_trials, known_trials, record

DATA = TrialData("c" * 64, "/data/candidates.csv", "p" * 64, date(2016, 1, 4), date(2016, 12, 30))


def trial(period: int = 10, data: TrialData = DATA, mode: str = "portfolio", mean: float = 0.001) -> Trial:
    parameters = {"primary.period": period, "stop_loss_pct": "8"}
    return Trial(parameters, data, mode, Moments(252, mean, 0.01, -0.2, 4.5), "2026-01-02T10:00:00Z", "sweep")


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    path, without = tmp_path / "deep" / "trials.jsonl", replace(trial(3), moments=None)
    record(path, [trial(1), trial(2)])
    record(path, [without])
    known = known_trials(path, DATA)
    assert known.trials == (trial(1), trial(2), without)
    assert known.sharpes() == [pytest.approx(0.1)] * 2
    assert path.stat().st_mode & 0o077 == 0


def test_the_same_configuration_on_the_same_data_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    record(path, [trial(), replace(trial(), when="2026-03-03T10:00:00Z", command="run"), trial(mode="trade")])
    known = known_trials(path, DATA)
    assert (len(known.trials), len(known.sharpes())) == (2, 1)  # the account of mode trade says nothing


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        (replace(DATA, first=date(2016, 12, 30), last=date(2017, 6, 1)), True),
        (replace(DATA, first=date(2017, 1, 3), last=date(2017, 6, 1)), False),
        (replace(DATA, candidates="d" * 64), True),  # the file has changed since
        (replace(DATA, place="/elsewhere/c.csv"), True),  # the same file at another place
        (replace(DATA, prices="q" * 64), True),  # other bars do not make the choice a new one
        (replace(DATA, candidates="d" * 64, place="/elsewhere/c.csv"), False),
    ],
)
def test_trials_count_on_the_same_candidates_in_sessions_that_overlap(
    tmp_path: Path, other: TrialData, counts: bool
) -> None:
    record(tmp_path / "trials.jsonl", [trial(data=other)])
    assert bool(known_trials(tmp_path / "trials.jsonl", DATA).trials) is counts


def test_a_torn_last_line_is_left_out_told_and_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    record(path, [trial(1), trial(2)])
    path.write_bytes(path.read_bytes()[:-40])
    assert (len(known_trials(path, DATA).trials), known_trials(path, DATA).broken) == (1, 1)
    record(path, [trial(3)])
    known = known_trials(path, DATA)
    assert [one.parameters["primary.period"] for one in known.trials] == [1, 3]
    assert known.broken == 1


@pytest.mark.parametrize(
    "line",
    [
        "null",
        "[]",
        '{"trial": 2}',
        '{"trial": 1, "parameters": []}',
        "{" * 5000,
        "\x00",
        '{"trial": 1, "candidates": 4}',
    ],
)
def test_a_line_that_is_no_trial_harms_no_other(tmp_path: Path, line: str) -> None:
    path = tmp_path / "trials.jsonl"
    record(path, [trial(1)])
    with path.open("a", encoding="ascii") as handle:
        handle.write(f"{line} {DATA.candidates}\n{{}}\n\n")
    record(path, [trial(2)])
    known = known_trials(path, DATA)
    assert (len(known.trials), known.broken >= 1) == (2, True)


def test_without_a_ledger_there_are_no_trials_and_nothing_is_made(tmp_path: Path) -> None:
    assert known_trials(tmp_path / "none.jsonl", DATA).trials == ()
    record(tmp_path / "none.jsonl", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder", "file/trials.jsonl"])
def test_a_place_that_takes_no_ledger_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="not written"):
        record(tmp_path / place, [trial()])
    with pytest.raises(InputError, match="unreadable"):
        known_trials(tmp_path / place, DATA)


def _record_many(path: Path, first: int) -> None:
    for period in range(first, first + 40):
        record(path, [trial(period)] * 3)


def test_two_processes_lose_no_line_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_record_many, args=(path, first)) for first in (100, 200)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    assert len([json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]) == 240
    assert len(known_trials(path, DATA).trials) == 80


def test_the_ledger_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_trials() == tmp_path / "earnings-drift" / "trials.jsonl"


def test_a_file_of_something_else_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "candidates.csv"
    path.write_text("report_date,ticker\n", encoding="ascii")
    with pytest.raises(InputError, match="holds something else"):
        record(path, [trial(1)])
    assert path.read_text(encoding="ascii") == "report_date,ticker\n"


def test_a_ledger_whose_first_line_was_not_written_whole_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(b'{"tri')
    record(path, [trial(1)])
    assert known_trials(path, DATA).trials == (trial(1),)
