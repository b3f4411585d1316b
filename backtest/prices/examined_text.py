"""What was found in the bars of a market, for people and for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backtest.prices.examined import DOUBTFUL, KINDS, Examined, Finding
from backtest.prices.survivors import survivors_words
from backtest.tables import Column
from backtest.text import how_many

EXAMPLES = 3
_OF_DAYS = ("missing", "refused", "off_calendar", "zero_volume")
"""Kinds that often hit many symbols on one day."""
COLUMNS = (Column("finding"), Column("symbols"), Column("cases"), Column("examples"))


def heading(found: Examined, where: str) -> str:
    """Return what was looked at."""
    return (
        f"{where}, {found.first} to {found.last}: {how_many(found.symbols, 'symbol')}, "
        f"{how_many(found.sessions, 'session')}, {found.bars:,} bars"
    )


def rows(found: Examined) -> list[Sequence[str]]:
    """Return a row for each kind of finding that there is, with the first few."""
    table: list[Sequence[str]] = []
    for kind, words in KINDS.items():
        some = found.of(kind)
        if some:
            symbols = {one.ticker for one in some if one.ticker}
            table.append((words, str(len(symbols)) if symbols else "-", str(len(some)), _examples(kind, some)))
    return table


def conclusions(found: Examined) -> list[str]:
    """Return the sentences below the table."""
    if found.has_survivors_only:
        share = survivors_words(found.symbols, found.survivors)
    else:
        share = f"{found.survivors} of {how_many(found.symbols, 'symbol')} trade to the end"
    doubtful = sum(one.kind in DOUBTFUL for one in found.findings)
    verdict = f"{how_many(doubtful, 'finding')} to look at before a run" if doubtful else "nothing to look at"
    return [f"{share}.", f"{verdict[0].upper()}{verdict[1:]}."]


def as_json(found: Examined, where: str) -> dict[str, object]:
    """Return all of it."""
    return {
        "prices": where,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "symbols": found.symbols,
        "sessions": found.sessions,
        "bars": found.bars,
        "survivors": found.survivors,
        "survivors_only": found.has_survivors_only,
        "is_doubtful": found.is_doubtful,
        "findings": [
            {
                "kind": one.kind,
                "ticker": one.ticker or None,
                "date": None if one.day is None else one.day.isoformat(),
                "what": one.what or None,
            }
            for one in found.findings
        ],
    }


def _examples(kind: str, some: Sequence[Finding]) -> str:
    """Return the first few; a day that several symbols share once, the most shared ones first."""
    days = Counter(one.day for one in some)
    common = [(day, count) for day, count in days.most_common(EXAMPLES) if count > 1 and kind in _OF_DAYS]
    shown = [f"{day} in {how_many(count, 'symbol')}" for day, count in common]
    others = [one for one in some if one.day not in dict(common)]
    shown += [_example(one) for one in others[: EXAMPLES - len(shown)]]
    is_all = sum(count for _, count in common) + len(shown) - len(common) == len(some)
    return "; ".join(shown) + ("" if is_all else "; …")


def _example(one: Finding) -> str:
    day = "" if one.day is None else one.day.isoformat()
    what = f"({one.what})" if one.what and one.kind != "refused" else ""
    return " ".join(part for part in (one.ticker, day, what) if part)
