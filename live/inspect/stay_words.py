"""Why a holding is not sold, in sentences with the numbers it was judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backtest.money import format_price
from backtest.text import how_many
from live.inspect.explain_values import Decided
from live.signals.lines import HoldingLine


def stay_sentences(decided: Decided, settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a holding stays. settings: parameters of the strategy by dotted name; empty: not recorded."""
    line = decided.holding
    if line is None:
        yield "held, not sold: no exit was decided; the signal file does not say with what numbers"
        return
    yield f"held, not sold: {_trend(line, decided, settings)}"
    if line.last_close is not None:
        side = "above" if line.last_close > line.stop_price else "at or below"
        yield f"last close {format_price(line.last_close)}, {side} its stop {format_price(line.stop_price)}"
    held = f"{how_many(line.sessions_held, 'session')} held"
    yield f"{line.shares} shares, entry price {format_price(line.entry_price)}, {held}"
    if line.low is not None and line.high is not None:
        yield f"since the entry between {format_price(line.low)} and {format_price(line.high)}"
    most = settings.get("max_holding_days")
    if most is not None:
        yield f"max_holding_days {most} not reached"


def _trend(line: HoldingLine, decided: Decided, settings: Mapping[str, Any]) -> str:
    """Return why the trailing exit did not sell it."""
    if decided.strategy.startswith("none_"):
        return "the strategy has no trailing exit"
    if line.week_end is None:
        return "no week has ended since the entry"
    when = f"in the week that ended {line.week_end}"
    if line.week_close is None:
        return f"it has no bar {when}, so the week is not judged"
    closed = f"week close {format_price(line.week_close)} {when}"
    if line.indicator is None:
        return f"{closed}; too few weeks for the indicator"
    compared = f"{closed}, indicator {format_price(line.indicator)}"
    least = settings.get("trailing_transition_weeks")
    if least is not None and line.weeks < least:
        return f"{compared}; the trailing exit begins after {least} whole weeks, {line.weeks} have ended"
    if line.week_close < line.indicator:
        return f"{compared}, after {line.weeks} whole weeks"
    return f"{compared}: not below it, after {line.weeks} whole weeks"
