"""Entries given up for lateness: which may be taken up again, and what still keeps them back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from live.execute.decide.guards import Refusal
from live.execute.decide.late import late_entries, revival_refusal
from live.state_db.rows import OrderRow
from tests.live.execute.builders import entry, facts, moment, price

LATE = entry(status="abandoned", reject_reason="after_cutoff: the entry cutoff has passed")


def late(*rows: OrderRow, minutes: float = 6, skip_time_check: bool = True, **more: Any) -> list[str]:
    known = facts(*rows, at=moment(minutes, **more), skip_time_check=skip_time_check)
    return [row.ticker for row in late_entries(known)]


def test_what_was_given_up_for_lateness_may_go_out_between_cutoff_and_close_where_that_is_asked_for() -> None:
    assert late(LATE) == ["NEW"]
    assert late(LATE, skip_time_check=False) == []
    assert late(LATE, minutes=4) == []
    assert late(LATE, minutes=391) == []
    assert late(LATE, clock_known=False) == []


def test_what_ended_for_another_reason_stays_over() -> None:
    assert late(replace(LATE, reject_reason="below_stop: too low"), entry("TWO", 2)) == []


@pytest.mark.parametrize("lacking", [{"entry": None}, {"planned_stop_price": None}])
def test_a_row_without_its_decision_stays_given_up(lacking: dict[str, None]) -> None:
    found = revival_refusal(facts(), replace(LATE, **lacking), price("100"))  # type: ignore[arg-type]
    assert found == Refusal("incomplete", "its row has no decision", final=True)


@pytest.mark.parametrize("latest", [None, price("100", days_ago=1)])
def test_without_a_price_of_today_it_stays_given_up(latest: Any) -> None:
    found = revival_refusal(facts(), LATE, latest)
    assert found == Refusal("no_price_data", "there is no price of today to check", final=True)


@pytest.mark.parametrize(
    ("market", "reason"),
    [("100", None), ("125", None), ("125.01", "price_mismatch"), ("90.01", None), ("90", "below_stop")],
)
def test_todays_market_must_be_above_the_stop_and_near_the_price_it_was_sized_at(
    market: str, reason: str | None
) -> None:
    found = revival_refusal(facts(), LATE, price(market))
    assert (found and str(found.reason)) == reason
