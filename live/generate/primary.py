"""The primary path: the executed book's decisions for D, and what live knows beyond the rules.

Pure. The rules decide as in the simulator; afterwards tickers that must be left alone (`frozen`) and
stocks the broker does not trade (`not_tradable`) are taken out. Their slots are spent: nobody moves up,
exactly as an entry without a bar spends its slot at the open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backtest.model import Book, Candidate, Decisions, Entry, Skip, SkipReason
from backtest.params import Params
from backtest.rules import decide
from live.broker import Asset

if TYPE_CHECKING:
    from backtest.market import Market


@dataclass(frozen=True, slots=True)
class Hands:
    """What must not be touched. frozen: tickers on which DB and broker differ (`--force`). foreign: tickers the
    account holds that are not ours; each takes a slot, none is bought or sold."""

    frozen: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()

    @property
    def off(self) -> frozenset[str]:
        return self.frozen | self.foreign


def decide_primary(
    book: Book, candidates: Sequence[Candidate], market: Market, params: Params, hands: Hands
) -> Decisions:
    """Decide for the executed book, in units of the trade date."""
    offered = [one for one in candidates if one.ticker not in hands.off]
    room = replace(params, max_positions=params.max_positions - len(hands.foreign - _tickers(book)))
    decisions = decide(book, offered, market, room)
    return _leave_alone(decisions, [one for one in candidates if one.ticker in hands.off], hands)


def _leave_alone(decisions: Decisions, refused: Sequence[Candidate], hands: Hands) -> Decisions:
    """Take the exits of frozen tickers out; an entry that would have replaced one goes with it."""
    kept = tuple(exit_ for exit_ in decisions.exits if exit_.ticker not in hands.frozen)
    dropped = {exit_.ticker for exit_ in decisions.exits} - {exit_.ticker for exit_ in kept}
    skips = [
        Skip(one, SkipReason.FROZEN, {"held": "not ours"} if one.ticker in hands.foreign else {}) for one in refused
    ]
    skips += [
        Skip(entry.candidate, SkipReason.FROZEN, {"replaces": entry.replaces})
        for entry in decisions.entries
        if entry.replaces is not None and entry.replaces in dropped
    ]
    if not skips and not dropped:
        return decisions
    gone = {skip.ticker for skip in skips}
    notes = tuple(f"{ticker}: an exit was decided, but it is frozen" for ticker in sorted(dropped))
    return replace(
        decisions,
        exits=kept,
        entries=ranked(entry for entry in decisions.entries if entry.ticker not in gone),
        skipped=(*decisions.skipped, *skips),
        notes=(*decisions.notes, *notes),
    )


def drop_untradable(decisions: Decisions, assets: Mapping[str, Asset | None]) -> Decisions:
    """Turn entries the broker does not trade into `not_tradable`; their slots and rotation victims are spent.

    assets: by ticker of every entry; None: the broker does not know it.
    """
    reasons = {entry.ticker: _problem(assets[entry.ticker]) for entry in decisions.entries}
    if not any(reasons.values()):
        return decisions
    skips = tuple(
        Skip(entry.candidate, SkipReason.NOT_TRADABLE, {"asset": reason})
        for entry in decisions.entries
        if (reason := reasons[entry.ticker]) is not None
    )
    return replace(
        decisions,
        entries=ranked(entry for entry in decisions.entries if reasons[entry.ticker] is None),
        skipped=(*decisions.skipped, *skips),
    )


def ranked(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return entries with their ranks closed up: 1, 2, 3 …"""
    return tuple(replace(entry, rank=rank) for rank, entry in enumerate(entries, 1))


def _tickers(book: Book) -> frozenset[str]:
    return frozenset(held.ticker for held in book.holdings)


def _problem(asset: Asset | None) -> str | None:
    return "unknown to the broker" if asset is None else asset.problem
