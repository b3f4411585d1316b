"""The price at the time of the report, in 1/10,000 USD, and the gap in percent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from backtest.reports.bits import Value
from backtest.reports.columns import Column, Reading, choose, or_unreadable
from backtest.reports.record import Record
from backtest.reports.text import Unit
from backtest.reports.words import ANOTHER_DAY, Kind, fold

MAX_PRICE = Decimal(2_000_000)
HEAD = 4
"""Lines from a stock's name in which an amount without a label is its price, rather than one further away."""
_CLOSE = re.compile(r"\bclos(?:e|ed|ing)\b|\bschlusskurs\b|\bcloture\b|\bcierre\b|終値|收盘")
_NOT_NOW = re.compile(
    rf"\b(?:{ANOTHER_DAY}|before|after|52|high|low|range|from|vs|to|support|above|below|under|open|entry|breakout)\b"
)
"""Words of a close that is not the day's own."""
_LEVEL = re.compile(
    r"\b(?:objective|invalidation|up to|last (?:report|time|week|month|quarter)|limit|targets?|stop|buy|sell"
    r"|eur|gbp|chf|jpy|cad)\b|[€£¥]"
)
"""Words of an amount at which something is to be done, or in another currency."""
_QUOTE = re.compile(r"\bpre-?(?:market|mkt|mk)?\b|\bquoted?\b")
"""What a second price beside the one of the report is called."""
_COUNTS = re.compile(r"^shares$|\b(?:of|in|over|for) the last$")
"""What a number without a currency only counts ("10 of the last 12 quarters")."""
IN_PROSE = 4
"""How surely an amount in a sentence, without words of its own, is the price."""


def read_prices(columns: Sequence[Column], records: Sequence[Record]) -> list[Reading[int]]:
    """Return each record's price in 1/10,000 USD; None, with a doubt where several are as likely."""
    for column in columns:
        column.tier = _tier_of_price(column, len(records))
    chosen = [column for column in columns if column.tier]
    readings = choose(chosen, records, "prices", _as_price)
    told = [one for one in columns if one.first.unit is Unit.MONEY and not (one.kinds or one.first.whole)]
    for number in range(len(records)):
        best = max((column.tier for column in chosen if number in column.values), default=0)
        if best == IN_PROSE and sum(number in column.values for column in told) > 1:
            readings[number] = Reading(None)  # several amounts that sentences tell
    return or_unreadable(readings, records, Kind.PRICE)


def _as_price(value: Value) -> Reading[int]:
    if value.unit is Unit.FOREIGN_MONEY:
        return Reading(None, value.line, value.text, f"{value.text} is not in US dollars")
    price = round(value.number * 10_000) if 0 < value.number <= MAX_PRICE else 0
    doubt = "" if price else f"{value.text} is no price"
    return Reading(price or None, value.line, value.text, doubt, bool(doubt))


def _tier_of_price(column: Column, size: int) -> int:
    """Return how surely a column holds the prices of now; 0 when it does not."""
    value, kinds, words = column.first, column.kinds, column.words
    is_number = value.unit is Unit.NUMBER
    near = column.mostly(lambda one: one.distance <= 1)
    if value.unit not in (Unit.MONEY, Unit.NUMBER, Unit.FOREIGN_MONEY) or _LEVEL.search(words):
        return 0
    if Kind.PRICE in kinds:
        tier = 0 if is_number and _COUNTS.search(words) else 9 if _QUOTE.search(words) else 10
    elif _CLOSE.search(words) and not _NOT_NOW.search(words):
        tier = 8
    elif value.signed or (Kind.OTHER | Kind.GAP | Kind.SCORE) & kinds or (value.bracketed and not near):
        tier = 0
    elif is_number:
        cents = all(one.token is not None and one.token.decimals == 2 for one in column.values.values())
        tier = 3 if cents and near and not words and len(column.values) == size else 0
    elif _QUOTE.search(words):
        tier = 7
    elif value.whole and not value.label and not kinds & ~(Kind.TICKER | Kind.COMPANY):
        tier = IN_PROSE + 1 + (value.distance <= HEAD)
    else:
        tier = IN_PROSE if near and len(column.values) * 5 >= size * 3 > 6 else 0
    if is_number and value.token is not None and not value.token.decimals:
        tier = min(tier, IN_PROSE)  # "Price action 30": any amount with a currency or cents is better
    return max(1, tier - 3) if tier and len(column.values) * 2 < size else tier


def read_gaps(columns: Sequence[Column], records: Sequence[Record]) -> list[Reading[float]]:
    """Return what the page calls the gap, best signed, alone and not in brackets; nothing in doubt for it."""
    weights = {id(value) for record in records for value in _weights(record)}
    chosen = sorted(filter(_is_gap, columns), key=_gap_form, reverse=True)
    readings = []
    for number in range(len(records)):
        own = (column.values[number] for column in chosen if number in column.values)
        value = next((one for one in own if id(one) not in weights), None)
        readings.append(_as_gap(value) if value else Reading(None))
    return readings


def _is_gap(column: Column) -> bool:
    """Return whether a column is called the gap, by its words or by the page's own name for its text."""
    first = column.first
    if first.unit is Unit.PERCENT and not column.words:
        return any(one.text == first.text and re.search(r"\bgap\b", one.named or "") for one in first.line.segments)
    plain = first.signed or re.search(r"%|pct|per ?cent|prozent", column.words)
    return Kind.GAP in column.kinds and (first.unit is Unit.PERCENT or (first.unit is Unit.NUMBER and bool(plain)))


def _gap_form(column: Column) -> tuple[bool, ...]:
    first = column.first
    return first.unit is Unit.PERCENT, not first.bracketed, first.whole, first.signed


def _as_gap(value: Value) -> Reading[float]:
    is_down = re.search(r"\bdown\b|▼|↓", fold(value.words) + value.line.plain) is not None
    number = -value.number if is_down and not value.signed else value.number
    doubt = f"a gap of {number}% is out of the ordinary" if abs(number) > 150 else ""
    return Reading(float(number), value.line, value.text, doubt)


def _weights(record: Record) -> list[Value]:
    """Return the whole percentages that sum up to 100: weights of parts ("Gap Size (25%)")."""
    whole = [
        one for one in record.values
        if one.token and one.unit is Unit.PERCENT and not one.signed and not one.token.decimals and one.number < 100
    ]  # fmt: skip
    parts = [[value for value in whole if value.bracketed is bracketed] for bracketed in (True, False)]
    return [value for part in parts if sum(value.number for value in part) == 100 for value in part]
