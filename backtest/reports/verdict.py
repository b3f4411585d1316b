"""What a reading is worth: what was read about one stock is confirmed, doubtful or refused, with every reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a reading may move money.

    CONFIRMED: nothing speaks against it, and the name or the price confirms who is meant. DOUBTFUL: something does, or
    nothing confirms it; traded only with `strategy.accept: doubtful`. REFUSED: what is printed is impossible; never
    traded.
    """

    CONFIRMED = "confirmed"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason against a reading. field: the candidate's, or `identity`; place: where on the page, for a person;
    refuses: what was read is not only doubtful but impossible."""

    field: str
    text: str
    place: str = ""
    refuses: bool = False

    def sentence(self) -> str:
        """Return the doubt as one line for people."""
        return f"{self.field}: {self.text}" + (f" ({self.place})" if self.place else "")


def verdict_of(doubts: Sequence[Doubt]) -> Verdict:
    """Return what the doubts about one stock leave of its reading."""
    if any(doubt.refuses for doubt in doubts):
        return Verdict.REFUSED
    return Verdict.DOUBTFUL if doubts else Verdict.CONFIRMED


def text_of(doubts: Sequence[Doubt]) -> str | None:
    """Return every doubt in one sentence, those that refuse first; None without any."""
    ordered = sorted(doubts, key=lambda doubt: not doubt.refuses)
    return "; ".join(doubt.text for doubt in ordered) or None
