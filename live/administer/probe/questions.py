"""What only the broker can answer: each question with the fact of docs/broker.md that it decides; pure.

A question is answered by one word (the constants below). `expected` are the words that the fact states; the code may
work with others too. `simulated` is the word of the embedded exchange, which the tests ask as a broker is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

YES, NO = "yes", "no"
ACCEPTED, REFUSED, REFUSED_OTHERWISE = "accepted", "refused", "refused otherwise"
AT_ONCE, DELAYED, LATE, NEVER = "at once", "delayed", "late", "never"
NEW_ID, SAME_ID = "new id", "same id"
OURS, THEIRS = "ours", "the broker's"

_90_DAYS = "90 days"
_SOON = (AT_ONCE, DELAYED)


class Asked(StrEnum):
    """When a question can be asked."""

    ALWAYS = "always"
    OPEN = "open"
    """In a session: shares are bought, or an order has to be live."""
    CLOSED = "closed"
    """While the exchange is closed: the order has to wait for the open."""

    def fits(self, is_open: bool | None) -> bool:
        """Return whether it can be asked now. is_open: None near the open and the close, when neither kind can."""
        return self is Asked.ALWAYS or is_open is (self is Asked.OPEN)


@dataclass(frozen=True, slots=True)
class Question:
    """One question. fact: the id of its row in docs/broker.md. works_either_way: the code relies on no answer."""

    id: str
    fact: str
    words: str
    expected: tuple[str, ...]
    simulated: str
    asked: Asked = Asked.ALWAYS
    works_either_way: bool = False


class Group(StrEnum):
    """Questions that are asked of the same orders; nothing is left behind between two groups."""

    RESTING = "an order that rests"
    REFUSALS = "refusals"
    OTO = "an OTO that rests"
    QUEUED = "an OTO that waits for the open"
    SHARE = "one share"


_A, _O, _C = Asked.ALWAYS, Asked.OPEN, Asked.CLOSED

GROUPS: Mapping[Group, tuple[Question, ...]] = {
    Group.RESTING: (
        Question("order-status-closed", "B12", "What is a limit buy before the open?", ("accepted",), "accepted", _C),
        Question("order-status-open", "B10", "What is a limit buy in a session?", ("new",), "new", _O, True),
        Question("found-by-client-id", "B29", "When is an accepted order found by our id?", _SOON, AT_ONCE),
        Question("found-in-list", "B29", "When is an accepted order in the list of open orders?", _SOON, AT_ONCE),
        Question("rate-limit-headers", "B23", "Do answers carry X-RateLimit-Reset?", (YES,), NO, _A, True),
        Question("duplicate-while-open", "B07", "Is the id of an open order refused?", (REFUSED,), REFUSED),
        Question("patch-before-open", "B10", "Is PATCH of an accepted order refused?", (REFUSED,), REFUSED, _C, True),
        Question("patch-plain-order", "B10", "Is PATCH of a live order taken?", (ACCEPTED,), ACCEPTED, _O, True),
        Question("patched-order-id", "B10", "Has the successor an id of its own?", (NEW_ID,), NEW_ID, _O),
        Question("patched-order-names-successor", "B10", "Does the old order name its successor?", (YES,), YES, _O),
        Question("patched-order-client-id", "B10", "Is the successor found by our id?", (YES,), YES, _O, True),
        Question("cancel-before-open", "B32", "When is an order canceled before the open?", _SOON, AT_ONCE, _C),
        Question("cancel-in-session", "B32", "When is a live order canceled?", _SOON, AT_ONCE, _O),
        Question("cancel-again", "B32", "Is a second cancel refused?", (REFUSED,), REFUSED, _A, True),
        Question("duplicate-after-cancel", "B06", "Is the id of a canceled order refused?", (REFUSED,), REFUSED),
    ),
    Group.REFUSALS: (
        Question("unknown-order", "B33", "Is an order that nobody knows a 404?", (YES,), YES),
        Question("bracket-without-target", "B01", "Is a bracket with a stop alone refused?", (REFUSED,), REFUSED),
        Question("id-after-refusal", "B31", "May a refused order's id be used again?", (ACCEPTED,), ACCEPTED),
    ),
    Group.OTO: (
        Question("leg-in-answer", "B34", "Does the answer to an OTO carry its leg?", (YES,), YES),
        Question("leg-status", "B17", "What is a leg before the fill?", ("held",), "held", _A, True),
        Question("leg-client-id", "B34", "Whose client_order_id has a leg?", (THEIRS,), THEIRS, _A, True),
        Question("leg-by-id", "B34", "Does the OTO read by its id show the leg?", (YES,), YES),
        Question("leg-by-client-id", "B34", "Does the OTO read by our id show the leg?", (NO,), NO, _A, True),
        Question("held-leg-in-list", "B17", "Is a held leg in the list of open orders?", (NO,), YES, _A, True),
        Question("patch-held-leg", "B10", "Is PATCH of a held leg refused?", (REFUSED,), REFUSED, _A, True),
        Question("cancel-ends-leg", "B35", "When is the leg of a canceled OTO over?", _SOON, AT_ONCE),
    ),
    Group.QUEUED: (
        Question("queued-oto", "B12", "Is a market OTO taken before the open?", (ACCEPTED,), ACCEPTED, _C),
        Question("cancel-queued-oto", "B32", "When is a queued OTO canceled?", _SOON, AT_ONCE, _C),
    ),
    Group.SHARE: (
        Question("buy-fills", "B12", "When does a market buy of one share fill?", _SOON, AT_ONCE, _O),
        Question("leg-becomes-live", "B30", "When does the leg leave held after the fill?", _SOON, AT_ONCE, _O, True),
        Question("live-leg-in-list", "B17", "Is a live leg in the list of open orders?", (YES,), YES, _O, True),
        Question("live-leg-in-nested-list", "B17", "Is a live leg listed with nested=true?", (NO,), YES, _O, True),
        Question("live-leg-by-id", "B17", "Does the filled parent show its live leg?", (YES,), YES, _O),
        Question("cancel-filled", "B32", "Is the cancel of a filled order refused?", (REFUSED,), REFUSED, _O),
        Question("stop-holds-shares", "B04", "Is the share held by its stop (qty_available 0)?", (YES,), YES, _O),
        Question("sell-beside-stop", "B04", "Is a sell beside the stop refused?", (REFUSED,), REFUSED, _O),
        Question("refusal-names-stop", "B18", "Does the refusal of a sell name the stop?", (YES,), YES, _O, True),
        Question("patch-leg", "B19", "Is PATCH of a live leg taken?", (ACCEPTED, REFUSED), ACCEPTED, _O, True),
        Question("patched-leg-id", "B10", "Has the new leg an id of its own?", (NEW_ID,), NEW_ID, _O, True),
        Question("patched-leg-client-id", "B10", "Whose client_order_id has the new leg?", (OURS,), OURS, _O, True),
        Question("patched-leg-by-id", "B10", "Does the filled parent show the new leg?", (YES,), YES, _O, True),
        Question("cancel-stop", "B32", "When is a stop canceled in a session?", _SOON, AT_ONCE, _O),
        Question("shares-free", "B04", "When is the share free after the stop's end?", _SOON, AT_ONCE, _O),
        Question("plain-stop", "B08", "Is a plain GTC sell stop taken?", (ACCEPTED,), ACCEPTED, _O),
        Question("stop-expires", "B08", "After how many days does a stop expire?", (_90_DAYS, "91 days"), _90_DAYS, _O),
        Question("buy-beside-stop", "B05", "Is a plain buy beside the stop refused?", (REFUSED,), REFUSED, _O, True),
        Question("patch-plain-stop", "B10", "Is PATCH of a plain stop taken?", (ACCEPTED,), ACCEPTED, _O, True),
        Question("sell-after-cancel", "B04", "Is a sell right after the stop's end taken?", (ACCEPTED,), ACCEPTED, _O),
        Question("sell-fills", "B12", "When does a market sell of one share fill?", _SOON, AT_ONCE, _O),
        Question("fills-listed", "B36", "When are both fills among the activities?", _SOON, AT_ONCE, _O),
        Question("duplicate-after-fill", "B06", "Is the id of a filled order refused?", (REFUSED,), REFUSED, _O),
    ),
}  # fmt: skip
"""In the order in which they are asked."""

QUESTIONS = tuple(question for group in GROUPS.values() for question in group)
BY_ID = {question.id: question for question in QUESTIONS}
