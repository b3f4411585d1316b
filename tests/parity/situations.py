"""What happened in a replay: counts of every situation the proof must have met, seen in the simulator's steps.

A golden replay that never met a rotation would prove nothing about rotations; these counts are asserted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from backtest.market import Market
from backtest.model import Book, Candidate, Decisions, ExitReason, SkipReason
from backtest.money import stop_price
from backtest.params import Params
from backtest.portfolio_simulator import simulate_portfolio
from backtest.rules import decide
from backtest.weekly_bars import monday_of
from live.parity.inputs import ReplayInputs


def situations(inputs: ReplayInputs) -> Counter[str]:
    """Count the situations met by the executed strategy."""
    seen: Counter[str] = Counter()

    def watching(book: Book, candidates: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        decisions = decide(book, candidates, market, params)
        _watch(seen, book, candidates, market, params, decisions, inputs)
        return decisions

    ledger = simulate_portfolio(
        inputs.candidates,
        inputs.history,
        inputs.first,
        inputs.last,
        inputs.params,
        skip_sessions=inputs.skipped_days,
        decide=watching,
    )
    seen.update(trade.exit_reason.value for trade in ledger.trades)
    seen.update(skip.reason.value for skip in ledger.skipped)
    for trade in ledger.trades:
        bars = inputs.history.bars_on(trade.exit_date, [trade.ticker])
        if trade.exit_reason is ExitReason.STOP_LOSS and bars[trade.ticker].open < trade.stop_price:
            seen["gap through the stop"] += 1
        if trade.exit_reason is ExitReason.STOP_LOSS and trade.exit_date == trade.entry_date:
            seen["stopped on the entry day"] += 1
            provisional = stop_price(trade.reference_price or 0, inputs.params.stop_loss_bp)
            seen["open below the provisional stop"] += bars[trade.ticker].open <= provisional
    for day in inputs.days:
        seen["half day"] += inputs.sessions.at(day).is_half_day
        friday = monday_of(day) + timedelta(days=4)
        seen["week shortened at its end"] += inputs.sessions.is_week_end(day) and day < friday
    return seen


def _watch(
    seen: Counter[str],
    book: Book,
    candidates: Sequence[Candidate],
    market: Market,
    params: Params,
    decisions: Decisions,
    inputs: ReplayInputs,
) -> None:
    seen["full book"] += len(book.holdings) >= params.max_positions
    scores = [one.score for one in candidates if one.score is not None]
    seen["tie in score"] += len(set(scores)) < len(scores)
    seen["two reports for one session"] += len({one.report_date for one in candidates}) > 1
    seen["split of a holding"] += sum(bool(market.splits(one.ticker)) for one in book.holdings)
    for exit_ in decisions.exits:
        waiting = "pending_since" in exit_.why
        seen["exit without a bar"] += waiting
        if exit_.reason is ExitReason.ROTATED_OUT and not waiting:
            seen["tie in rotation"] += _is_tied(book, exit_.ticker, decisions, market)
        if exit_.reason is ExitReason.TREND_BREAK and exit_.decided_on < market.as_of and not waiting:
            seen["exit found by catching up"] += 1
        if exit_.reason is ExitReason.TREND_BREAK and not waiting:
            has_bar = inputs.history.has_bar(exit_.ticker, exit_.decided_on)
            seen["week judged without its last bar"] += not has_bar
    seen["entry without a bar"] += sum(
        not inputs.history.has_bar(entry.ticker, market.trade_date) for entry in decisions.entries
    )
    seen["rotation with an exit the same day"] += len(decisions.exits) > 1 and any(
        exit_.reason is ExitReason.ROTATED_OUT for exit_ in decisions.exits
    )
    seen["skipped with a price that does not fit"] += any(
        skip.reason is SkipReason.PRICE_MISMATCH for skip in decisions.skipped
    )


def _is_tied(book: Book, victim: str, decisions: Decisions, market: Market) -> bool:
    leaving = {exit_.ticker for exit_ in decisions.exits} - {victim}
    losses = {}
    for holding in book.holdings:
        last = market.last_close(holding.ticker)
        if holding.ticker not in leaving and last is not None:
            losses[holding.ticker] = (last.price - holding.entry_price) * holding.shares
    return list(losses.values()).count(losses[victim]) > 1
