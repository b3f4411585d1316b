"""THE rules: one portfolio's decisions for one trade date, and what its open makes of them.

Used alike by the portfolio simulator, the primary path and the shadow path. Pure: no I/O, no clock,
no configuration file. `decide` runs before the open and knows the as-of session only; `settle_open`
runs when the opens are known. The parts: `exits`, `candidates`, `entries`, `slots`, `rotation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, overload

from backtest.candidates import market_refusal, screen
from backtest.entries import size_entry
from backtest.entry_limit import is_above_limit, limited_fill
from backtest.exits import ExitsDecided, decide_exits
from backtest.model import Book, Candidate, Decisions, Entry, Exit, ExitReason, Holding, Price, Skip, SkipReason
from backtest.money import Units, buy_fill, sell_fill, shares_for, stop_price, target_price
from backtest.params import Params, SizeOn, StopMode
from backtest.slots import Slots

if TYPE_CHECKING:
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from backtest.market import Market


@dataclass(frozen=True, slots=True)
class Sale:
    """A holding sold in a session: at which fill (slippage included) and why."""

    holding: Holding
    price: Price
    reason: ExitReason


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the open made of the decisions.

    book: the holdings after the open; decided exits without a bar stay in it, pending. sold: exits, and entries
    whose open was at or below their provisional stop. bought: every entry that was filled. skipped: entries
    without a bar, whose open was above their limit, or too small to size on the open.
    """

    book: Book
    sold: tuple[Sale, ...] = ()
    bought: tuple[Holding, ...] = ()
    skipped: tuple[Skip, ...] = ()


Settle: TypeAlias = Callable[[Book, Decisions, Mapping[str, Price], Params], Settlement]
"""`settle_open`, or what stands in for it."""


def decide(book: Book, candidates: Sequence[Candidate], market: Market, params: Params) -> Decisions:
    """Take one portfolio's decisions for one trade date: exits, then rotation, then entries.

    book: in units of the trade date (`session_step.begin_session` applies the splits). candidates: those whose
    entry session is the trade date, in report order. market: answers for the as-of session and before only.
    params.primary is the trailing exit (`params.as_shadow()` for the other one).
    Every candidate comes back exactly once, in `entries` or in `skipped` with its reason.
    """
    judged = decide_exits(book, market, params)
    slots = Slots(book, judged.exits, market, params)
    screened = screen(candidates, params, market_refusal(params, market.filter_value) if candidates else None)
    entries: list[Entry] = []
    skipped = list(screened.skipped)
    for candidate in screened.eligible:
        sized = size_entry(candidate, market, params)
        answer = sized if isinstance(sized, Skip) else slots.offer(candidate)
        if isinstance(answer, Skip):
            skipped.append(answer)
        elif not isinstance(sized, Skip):
            entries.append(sized.as_entry(len(entries) + 1, answer.ticker if answer else None))
    exits = judged.exits if slots.rotation is None else (*judged.exits, slots.rotation)
    notes = list(screened.notes)
    if slots.rotation_blocked:
        notes.append("a holding has no price, so that no rotation could be decided")
    asked = [candidate.ticker for candidate in screened.eligible]
    return _decisions(market, judged, exits, entries, skipped, notes, book, asked)


def decide_each(book: Book, candidates: Sequence[Candidate], market: Market, params: Params) -> Decisions:
    """Decide as if every candidate were alone (trade mode): no slots, no rotation; a ticker may be held twice."""
    judged = decide_exits(book, market, params)
    screened = screen(candidates, params, market_refusal(params, market.filter_value) if candidates else None)
    sized = [size_entry(candidate, market, params) for candidate in screened.eligible]
    offered = [one for one in sized if not isinstance(one, Skip)]
    entries = [one.as_entry(rank) for rank, one in enumerate(offered, 1)]
    skipped = [*screened.skipped, *(one for one in sized if isinstance(one, Skip))]
    asked = [candidate.ticker for candidate in screened.eligible]
    return _decisions(market, judged, judged.exits, entries, skipped, screened.notes, book, asked)


def settle_open(book: Book, decisions: Decisions, opens: Mapping[str, Price], params: Params) -> Settlement:
    """Execute decisions at the session's opens.

    book: with the decisions written into it (`session_step.accept`). opens: by ticker, in units of the trade date,
    only for tickers with a bar in the session. An exit without a bar stays pending. An entry without one ends
    `no_price_data`, one whose open is above its limit `above_limit`: its slot and the holding rotated out for it are
    spent, no other candidate moves up.
    """
    leaving = {(exit_.ticker, exit_.position_id): exit_ for exit_ in decisions.exits}
    staying: list[Holding] = []
    sold: list[Sale] = []
    for holding in book.holdings:
        exit_ = leaving.get((holding.ticker, holding.position_id))
        if exit_ is None or holding.ticker not in opens:
            staying.append(holding)
        else:
            sold.append(Sale(holding, sell_fill(opens[holding.ticker], params.slippage_bp), exit_.reason))
    bought: list[Holding] = []
    skipped: list[Skip] = []
    for entry in decisions.entries:
        filled = _fill_entry(entry, opens.get(entry.ticker), decisions.trade_date, decisions.as_of, params)
        if isinstance(filled, Skip):
            skipped.append(filled)
            continue
        bought.append(filled)
        if opens_below_provisional_stop(entry.stop_price, opens[entry.ticker], params):
            price = sell_fill(opens[entry.ticker], params.slippage_bp)
            sold.append(Sale(filled, price, ExitReason.STOP_LOSS))
        else:
            staying.append(filled)
    return Settlement(Book(tuple(staying)), tuple(sold), tuple(bought), tuple(skipped))


@overload
def opens_below_provisional_stop(provisional: Price, open_: Price, params: Params) -> bool: ...
@overload
def opens_below_provisional_stop(
    provisional: NDArray[np.int64], open_: NDArray[np.int64], params: Params
) -> NDArray[np.bool_]: ...
def opens_below_provisional_stop(provisional: Units, open_: Units, params: Params) -> bool | NDArray[np.bool_]:
    """Return whether an entry with this provisional stop is stopped out at the very open it is bought at.

    Only where a stop of the reference price stands until the true-up: `intraday` and `reference_price`.
    """
    is_stop_there = params.stop_mode is StopMode.INTRADAY and params.size_on is SizeOn.REFERENCE_PRICE
    return is_stop_there & (open_ <= provisional)


def _fill_entry(entry: Entry, open_: Price | None, trade_date: date, as_of: date, params: Params) -> Holding | Skip:
    if open_ is None:
        return Skip(entry.candidate, SkipReason.NO_PRICE_DATA)
    if entry.limit_price is not None and is_above_limit(open_, entry.limit_price):
        return Skip(entry.candidate, SkipReason.ABOVE_LIMIT)
    shares = entry.shares if params.size_on is SizeOn.REFERENCE_PRICE else shares_for(params.position_units, open_)
    if shares == 0:
        return Skip(entry.candidate, SkipReason.ZERO_SHARES)
    fill = buy_fill(open_, params.entry_slippage_bp)
    if entry.limit_price is not None:
        fill = limited_fill(fill, entry.limit_price)
    return Holding(
        ticker=entry.ticker,
        entry_date=trade_date,
        entry_price=fill,
        shares=shares,
        stop_price=stop_price(fill, params.stop_loss_bp),
        decided_through=as_of,
        report_date=entry.candidate.report_date,
        score=entry.candidate.score,
        grade=entry.candidate.grade,
        reference_price=entry.reference.price,
        target_price=None if params.take_profit_bp is None else target_price(fill, params.take_profit_bp),
    )


def _decisions(
    market: Market,
    judged: ExitsDecided,
    exits: Sequence[Exit],
    entries: Sequence[Entry],
    skipped: Sequence[Skip],
    notes: Sequence[str],
    book: Book,
    asked: Sequence[str],
) -> Decisions:
    is_empty = market.is_as_of_empty([*(holding.ticker for holding in book.holdings), *asked])
    note = (f"no ticker asked has a bar on {market.as_of}",) if is_empty else ()
    return Decisions(
        trade_date=market.trade_date,
        as_of=market.as_of,
        exits=tuple(exits),
        entries=tuple(entries),
        skipped=tuple(skipped),
        unresolved=judged.unresolved,
        notes=(*note, *judged.notes, *notes),
        as_of_empty=is_empty,
    )
