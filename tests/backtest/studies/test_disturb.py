"""What a disturbance changes, and what it leaves as it is."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest

from backtest.candidates import find_entry_session
from backtest.errors import ConfigError
from backtest.model import Candidate
from backtest.params import EntryMode, Params
from backtest.studies.disturb import (
    LEAST_MOVE,
    MOST_MOVE,
    a_session_late,
    dates_moved,
    rivals,
    scores_shuffled,
    some_left_out,
    with_slippage,
)
from tests.backtest.studies.markets import FIRST, LAST, small_market

NEXT_DAY = Params(entry_mode=EntryMode.NEXT_DAY_OPEN)
SESSIONS = small_market().sessions
DAYS = SESSIONS.between(FIRST, LAST)


def entry(one: Candidate, params: Params) -> date:
    found = find_entry_session(one.report_date, params.entry_mode, SESSIONS)
    assert found is not None
    return found


def inside(params: Params) -> list[Candidate]:
    return [one for one in small_market().candidates if FIRST <= entry(one, params) <= LAST]


@pytest.mark.parametrize("params", [Params(), NEXT_DAY])
def test_late_is_one_session_later_in_both_entry_modes(params: Params) -> None:
    late = a_session_late(inside(params), params, small_market().history())
    assert [entry(one, params) for one in late] == [SESSIONS.next(entry(one, params)) for one in inside(params)]
    assert [(one.ticker, one.score) for one in late] == [(one.ticker, one.score) for one in inside(params)]


def test_left_out_is_exactly_the_share_and_the_rest_keeps_its_order() -> None:
    candidates = inside(Params())
    kept = some_left_out(candidates, 20, np.random.default_rng(1))
    assert len(kept) == len(candidates) - round(len(candidates) / 5)
    places = [candidates.index(one) for one in kept]
    assert places == sorted(places)
    assert some_left_out(candidates, 20, np.random.default_rng(2)) != kept


def test_shuffled_scores_stay_in_their_session_and_go_with_their_grades() -> None:
    candidates = inside(Params())
    shuffled = scores_shuffled(candidates, Params(), small_market().history(), np.random.default_rng(1))
    assert [(one.ticker, one.report_date, one.price) for one in shuffled] == [
        (one.ticker, one.report_date, one.price) for one in candidates
    ]
    assert [one.score for one in shuffled] != [one.score for one in candidates]

    def by_session(some: list[Candidate]) -> Counter[tuple[date, float | None, str]]:
        return Counter((entry(one, Params()), one.score, one.grade) for one in some)

    assert by_session(list(shuffled)) == by_session(candidates)


@pytest.mark.parametrize("params", [Params(), NEXT_DAY])
def test_moved_dates_are_a_month_to_a_quarter_later_and_sessions_move_whole(params: Params) -> None:
    candidates = inside(params)
    moved = dates_moved(candidates, params, small_market().history(), DAYS, np.random.default_rng(1))
    assert Counter((one.ticker, one.score) for one in moved) == Counter((one.ticker, one.score) for one in candidates)
    assert all(FIRST <= entry(one, params) <= LAST for one in moved)
    alone = candidates[0]
    (other,) = dates_moved([alone], params, small_market().history(), DAYS, np.random.default_rng(1))
    steps = (DAYS.index(entry(other, params)) - DAYS.index(entry(alone, params))) % len(DAYS)
    assert LEAST_MOVE <= steps <= MOST_MOVE
    sessions = {entry(one, params) for one in candidates}
    assert len({entry(one, params) for one in moved}) <= len(sessions)


def test_a_moved_candidate_prints_the_last_close_of_its_new_day() -> None:
    history = small_market().history()
    priced = [one for one in inside(Params()) if one.price is not None]
    for one in dates_moved(priced, Params(), history, DAYS, np.random.default_rng(1)):
        last = history.market(entry(one, Params())).last_close(one.ticker)
        assert one.price == (None if last is None else last.price)


def test_slippage_is_multiplied_on_both_sides_and_stays_within_its_limits() -> None:
    params = Params()
    assert with_slippage(params, 3).slippage_pct == 3 * params.slippage_pct
    assert with_slippage(params, 3).entry_slippage_pct == 3 * params.entry_slippage_pct
    with pytest.raises(ConfigError, match="slippage_pct"):
        with_slippage(params, 10_000)


def test_rivals_are_those_with_another_in_their_session() -> None:
    candidates = inside(Params())
    counts = Counter(entry(one, Params()) for one in candidates)
    assert rivals(candidates, Params(), small_market().history()) == sum(n for n in counts.values() if n > 1)
