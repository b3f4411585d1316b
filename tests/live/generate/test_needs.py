"""Whose bars a run asks for, from when on, and whose reference prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from backtest.model import Candidate, Grade
from backtest.params import Params
from live.generate.needs import MarketNeeds, market_needs
from live.generate.shadow import ShadowStart
from tests.builders import AS_OF, CALENDAR, FRIDAY, MONDAY, REFERENCE, D, book_of, candidate, holding


def needs(*holdings: str, shadows: Sequence[ShadowStart] = (), offered: tuple[Candidate, ...] = ()) -> MarketNeeds:
    held = [holding(ticker, decided_through=MONDAY) for ticker in holdings]
    return market_needs(held, shadows, offered, D, CALENDAR, REFERENCE)


def a_shadow(
    *tickers: str, through: date | None = AS_OF, params: Params = REFERENCE, **offered: tuple[Candidate, ...]
) -> ShadowStart:
    """Return a shadow's book that was judged through Friday; `monday` and `tuesday` are what was offered then."""
    days = {"monday": MONDAY, "tuesday": AS_OF}
    book = book_of(None, *(holding(ticker, decided_through=FRIDAY) for ticker in tickers))
    return ShadowStart("nwl_p4", params, book, through, {days[name]: some for name, some in offered.items()})


def test_holdings_are_judged_and_candidates_priced() -> None:
    found = needs("AAPL", offered=(candidate("NVDA"), candidate("AMD")))
    assert (found.judged_after, found.candidates) == ({"AAPL": MONDAY}, ["AMD", "NVDA"])
    assert found.tickers == ("AAPL", "AMD", "NVDA")


def test_a_candidate_that_can_never_be_bought_is_not_asked_for() -> None:
    offered = (candidate("nvda!"), candidate("AMD", grade=Grade.D, problem="two prices"), candidate("INTC"))
    assert needs(offered=offered).candidates == ["INTC"]


def test_a_ticker_of_both_books_is_judged_after_the_earlier_close() -> None:
    assert needs("AAPL", shadows=[a_shadow("AAPL", "MSFT")]).judged_after == {"AAPL": FRIDAY, "MSFT": FRIDAY}


def test_the_candidates_of_sessions_the_shadow_has_not_played_are_needed_from_the_session_before() -> None:
    shadow = a_shadow(through=FRIDAY, monday=(candidate("ABC"),), tuesday=(candidate("XYZ"),))
    found = needs(shadows=[shadow])
    assert (found.also, found.since) == (["ABC", "XYZ"], FRIDAY)


def test_a_shadow_that_is_up_to_date_or_never_ran_needs_no_earlier_session() -> None:
    for through in (AS_OF, None):
        found = needs(shadows=[a_shadow(through=through, monday=(candidate("ABC"),))])
        assert (found.also, found.since) == ([], None)


def test_every_shadow_needs_what_it_may_buy_and_what_it_has_not_played() -> None:
    strict = a_shadow(through=FRIDAY, params=replace(REFERENCE, min_grade=Grade.A), monday=(candidate("ABC"),))
    behind = a_shadow("MSFT", through=date(2016, 3, 3), monday=(candidate("XYZ"),))
    offered = (candidate("AMD", grade=Grade.D), candidate("NVDA", grade=Grade.A))
    found = needs("MSFT", shadows=[strict, behind], offered=offered)
    assert (found.candidates, found.also) == (["AMD", "NVDA"], ["XYZ"])
    assert (found.judged_after, found.since) == ({"MSFT": FRIDAY}, date(2016, 3, 3))


def test_what_only_a_shadow_may_buy_needs_bars_and_no_reference_price() -> None:
    held = [a_shadow(params=replace(REFERENCE, min_grade=Grade.D))]
    params = replace(REFERENCE, min_grade=Grade.B)
    offered = (candidate("AMD", grade=Grade.D), candidate("NVDA", grade=Grade.A))
    found = market_needs([], held, offered, D, CALENDAR, params)
    assert (found.candidates, found.also) == (["NVDA"], ["AMD"])


def test_bars_reach_back_over_the_indicator_window_of_the_earliest_close_to_be_judged() -> None:
    first = MarketNeeds(D, AS_OF).first_day(CALENDAR, REFERENCE)
    earlier = MarketNeeds(D, AS_OF, {"AAPL": date(2016, 2, 26)}).first_day(CALENDAR, REFERENCE)
    assert (AS_OF - first).days // 7 >= REFERENCE.indicator_window_weeks - 1
    assert (first - earlier).days == 7  # the window of the week before
    assert MarketNeeds(D, AS_OF, since=FRIDAY).first_day(CALENDAR, REFERENCE) < first
