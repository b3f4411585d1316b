"""When each candidate would leave a book by itself, were it bought: the rules of exits over arrays of entries.

Nothing here depends on the other holdings, so it is computed for all candidates at once and kept by what it depends on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.engine.first_below import FirstBelow
from backtest.engine.kept import Kept
from backtest.engine.price_table import PriceTable
from backtest.engine.result import EXIT_REASONS
from backtest.engine.weekly_table import WeeklyTable
from backtest.exits import holding_limit
from backtest.model import ExitReason
from backtest.money import sell_fill, split_stop
from backtest.params import Params, StopMode
from backtest.session_step import is_delisted
from backtest.stops import is_watched_on_entry_day, triggered_fill, watched_price
from backtest.trailing_exits.registry import NO_EXIT
from backtest.weekly_bars import first_monday_judged

NEVER = 1 << 40
"""A session that does not come."""

STOP_LOSS, TREND_BREAK, MAX_HOLDING, ROTATED_OUT, DELISTED, END_OF_DATA = (
    EXIT_REASONS.index(reason)
    for reason in (
        ExitReason.STOP_LOSS,
        ExitReason.TREND_BREAK,
        ExitReason.MAX_HOLDING,
        ExitReason.ROTATED_OUT,
        ExitReason.DELISTED,
        ExitReason.END_OF_DATA,
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Fills at the open of their sessions. row: in the price table; stop: of the fill; provisional: whether it is
    stopped out at that very open."""

    row: NDArray[np.int64]
    session: NDArray[np.int64]
    stop: NDArray[np.int64]
    at_open: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Exits:
    """How entries end when nothing else sells them.

    sold: the session; the number of sessions when they stay to the end. staying: the last session before whose open
    they count as staying. price: the fill, slippage included, in units of the session sold. reason: EXIT_REASONS.
    delisted: the session in which they would be taken for delisted; NEVER for none.
    """

    sold: NDArray[np.int64]
    staying: NDArray[np.int64]
    price: NDArray[np.int64]
    reason: NDArray[np.int8]
    delisted: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class StopHits:
    """The session whose watched price fires each stop (NEVER for none), and the stop in units of that session."""

    session: NDArray[np.int64]
    stop: NDArray[np.int64]


def sold_from(
    table: PriceTable,
    row: NDArray[np.int64],
    leaves: NDArray[np.int64],
    reason: NDArray[np.int8],
    delisted: NDArray[np.int64],
    params: Params,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """Return session, fill and reason of holdings that are to be sold at the first open from session `leaves` on.

    Without a bar they wait, are taken for delisted meanwhile, or stay to the end of the data.
    """
    count = table.sessions
    sold = table.next_bar.ravel().take(row * (count + 1) + np.minimum(leaves, count)).astype(np.int64)
    opens = table.open.ravel().take(row * count + np.minimum(sold, count - 1))
    price, reason = sell_fill(opens, params.slippage_bp), reason.copy()
    gone = np.flatnonzero(delisted < sold)
    sold[gone], reason[gone] = delisted[gone], DELISTED
    price[gone] = table.before[row[gone], sold[gone]]
    kept = np.flatnonzero(sold >= count)
    reason[kept], price[kept] = END_OF_DATA, table.close[row[kept], count - 1]
    return sold, price, reason


class ExitFinder:
    """Finds exits on one price table; keeps what several configurations share."""

    def __init__(self, table: PriceTable, weekly: WeeklyTable) -> None:
        self._table = table
        self._weekly = weekly
        self._monday = table.days - (table.days - 1) % 7  # the ordinal of a Monday is 1 more than a multiple of 7
        self._watched: dict[StopMode, FirstBelow] = {}
        self._hits: Kept[StopHits] = Kept(24)
        self._broken: Kept[NDArray[np.int32]] = Kept(48)
        self._first_weeks: Kept[NDArray[np.int64]] = Kept(16)
        self._trends: Kept[NDArray[np.int64]] = Kept(48)
        self._gaps: Kept[NDArray[np.int64]] = Kept(8)
        self._delistings: Kept[NDArray[np.int64]] = Kept(8)

    def exits(self, entries: Entries, params: Params, key: tuple[object, ...]) -> Exits:
        """Return the exits of entries. key: of the offers they were made from."""
        table, row = self._table, entries.row
        count = table.sessions
        hits = self._hits.get(
            (key, params.entry_slippage_bp, params.stop_loss_bp, params.stop_mode),
            lambda: self._stop_hits(entries, params.stop_mode),
        )
        decided, reason = self._decided(entries, hits, params, key)
        leaves = np.where(decided < count - 1, decided + 1, NEVER)
        delisted = self._delisted(entries, params, key)
        sold, price, reason = sold_from(table, row, leaves, reason, delisted, params)
        if params.stop_mode is not StopMode.CLOSE_NEXT_OPEN:
            stopped = np.flatnonzero(hits.session < np.minimum(leaves, delisted))
            sold[stopped], reason[stopped] = hits.session[stopped], STOP_LOSS
            at = row[stopped], sold[stopped]
            price[stopped] = triggered_fill(hits.stop[stopped], table.open[at], table.close[at], params)
        at_open = np.flatnonzero(entries.at_open)
        sold[at_open], reason[at_open] = entries.session[at_open], STOP_LOSS
        price[at_open] = sell_fill(table.open[row[at_open], sold[at_open]], params.slippage_bp)
        return Exits(sold, np.minimum(sold, leaves - 1), price, reason, delisted)

    def _decided(
        self, entries: Entries, hits: StopHits, params: Params, key: tuple[object, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Return the first session whose close decides an exit (NEVER for none) and its reason.

        Of several on one close the stop comes first, then the trend, then the holding time (`exits.judge_holding`).
        """
        trend = self._trend_breaks(entries, params, key)
        decided, reason = trend, np.full(len(trend), TREND_BREAK, np.int8)
        if params.max_holding_days is not None:
            days = self._table.days
            held = np.searchsorted(days, holding_limit(days[entries.session], params.max_holding_days))
            longest = np.where(held < len(days), held, NEVER)
            reason[longest < decided] = MAX_HOLDING
            decided = np.minimum(decided, longest)
        if params.stop_mode is StopMode.CLOSE_NEXT_OPEN:
            reason[hits.session <= decided] = STOP_LOSS
            decided = np.minimum(decided, hits.session)
        return decided, reason

    def _trend_breaks(self, entries: Entries, params: Params, key: tuple[object, ...]) -> NDArray[np.int64]:
        """Return the week end at whose close each entry's trend is first broken; NEVER for none."""
        variant, window, transition = (
            params.primary,
            params.indicator_window_weeks,
            params.trailing_transition_weeks,
        )
        if variant.trailing_stop == NO_EXIT:
            return np.full(len(entries.row), NEVER)
        broken = self._broken.get((variant, window), lambda: self._weekly.next_broken(variant, window))
        first = self._first_weeks.get((key, transition), lambda: self._first_judged(entries, transition))
        return self._trends.get(
            (key, variant, window, transition), lambda: self._weekly.session_at(broken, first, entries.row, NEVER)
        )

    def _first_judged(self, entries: Entries, transition: int) -> NDArray[np.int64]:
        monday = first_monday_judged(self._monday[entries.session], transition)
        return self._weekly.first_from(entries.row, monday)

    def _delisted(self, entries: Entries, params: Params, key: tuple[object, ...]) -> NDArray[np.int64]:
        """Return the first session from its own on in which each entry's ticker is taken for delisted."""
        after = params.delisted_after_sessions

        def find() -> NDArray[np.int64]:
            known, count = self._gaps.get(after, lambda: self._first_delisted(after)), self._table.sessions
            begins = entries.row * (count + 1)
            found = np.append(known, NEVER)[np.searchsorted(known, begins + entries.session)] - begins
            return np.where(found < count, found, NEVER)

        return self._delistings.get((key, after), find)

    def _first_delisted(self, after: int) -> NDArray[np.int64]:
        """Return the first session of each gap that makes a ticker delisted, as row x (sessions + 1) + session."""
        table = self._table
        rows = table.with_gaps()
        last = table.last_bar[rows]
        without_bar = np.where(last >= 0, np.arange(table.sessions, dtype=np.int32) - last, np.int32(0))
        delisted = is_delisted(without_bar, after)
        place, session = np.nonzero(delisted[:, 1:] & ~delisted[:, :-1])
        return rows[place] * (table.sessions + 1) + session + 1

    def _stop_hits(self, entries: Entries, mode: StopMode) -> StopHits:
        """Search each stop's first hit between the splits of its ticker; a split changes the stop."""
        splits, count = self._table.splits, self._table.sessions
        # a close that decides an exit is judged before the next open, in units of that session
        ahead = 1 if mode is StopMode.CLOSE_NEXT_OPEN else 0
        begin = entries.session + (0 if is_watched_on_entry_day(mode) else 1)
        stop, hit = entries.stop.copy(), np.full(len(begin), NEVER)
        event = splits.first_after(entries.row, entries.session)
        todo = np.arange(len(begin))
        while len(todo):
            base, is_split = entries.row[todo] * count, event[todo] < splits.bounds[entries.row[todo] + 1]
            end = np.full(len(todo), count)
            end[is_split] = splits.session[event[todo[is_split]]] - ahead
            found = self._column(mode).first(base + begin[todo], base + end, stop[todo])
            is_hit = found >= 0
            hit[todo[is_hit]] = found[is_hit] - base[is_hit]
            begin[todo] = np.maximum(begin[todo], end)
            todo = todo[~is_hit & is_split]
            for ratio, some in splits.ratios(event[todo]):
                stop[todo[some]] = split_stop(stop[todo[some]], ratio)
            event[todo] += 1
        return StopHits(hit, stop)

    def _column(self, mode: StopMode) -> FirstBelow:
        """Return the prices that fire stops in this mode, ready to be searched."""
        if mode not in self._watched:
            low, closes = self._table.low, self._closes_as_judged(mode)
            self._watched[mode] = FirstBelow(watched_price(low, low if closes is None else closes, mode).ravel())
        return self._watched[mode]

    def _closes_as_judged(self, mode: StopMode) -> NDArray[np.int64] | None:
        """Return the closes that fire stops, where a session has a bar; None where closes fire none."""
        if watched_price(0, 1, mode) == 0:
            return None
        table = self._table
        closes = table.closes_of_bars()
        if mode is StopMode.CLOSE_NEXT_OPEN:
            for event, session in enumerate(table.splits.session.tolist()):
                row = int(np.searchsorted(table.splits.bounds, event, side="right")) - 1
                if table.open[row, session - 1] > 0:
                    closes[row, session - 1] = table.before[row, session]
        return closes
