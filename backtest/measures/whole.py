"""The numbers of a whole run: of its trades, of its account, and their intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from backtest.measures.account import account_metrics
from backtest.measures.intervals import DatedTrade, account_intervals, trade_intervals
from backtest.measures.numbers import Number, mean_of_known
from backtest.measures.trades import trade_metrics
from backtest.measures.yearly import session_returns
from backtest.model import ExitReason, Price, SkipReason
from backtest.portfolio_simulator import EquityPoint


class MeasuredTrade(DatedTrade, Protocol):
    """A trade of a run; mae_pct, mfe_pct: None where the run did not record them."""

    @property
    def entry_price(self) -> Price: ...
    @property
    def shares(self) -> int: ...
    @property
    def exit_reason(self) -> ExitReason: ...
    @property
    def mae_pct(self) -> float | None: ...
    @property
    def mfe_pct(self) -> float | None: ...


class Reasoned(Protocol):
    """A skip."""

    @property
    def reason(self) -> SkipReason: ...


def compute_metrics(
    trades: Sequence[MeasuredTrade], skipped: Iterable[Reasoned], equity: Sequence[EquityPoint], capital: Price
) -> dict[str, Any]:
    """Return the metrics of a run as plain JSON values: the content of metrics.json.

    trades: every trade; trades_without_end_of_data: those the rules closed; open_at_end: the others, at their last
    close. capital: 1/10,000 USD at the start. intervals: 95 %, of the trades that the rules closed and of the account.
    """
    closed = closed_by_rules(trades)
    bought = sum(one.entry_price * one.shares for one in trades)
    curve = [capital, *(point.equity for point in equity)]
    return {
        "trades": _trades(trades),
        "trades_without_end_of_data": _trades(closed),
        "open_at_end": _trades([one for one in trades if one.exit_reason is ExitReason.END_OF_DATA]),
        "account": account_metrics(equity, capital, bought),
        "intervals": {
            name: None if found is None else list(found)
            for name, found in (trade_intervals(closed) | account_intervals(session_returns(curve).tolist())).items()
        },
        "exits": counts(trade.exit_reason for trade in trades),
        "skipped": counts(skip.reason for skip in skipped),
    }


def split_metrics(
    trades: Sequence[MeasuredTrade], equity: Sequence[EquityPoint], capital: Price, split: date
) -> dict[str, Any]:
    """Return the same before and from a date: trades by their entry, the account by the session.

    A position that is held over the date is a trade of the first part, and moves the equity of both.
    """
    before = [point for point in equity if point.day < split]
    after = [point for point in equity if point.day >= split]
    middle = before[-1].equity if before else capital
    return {
        "date": split.isoformat(),
        "in_sample": compute_metrics([one for one in trades if one.entry_date < split], (), before, capital),
        "out_of_sample": compute_metrics([one for one in trades if one.entry_date >= split], (), after, middle),
    }


Trade = TypeVar("Trade", bound=MeasuredTrade)


def closed_by_rules(trades: Iterable[Trade]) -> list[Trade]:
    """Return the trades that the rules closed, without those the end of the data cut off."""
    return [trade for trade in trades if trade.exit_reason is not ExitReason.END_OF_DATA]


def counts(reasons: Iterable[StrEnum]) -> dict[str, int]:
    """Return how often each reason occurs, by name."""
    return dict(sorted(Counter(reason.value for reason in reasons).items()))


def _trades(trades: Sequence[MeasuredTrade]) -> dict[str, Number]:
    return {
        **trade_metrics(trades),
        "average_mae_pct": mean_of_known(one.mae_pct for one in trades),
        "average_mfe_pct": mean_of_known(one.mfe_pct for one in trades),
    }
