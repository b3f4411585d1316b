"""What needs a hand, which day a run belongs to, the drawdown: the page's values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from live.page.page_values import State, drawdown_of, drawdown_pct
from live.run.page_names import page_day_of
from live.state_db.outbox import OutboxState
from live.state_db.records import KillSwitch
from tests.live.inspect.builders import run_row
from tests.live.page.builders import ended, equity, line, page
from tests.live.state_db.builders import MORNING, D


def hands(**changes: object) -> list[str]:
    return [hand.what for hand in page(**changes).hands]


def test_a_good_day_needs_no_hand() -> None:
    assert hands() == []


def test_the_last_run_of_each_program_says_what_needs_a_hand() -> None:
    early = ended(9, (9, "AAA is open", "run again"), phase="place")
    late = run_row("executor", D, phase="poll")
    generator = ended(9, (9, "no prices of BBB", "run again"), program="signal_generator")
    assert hands(runs=(generator, early, late)) == ["no prices of BBB"]
    assert hands(runs=(generator, early)) == ["no prices of BBB", "AAA is open"]


def test_the_closing_line_counts_where_it_says_more_than_the_problems() -> None:
    run = ended(9, (9, "one", ""), (9, "two", ""), needs_hand="one; two")
    assert hands(runs=(run,)) == ["one", "two"]
    assert hands(runs=(ended(0, needs_hand="a stop set by hand"),)) == ["a stop set by hand"]


def test_a_run_without_an_end_is_told() -> None:
    running = run_row("executor", D, exit_code=None, finished_at=None)
    assert hands(runs=(running,)) == ["executor has no end on record: it is running"]
    killed = replace(running, finished_at=MORNING)
    assert hands(runs=(killed,)) == ["executor has no end on record: it was killed"]


def test_a_run_whose_row_has_no_problems_is_told_by_its_last_line() -> None:
    run = run_row("executor", D, exit_code=8, last_line="error[8] no answer", summary={"endings": "garbled"})
    assert hands(runs=(run,)) == ["error[8] no answer"]


def test_what_is_urgent_comes_first_and_nothing_twice() -> None:
    state = State(
        KillSwitch(True, "a storm", MORNING, "me"), notifier=OutboxState(1, MORNING, "down", has_failed=True),
        failed_runs=2,
    )  # fmt: skip
    run = ended(9, (9, "later", ""), (9, "BBB: 71 shares without a live stop", ""))
    found = page(state=state, lines=(line("BBB", covered=0),), runs=(run,)).hands
    assert [hand.is_urgent for hand in found] == [True, True, True, False, False]
    assert [hand.what.split()[0] for hand in found] == ["BBB:", "kill", "2", "the", "later"]


def test_an_earlier_day_tells_nothing_of_now() -> None:
    assert hands(state=None, lines=(line(covered=0),)) == []


def test_a_run_of_the_evening_belongs_to_the_day_it_decides_for() -> None:
    evening = datetime(2026, 2, 17, 23, 0, tzinfo=UTC)
    late = replace(run_row("signal_generator"), started_at=evening, trade_date=date(2026, 2, 18))
    assert page_day_of(late) == date(2026, 2, 18)
    assert page_day_of(replace(late, trade_date=None)) == date(2026, 2, 17)
    protect = replace(run_row("executor"), started_at=evening, trade_date=date(2026, 2, 18))
    assert page_day_of(protect) == date(2026, 2, 17)
    night = replace(protect, started_at=evening + timedelta(hours=5, minutes=30))
    assert page_day_of(night) == date(2026, 2, 17)  # half past eleven in New York


def test_the_drawdown_is_below_the_peak_each_snapshot_knows() -> None:
    rows = equity(3, start=99_000, peak=110_000)
    fall = drawdown_of(rows)
    assert fall is not None
    assert (round(fall.now, 3), round(fall.worst, 3), fall.worst_day) == (9.998, 10.0, rows[0].day)
    assert drawdown_of(()) is None
    assert drawdown_pct(replace(rows[0], peak=Decimal(0))) == 0.0
    assert drawdown_pct(replace(rows[0], equity=Decimal(120_000))) == 0.0
