"""One strategy's decisions as a table for people and as plain values for `--json`."""

from __future__ import annotations

from backtest.model import Decisions, Entry, Skip
from backtest.money import format_price
from backtest.text import how_many, why_text
from live.run.console import Console


def print_decisions(console: Console, title: str, decisions: Decisions) -> None:
    """Print one strategy's decisions with their reasons."""
    console.say(
        f"{title} for {decisions.trade_date}, decided on the close of {decisions.as_of}: "
        f"{how_many(len(decisions.exits), 'exit')}, {how_many(len(decisions.entries), 'entry')}, "
        f"{len(decisions.skipped)} skipped",
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
                "limit_price": None if one.limit_price is None else format_price(one.limit_price),
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


def _price_text(entry: Entry) -> str:
    limit = "" if entry.limit_price is None else f" limit {format_price(entry.limit_price)}"
    return f"at {format_price(entry.reference.price)}{limit} stop {format_price(entry.stop_price)}"


def _entry_why(entry: Entry) -> str:
    score = "no score" if entry.candidate.score is None else f"score {entry.candidate.score:g}"
    source = entry.reference.source.value.replace("_", " ")
    parts = [f"rank {entry.rank}", score, f"grade {entry.candidate.grade.value}", source]
    if entry.replaces is not None:
        parts.append(f"replaces {entry.replaces}")
    return ", ".join([*parts, *filter(None, (why_text(entry.why),))])


def _skip_why(skip: Skip) -> str:
    score = "no score" if skip.candidate.score is None else f"score {skip.candidate.score:g}"
    problem = None if "problem" in skip.why else skip.candidate.problem
    return ", ".join(filter(None, (score, problem, why_text(skip.why))))
