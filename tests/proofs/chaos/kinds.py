"""The kinds of events: how often each is drawn, and with which numbers. What each does: `actions.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from live.sim.faults import OrderFaultKind

READS = ("orders", "order", "positions", "account", "clock", "calendar", "activities", "data", "assets")
"""What is read, by the names of `broken_requests.PLACES`."""
WRITES = ("POST", "DELETE", "PATCH")
ANYTHING = (*WRITES, *WRITES, *READS)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event. weight: how often it is drawn. where: requests it may hit. times, amounts: to be drawn from.

    deepest: up to how many requests pass first. lies: the broker's answers are not the truth while it works.
    """

    name: str
    weight: int
    where: Sequence[str] = ()
    times: Sequence[int | None] = (1,)
    amounts: Sequence[int] = ()
    deepest: int = 0
    has_ticker: bool = False
    lies: bool = False


_FEW = (1, 1, 1, 2, 3, 4, None)
_TRANSPORT = (
    Kind("error", 5, ANYTHING, _FEW, (500, 502, 503, 504), 5),
    Kind("error_after", 5, ANYTHING, _FEW, (500, 502, 504), 5),
    Kind("lost", 5, ANYTHING, _FEW, (), 5),
    Kind("lost_answer", 6, ANYTHING, _FEW, (), 5),
    Kind("hang", 3, ANYTHING, (1, 1, 2, 3), (5, 15, 30), 5),
    Kind("hang_after", 4, ANYTHING, (1, 1, 2, 3), (15, 30), 5),
    Kind("limited", 4, ANYTHING, (1, 1, 2, 3), (1, 10, 45, 120), 5),
    Kind("cut", 4, ANYTHING, _FEW, (), 5),
    Kind("wrong", 4, ANYTHING, (1, 2, None), (0, 1, 2, 3, 4, 5), 5, lies=True),
    Kind("refused", 4, (*WRITES, "orders", "positions", "account"), (1, 1, 2, None), (0, 1, 2, 3, 4), 3),
    Kind("keys_refused", 2, ANYTHING, (1, 2, None), (401, 403), 5),
    Kind("accepted_late", 4, ("POST",), (1, 2), (1, 2, 3, 5, 8), 3),
    Kind("visible_late", 4, ("POST",), (1, 2), (1, 2, 4, 8), 3, lies=True),
    Kind("lagging", 4, ("orders", "positions"), (1, 2, 3), (5, 60, 600), 4, lies=True),
    Kind("field", 4, ("orders", "order", "positions", "account", "POST"), (1, 2, 3), tuple(range(8)), 4, lies=True),
    Kind("unknown_word", 2, ("orders", "order"), (1, 2, None), (), 3, lies=True),
)
_ORDERS = tuple(
    Kind(kind.value, 4, (), (1, 1, 2, None), (1, 2, 3, 7, 30, 600), 0, has_ticker=True) for kind in OrderFaultKind
)
_HANDS = (
    Kind("hand_buys", 2, amounts=(3, 10), deepest=12, has_ticker=True),
    Kind("hand_sells", 3, amounts=(3, 100), deepest=12, has_ticker=True),
    Kind("hand_stop", 3, amounts=(80, 95), deepest=12, has_ticker=True),
    Kind("hand_limit", 2, amounts=(3, 100), deepest=12, has_ticker=True),
    Kind("hand_cancels", 4, deepest=12, has_ticker=True),
)
_ACCOUNT = (
    Kind("blocked", 2, deepest=8),
    Kind("suspended", 2, deepest=8),
    Kind("untradable", 2, deepest=4, has_ticker=True),
    Kind("clock_down", 3, times=(1, 4, None)),
)
_MACHINE = (
    Kind("killed_at_request", 12, amounts=(0, 1), deepest=24),
    Kind("killed_at_commit", 12, amounts=(0, 1), deepest=16),
    Kind("terminated", 4, deepest=16),
    Kind("disk_full", 5, times=(1, 3, None), deepest=30),
    Kind("db_busy", 4, times=(1, 2, None), deepest=12),
    Kind("folder_full", 2, times=(1, None), deepest=1),
    Kind("switched_on", 4, deepest=20),
    Kind("kill_file", 3, deepest=20),
    Kind("second_run", 4, deepest=16),
    Kind("prices_down", 2, times=(1, None)),
)
DRAWN: tuple[Kind, ...] = (*_TRANSPORT, *_ORDERS, *_HANDS, *_ACCOUNT, *_MACHINE)
KINDS = {kind.name: kind for kind in DRAWN}
