"""Whose bars a run asks for, from when on, and whose reference prices."""

from __future__ import annotations

from datetime import date

from backtest.model import Candidate, Grade
from live.generate.needs import MarketNeeds, market_needs
from live.generate.shadow import ShadowStart
from tests.builders import AS_OF, CALENDAR, FRIDAY, MONDAY, REFERENCE, D, book_of, candidate, holding


def needs(*holdings: str, shadow: ShadowStart | None = None, offered: tuple[Candidate, ...] = ()) -> MarketNeeds:
    held = [holding(ticker, decided_through=MONDAY) for ticker in holdings]
    return market_needs(held, shadow, offered, D, CALENDAR, REFERENCE)


def a_shadow(*tickers: str, through: date | None = AS_OF, **offered: tuple[Candidate, ...]) -> ShadowStart:
    """Return a shadow's book that was judged through Friday; `monday` and `tuesday` are what was offered then."""
    days = {"monday": MONDAY, "tuesday": AS_OF}
    book = book_of(None, *(holding(ticker, decided_through=FRIDAY) for ticker in tickers))
    return ShadowStart(book, through, {days[name]: some for name, some in offered.items()})


def test_holdings_are_judged_and_candidates_priced() -> None:
    found = needs("AAPL", offered=(candidate("NVDA"), candidate("AMD")))
    assert (found.judged_after, found.candidates) == ({"AAPL": MONDAY}, ["AMD", "NVDA"])
    assert found.tickers == ("AAPL", "AMD", "NVDA")


def test_a_candidate_that_can_never_be_bought_is_not_asked_for() -> None:
    offered = (candidate("nvda!"), candidate("AMD", grade=Grade.D, problem="two prices"), candidate("INTC"))
    assert needs(offered=offered).candidates == ["INTC"]


def test_a_ticker_of_both_books_is_judged_after_the_earlier_close() -> None:
    assert needs("AAPL", shadow=a_shadow("AAPL", "MSFT")).judged_after == {"AAPL": FRIDAY, "MSFT": FRIDAY}


def test_the_candidates_of_sessions_the_shadow_has_not_played_are_needed_from_the_session_before() -> None:
    shadow = a_shadow(through=FRIDAY, monday=(candidate("ABC"),), tuesday=(candidate("XYZ"),))
    found = needs(shadow=shadow)
    assert (found.also, found.since) == (["ABC", "XYZ"], FRIDAY)


def test_a_shadow_that_is_up_to_date_or_never_ran_needs_no_earlier_session() -> None:
    for through in (AS_OF, None):
        found = needs(shadow=a_shadow(through=through, monday=(candidate("ABC"),)))
        assert (found.also, found.since) == ([], None)


def test_bars_reach_back_over_the_indicator_window_of_the_earliest_close_to_be_judged() -> None:
    first = MarketNeeds(D, AS_OF).first_day(CALENDAR, REFERENCE)
    earlier = MarketNeeds(D, AS_OF, {"AAPL": date(2016, 2, 26)}).first_day(CALENDAR, REFERENCE)
    assert (AS_OF - first).days // 7 >= REFERENCE.indicator_window_weeks - 1
    assert (first - earlier).days == 7  # the window of the week before
    assert MarketNeeds(D, AS_OF, since=FRIDAY).first_day(CALENDAR, REFERENCE) < first
