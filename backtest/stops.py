"""The protective stop of a held position in one session: does it fire, and at which fill."""

from __future__ import annotations

from datetime import date

from backtest.model import Bar, Holding, Price
from backtest.money import sell_fill
from backtest.params import Params, StopFill, StopMode


def stop_fill(holding: Holding, bar: Bar, params: Params) -> Price | None:
    """Return the simulated fill when the stop fires in this session, slippage taken off; None when it holds.

    `intraday`: low at or below the stop. `skip_entry_day`: the same, but not on the entry day. `close`: the close
    at or below the stop, sold at that close. `close_next_open` is an exit decided at the close (`exits`).
    """
    if params.stop_mode is StopMode.CLOSE_NEXT_OPEN:
        return None
    if params.stop_mode is StopMode.CLOSE:
        return sell_fill(bar.close, params.slippage_bp) if bar.close <= holding.stop_price else None
    if params.stop_mode is StopMode.SKIP_ENTRY_DAY and is_entry_day(holding, bar.day):
        return None
    if bar.low > holding.stop_price:
        return None
    return sell_fill(trigger_price(holding.stop_price, bar.open, params.stop_fill), params.slippage_bp)


def trigger_price(stop: Price, open_: Price, mode: StopFill) -> Price:
    """Return where a triggered stop trades before slippage: at the stop, or at an open below it (`gap_aware`)."""
    return min(stop, open_) if mode is StopFill.GAP_AWARE else stop


def is_entry_day(holding: Holding, day: date) -> bool:
    return holding.entry_date == day
