"""What a signal file's line means, in sentences with its numbers: why a stock is bought, sold, skipped or kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from backtest.model import ExitReason, SkipReason
from backtest.money import format_price, format_usd, to_price
from backtest.text import why_text
from backtest.trailing_exits.registry import trailing_exits
from live.inspect.explain_values import Decided, Kind
from live.inspect.stay_words import stay_sentences
from live.signals.lines import EntryLine, ExitLine, SkipLine

Settings = Mapping[str, Any]
"""Parameters of the strategy by dotted name, as the run recorded them; empty: it recorded none."""

SKIP_WORDS: Mapping[str, str] = {
    SkipReason.INVALID_TICKER: "its symbol is not that of a common share",
    SkipReason.BELOW_MIN_GRADE: "its grade is worse than min_grade",
    SkipReason.DUPLICATE_IN_REPORT: "the day's reports name it more than once, and the other one was taken",
    SkipReason.FILTERED_SCORE: "its score lies outside min_score and max_score",
    SkipReason.FILTERED_GAP: "its gap lies outside min_gap and max_gap",
    SkipReason.FILTERED_PRICE: "its printed price lies outside min_price and max_price",
    SkipReason.FILTERED_MARKET: "the market filter lets nothing pass: its series is above its max, or has no value",
    SkipReason.EXITED_TODAY: "it is sold on this trade date",
    SkipReason.DUPLICATE_TICKER: "it is held already, or bought on this trade date already",
    SkipReason.DAILY_LIMIT: "daily_entry_limit was reached by those ranked before it",
    SkipReason.CAPACITY_FULL: "every slot was taken by holdings and by those ranked before it",
    SkipReason.ZERO_SHARES: "position_size does not buy one share",
    SkipReason.PRICE_MISMATCH: "the printed price is further from the market's than max_price_deviation_pct",
    SkipReason.NO_PRICE_DATA: "there is no price for it",
    SkipReason.STALE_PRICE: "its last bar is older than the session that was decided on",
    SkipReason.ABOVE_LIMIT: "its session opened above its limit",
    SkipReason.PROBLEM_IN_REPORT: "what was read about it is not confirmed",
    SkipReason.AFTER_CUTOFF: "it was too late to buy on this trade date",
    SkipReason.NOT_TRADABLE: "the broker does not trade it",
    SkipReason.INSUFFICIENT_FUNDS: "the funds of the account did not cover it",
    SkipReason.BELOW_STOP: "its price was at or below its provisional stop",
    SkipReason.FROZEN: "state DB and broker differed on it, or the account holds shares of it that are not ours",
    SkipReason.VETOED: "a person vetoed it",
    SkipReason.ENTRIES_OFF: "a person had turned entries off",
}
EXIT_WORDS: Mapping[str, str] = {
    ExitReason.STOP_LOSS: "the protective stop",
    ExitReason.TAKE_PROFIT: "its price reached the take profit of a backtest",
    ExitReason.TREND_BREAK: "its trailing exit was broken at a close",
    ExitReason.MAX_HOLDING: "it was held for max_holding_days",
    ExitReason.ROTATED_OUT: "a candidate with a better score takes its slot",
    ExitReason.DELISTED: "it is not traded any more",
    ExitReason.END_OF_DATA: "the prices end here",
    ExitReason.MANUAL: "sold by hand",
}
_WORDS: Mapping[str, str] = {**SKIP_WORDS, **EXIT_WORDS}
RESTS_ON: Mapping[SkipReason, tuple[str, ...]] = {
    SkipReason.BELOW_MIN_GRADE: ("min_grade",),
    SkipReason.FILTERED_SCORE: ("min_score", "max_score"),
    SkipReason.FILTERED_GAP: ("min_gap", "max_gap"),
    SkipReason.FILTERED_PRICE: ("min_price", "max_price"),
    SkipReason.FILTERED_MARKET: ("market_filter.file", "market_filter.max"),
    SkipReason.DAILY_LIMIT: ("daily_entry_limit",),
    SkipReason.CAPACITY_FULL: ("max_positions", "rotation"),
    SkipReason.ZERO_SHARES: ("position_size",),
    SkipReason.PRICE_MISMATCH: ("max_price_deviation_pct",),
    SkipReason.ABOVE_LIMIT: ("entry_limit_pct",),
    SkipReason.PROBLEM_IN_REPORT: ("accept",),
}
"""The parameters that a reason rests on."""


def title_of(decided: Decided) -> str:
    """Return a decision in a word or two."""
    line = decided.skip or decided.exit
    return title_words(decided.kind, None if line is None else line.reason)


def title_words(kind: Kind, reason: str | None) -> str:
    """Return a kind of decision in a word or two. reason: the short word of a skip or an exit."""
    return {
        Kind.SKIP: f"not bought, {reason}",
        Kind.SELL: f"to be sold, {reason}",
        Kind.BUY: "to be bought",
        Kind.STAY: "held, not sold",
        Kind.UNRESOLVED: "held, not judged",
        Kind.FROZEN: "left alone",
    }[kind]


def sentences_of(decided: Decided, settings: Settings) -> Iterator[str]:
    """Yield a decision with every number it was made with."""
    if decided.entry is not None:
        yield from _bought(decided.entry, decided.entries, settings)
        if isinstance(decided.rotation, ExitLine):
            sold = decided.rotation
            yield f"rotation: {sold.ticker} is sold for it, {why_text(sold.why)}"
    elif decided.skip is not None:
        yield from _skipped(decided.skip, settings)
    elif decided.exit is not None:
        yield from _sold(decided.exit)
        if isinstance(decided.rotation, EntryLine):
            bought = decided.rotation
            yield f"rotation: {bought.ticker} takes its slot, {_score(bought.score)}"
    elif decided.kind is Kind.STAY:
        yield from stay_sentences(decided, settings)
    elif decided.kind is Kind.UNRESOLVED:
        yield "held, not judged: there were no prices that its exit could be decided on"
    else:
        yield f"left alone: {SKIP_WORDS[SkipReason.FROZEN]}"


def reason_words(reason: str) -> str:
    """Return the short word of a skip, an exit or an order's end with what it means, where that is known."""
    return f"{reason}: {_WORDS[reason]}" if reason in _WORDS else reason


def _bought(line: EntryLine, entries: int, settings: Settings) -> Iterator[str]:
    ranked = f"rank {line.rank} of {entries}, {_score(line.score)}, grade {line.grade.value}"
    yield f"to be bought: {line.shares} shares; {ranked}"
    source = line.reference_source.value.replace("_", " ")
    size = settings.get("position_size")
    sized = ""
    if size is not None:
        whole = format_usd(to_price(Decimal(size)))
        sized = f"; position_size {whole} / {format_price(line.reference_price)} = {line.shares} shares"
    yield f"reference price {format_price(line.reference_price)} ({source}){sized}"
    below = settings.get("stop_loss_pct")
    said = "" if below is None else f", stop_loss_pct {below} below the reference price"
    yield f"provisional stop {format_price(line.stop_price)}{said}"
    if line.limit_price is not None:
        above = settings.get("entry_limit_pct")
        said = "" if above is None else f", entry_limit_pct {above} above the reference price"
        yield f"limit {format_price(line.limit_price)}{said}"
    yield from filter(None, (why_text(line.why),))


def _skipped(line: SkipLine, settings: Settings) -> Iterator[str]:
    reason = SkipReason(line.reason)
    yield f"not bought, {reason_words(reason)}"
    yield _score(line.score)
    used = (f"{name} {_plain(settings[name])}" for name in RESTS_ON.get(reason, ()) if settings.get(name) is not None)
    yield from filter(None, (", ".join(used), why_text(line.why)))


def _sold(line: ExitLine) -> Iterator[str]:
    exit_ = trailing_exits().get(str(line.why.get("exit")))
    yield f"to be sold, {reason_words(line.reason) if exit_ is None else f'{line.reason}: {exit_.words}'}"
    yield f"{line.shares} shares, entry price {format_price(line.entry_price)}"
    yield from filter(None, (why_text(line.why),))
    if line.last_close is not None:
        yield f"last close {format_price(line.last_close)}"


def _score(score: float | None) -> str:
    return "no score" if score is None else f"score {score:g}"


def _plain(value: object) -> str:
    return ("off", "on")[value] if isinstance(value, bool) else str(value)
