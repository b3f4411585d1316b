"""Drift after announcements: a market small enough to be worked out by hand, and figures against other libraries."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.errors import InputError
from backtest.measures.bootstrap import widened
from backtest.model import Split
from backtest.prices.provider import PriceData, price_data
from backtest.studies.announcements import Announcement
from backtest.studies.events import HORIZONS, Events, last_day_judged, measure, prices_of
from backtest.studies.events_statistics import (
    RESAMPLES,
    by_year,
    date_interval,
    deciles,
    own_drift,
    quarter_interval,
    sorting,
    spread,
)
from backtest.studies.events_study import study_events
from tests.builders import weekdays

DAYS = weekdays(date(2016, 1, 4), date(2016, 3, 31)).days
"""63 sessions without a holiday; the reaction of the examples is number 30, Monday 2016-02-15."""
AT = 30
BAR = (100.0, 100.0, 1000)


def bars(ticker: str, changes: Mapping[int, tuple[float, float, int]], skip: Sequence[int] = ()) -> BarSeries:
    """Return bars over DAYS: open, close and volume, which hold until the next change; a changed volume only there."""
    opens, closes, volumes, price = [], [], [], BAR[1]
    for place in range(len(DAYS)):
        open_, close, volume = changes.get(place, (price, price, BAR[2]))
        opens.append(open_)
        closes.append(close)
        volumes.append(volume)
        price = close
    kept = [place for place in range(len(DAYS)) if place not in skip]
    o, c = (np.array([round(10_000 * one) for one in column], dtype=np.int64)[kept] for column in (opens, closes))
    days = np.array(DAYS, dtype="datetime64[D]")[kept]
    volume = np.array(volumes, dtype=np.int64)[kept]
    return BarSeries(ticker, days, o, np.maximum(o, c), np.minimum(o, c), c, volume, np.ones(len(kept)))


RISES = bars("RISES", {AT: (104, 110, 3000), AT + 1: (110, 121, 1000)})
FALLS = bars("FALLS", {AT: (100, 90, 1000)})
STAYS = bars("STAYS", {})
MARKET = {one.ticker: one for one in (RISES, FALLS, STAYS)}


def announced(symbol: str, place: int, *, post: bool = False, expected: float = 1.0, eps: float = 1.5) -> Announcement:
    return Announcement(symbol, DAYS[place], post, expected, eps)


def test_an_event_worked_out_by_hand() -> None:
    events = measure([announced("RISES", AT)], prices_of(MARKET))
    # session 30: +10 %, -10 % and 0 %: the market is 0; 104 / 100; 3,000 shares after 20 times 1,000
    assert events.reaction.tolist() == [AT]
    assert events.announcement_return[0] == pytest.approx(0.10)
    assert events.gap[0] == pytest.approx(0.04)
    assert events.volume_ratio[0] == 3.0
    assert events.open[0] == 104.0
    assert events.surprise[0] == pytest.approx(0.5 / 100)
    # session 31: +10 % against a third of it, nothing after that; there are 32 sessions after it, not 60
    drift = math.log(1.1) - math.log(1 + 0.1 / 3)
    assert drift == pytest.approx(0.06252, abs=1e-5)
    assert events.drift[0, :2] == pytest.approx([drift, drift])
    assert math.isnan(events.drift[0, 2])
    assert own_drift(events, 0, 1).n == 1  # a gap of exactly 4 % is one


@pytest.mark.parametrize(
    ("day", "is_after_close", "reacts"),
    [
        (DAYS[AT], False, DAYS[AT]),
        (DAYS[AT - 1], True, DAYS[AT]),  # after Friday's close
        (date(2016, 2, 14), False, DAYS[AT]),  # a Sunday moves to the next session
        (date(2016, 2, 14), True, DAYS[AT]),  # and not to the one after it
    ],
)
def test_the_reaction_session_follows_the_release(day: date, is_after_close: bool, reacts: date) -> None:
    events = measure([Announcement("RISES", day, is_after_close, 1, 1)], prices_of(MARKET))
    assert [DAYS[place] for place in events.reaction] == [reacts]


def test_an_event_needs_more_than_25_sessions_before_it_and_a_known_symbol() -> None:
    asked = [announced("RISES", 25), announced("RISES", 26), announced("OTHER", 40)]
    assert [one.day for one in measure(asked, prices_of(MARKET)).announcements] == [DAYS[26]]


def test_a_missing_bar_counts_0_in_the_drift_and_leaves_the_gap_unknown() -> None:
    holed = bars("RISES", {AT: (104, 110, 3000), AT + 1: (110, 121, 1000)}, skip=[AT + 1])
    events = measure([announced("RISES", AT), announced("RISES", AT + 2)], prices_of(MARKET | {"RISES": holed}))
    assert events.drift[0, 0] == 0.0
    assert math.isnan(events.gap[1])
    assert math.isnan(events.surprise[1])


def test_a_missing_estimate_leaves_only_the_surprise_unknown() -> None:
    events = measure([announced("RISES", AT, expected=math.nan)], prices_of(MARKET))
    assert math.isnan(events.surprise[0])
    assert events.gap[0] == pytest.approx(0.04)


def test_a_split_is_no_gap_and_more_shares_are_no_volume() -> None:
    series = bars("RISES", {AT: (52, 55, 6000), AT + 1: (55, 60.5, 2000)})
    splits = [Split("RISES", DAYS[AT], Fraction(2))]
    events = measure([announced("RISES", AT)], prices_of(MARKET | {"RISES": series}, splits))
    unsplit = measure([announced("RISES", AT)], prices_of(MARKET))
    for name in ("gap", "announcement_return", "volume_ratio", "surprise"):
        assert getattr(events, name) == pytest.approx(getattr(unsplit, name)), name
    assert events.open[0] == 52.0
    assert events.drift[0, 0] == pytest.approx(unsplit.drift[0, 0])


def test_the_last_date_judged_leaves_5_sessions_after_a_reaction_to_a_late_release() -> None:
    days = np.array(DAYS, dtype="datetime64[D]")
    last = last_day_judged(days)
    assert last == DAYS[-7]
    events = measure([Announcement("STAYS", last, True)], prices_of(MARKET))
    assert math.isfinite(events.drift[0, 0])
    assert last_day_judged(days[:6]) is None


def test_deciles_are_those_of_pandas_with_ties_in_the_order_given() -> None:
    pandas = pytest.importorskip("pandas")
    random = np.random.default_rng(3)
    for n in (50, 51, 60, 99, 100, 101, 547):
        values = np.round(random.normal(size=n), 1)
        wanted = pandas.qcut(pandas.Series(values).rank(method="first"), 10, labels=False) + 1
        assert deciles(values, np.zeros(n, dtype=np.int64)).tolist() == wanted.tolist(), n


def test_a_quarter_with_fewer_than_50_values_is_left_out() -> None:
    quarters = np.repeat(np.array([1, 2], dtype=np.int64), [49, 50])
    values = np.arange(99, dtype=float)
    places = deciles(values, quarters)
    assert set(places[:49].tolist()) == {0}
    assert set(places[49:].tolist()) == set(range(1, 11))
    values[60] = math.nan
    assert not deciles(values, quarters).any()


def made_events(by_quarter: Sequence[float], n: int = 50) -> Events:
    """Return n events a quarter, whose drift over 5 sessions is 0 but for the top decile, which has the quarter's."""
    days = [date(2014 + quarter // 4, 3 * (quarter % 4) + 1, 1) for quarter in range(len(by_quarter))]
    asked = tuple(Announcement(f"S{i}", day, False) for day in days for i in range(n))
    values = np.tile(np.arange(n, dtype=float), len(days))
    drift = np.zeros((len(asked), len(HORIZONS)))
    drift[:, 0] = np.where(values >= n - 5, np.repeat(by_quarter, n), 0.0)
    drift[:, 2] = math.nan
    reaction = np.repeat(np.arange(len(days)) * 63, n)
    return Events(asked, reaction, values, values, values, values, values, drift)


def test_the_spread_is_the_top_less_the_bottom_decile_with_its_t() -> None:
    spreads = [0.01, 0.02, 0.03, 0.02, 0.01, 0.03, 0.02, 0.02]
    found = sorting(made_events(spreads), "surprise", 1)
    first, second, third = found.spreads
    assert list(first.by_quarter.values()) == pytest.approx(spreads)
    assert first.mean == pytest.approx(0.02)
    assert first.t == pytest.approx(0.02 / (np.std(spreads, ddof=1) / math.sqrt(8)))
    assert by_year(first) == pytest.approx({2014: 0.02, 2015: 0.02})
    assert found.deciles[5][-1] == pytest.approx(0.02)
    assert found.deciles[5][0] == 0.0
    assert (second.mean, second.t, second.interval) == (0.0, None, None)  # all equal: no spread of the spreads
    assert (third.mean, third.t, third.interval) == (None, None, None)  # no event has 60 sessions after it
    assert found.events == 400


def test_few_quarters_have_no_interval() -> None:
    assert quarter_interval(np.arange(7.0), 1) is None
    assert spread(5, {1: 0.01}, 1).t is None


def test_the_interval_of_quarters_is_the_studentized_one_of_arch() -> None:
    from arch.bootstrap import IIDBootstrap  # slow to import

    values = np.random.default_rng(5).normal(0.02, 0.03, 21)
    found = quarter_interval(values, 1)

    bootstrap = IIDBootstrap(values, seed=np.random.default_rng(2))
    wanted = bootstrap.conf_int(
        lambda one: np.atleast_1d(one.mean()),
        RESAMPLES,
        method="studentized",
        std_err_func=lambda _mean, one: np.atleast_1d(one.std(ddof=1) / math.sqrt(len(one))),
    )
    assert found == pytest.approx(wanted.ravel(), abs=0.15 * values.std())


def test_the_interval_of_dates_is_the_one_of_arch() -> None:
    from arch.bootstrap import StationaryBootstrap  # slow to import

    random = np.random.default_rng(7)
    values = np.repeat(random.normal(0.01, 0.05, 30), 10) + random.normal(0, 0.01, 300)  # alike for ten sessions
    found = date_interval(values, np.arange(300), 20, 1)
    bootstrap = StationaryBootstrap(20, values, seed=np.random.default_rng(2))
    wanted = bootstrap.conf_int(lambda one: np.atleast_1d(one.mean()), RESAMPLES, method="percentile").ravel()
    wanted = widened((wanted[0], wanted[1]), values.mean(), rows=300, block=20)
    assert found == pytest.approx(wanted, abs=0.03 * values.std())
    alone = date_interval(values, np.arange(300), 1, 1)
    assert found is not None
    assert alone is not None
    assert found[1] - found[0] > 1.5 * (alone[1] - alone[0])  # what rises and falls together says less


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    values, places = np.random.default_rng(1).normal(size=100), np.arange(100)
    assert date_interval(values, places, 5, 1) == date_interval(values, places, 5, 1)
    assert date_interval(values, places, 5, 1) != date_interval(values, places, 5, 2)
    assert quarter_interval(values[:20], 1) != quarter_interval(values[:20], 2)


def prices(series: Mapping[str, BarSeries]) -> PriceData:
    return price_data(series)


def test_a_study_counts_what_it_leaves_out() -> None:
    asked = [
        announced("RISES", AT),
        announced("OTHER", AT),
        announced("RISES", 3),
        announced("FALLS", -1),
        announced("STAYS", -1, post=True),
    ]
    found = study_events(asked, prices(MARKET))
    left = found.left_out
    assert (len(found.events), left.unknown_symbols, left.unknown, left.early, left.later) == (1, ("OTHER",), 1, 1, 2)
    later = study_events(asked, prices(MARKET), until=DAYS[-1])
    assert (len(later.events), later.left_out.later, later.left_out.no_reaction) == (2, 0, 1)
    assert (found.symbols, found.ended) == (3, 0)


def test_a_symbol_that_stops_trading_is_counted() -> None:
    ends = bars("STAYS", {}, skip=range(40, len(DAYS)))
    assert study_events([announced("RISES", AT)], prices(MARKET | {"STAYS": ends})).ended == 1


def test_a_study_of_nothing_is_refused_with_the_reasons() -> None:
    with pytest.raises(InputError, match="no announcement can be judged: 1 of symbols without bars, 0 after"):
        study_events([announced("OTHER", AT)], prices(MARKET))
    with pytest.raises(InputError, match="no bars"):
        study_events([announced("OTHER", AT)], prices({}))
