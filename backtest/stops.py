"""The protective stop of a held position in one session: does it fire, and at which fill."""

from __future__ import annotations

from datetime import date

from backtest.model import Bar, Holding, Price
from backtest.money import Units, sell_fill
from backtest.params import Params, StopFill, StopMode


def stop_fill(holding: Holding, bar: Bar, params: Params) -> Price | None:
    """Return the simulated fill when the stop fires in this session, slippage taken off; None when it holds.

    `intraday`: low at or below the stop. `skip_entry_day`: the same, but not on the entry day. `close`: the close
    at or below the stop, sold at that close. `close_next_open` is an exit decided at the close (`exits`).
    """
    if params.stop_mode is StopMode.CLOSE_NEXT_OPEN:
        return None
    if not is_watched_on_entry_day(params.stop_mode) and is_entry_day(holding, bar.day):
        return None
    if watched_price(bar.low, bar.close, params.stop_mode) > holding.stop_price:
        return None
    return triggered_fill(holding.stop_price, bar.open, bar.close, params)


def is_watched_on_entry_day(mode: StopMode) -> bool:
    """Return whether a stop may fire in the session of its entry already."""
    return mode is not StopMode.SKIP_ENTRY_DAY


def watched_price(low: Units, close: Units, mode: StopMode) -> Units:
    """Return the price of a session that fires a stop at or above it: the close in the close modes, else the low."""
    return close if mode in (StopMode.CLOSE, StopMode.CLOSE_NEXT_OPEN) else low


def triggered_fill(stop: Units, open_: Units, close: Units, params: Params) -> Units:
    """Return the simulated fill of a stop that fires in a session with this open and close, slippage taken off."""
    price = close if params.stop_mode is StopMode.CLOSE else trigger_price(stop, open_, params.stop_fill)
    return sell_fill(price, params.slippage_bp)


def trigger_price(stop: Units, open_: Units, mode: StopFill) -> Units:
    """Return where a triggered stop trades before slippage: at the stop, or at an open below it (`gap_aware`)."""
    return stop + (open_ - stop) * (open_ < stop) if mode is StopFill.GAP_AWARE else stop


def is_entry_day(holding: Holding, day: date) -> bool:
    return holding.entry_date == day
