"""Weeks of trading with faults every day: each evening the books agree, and what a day costs does not grow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.account import TradingAccount, bars, day, offer
from tests.proofs import events
from tests.proofs.soak.command import command
from tests.proofs.soak.cost import Cost, cost_of_runs
from tests.proofs.soak.evening import Evening, growth
from tests.proofs.soak.play import MEASURED_EVERY, play_year
from tests.proofs.soak.year import STOCKS, draw_year

EVENING = Evening(db_kib=1000, held=3, closed=0)


def leave_unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no processes to measure what runs cost, where that is not what is asked."""
    monkeypatch.setattr("tests.proofs.soak.evening.cost_of_runs", lambda account: Cost(0.5, (40 * 1024, 80 * 1024)))


@pytest.mark.parametrize(("seed", "days"), [(1, 3), pytest.param(2, 60, marks=pytest.mark.slow)])
def test_days_with_faults_end_with_one_book(seed: int, days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if days < MEASURED_EVERY:
        leave_unmeasured(monkeypatch)
    year = play_year(draw_year(seed, days), lambda number: None)
    assert year.violations == []
    assert (len(year.evenings), year.codes[0] > days) == (days, True)
    assert year.broken > days
    assert year.evenings[-1].closed + year.evenings[-1].held > days // 2


def test_a_book_that_differs_in_the_evening_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unmeasured(monkeypatch)
    monkeypatch.setattr(events, "differences", lambda db, book: ["order 1: qty is 11, its events say 10"])
    year = play_year(draw_year(1, 1), lambda number: None)
    assert [line for line in year.violations if "its events say" in line]


def test_the_same_seed_is_the_same_year_and_its_prices_come_back() -> None:
    year = draw_year(3, 250)
    assert year == draw_year(3, 250) != draw_year(4, 250)
    assert [ticker for ticker, _ in year.market] == list(STOCKS)
    for _, shapes in year.market:
        assert len(shapes) == 250
        assert shapes.count("u") >= 2 * shapes.count("d") > 0


def test_the_figures_are_those_of_the_first_and_the_last_fifth() -> None:
    costs = [Cost(0.5 + n / 100, (40 * 1024, (80 + n) * 1024)) for n in range(10)]
    evenings = [replace(EVENING, db_kib=1000 + 60 * n, cost=costs[n]) for n in range(10)]
    assert growth(evenings) == {
        "state DB at the end": "1.5 MiB",
        "its growth a day": "60 and 60 KiB",
        "protect and status": "0.51 and 0.58 s of processor time",
        "memory of protect": "40 and 40 MiB",
        "memory of status": "81 and 89 MiB",
    }


def test_what_runs_cost_is_measured_on_a_copy(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path / "account", bars("AAA")).go(day(0), "09:00")
    account.generate("--report-file", account.report(day(0), offer("AAA", day(0))))
    before = account.tree()
    cost = cost_of_runs(account)
    assert cost.cpu_s > 0
    assert min(cost.memory_kib) > 10_000
    assert account.tree() == before
    assert [path.name for path in tmp_path.iterdir()] == ["account"]


def test_the_command_prints_its_figures_and_ends_0(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unmeasured(monkeypatch)
    done = CliRunner().invoke(command, ["--days", "2", "--seed", "7"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].split() == ["trading", "days", "2"]
    assert lines[-1] == "violations: 0"
    assert max(map(len, lines)) <= 80
