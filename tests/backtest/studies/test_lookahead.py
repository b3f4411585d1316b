"""The look-ahead study: silent on honest rules, and it catches what knows the future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from backtest.candidates import find_entry_session
from backtest.market import Market, PriceHistory
from backtest.model import Book, Candidate, Decisions, ExitReason
from backtest.params import Params
from backtest.portfolio_simulator import Decide, simulate_portfolio
from backtest.rules import decide, decide_each
from backtest.runs.inputs import CandidateMaker
from backtest.settings import apply_settings
from backtest.studies.lookahead import Compared, Studied, compare_at, draw_cuts, observe
from backtest.studies.lookahead_text import least_share_pct, sentence
from tests.backtest.studies.markets import FIRST, LAST, small_market

PARAMS = Params(max_positions=4)


def from_file(_history: PriceHistory) -> Sequence[Candidate]:
    return small_market().candidates


def studied(candidates_of: CandidateMaker = from_file, rules: Decide = decide, params: Params = PARAMS) -> Studied:
    return Studied(candidates_of, rules, small_market().history(), FIRST, LAST, params)


def cuts_of(what: Studied, count: int = 12) -> list[Compared]:
    whole = observe(what, what.history, what.last)
    return [compare_at((what, whole), after) for after in draw_cuts(whole, what, count, seed=1)]


def differences(cuts: Sequence[Compared]) -> set[str]:
    return {one.what for cut in cuts for one in cut.differences}


def test_the_rules_know_nothing_of_later_sessions_at_forty_cuts() -> None:
    cuts = cuts_of(studied(), 40)
    assert len(cuts) == 40
    assert [one for cut in cuts for one in cut.differences] == []
    assert sum(cut.trades for cut in cuts) > 100


@pytest.mark.parametrize(
    "settings",
    [
        ("primary.trailing_stop=rsi_overbought", "primary.period=4", "primary.level=60"),
        ("primary.trailing_stop=sma_cross", "primary.fast=2", "primary.slow=5"),
    ],
)
def test_neither_do_exits_that_are_judged_at_every_close(settings: Sequence[str]) -> None:
    what = studied(params=apply_settings(PARAMS, settings))
    assert differences(cuts_of(what)) == set()
    ledger = simulate_portfolio(what.candidates_of(what.history), what.history, FIRST, LAST, what.params)
    ends = [trade.exit_reason for trade in ledger.trades]
    assert ends.count(ExitReason.TREND_BREAK) > 5


def test_neither_do_those_of_mode_trade() -> None:
    assert differences(cuts_of(studied(rules=decide_each), 4)) == set()


def test_a_reaction_session_inside_the_sort_is_caught() -> None:
    def sorted_by_reaction(book: Book, group: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        bars = market._history.bars_on(market.trade_date, [one.ticker for one in group])  # type: ignore[attr-defined]
        returns = {ticker: bar.close / bar.open for ticker, bar in bars.items()}
        ordered = sorted(group, key=lambda one: -returns.get(one.ticker, 0.0))
        return decide(book, [replace(one, score=None) for one in ordered], market, params)

    cuts = cuts_of(studied(rules=sorted_by_reaction))
    found = [one for cut in cuts for one in cut.differences]
    assert {one.what for one in found} == {"decision"}
    assert all(one.session == small_market().sessions.next(one.after) for one in found)
    assert "Look-ahead: " in sentence(cuts, 1)


def test_a_score_that_uses_the_next_bar_is_caught_with_the_candidate_it_belongs_to() -> None:
    def next_bar_in_score(history: PriceHistory) -> Sequence[Candidate]:
        return [replace(one, score=score_of(history, one)) for one in small_market().candidates]

    def score_of(history: PriceHistory, one: Candidate) -> float:
        entry = find_entry_session(one.report_date, PARAMS.entry_mode, history.sessions)
        bar = None if entry is None else history.bars_on(entry, [one.ticker]).get(one.ticker)
        return 50.0 if bar is None else min(100.0, 50.0 * bar.close / bar.open)

    found = [one for cut in cuts_of(studied(next_bar_in_score)) for one in cut.differences]
    scores = [one for one in found if one.what == "candidate"]
    assert len({one.after for one in scores}) > 8  # in some sessions the ticker has no bar, or closes at its open
    assert all(one.ticker and one.cut and "score 50," in one.cut and one.whole != one.cut for one in scores)


def test_a_score_measured_by_the_whole_stretch_differs_from_the_first_session_on() -> None:
    def ranked_by_all_closes(history: PriceHistory) -> Sequence[Candidate]:
        last = {one.ticker: history.market(LAST).last_close(one.ticker) for one in small_market().candidates}
        return [
            replace(one, score=None if (close := last[one.ticker]) is None else close.price % 1_000_000 / 10_000)
            for one in small_market().candidates
        ]

    cuts = cuts_of(studied(ranked_by_all_closes), 3)
    first = min(one.report_date for one in small_market().candidates)
    assert min(cut.differences[0].session for cut in cuts) == small_market().sessions.on_or_after(first)
    assert all(cut.more > 0 and cut.differences[0].session < cut.after for cut in cuts)


def test_an_entry_that_only_a_later_bar_allows_is_told_as_not_there() -> None:
    def known_survivors(history: PriceHistory) -> Sequence[Candidate]:
        return [
            one for one in small_market().candidates if history.has_bar(one.ticker, one.report_date + timedelta(days=7))
        ]

    found = [one for cut in cuts_of(studied(known_survivors)) for one in cut.differences]
    assert found
    assert all(one.cut is None for one in found if one.what == "candidate")


def test_the_same_seed_draws_the_same_cuts_and_days_before_candidates_come_first() -> None:
    what = studied()
    whole = observe(what, what.history, what.last)
    drawn = draw_cuts(whole, what, 20, seed=3)
    assert drawn == draw_cuts(whole, what, 20, seed=3) != draw_cuts(whole, what, 20, seed=4)
    assert all(small_market().sessions.next(day) in whole.offered for day in drawn)
    assert draw_cuts(whole, what, 10_000, seed=3) == small_market().sessions.between(FIRST, date(2016, 6, 29))


def test_what_twenty_cuts_would_have_met_is_said() -> None:
    assert round(least_share_pct(20), 1) == 13.9
    assert round(1 - (1 - 0.139) ** 20, 2) == 0.95
