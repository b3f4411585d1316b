"""The rules for a simulation that is told what the account could not do; pure.

`simulate_portfolio` with these in place of the rules does what the account must have done, if nothing but the facts on
record came between: sessions without a run, entries that ended without a share, the prices that sized entries, their
fills, exits that sold nothing, sales by hand. Everything else is decided by the rules.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from backtest.model import (
    Book,
    Candidate,
    Decisions,
    Entry,
    ExitReason,
    Holding,
    Price,
    Reference,
    ReferenceSource,
    Skip,
    SkipReason,
)
from backtest.money import stop_price, to_price
from backtest.params import Params
from backtest.reports.verdict import Verdict
from backtest.rules import Sale, Settlement, decide, settle_open
from live.inspect.parity_values import DayOnRecord, EntryOnRecord, OnRecord

if TYPE_CHECKING:
    from backtest.market import Filters, Market, PriceHistory

NOT_OFFERED = frozenset(
    {SkipReason.FROZEN, SkipReason.PROBLEM_IN_REPORT, SkipReason.NO_PRICE_DATA, SkipReason.STALE_PRICE}
)
"""Of the file's skips those that the account's surroundings gave, before slots were asked for."""


def recorded_filters(record: OnRecord) -> Filters:
    """Return the market filter's value of each as-of session as the account knew it."""
    found: dict[str, dict[date, Decimal]] = {}
    for day in record.days.values():
        if day.signal is None or day.params.market_filter.file is None:
            continue
        values = found.setdefault(day.params.market_filter.file, {})
        ref = day.signal.inputs.market_filter
        if ref is not None and ref.value is not None:
            values[day.signal.as_of_session] = Decimal(ref.value)
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """`decide` and `settle` for `simulate_portfolio`."""

    record: OnRecord
    history: PriceHistory

    def decide(self, book: Book, candidates: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        """Decide as the rules do, by what the account knew; nothing for a session that no run carried out."""
        day = self.record.days.get(market.trade_date)
        if day is None or day.signal is None or not day.is_carried_out:
            return Decisions(
                market.trade_date,
                market.as_of,
                skipped=tuple(Skip(one, SkipReason.AFTER_CUTOFF) for one in candidates),
                unresolved=tuple(holding.ticker for holding in book.holdings),
            )
        refused = {one.ticker: reason for one in candidates if (reason := _not_offered(day, one.ticker)) is not None}
        offered = [_as_taken(one, day) for one in candidates if one.ticker not in refused]
        known = self.history.market(market.trade_date, references_of(day))
        decisions = decide(book, offered, known, day.params)
        left = [Skip(one, refused[one.ticker]) for one in candidates if one.ticker in refused]
        return self._without_what_ended(_unjudged(decisions, day), left)

    def settle(self, book: Book, decisions: Decisions, opens: Mapping[str, Price], params: Params) -> Settlement:
        """Settle the open as the rules do, with the account's fills, its sales by hand and what it did not sell."""
        date_ = decisions.trade_date
        day = self.record.days.get(date_)
        fills = {one.ticker: filled for one in decisions.entries if (filled := self._entry(date_, one.ticker))}
        prices = {ticker: one.price for ticker, one in fills.items() if one.price is not None}
        in_force = params if day is None else day.params
        settled = settle_open(book, _without_limits(decisions, prices), {**prices, **opens}, in_force)

        def as_filled(holding: Holding) -> Holding:
            fill = fills.get(holding.ticker) if holding.entry_date == date_ else None
            if fill is None or fill.price is None:
                return holding
            stop = stop_price(fill.price, in_force.stop_loss_bp)
            return replace(holding, entry_price=fill.price, shares=fill.filled, stop_price=stop)

        staying, sold = [], []
        for sale in settled.sold:
            sale = replace(sale, holding=as_filled(sale.holding))
            if by_hand := self._sold_by_hand(sale.holding, date_):
                sold.append(by_hand)
            elif sale.reason is not ExitReason.STOP_LOSS and self._was_kept(sale.holding, date_, day):
                staying.append(sale.holding)
            else:
                sold.append(sale)
        for holding in map(as_filled, settled.book.holdings):
            by_hand = self._sold_by_hand(holding, date_)
            if by_hand is None:
                staying.append(holding)
            else:
                sold.append(by_hand)
        bought = tuple(map(as_filled, settled.bought))
        return replace(settled, book=Book(tuple(staying)), sold=tuple(sold), bought=bought)

    def _entry(self, day: date, ticker: str) -> EntryOnRecord | None:
        return self.record.entries.get((day, ticker))

    def _without_what_ended(self, decisions: Decisions, left: Sequence[Skip]) -> Decisions:
        """Take out the entries that came to nothing, and the rotations given up with them; their slots are spent."""
        skips = {one.ticker: reason for one in decisions.entries if (reason := self._end(one, decisions.trade_date))}
        entries = tuple(one for one in decisions.entries if one.ticker not in skips)
        dropped = [Skip(one.candidate, skips[one.ticker]) for one in decisions.entries if one.ticker in skips]
        given_up = {one.replaces for one in decisions.entries if one.ticker in skips}
        exits = tuple(
            one
            for one in decisions.exits
            if one.ticker not in given_up
            or one.reason is not ExitReason.ROTATED_OUT
            or self._is_sold_on(one.ticker, decisions.trade_date)
        )
        return replace(decisions, exits=exits, entries=entries, skipped=(*decisions.skipped, *dropped, *left))

    def _end(self, entry: Entry, day: date) -> SkipReason | None:
        """Return a reason where the account did not get what it, or the rules, decided to buy."""
        on_record = self._entry(day, entry.ticker)
        if on_record is not None:
            return SkipReason.NO_PRICE_DATA if on_record.filled == 0 else None
        said = self.record.days[day].skipped.get(entry.ticker)
        return said if said is SkipReason.NOT_TRADABLE else None

    def _is_sold_on(self, ticker: str, day: date) -> bool:
        ends = (end for (_, one), end in self.record.closed.items() if one == ticker)
        return any(end is not None and end[0] == day for end in ends)

    def _sold_by_hand(self, holding: Holding, day: date) -> Sale | None:
        end = self.record.closed.get((holding.entry_date, holding.ticker))
        if end is None or end[0] != day or end[2] is not ExitReason.MANUAL:
            return None
        return Sale(holding, end[1], ExitReason.MANUAL)

    def _was_kept(self, holding: Holding, day: date, said: DayOnRecord | None) -> bool:
        """Return whether the account meant to sell a holding on a day as well, and still held it afterwards."""
        key = holding.entry_date, holding.ticker
        if said is None or holding.ticker not in said.exits or key not in self.record.closed:
            return False
        end = self.record.closed[key]
        return end is None or end[0] != day


def _without_limits(decisions: Decisions, bought: Container[str]) -> Decisions:
    """Return decisions in which what the account bought has no limit: it may have been reached after the open."""
    entries = tuple(replace(one, limit_price=None) if one.ticker in bought else one for one in decisions.entries)
    return replace(decisions, entries=entries)


def references_of(day: DayOnRecord) -> dict[str, Reference]:
    """Return the prices that the account's entries were sized and its candidates checked by, where the file says."""
    if day.signal is None:
        return {}
    found = {one.ticker: Reference(one.reference_price, one.reference_source) for one in day.signal.entries}
    for line in day.signal.skipped:
        if line.reason in (SkipReason.PRICE_MISMATCH, SkipReason.ZERO_SHARES) and "reference" in line.why:
            price = to_price(str(line.why["reference"]))
            found[line.ticker] = Reference(price, ReferenceSource.LATEST_TRADE)
    return found


def _not_offered(day: DayOnRecord, ticker: str) -> SkipReason | None:
    if ticker in day.unread:
        return SkipReason.AFTER_CUTOFF
    said = day.skipped.get(ticker)
    return said if said in NOT_OFFERED else None


def _as_taken(candidate: Candidate, day: DayOnRecord) -> Candidate:
    """Return a candidate as confirmed where the account took it for that: it decided by what it read then."""
    is_taken = day.signal is not None and any(one.ticker == candidate.ticker for one in day.signal.entries)
    return replace(candidate, verdict=Verdict.CONFIRMED, problem=None) if is_taken else candidate


def _unjudged(decisions: Decisions, day: DayOnRecord) -> Decisions:
    """Leave alone what the account could not judge, or did not touch for a mismatch."""
    signal = day.signal
    if signal is None or not (signal.unresolved or signal.frozen):
        return decisions
    alone = {*signal.unresolved, *signal.frozen}
    exits = tuple(one for one in decisions.exits if one.ticker not in alone)
    return replace(decisions, exits=exits, unresolved=(*decisions.unresolved, *signal.unresolved))
