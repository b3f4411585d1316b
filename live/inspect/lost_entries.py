"""Entries that a shadow took and the executed strategy did not get, with what kept them from it.

A shadow's entry that the executed strategy did not take either met its rules (its book was full, it held the stock
already, a parameter that the shadow has otherwise refused it, it was never offered), or it was lost: to funds, to the
clock, to the broker, by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import cache

from backtest.model import SkipReason
from backtest.params import Variant
from live.inspect.decision_words import RESTS_ON
from live.state_db.entry_ends import EntryEnd

BY_THE_RULES = frozenset(
    {SkipReason.CAPACITY_FULL, SkipReason.DUPLICATE_TICKER, SkipReason.EXITED_TODAY, SkipReason.DAILY_LIMIT}
)
"""What a book says: it depends on what is held, and so on the exits."""
MISSED_RUN = "missed_run"
"""No run accepted the signal file, or the one that would have made it was refused and decided for shadows only."""
UNKNOWN = "unknown"
"""No record says why: the state DB was restored or made anew since."""

Key = tuple[date, str]
"""Trade date and ticker."""


def lost_entries(
    taken: Iterable[Key],
    held: frozenset[Key],
    ends: Mapping[Key, EntryEnd],
    file_of: Callable[[date], str | None],
    rules: Collection[str] = BY_THE_RULES,
    *,
    has_own_source: bool = False,
) -> dict[Key, str]:
    """Return the shadow's entries that the executed strategy lost, with the reason.

    taken: the shadow's entries. held, ends: what the executed strategy bought, and how its decided entries ended.
    file_of: the text of its signal file for a trade date. rules: reasons that are no loss. has_own_source: the shadow
    is offered other candidates, so that one of which the file says nothing was none of the executed strategy's.
    """
    no_loss = {*rules, UNKNOWN} if has_own_source else rules
    skips = cache(lambda day: _skips_of(file_of(day)))
    lost = {}
    for key in taken:
        end = ends.get(key)
        if key in held or (end is not None and end.is_bought):
            continue
        reason = end.reason if end is not None else _reason_of_file(skips(key[0]), key[1])
        if reason not in no_loss:
            lost[key] = reason
    return lost


def by_the_rules(shadow: Variant) -> frozenset[str]:
    """Return the reasons for which the executed strategy may refuse what a shadow takes without losing it."""
    own = {name for name, _ in shadow.overrides}
    return BY_THE_RULES | {reason for reason, names in RESTS_ON.items() if own.intersection(names)}


def _skips_of(text: str | None) -> tuple[Mapping[str, str], frozenset[str]] | None:
    """Return what a signal file says: the skipped candidates with their reasons, and those to be bought."""
    if text is None:
        return None
    file = json.loads(text)
    return {line["ticker"]: line["reason"] for line in file["skipped"]}, frozenset(
        line["ticker"] for line in file["entries"]
    )


def _reason_of_file(file: tuple[Mapping[str, str], frozenset[str]] | None, ticker: str) -> str:
    if file is None:  # what the shadow decided is on record, so nothing is lost of that day
        return MISSED_RUN
    skipped, bought = file
    return MISSED_RUN if ticker in bought else skipped.get(ticker, UNKNOWN)
