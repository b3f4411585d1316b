"""The five lines that end a run: what was done, what needs a person, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backtest.money import format_price, format_usd

if TYPE_CHECKING:
    from live.state_db.rows import PositionRow

SHOWN = 6
"""How many tickers a closing line names before it only counts."""


@dataclass(slots=True)
class ClosingLines:
    """The end of a run in five lines. stopped_out is printed before them, one line a position."""

    exits: str = "none"
    entries: str = "none"
    skipped: str = "none"
    needs_hand: str = "nothing"
    next_step: str = "nothing to do"
    stopped_out: list[str] = field(default_factory=list)

    def add_hand(self, words: str) -> None:
        """Put one more thing under "needs a hand"."""
        self.needs_hand = words if self.needs_hand == "nothing" else f"{self.needs_hand}; {words}"

    def lines(self) -> tuple[str, ...]:
        """Return the five lines, labels aligned."""
        labelled = {
            "exits": self.exits,
            "entries": self.entries,
            "skipped": self.skipped,
            "needs a hand": self.needs_hand,
            "next step": self.next_step,
        }
        return tuple(f"{label + ':':<14}{text}" for label, text in labelled.items())

    def as_json(self) -> dict[str, object]:
        return {
            "stopped_out": list(self.stopped_out),
            "exits": self.exits,
            "entries": self.entries,
            "skipped": self.skipped,
            "needs_hand": self.needs_hand,
            "next_step": self.next_step,
        }


def stopped_out_text(position: PositionRow) -> str:
    """Return one stopped-out position with shares, price and P&L."""
    price = "?" if position.exit_price is None else format_price(position.exit_price)
    pnl = "?" if position.pnl is None else format_usd(position.pnl)
    pct = "" if position.return_pct is None else f" ({position.return_pct:+.1f} %)"
    return f"{position.ticker} {position.sold_shares} at {price} on {position.exit_date}, P&L {pnl}{pct}"


def counted(*parts: tuple[Sequence[str], str]) -> str:
    """Return how many there are of each kind, and the first of them: `2 bought: AAA, BBB; 1 working: CCC`.

    A kind without a word is only counted: `2: AAA, BBB`.
    """
    named = [(f"{len(found)} {word}".strip(), first_of(found)) for found, word in parts if found]
    return "; ".join(f"{count}: {names}" for count, names in named) or "none"


def first_of(items: Sequence[str], between: str = ", ") -> str:
    """Return the first items and how many more there are: `AAA, BBB, CCC, DDD, EEE, FFF and 2 more`."""
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return between.join(items[:SHOWN]) + more
