"""Why the account's trades differ from the simulator's, trade by trade, by the facts on record; pure.

Each difference is looked for in what is on record of its own trade first. Where nothing is, the simulator that was told
the facts of all trades (`parity_told.py`) says whether they lead to it: then only the books differed, `earlier`. A
difference that the facts do not lead to is `unexplained`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from backtest.model import ExitReason, Price, SkipReason
from backtest.money import format_price
from live.inspect.decision_words import reason_words
from live.inspect.lost_entries import BY_THE_RULES
from live.inspect.parity_values import Cause, Explained, Key, OnRecord, Side, Traded
from live.parity.compare import ABSENT, Comparison, Ledger, compare

_SIZE = frozenset({"shares"})
_ENTRY = frozenset({"entry_price", "stop_price"})
_EXIT = frozenset({"exit_date", "exit_price", "exit_reason"})
_EXIT_TOLD = frozenset({"exit_date", "exit_reason"})
"""What a simulation says of an exit that is told no price of it."""
_WHOLE = frozenset({"trade"})

_OF_SKIPS: Mapping[str, Cause] = {
    SkipReason.INSUFFICIENT_FUNDS: Cause.FUNDS,
    SkipReason.AFTER_CUTOFF: Cause.MISSED_RUN,
    SkipReason.NOT_TRADABLE: Cause.TRADABILITY,
    "refused": Cause.TRADABILITY,
    SkipReason.VETOED: Cause.HAND,
    SkipReason.ENTRIES_OFF: Cause.HAND,
    SkipReason.FROZEN: Cause.HAND,
    "closed_by_hand": Cause.HAND,
    "kill_switch": Cause.HAND,
    "foreign_sell": Cause.HAND,
    "order_limit": Cause.LIMIT,
    "max_position_usd": Cause.LIMIT,
    "max_position_pct": Cause.LIMIT,
    "position_size": Cause.LIMIT,
    "max_drawdown": Cause.LIMIT,
    "max_daily_loss": Cause.LIMIT,
    "account_blocked": Cause.LIMIT,
    SkipReason.PRICE_MISMATCH: Cause.REFERENCE_PRICE,
    SkipReason.ZERO_SHARES: Cause.REFERENCE_PRICE,
    SkipReason.NO_PRICE_DATA: Cause.PRICES,
    SkipReason.ABOVE_LIMIT: Cause.FILL,
    SkipReason.STALE_PRICE: Cause.PRICES,
    SkipReason.PROBLEM_IN_REPORT: Cause.REPORT,
    SkipReason.INVALID_TICKER: Cause.REPORT,
    SkipReason.BELOW_MIN_GRADE: Cause.REPORT,
    SkipReason.DUPLICATE_IN_REPORT: Cause.REPORT,
    SkipReason.FILTERED_SCORE: Cause.REPORT,
    SkipReason.FILTERED_GAP: Cause.REPORT,
    SkipReason.FILTERED_PRICE: Cause.REPORT,
    SkipReason.FILTERED_MARKET: Cause.PRICES,
}
"""The cause behind a skip of a signal file, or behind an end of an entry. Other ends of an entry are of its fill."""


def explain(strategy: str, account: Side, simulator: Side, told: Side, record: OnRecord) -> tuple[Explained, ...]:
    """Return every difference with its cause, by entry date and ticker.

    simulator: nothing was in its way. told: it knew what is on record.
    """
    looked_at = _Causes(account, simulator, told, record, _fields(compare(strategy, _ledger(account), _ledger(told))))
    differing = _fields(compare(strategy, _ledger(account), _ledger(simulator)))
    return tuple(one for key, names in differing.items() for one in looked_at.of(key, names))


def _ledger(side: Side) -> Ledger:
    return Ledger(tuple(one.row for one in side.trades.values()), ())


def _fields(comparison: Comparison) -> Mapping[Key, frozenset[str]]:
    found: dict[Key, frozenset[str]] = {}
    for one in comparison.differences:
        key = one.day, one.ticker
        found[key] = found.get(key, frozenset()) | {one.field}
    return found


@dataclass(frozen=True, slots=True)
class _Why:
    cause: Cause
    words: str


@dataclass(frozen=True, slots=True)
class _Causes:
    """told_differs: what the told simulation says otherwise than the account, by trade."""

    account: Side
    simulator: Side
    told: Side
    record: OnRecord
    told_differs: Mapping[Key, frozenset[str]]

    def of(self, key: Key, names: frozenset[str]) -> Iterator[Explained]:
        """Yield the differences of one trade; their amounts add up to that of its P&L."""
        ours, theirs = self.account.trades.get(key), self.simulator.trades.get(key)
        if ours is None and theirs is not None:
            yield _explained(key, "trade", None, theirs, self._not_bought(key), -theirs.pnl)
        elif ours is not None and theirs is None:
            yield _explained(key, "trade", ours, None, self._bought_alone(key), ours.pnl)
        elif ours is not None and theirs is not None:
            yield from self._of_both(key, names, ours, theirs)

    def _of_both(self, key: Key, names: frozenset[str], ours: Traded, theirs: Traded) -> Iterator[Explained]:
        left = ours.pnl - theirs.pnl
        parts: list[tuple[str, _Why, Price]] = []
        if names & _SIZE:
            parts.append(("shares", self._size(key), (ours.row.shares - theirs.row.shares) * _gain(theirs)))
        if names & _ENTRY:
            dearer = ours.row.entry_price - theirs.row.entry_price
            parts.append(("entry", self._entry(key, ours, theirs), -dearer * ours.row.shares))
        if names & _EXIT or not parts:
            what = "exit" if names & _EXIT or "pnl" in names else "report"
            why = self._exit(key, ours, theirs) if names & _EXIT else self._by_book(key, names)
            parts.append((what, why, 0))
        left -= sum(amount for _, _, amount in parts)
        for i, (what, why, amount) in enumerate(parts, 1):
            yield _explained(key, what, ours, theirs, why, amount + left * (i == len(parts)))

    def _not_bought(self, key: Key) -> _Why:
        day, ticker = self.record.days.get(key[0]), key[1]
        if day is None or day.signal is None:
            return _Why(Cause.MISSED_RUN, "nothing was decided for that session")
        if not day.is_carried_out:
            return _Why(Cause.MISSED_RUN, "no run accepted the plan of that session")
        if ticker in day.unread:
            return _Why(Cause.REPORT, "the signal generator did not read its report")
        entry = self.record.entries.get(key)
        if entry is not None and not entry.filled:
            cause = Cause.FILL if entry.reason == SkipReason.NO_PRICE_DATA else _OF_SKIPS.get(entry.reason, Cause.FILL)
            return _Why(cause, reason_words(entry.reason))
        reason = day.skipped.get(ticker)
        if reason is not None and reason not in BY_THE_RULES:
            return _Why(_OF_SKIPS.get(reason, Cause.UNEXPLAINED), reason_words(reason))
        return self._by_book(key, _WHOLE, "" if reason is None else reason_words(reason))

    def _bought_alone(self, key: Key) -> _Why:
        if key in self.record.adopted:
            return _Why(Cause.HAND, "taken in by admin repair --adopt")
        reason = self.simulator.skips.get(key)
        if self._is_led_to(key, _WHOLE) and reason is not None and reason not in BY_THE_RULES:
            return _Why(_OF_SKIPS.get(reason, Cause.EARLIER), f"the simulator skips it: {reason_words(reason)}")
        return self._by_book(key, _WHOLE, "" if reason is None else f"the simulator skips it: {reason_words(reason)}")

    def _size(self, key: Key) -> _Why:
        entry, theirs = self.record.entries.get(key), self.simulator.trades[key]
        if key in self.record.repaired:
            return _Why(Cause.HAND, "set by admin repair")
        if entry is not None and entry.filled < entry.ordered:
            return _Why(Cause.FILL, f"{entry.filled} of {entry.ordered} shares filled ({entry.reason})")
        if entry is not None and entry.reference is not None and entry.reference != theirs.reference:
            used = f"sized at {format_price(entry.reference)}"
            last = "" if theirs.reference is None else f", the last close was {format_price(theirs.reference)}"
            if self._is_led_to(key, _SIZE):
                return _Why(Cause.REFERENCE_PRICE, used + last)
        return self._by_book(key, _SIZE)

    def _entry(self, key: Key, ours: Traded, theirs: Traded) -> _Why:
        if key in self.record.repaired:
            return _Why(Cause.HAND, "set by admin repair")
        if ours.row.entry_price != theirs.row.entry_price and self._is_led_to(key, _ENTRY):
            entry = self.record.entries.get(key)
            if entry is not None and entry.price is not None:
                return _Why(Cause.FILL, f"the entry filled at {format_price(entry.price)}")
        return self._by_book(key, _ENTRY)

    def _exit(self, key: Key, ours: Traded, theirs: Traded) -> _Why:
        our, their = ours.row, theirs.row
        if our.exit_reason is ExitReason.MANUAL:
            return _Why(Cause.HAND, "set by admin repair" if key in self.record.repaired else "sold by hand")
        if (our.exit_date, our.exit_reason) == (their.exit_date, their.exit_reason):
            if our.exit_reason is ExitReason.DELISTED:
                return _Why(Cause.PRICES, "the last close of the delisting is another one")
            return _Why(Cause.SLIPPAGE, f"{our.exit_reason} filled at {format_price(ours.price)}")
        if not self._is_led_to(key, _EXIT_TOLD):
            return self._by_book(key, _EXIT_TOLD)
        sold = their.exit_date
        if sold is not None and their.exit_reason is not ExitReason.STOP_LOSS:
            day, unsold = self.record.days.get(sold), self.record.unsold.get((sold, key[1]))
            if day is None or day.signal is None or not day.is_carried_out:
                return _Why(Cause.MISSED_RUN, f"no run for {sold}")
            if unsold is not None:
                return _Why(_of_unsold(unsold), f"the sell of {sold} filled nothing ({unsold})")
            if key[1] in day.signal.unresolved:
                return _Why(Cause.PRICES, f"there were no prices to decide its exit on for {sold}")
            if key[1] in day.signal.frozen:
                return _Why(Cause.HAND, f"it was frozen on {sold}")
        if our.stop_price != their.stop_price and ExitReason.STOP_LOSS in (our.exit_reason, their.exit_reason):
            return _Why(Cause.FILL, f"by its fill the stop lay at {format_price(our.stop_price)}")
        return self._by_book(key, _EXIT_TOLD)

    def _by_book(self, key: Key, names: Set[str], words: str = "") -> _Why:
        """Return what is left where nothing on record is about the trade itself."""
        if key[1] in self.record.without_prices:
            return _Why(Cause.PRICES, "there are no prices of it now")
        if not self._is_led_to(key, names):
            return _Why(Cause.UNEXPLAINED, f"{words}; no fact on record leads to it" if words else "no fact on record")
        day = self.record.days.get(key[0])
        if day is not None and day.has_other_params:
            return _Why(Cause.SETTINGS, words or "decided with other parameters of the strategy")
        return _Why(Cause.EARLIER, words or "the book differed by then")

    def _is_led_to(self, key: Key, names: Set[str]) -> bool:
        """Return whether the told simulation agrees with the account in these fields."""
        differs = self.told_differs.get(key, frozenset())
        return not differs & names and "trade" not in differs


def _of_unsold(reason: str) -> Cause:
    cause = _OF_SKIPS.get(reason, Cause.FILL)
    return Cause.FILL if cause is Cause.PRICES else cause


def _gain(trade: Traded) -> Price:
    return trade.price - trade.row.entry_price


def _explained(key: Key, what: str, ours: Traded | None, theirs: Traded | None, why: _Why, amount: Price) -> Explained:
    return Explained(key[0], key[1], what, _text(what, ours), _text(what, theirs), why.cause, why.words, amount)


def _text(what: str, trade: Traded | None) -> str:
    if trade is None:
        return ABSENT
    row = trade.row
    ended = f"{row.exit_reason} {row.exit_date} at {format_price(trade.price)}" if row.exit_date else "held"
    if what == "trade":
        return f"{row.shares} at {format_price(row.entry_price)}, {ended}"
    if what == "shares":
        return str(row.shares)
    return f"{format_price(row.entry_price)}, stop {format_price(row.stop_price)}" if what == "entry" else ended
