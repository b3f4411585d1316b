"""The executed strategy's decisions for D, and what the live account restricts beyond the rules.

Pure. The rules decide as in the simulator; afterwards tickers that must be left alone (`frozen`) and
stocks the broker does not trade (`not_tradable`) are taken out. Their slots are spent: no other
candidate takes them, exactly as an entry without a bar spends its slot at the open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from backtest.model import Book, Candidate, Decisions, Entry, Exit, ExitReason, Skip, SkipReason, Split
from backtest.params import Params
from backtest.rules import decide
from backtest.splits import holding_after
from live.broker import Asset
from live.state_db.rows import PositionRow

if TYPE_CHECKING:
    from backtest.market import Market


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Tickers that are neither bought nor sold.

    frozen: those on which DB and broker differ (`--force`). foreign: held by the account but not ours; each takes a
    slot.
    """

    frozen: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()

    @property
    def tickers(self) -> frozenset[str]:
        return self.frozen | self.foreign


def executed_book(rows: Sequence[PositionRow], market: Market, trade_date: date) -> Book:
    """Return the executed book in units of the trade date: splits the state DB has not booked yet are applied."""
    return Book(tuple(holding_after(row.as_holding(), _unbooked_splits(row, market, trade_date)) for row in rows))


def _unbooked_splits(row: PositionRow, market: Market, trade_date: date) -> list[Split]:
    booked = row.split_through
    known = (split for split in market.splits(row.ticker) if split.ex_date <= trade_date)
    return [split for split in known if booked is None or split.ex_date > booked]


def decide_primary(
    book: Book, candidates: Sequence[Candidate], market: Market, params: Params, left_alone: LeftAlone
) -> Decisions:
    """Decide for the executed book, in units of the trade date."""
    offered = [one for one in candidates if one.ticker not in left_alone.tickers]
    with_own_slots = replace(params, max_positions=params.max_positions - len(left_alone.foreign - _tickers(book)))
    decisions = decide(book, offered, market, with_own_slots)
    if stay := sum(_frees_no_slot(exit_, left_alone) for exit_ in decisions.exits):
        fewer = replace(with_own_slots, max_positions=with_own_slots.max_positions - stay)
        decisions = decide(book, offered, market, fewer)
    return _leave_alone(decisions, [one for one in candidates if one.ticker in left_alone.tickers], left_alone)


def _frees_no_slot(exit_: Exit, left_alone: LeftAlone) -> bool:
    """Return whether an exit is that of a frozen holding, which stays; a rotation's replacement goes with it."""
    return exit_.ticker in left_alone.frozen and exit_.reason is not ExitReason.ROTATED_OUT


def _leave_alone(decisions: Decisions, refused: Sequence[Candidate], left_alone: LeftAlone) -> Decisions:
    """Take the exits of frozen tickers out; an entry that would have replaced one goes with it."""
    kept = tuple(exit_ for exit_ in decisions.exits if exit_.ticker not in left_alone.frozen)
    dropped = {exit_.ticker for exit_ in decisions.exits} - {exit_.ticker for exit_ in kept}
    skips = [
        Skip(one, SkipReason.FROZEN, {"held": "not ours"} if one.ticker in left_alone.foreign else {})
        for one in refused
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
        entries=_ranked(entry for entry in decisions.entries if entry.ticker not in gone),
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
        entries=_ranked(entry for entry in decisions.entries if reasons[entry.ticker] is None),
        skipped=(*decisions.skipped, *skips),
    )


def _ranked(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return entries with their ranks closed up: 1, 2, 3 …"""
    return tuple(replace(entry, rank=rank) for rank, entry in enumerate(entries, 1))


def _tickers(book: Book) -> frozenset[str]:
    return frozenset(held.ticker for held in book.holdings)


def _problem(asset: Asset | None) -> str | None:
    return "unknown to the broker" if asset is None else asset.problem
