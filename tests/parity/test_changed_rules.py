"""A proof that cannot fail proves nothing: change one rule of the simulator, and the ledgers must differ.

The programs' ledgers are recorded once (the golden replays); the simulator with each change is compared with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import backtest.candidates
import backtest.entries
import backtest.exits
import backtest.market
import backtest.rotation
import backtest.rules
import backtest.session_step
import backtest.slots
import backtest.stops
from backtest.model import Candidate
from backtest.params import Params, SizeOn, StopFill, StopMode
from backtest.sessions import Sessions
from backtest.trailing_exits import weekly_ema, weekly_nweek_low
from live.parity.compare import compare
from live.parity.ledgers import simulate
from tests.parity.replayed import Replayed

PARAMETERS: Mapping[str, Callable[[Params], Params]] = {
    "slippage twice": lambda p: replace(p, slippage_pct=p.slippage_pct * 2),
    "the stop half a percent closer": lambda p: replace(p, stop_loss_pct=p.stop_loss_pct - Decimal("0.5")),
    "gaps filled at the stop": lambda p: replace(p, stop_fill=StopFill.STOP_PRICE),
    "no stop on the entry day": lambda p: replace(p, stop_mode=StopMode.SKIP_ENTRY_DAY),
    "stops at the close only": lambda p: replace(p, stop_mode=StopMode.CLOSE),
    "shares sized on the open": lambda p: replace(p, size_on=SizeOn.ENTRY_OPEN),
    "no rotation": lambda p: replace(p, rotation=False),
    "one slot more": lambda p: replace(p, max_positions=p.max_positions + 1),
    "re-entry on the day of the exit": lambda p: replace(p, allow_same_day_reentry=True),
    "transition a week longer": lambda p: replace(p, trailing_transition_weeks=p.trailing_transition_weeks + 1),
    "an indicator a week longer": lambda p: replace(p, primary=replace(p.primary, period=p.primary.period + 1)),
    "a shorter indicator window": lambda p: replace(p, indicator_window_weeks=p.primary.period + 1),
    "delisted a session early": lambda p: replace(p, delisted_after_sessions=p.delisted_after_sessions - 1),
    "every price plausible": lambda p: replace(p, max_price_deviation_pct=Decimal(10_000)),
}


def _a_tick_off(stop_price: Callable[[int, int], int]) -> Callable[[int, int], int]:
    return lambda fill, bp: stop_price(fill, bp) + 100


def _a_day_early(is_week_end: Callable[[Sessions, date], bool]) -> Callable[[Sessions, date], bool]:
    return lambda sessions, day: is_week_end(sessions, sessions.next(day))


def _by_the_bars(is_week_end: Callable[[Sessions, date], bool]) -> Callable[[Sessions, date], bool]:
    """The commonest bug: the last session known is taken for the last of its week."""
    return lambda sessions, day: True


def _weeks_of_the_entry_too(count: Callable[[Sessions, date, date], int]) -> Callable[[Sessions, date, date], int]:
    return lambda sessions, entry, judged: count(sessions, entry, judged) + 1


def _on_equal_score(_: object) -> Callable[[int, float, float], bool]:
    return lambda unrealized, score, offered: unrealized < 0 and offered >= score


def _winners_too(_: object) -> Callable[[int, float, float], bool]:
    return lambda unrealized, score, offered: offered > score


def _last_in_ties(_: object) -> Callable[[int, date, str], tuple[Any, ...]]:
    def reversed_ties(unrealized: int, entry_date: date, ticker: str) -> tuple[Any, ...]:
        return unrealized, entry_date, tuple(-ord(letter) for letter in ticker.ljust(8))

    return reversed_ties


def _never(_: object) -> Callable[..., bool]:
    return lambda *args: False


def _ties_backwards(
    rank: Callable[[Sequence[Candidate]], tuple[Candidate, ...]],
) -> Callable[..., tuple[Candidate, ...]]:
    return lambda candidates: rank(tuple(reversed(tuple(candidates))))


def _with_tolerance(is_broken: Callable[..., bool]) -> Callable[..., bool]:
    return lambda close, figures, given: is_broken(close * 1.02, figures, given)


def _of_the_other_school(_: object) -> Callable[[Sequence[float], int], float | None]:
    """α = 1/period, as some platforms smooth."""

    def ema(closes: Sequence[float], period: int) -> float | None:
        if len(closes) < period:
            return None
        value = sum(closes[:period]) / period
        for close in closes[period:]:
            value += (close - value) / period
        return value

    return ema


def _judged_week_included(_: object) -> Callable[[Sequence[float], int], float | None]:
    return lambda lows, period: min(lows[-period + 1 :]) if len(lows) >= period else None


def _a_session_earlier(init: Callable[..., None]) -> Callable[..., None]:
    def with_an_older_close(self: Any, history: Any, trade_date: date, references: Any) -> None:
        init(self, history, trade_date, references)
        self.as_of = self.sessions.previous(self.as_of)

    return with_an_older_close


def _exits_without_a_bar_lost(settle: Callable[..., Any]) -> Callable[..., Any]:
    def forgetting(book: Any, decisions: Any, opens: Any, params: Params) -> Any:
        leaving = {one.ticker for one in decisions.exits}
        settled = settle(book, decisions, opens, params)
        kept = tuple(
            replace(one, pending_exit_reason=None, pending_exit_since=None) if one.ticker in leaving else one
            for one in settled.book.holdings
        )
        return replace(settled, book=replace(settled.book, holdings=kept))

    return forgetting


RULES: Mapping[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "the protective stop a tick off": (backtest.rules, "stop_price", _a_tick_off),
    "no provisional stop": (backtest.rules, "opens_below_provisional_stop", _never),
    "a week ends a day early": (backtest.exits, "is_week_end_by_date", _a_day_early),
    "every day ends a week": (backtest.exits, "is_week_end_by_date", _by_the_bars),
    "the entry's week counts": (backtest.exits, "count_completed_weeks", _weeks_of_the_entry_too),
    "rotation on equal score": (backtest.slots, "loses_to", _on_equal_score),
    "winners are rotated out": (backtest.slots, "loses_to", _winners_too),
    "ties in rotation turned round": (backtest.rotation, "order_of_weakness", _last_in_ties),
    "ties in score turned round": (backtest.candidates, "rank", _ties_backwards),
    "a tolerance in the trend break": (weekly_ema, "is_broken", _with_tolerance),
    "an EMA of the other school": (weekly_ema, "weekly_ema", _of_the_other_school),
    "the N-week low a week short": (weekly_nweek_low, "nweek_low", _judged_week_included),
    "as-of off by one": (backtest.market.SeriesMarket, "__init__", _a_session_earlier),
    "delistings never seen": (backtest.session_step, "is_delisted", _never),
    "exits without a bar forgotten": (backtest.session_step, "settle_open", _exits_without_a_bar_lost),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_changed_parameter_is_caught(replays: Mapping[str, Replayed], name: str) -> None:
    assert _differences(replays, PARAMETERS[name]) > 0


@pytest.mark.parametrize("name", RULES)
def test_a_changed_rule_is_caught(replays: Mapping[str, Replayed], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, change = RULES[name]
    monkeypatch.setattr(owner, attribute, change(getattr(owner, attribute)))
    assert _differences(replays, lambda params: params) > 0


def test_the_unchanged_rules_are_not(replays: Mapping[str, Replayed]) -> None:
    assert _differences(replays, lambda params: params) == 0


def _differences(replays: Mapping[str, Replayed], change: Callable[[Params], Params]) -> int:
    """Count differences between the programs' executed ledgers and simulators under changed parameters.

    A rule that asks the market for a later day is refused by the market itself (ValueError): caught as well.
    """
    found = 0
    for replayed in replays.values():
        inputs = replace(replayed.inputs, params=change(replayed.inputs.params))
        try:
            found += len(compare("changed", replayed.executed, simulate(inputs).ledger).differences)
        except ValueError as error:
            if "knows sessions up to" not in str(error):
                raise
            found += 1
    return found
