"""What is asked on the evening of each day, and what the account has cost by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from live.clock import SystemClock
from live.state_db.db import StateDB
from tests.proofs import events
from tests.proofs.chaos.world import World
from tests.proofs.invariants import Violation, differences, naked_shares, read_book
from tests.proofs.soak.cost import Cost, cost_of_runs

KIB = 1024
PARTS = 5
"""The first and the last fifth of a year are compared."""


@dataclass(frozen=True, slots=True)
class Evening:
    """One day's end. db_kib: the state DB's file. cost: of two commands, on the days it is measured."""

    db_kib: int
    held: int
    closed: int
    cost: Cost | None = None


def evening_of(world: World, *, is_measured: bool) -> Evening:
    """Return what the account has come to by now."""
    book = read_book(world.account.state_db)
    return Evening(
        db_kib=world.account.state_db.stat().st_size // KIB,
        held=len(book.open),
        closed=len(book.positions) - len(book.open),
        cost=cost_of_runs(world.account) if is_measured else None,
    )


def evening_violations(world: World, book: events.Book) -> Iterator[Violation]:
    """Yield where state DB, exchange and events differ, and what is without a stop overnight.

    book: what the events of the evenings before have made.
    """
    exchange = world.account.exchange
    rows = read_book(world.account.state_db)
    now = exchange.now()
    for ticker, words in exchange.inspect(lambda state: differences(state, rows)).items():
        yield Violation("I4", now, ticker, f"in the evening: {words}")
    for ticker, shares in exchange.inspect(lambda state: naked_shares(state, rows)).items():
        yield Violation("I2", now, ticker, f"in the evening: {shares} shares without protection")
    with StateDB.open_reading(world.account.state_db, SystemClock()) as db:
        for line in events.differences(db, book):
            yield Violation("events", now, "", line)


def growth(evenings: Sequence[Evening]) -> dict[str, str]:
    """Return what the year has cost: its first part beside its last one."""
    size = max(len(evenings) // PARTS, 1)
    days = [later.db_kib - before.db_kib for before, later in pairwise(evenings)] or [0]
    costs = [one.cost for one in evenings if one.cost is not None]
    early, late = costs[: max(len(costs) // PARTS, 1)], costs[-max(len(costs) // PARTS, 1) :]
    return {
        "state DB at the end": f"{evenings[-1].db_kib / KIB:,.1f} MiB",
        "its growth a day": f"{fmean(days[:size]):,.0f} and {fmean(days[-size:]):,.0f} KiB",
        "protect and status": " and ".join(f"{fmean(one.cpu_s for one in part):.2f}" for part in (early, late))
        + " s of processor time",
        "memory of protect": _memory(0, early, late),
        "memory of status": _memory(1, early, late),
    }


def _memory(command: int, *parts: Sequence[Cost]) -> str:
    return " and ".join(f"{max(one.memory_kib[command] for one in part) / KIB:,.0f}" for part in parts) + " MiB"
