"""What is changed about candidates and parameters to see how much of a result hangs on it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from backtest.candidates import find_entry_session
from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.params import EntryMode, Params
from backtest.settings import apply_settings

LEAST_MOVE, MOST_MOVE = 21, 63
"""How many sessions later a date is moved: from a month to a quarter, so that no drift of the old one is left."""


def with_slippage(params: Params, times: int) -> Params:
    """Return parameters with both slippages so many times as large. Raises ConfigError (6) beyond their limits."""
    names = ("slippage_pct", "entry_slippage_pct")
    return apply_settings(params, [f"{name}={times * getattr(params, name)}" for name in names], where="stability")


def a_session_late(candidates: Sequence[Candidate], params: Params, history: PriceHistory) -> tuple[Candidate, ...]:
    """Return the candidates as if each were offered one session later than it was."""
    sessions = history.sessions
    return tuple(
        replace(one, report_date=_report_date(sessions.next(entry), params, history))
        for one in candidates
        if (entry := find_entry_session(one.report_date, params.entry_mode, sessions)) is not None
    )


def some_left_out(
    candidates: Sequence[Candidate], share_pct: int, generator: np.random.Generator
) -> tuple[Candidate, ...]:
    """Return the candidates without a share of them, drawn at random."""
    count = len(candidates)
    left_out = set(generator.choice(count, size=round(count * share_pct / 100), replace=False).tolist())
    return tuple(one for i, one in enumerate(candidates) if i not in left_out)


def scores_shuffled(
    candidates: Sequence[Candidate], params: Params, history: PriceHistory, generator: np.random.Generator
) -> tuple[Candidate, ...]:
    """Return the candidates with score and grade exchanged at random among those of one entry session."""
    shuffled = list(candidates)
    for places in _by_session(candidates, params, history).values():
        for place, drawn in zip(places, generator.permutation(places).tolist(), strict=True):
            giver = candidates[drawn]
            shuffled[place] = replace(candidates[place], score=giver.score, grade=giver.grade)
    return tuple(shuffled)


def dates_moved(
    candidates: Sequence[Candidate],
    params: Params,
    history: PriceHistory,
    days: Sequence[date],
    generator: np.random.Generator,
) -> tuple[Candidate, ...]:
    """Return the candidates on other days: those of one entry session together, at random 21 to 63 sessions later.

    days: the sessions of the stretch; behind the last follows the first. A printed price becomes the last close
    before the new session, as a report of that day would have printed it.
    """
    position = {day: i for i, day in enumerate(days)}
    moved: list[Candidate] = []
    for entry, places in _by_session(candidates, params, history).items():
        later = int(generator.integers(LEAST_MOVE, MOST_MOVE + 1))
        session = days[(position[entry] + later) % len(days)]
        market = history.market(session)
        for one in (candidates[place] for place in places):
            last = market.last_close(one.ticker)
            price = None if one.price is None or last is None else last.price
            moved.append(replace(one, report_date=_report_date(session, params, history), price=price))
    return tuple(sorted(moved, key=lambda one: one.report_date))


def rivals(candidates: Sequence[Candidate], params: Params, history: PriceHistory) -> int:
    """Return how many candidates share their entry session with another: whose scores can be exchanged at all."""
    return sum(len(places) for places in _by_session(candidates, params, history).values() if len(places) > 1)


def _by_session(candidates: Sequence[Candidate], params: Params, history: PriceHistory) -> dict[date, list[int]]:
    places: dict[date, list[int]] = {}
    for i, one in enumerate(candidates):
        entry = find_entry_session(one.report_date, params.entry_mode, history.sessions)
        if entry is not None:
            places.setdefault(entry, []).append(i)
    return places


def _report_date(entry: date, params: Params, history: PriceHistory) -> date:
    """Return the date of a report that belongs to an entry session."""
    return entry if params.entry_mode is EntryMode.REPORT_OPEN else history.sessions.previous(entry)
