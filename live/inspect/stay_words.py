"""Why a holding is not sold, in sentences with the numbers it was judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backtest.money import format_price
from backtest.text import how_many, why_text
from backtest.trailing_exits.registry import NO_EXIT, trailing_exits
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
    if decided.strategy.startswith("none_") or line.figures.get("exit") == NO_EXIT:
        return "the strategy has no trailing exit"
    if line.figures:
        return _at_the_close(line)
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


def _at_the_close(line: HoldingLine) -> str:
    """Return what a trailing exit that is judged at every close said of the last one."""
    exit_ = trailing_exits().get(str(line.figures["exit"]))
    if "close" not in line.figures:
        return f"it has no bar in the last session, so {line.figures['exit']} was not judged"
    if exit_ is not None and not exit_.figures.keys() <= line.figures.keys():
        return f"too few sessions for its trailing exit: {why_text(line.figures)}"
    return f"its trailing exit was not broken at the last close: {why_text(line.figures)}"
