"""Decisions in words: the tables of a run, its five closing lines and its `--json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from backtest.ledger import return_pct
from backtest.model import Decisions, Entry, Skip
from backtest.money import format_price, format_usd
from live.run.console import ClosingLines, Console
from live.state_db.rows import PositionRow

SHOWN = 6
"""How many tickers a closing line names before it only counts."""


def tell_decisions(console: Console, title: str, decisions: Decisions) -> None:
    """Print one strategy's decisions with their reasons."""
    console.say(
        f"{title} for {decisions.trade_date}, decided on the close of {decisions.as_of}: "
        f"{len(decisions.exits)} exits, {len(decisions.entries)} entries, {len(decisions.skipped)} skipped",
        "bold",
    )
    rows = [
        *(("sell", one.ticker, str(one.shares), one.reason.value, why_text(one.why)) for one in decisions.exits),
        *(("buy", one.ticker, str(one.shares), _price_text(one), _entry_why(one)) for one in decisions.entries),
        *(("skip", one.ticker, "", one.reason.value, _skip_why(one)) for one in decisions.skipped),
        *(("check", ticker, "", "unresolved", "no usable prices") for ticker in decisions.unresolved),
    ]
    if rows:
        console.table(("", "ticker", "shares", "what", "why"), rows)


def close_with(
    closing: ClosingLines,
    decisions: Decisions,
    *,
    stopped_out: Sequence[PositionRow],
    needs_hand: Sequence[str],
    next_step: str,
) -> None:
    """Fill the five closing lines from the executed strategy's decisions."""
    closing.stopped_out = [stopped_out_text(row) for row in stopped_out]
    closing.exits = listing([f"{one.ticker} {one.reason.value}" for one in decisions.exits])
    closing.entries = listing([f"{one.ticker} {one.shares}" for one in decisions.entries])
    closing.skipped = skip_counts(decisions.skipped)
    closing.needs_hand = "; ".join(needs_hand) or "nothing"
    closing.next_step = next_step


def stopped_out_text(row: PositionRow) -> str:
    """Return a stopped-out position in words: price and P&L."""
    price = "unknown" if row.exit_price is None else format_price(row.exit_price)
    profit = "unknown" if row.pnl is None else f"{format_usd(row.pnl)} USD ({return_pct(row.pnl, row.invested):.1f} %)"
    return f"{row.ticker} at {price} on {row.exit_date}, P&L {profit}"


def skip_counts(skipped: Sequence[Skip]) -> str:
    """Return how many candidates were skipped for which reason."""
    counts = Counter(skip.reason.value for skip in skipped)
    if not counts:
        return "none"
    return f"{len(skipped)}: " + ", ".join(f"{count} {reason}" for reason, count in counts.most_common())


def decisions_json(decisions: Decisions) -> dict[str, object]:
    """Return decisions as plain values for `--json`."""
    return {
        "trade_date": decisions.trade_date,
        "as_of_session": decisions.as_of,
        "exits": [
            {"ticker": one.ticker, "shares": one.shares, "reason": one.reason.value, "why": dict(one.why)}
            for one in decisions.exits
        ],
        "entries": [
            {
                "rank": one.rank,
                "ticker": one.ticker,
                "shares": one.shares,
                "reference_price": format_price(one.reference.price),
                "reference_source": one.reference.source.value,
                "stop_price": format_price(one.stop_price),
                "replaces": one.replaces,
                "score": one.candidate.score,
                "why": dict(one.why),
            }
            for one in decisions.entries
        ],
        "skipped": [
            {"ticker": one.ticker, "reason": one.reason.value, "score": one.candidate.score, "why": dict(one.why)}
            for one in decisions.skipped
        ],
        "unresolved": list(decisions.unresolved),
        "notes": list(decisions.notes),
    }


def why_text(why: Mapping[str, str | int]) -> str:
    """Return the numbers behind a decision: `week_close 240.00, indicator 241.37, weeks 5`."""
    return ", ".join(f"{name} {value}" for name, value in why.items())


def next_step_text(*, is_dry: bool, trade_date: date, is_today: bool, has_orders: bool, is_unresolved: bool) -> str:
    """Return what a person does next."""
    if is_dry:
        return "the same command without --dry-run"
    if is_unresolved:
        return "run the same command again when the prices are there, then the executor"
    if not has_orders:
        return "python -m live.executor --phase protect during the session; nothing to trade"
    when = "before the open" if is_today else f"on {trade_date} before the open"
    return f"python -m live.executor --phase place {when}, then --phase poll after it"


def _price_text(entry: Entry) -> str:
    return f"at {format_price(entry.reference.price)} stop {format_price(entry.stop_price)}"


def _entry_why(entry: Entry) -> str:
    score = "no score" if entry.candidate.score is None else f"score {entry.candidate.score:g}"
    parts = [f"rank {entry.rank}", score, f"grade {entry.candidate.grade.value}", entry.reference.source.value]
    if entry.replaces is not None:
        parts.append(f"replaces {entry.replaces}")
    return ", ".join([*parts, *filter(None, (why_text(entry.why),))])


def _skip_why(skip: Skip) -> str:
    score = "no score" if skip.candidate.score is None else f"score {skip.candidate.score:g}"
    return ", ".join(filter(None, (score, skip.candidate.problem, why_text(skip.why))))


def listing(items: Sequence[str]) -> str:
    if not items:
        return "none"
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return f"{len(items)}: {', '.join(items[:SHOWN])}{more}"
