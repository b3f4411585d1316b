"""One trading day of the two programs: the usual cron times, the usual options."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from live.clock import NEW_YORK
from live.parity.trading_day import DayRun, ProgramRun, Workspace, run_day

DAY = date(2026, 2, 17)
WORKSPACE = Workspace(
    Path("c.yaml"), Path("m.json"), Path("s.db"), Path("signals"), sim_file=Path("x.db"), settings=("prices.feed=iex",)
)


def test_the_programs_run_in_the_order_and_at_the_times_of_cron() -> None:
    log: list[str] = []

    def run(program: str, reports: Sequence[Path]) -> ProgramRun:
        log.append(program)
        return ProgramRun(program, 0, requests=10)

    def move_to(moment: datetime) -> None:
        log.append(moment.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M"))

    day = run_day(DAY, [], move_to, run)
    assert log == [
        "2026-02-17 09:00", "generator", "2026-02-17 09:20", "place",
        "2026-02-17 09:31", "poll", "2026-02-17 15:45", "protect", "2026-02-17 16:05", "protect",
    ]  # fmt: skip
    assert (day.requests, day.of("poll").exit_code) == (50, 0)


def test_a_day_with_reports_names_them_and_one_without_says_so() -> None:
    with_reports = WORKSPACE.arguments("generator", [Path("a.html"), Path("b.html")])
    assert with_reports[-4:] == ["--report-file", "a.html", "--report-file", "b.html"]
    assert WORKSPACE.arguments("generator", [])[-1] == "--no-report"


def test_the_executor_gets_its_phase_and_no_report() -> None:
    given = WORKSPACE.arguments("poll", [Path("a.html")])
    assert given[-2:] == ["--phase", "poll"]
    assert "a.html" not in given


def test_settings_and_the_exchange_file_go_to_both_programs() -> None:
    for program in ("generator", "place"):
        given = WORKSPACE.arguments(program, [])
        assert [given[n + 1] for n, word in enumerate(given) if word == "--set"] == [
            "prices.feed=iex",
            "broker.sim_file=x.db",
            "paths.signals_dir=signals",
            "paths.backups_dir=none",
            "paths.logs=none",
            "paths.pages_dir=none",
        ]


def test_a_days_requests_are_those_of_its_runs() -> None:
    assert DayRun(DAY, (ProgramRun("place", 0, requests=3), ProgramRun("poll", 9, requests=4))).requests == 7
