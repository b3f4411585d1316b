"""When each candidate would leave a book by itself, were it bought: the rules of exits over arrays of entries.

Nothing here depends on the other holdings, so it is computed for all candidates at once and kept by what it depends on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.engine.judged_table import JudgedTables
from backtest.engine.kept import Kept
from backtest.engine.levels import NEVER, Hits, Levels
from backtest.engine.price_table import PriceTable
from backtest.engine.result import EXIT_REASONS
from backtest.exits import holding_limit
from backtest.model import ExitReason
from backtest.money import sell_fill
from backtest.params import Params, StopMode
from backtest.session_step import is_delisted
from backtest.stops import triggered_fill
from backtest.take_profit import is_before_stop, target_fill
from backtest.trailing_exits.registry import DAY, WEEK, trailing_exit
from backtest.trailing_exits.registry import NEVER as NOT_JUDGED
from backtest.weekly_bars import first_monday_judged

STOP_LOSS, TAKE_PROFIT, TREND_BREAK, MAX_HOLDING, ROTATED_OUT, DELISTED, END_OF_DATA = (
    EXIT_REASONS.index(reason)
    for reason in (
        ExitReason.STOP_LOSS,
        ExitReason.TAKE_PROFIT,
        ExitReason.TREND_BREAK,
        ExitReason.MAX_HOLDING,
        ExitReason.ROTATED_OUT,
        ExitReason.DELISTED,
        ExitReason.END_OF_DATA,
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Fills at the open of their sessions. row: in the price table; stop, target: of the fill (target: None where
    there is no take profit); at_open: whether it is stopped out at that very open."""

    row: NDArray[np.int64]
    session: NDArray[np.int64]
    stop: NDArray[np.int64]
    target: NDArray[np.int64] | None
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

    def __init__(self, table: PriceTable, judged: JudgedTables, highs: Callable[[], NDArray[np.int64]]) -> None:
        """highs: `PriceTable.highs`, asked when a take profit is first looked for."""
        self._table = table
        self._judged = judged
        self._monday = table.days - (table.days - 1) % 7  # the ordinal of a Monday is 1 more than a multiple of 7
        self._levels = Levels(table, highs)
        self._stops: Kept[Hits] = Kept(24)
        self._targets: Kept[Hits] = Kept(24)
        self._broken = {WEEK: Kept[NDArray[np.int32]](48), DAY: Kept[NDArray[np.int32]](12)}
        self._first_points: Kept[NDArray[np.int64]] = Kept(16)
        self._trends: Kept[NDArray[np.int64]] = Kept(48)
        self._gaps: Kept[NDArray[np.int64]] = Kept(8)
        self._delistings: Kept[NDArray[np.int64]] = Kept(8)

    def exits(self, entries: Entries, params: Params, key: tuple[object, ...]) -> Exits:
        """Return the exits of entries. key: of the offers they were made from."""
        table, row = self._table, entries.row
        count = table.sessions
        stops = self._stops.get(
            (key, params.entry_slippage_bp, params.stop_loss_bp, params.stop_mode),
            lambda: self._levels.stops(row, entries.session, entries.stop, params.stop_mode),
        )
        decided, reason = self._decided(entries, stops, params, key)
        leaves = np.where(decided < count - 1, decided + 1, NEVER)
        delisted = self._delisted(entries, params, key)
        sold, price, reason = sold_from(table, row, leaves, reason, delisted, params)
        gone, fires = np.minimum(leaves, delisted), np.zeros(len(row), np.bool_)
        if params.stop_mode is not StopMode.CLOSE_NEXT_OPEN:
            stopped = np.flatnonzero(stops.session < gone)
            sold[stopped], reason[stopped] = stops.session[stopped], STOP_LOSS
            at = row[stopped], sold[stopped]
            price[stopped] = triggered_fill(stops.level[stopped], table.open[at], table.close[at], params)
            gone[stopped], fires[stopped] = stops.session[stopped], True
        if entries.target is not None:
            targets = self._target_hits(entries, entries.target, params, key)
            taken = self._taken(row, targets, gone, fires, params)
            sold[taken], reason[taken] = targets.session[taken], TAKE_PROFIT
            price[taken] = target_fill(targets.level[taken], table.open[row[taken], sold[taken]])
        at_open = np.flatnonzero(entries.at_open)
        sold[at_open], reason[at_open] = entries.session[at_open], STOP_LOSS
        price[at_open] = sell_fill(table.open[row[at_open], sold[at_open]], params.slippage_bp)
        return Exits(sold, np.minimum(sold, leaves - 1), price, reason, delisted)

    def _target_hits(
        self, entries: Entries, target: NDArray[np.int64], params: Params, key: tuple[object, ...]
    ) -> Hits:
        return self._targets.get(
            (key, params.entry_slippage_bp, params.take_profit_bp),
            lambda: self._levels.targets(entries.row, entries.session, target),
        )

    def _taken(
        self, row: NDArray[np.int64], targets: Hits, gone: NDArray[np.int64], fires: NDArray[np.bool_], params: Params
    ) -> NDArray[np.int64]:
        """Return which entries end at their target. gone: the session in which they end otherwise, at its open at the
        latest; after it where their stop `fires` in it."""
        same = np.flatnonzero((targets.session == gone) & fires)
        opens = self._table.open[row[same], gone[same]]
        first = targets.session < gone
        first[same] = is_before_stop(targets.level[same], opens, params.stop_mode)
        return np.flatnonzero(first)

    def _decided(
        self, entries: Entries, stops: Hits, params: Params, key: tuple[object, ...]
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
            reason[stops.session <= decided] = STOP_LOSS
            decided = np.minimum(decided, stops.session)
        return decided, reason

    def _trend_breaks(self, entries: Entries, params: Params, key: tuple[object, ...]) -> NDArray[np.int64]:
        """Return the session at whose close each entry's trailing exit is first broken; NEVER for none."""
        variant = params.primary
        kind = trailing_exit(variant.trailing_stop).judged
        if kind == NOT_JUDGED:
            return np.full(len(entries.row), NEVER)
        table, weeks, transition = self._judged.table(variant), params.indicator_window_weeks, None
        if kind == WEEK:
            transition = params.trailing_transition_weeks
        broken = self._broken[kind].get(
            (variant, weeks), lambda: table.next_broken(variant, self._judged.window(variant, weeks))
        )
        first = self._first_points.get(
            (key, transition), lambda: table.first_from(entries.row, self._first_judged(entries, transition))
        )
        return self._trends.get(
            (key, variant, weeks, transition), lambda: table.session_at(broken, first, entries.row, NEVER)
        )

    def _first_judged(self, entries: Entries, transition: int | None) -> NDArray[np.int64]:
        """Return the first day that is judged of each entry, in weeks its Monday. transition: None for daily exits."""
        if transition is None:
            return self._table.days[entries.session]
        return first_monday_judged(self._monday[entries.session], transition)

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
