"""The holdings that stay, with the numbers they were judged by, as lines of a signal file. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from backtest.model import Book, Decisions, Holding, Price
from backtest.params import Params
from backtest.trailing_exits.registry import DAY, WEEK, trailing_exit
from backtest.trailing_reading import reading_text
from backtest.weekly_bars import count_completed_weeks, monday_of
from live.signals.lines import MAX_HOLDINGS, HoldingLine

if TYPE_CHECKING:
    from backtest.market import SeriesMarket
    from backtest.sessions import Sessions


def holding_lines(
    book: Book, decisions: Decisions, market: SeriesMarket, params: Params, frozen: Iterable[str] = ()
) -> tuple[HoldingLine, ...]:
    """Return a line for every holding that is not sold, by ticker.

    book: as the decisions were made on it, in units of the trade date. params.primary is the trailing exit it is
    judged by. Holdings that could not be judged, or are left alone (`frozen`), have none.
    """
    elsewhere = {*(exit_.ticker for exit_ in decisions.exits), *decisions.unresolved, *frozen}
    kept = (held for held in book.holdings if held.shares and held.ticker not in elsewhere)
    staying = sorted(kept, key=lambda held: held.ticker)
    return tuple(_line(held, market, params) for held in staying[:MAX_HOLDINGS])


def _line(held: Holding, market: SeriesMarket, params: Params) -> HoldingLine:
    sessions, as_of, variant = market.sessions, market.as_of, params.primary
    kind = trailing_exit(variant.trailing_stop).judged
    week_end = _week_end(held, sessions, as_of) if kind == WEEK else None
    judged = as_of if kind == DAY else week_end
    reading = None
    if judged is not None:
        reading = market.trailing_reading(held.ticker, judged, variant, params.indicator_window_weeks)
    last = market.last_close(held.ticker)
    low, high = market.price_range(held.ticker, held.entry_date) or (None, None)
    return HoldingLine(
        position_id=held.position_id,
        ticker=held.ticker,
        shares=held.shares,
        entry_price=held.entry_price,
        stop_price=held.stop_price,
        last_close=None if last is None else _positive(last.price),
        week_end=week_end,
        week_close=None if reading is None or kind != WEEK else _positive(reading.shown_close),
        indicator=None if reading is None else _positive(reading.indicator),
        weeks=0 if week_end is None else count_completed_weeks(sessions, held.entry_date, week_end),
        low=_positive(low),
        high=_positive(high),
        sessions_held=len(sessions.between(held.entry_date, as_of)),
        figures={} if kind == WEEK else reading_text(reading, variant, {}),
    )


def _week_end(held: Holding, sessions: Sessions, as_of: date) -> date | None:
    """Return the last session of the newest week that has ended, if that is not before the entry."""
    is_over = sessions.is_week_end(as_of)
    newest = as_of if is_over else sessions.on_or_before(monday_of(as_of) - timedelta(days=1))
    return None if newest < held.entry_date else newest


def _positive(price: Price | None) -> Price | None:
    """Return a price that may stand in a file: one of a share worth less than 1/10,000 USD may not."""
    return price if price is not None and price > 0 else None
