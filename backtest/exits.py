"""Exits decided at a close: trend break, holding time, and the close-based stop of the what-ifs.

Every position is judged at each close since `decided_through`; the first close that says exit counts,
so judging several sessions at once gives what judging them day by day would have given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeAlias

from backtest.model import Book, Exit, ExitReason, Holding
from backtest.money import format_price
from backtest.params import Params, StopMode
from backtest.trailing_exits.registry import DAY, NEVER, WEEK, trailing_exit
from backtest.trailing_reading import reading_text
from backtest.weekly_bars import Numbers, count_completed_weeks, is_week_end_by_date

if TYPE_CHECKING:
    from backtest.market import Market

Why: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class ExitsDecided:
    """exits in the order of the book; held tickers whose check could not be answered; notes for the user."""

    exits: tuple[Exit, ...] = ()
    unresolved: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def decide_exits(book: Book, market: Market, params: Params) -> ExitsDecided:
    """Judge every holding at each close in (decided_through, as-of]; an exit already pending is listed again."""
    exits: list[Exit] = []
    unresolved: list[str] = []
    notes: list[str] = []
    closes: dict[date, tuple[tuple[date, bool], ...]] = {}
    for holding in book.holdings:
        if holding.pending_exit_reason is not None:
            exits.append(_still_pending(holding, market.as_of))
        elif market.has_failed(holding.ticker):
            unresolved.append(holding.ticker)
        else:
            after = holding.decided_through
            if after not in closes:
                closes[after] = _closes_after(after, market)
            found = judge_holding(holding, closes[after], market, params)
            if found is not None:
                exits.append(found)
            notes += _missing_bars(holding, market)
    return ExitsDecided(tuple(exits), tuple(unresolved), tuple(notes))


def judge_holding(
    holding: Holding, closes: tuple[tuple[date, bool], ...], market: Market, params: Params
) -> Exit | None:
    """Return the exit the first of these closes calls for. closes: (session, is it the last of its week)."""
    is_daily = trailing_exit(params.primary.trailing_stop).judged == DAY
    for day, is_week_end in closes:
        found = (
            stop_at_close(holding, day, market, params)
            or (trend_break(holding, day, market, params) if is_week_end or is_daily else None)
            or held_too_long(holding, day, params)
        )
        if found is not None:
            reason, why = found
            return Exit(
                ticker=holding.ticker,
                shares=holding.shares,
                reason=reason,
                entry_price=holding.entry_price,
                decided_on=day,
                position_id=holding.position_id,
                why=why,
            )
    return None


def stop_at_close(holding: Holding, day: date, market: Market, params: Params) -> tuple[ExitReason, Why] | None:
    """`stop_mode: close_next_open` only: the close at or below the stop sells at the next open."""
    if params.stop_mode is not StopMode.CLOSE_NEXT_OPEN:
        return None
    close = market.close_on(holding.ticker, day)
    if close is None or close > holding.stop_price:
        return None
    return ExitReason.STOP_LOSS, {"close": format_price(close), "stop": format_price(holding.stop_price)}


def trend_break(holding: Holding, day: date, market: Market, params: Params) -> tuple[ExitReason, Why] | None:
    """The trailing exit: what its module says of a week's end, after the transition, or of any day's close.

    The calendar says when a week ends; the week is judged on the bars it has. A week or a day without a bar is not
    judged. A day is judged from the entry day's own close on.
    """
    exit_ = trailing_exit(params.primary.trailing_stop)
    counted: dict[str, int] = {}
    if exit_.judged == NEVER:
        return None
    if exit_.judged == WEEK:
        weeks = count_completed_weeks(market.sessions, holding.entry_date, day)
        if weeks < params.trailing_transition_weeks:
            return None
        counted = {"weeks": weeks}
    reading = market.trailing_reading(holding.ticker, day, params.primary, params.indicator_window_weeks)
    if reading is None or not reading.is_broken:
        return None
    return ExitReason.TREND_BREAK, reading_text(reading, params.primary, counted)


def held_too_long(holding: Holding, day: date, params: Params) -> tuple[ExitReason, Why] | None:
    """Calendar days held at a close reach `max_holding_days`; the calendar decides, with or without a bar."""
    if params.max_holding_days is None:
        return None
    if day.toordinal() < holding_limit(holding.entry_date.toordinal(), params.max_holding_days):
        return None
    days_held = (day - holding.entry_date).days
    return ExitReason.MAX_HOLDING, {"days_held": days_held, "max_holding_days": params.max_holding_days}


def holding_limit(entry_day: Numbers, max_holding_days: int) -> Numbers:
    """Return the first day at whose close the holding time is used up. Days as ordinals."""
    return entry_day + max_holding_days


def _closes_after(after: date, market: Market) -> tuple[tuple[date, bool], ...]:
    sessions = market.sessions.between(after + timedelta(days=1), market.as_of)
    return tuple((day, is_week_end_by_date(market.sessions, day)) for day in sessions)


def _still_pending(holding: Holding, as_of: date) -> Exit:
    since = holding.pending_exit_since or as_of
    return Exit(
        ticker=holding.ticker,
        shares=holding.shares,
        reason=holding.pending_exit_reason or ExitReason.MANUAL,
        entry_price=holding.entry_price,
        decided_on=since,
        position_id=holding.position_id,
        why={"pending_since": since.isoformat()},
    )


def _missing_bars(holding: Holding, market: Market) -> list[str]:
    last = market.last_close(holding.ticker)
    if last is not None and last.day >= market.as_of:
        return []
    if last is None:
        return [f"{holding.ticker}: no bar at all up to {market.as_of}; nothing was judged on prices"]
    return [f"{holding.ticker}: no bar on {market.as_of}, the last is of {last.day}; judged on the bars there are"]
