"""Events of machine and process: killed, told to end, disk full, state DB busy, a second run, the kill switch."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from backtest.errors import DriftError
from live.state_db.connection import Connection
from live.state_db.db import StateDB
from live.state_db.sqlite_file import refuse
from tests.proofs.chaos.schedule import Event
from tests.proofs.chaos.world import World
from tests.proofs.dying import dying_at_commit, dying_at_request

Act = Callable[[World, Event], None]


def _killed_at_request(world: World, event: Event) -> None:
    world.stack.enter_context(dying_at_request(world.account.exchange, event.skip, carried_out=bool(event.amount)))


def _killed_at_commit(world: World, event: Event) -> None:
    world.stack.enter_context(dying_at_commit(event.skip, committed=bool(event.amount)))


def _terminated(world: World, event: Event) -> None:
    def send() -> None:
        handler = signal.getsignal(signal.SIGTERM)
        interrupt = getattr(handler, "__self__", None)
        if interrupt is not None and interrupt.signal_number is None:  # a second one would end this process
            signal.raise_signal(signal.SIGTERM)

    world.after_requests(max(1, event.skip), send)


@contextmanager
def _failing_db(world: World, event: Event, statements: tuple[str, ...], words: str) -> Iterator[None]:
    """Let statements of the state DB fail: after some that pass, as often as the event says."""
    real = Connection._execute
    passed = failed = 0

    def execute(self: Connection, sql: str, params: Any = ()) -> sqlite3.Cursor:
        nonlocal passed, failed
        if self.path == world.account.state_db and sql.startswith(statements):
            passed += 1
            if passed > event.skip and (event.times is None or failed < event.times):
                failed += 1
                refuse(sqlite3.OperationalError(words), self.path)
        return real(self, sql, params)

    Connection._execute = execute  # type: ignore[method-assign]
    world.watch.db_fails = True
    try:
        yield
    finally:
        Connection._execute = real  # type: ignore[method-assign]


def _disk_full(world: World, event: Event) -> None:
    writes = ("INSERT", "UPDATE", "COMMIT")
    world.stack.enter_context(_failing_db(world, event, writes, "database or disk is full"))


def _db_busy(world: World, event: Event) -> None:
    world.stack.enter_context(_failing_db(world, event, ("BEGIN",), "database is locked"))


@contextmanager
def _failing_files(event: Event) -> Iterator[None]:
    """Let files that are written in one step fail, as on a full disk."""
    real = os.fsync
    passed = failed = 0

    def fsync(handle: int) -> None:
        nonlocal passed, failed
        passed += 1
        if passed > event.skip and (event.times is None or failed < event.times):
            failed += 1
            raise OSError(28, "No space left on device")
        real(handle)

    os.fsync = fsync  # type: ignore[assignment]
    try:
        yield
    finally:
        os.fsync = real


def _folder_full(world: World, event: Event) -> None:
    world.stack.enter_context(_failing_files(event))


def _switched_on(world: World, event: Event) -> None:
    def switch() -> None:
        if world.account.state_db.exists():
            world.is_joined = True
            by_hand, state_db = world.watch.by_hand(), world.account.state_db
            with suppress(DriftError), by_hand, StateDB.open(state_db, world.account.broker.clock) as db:
                db.system_config.turn_kill_switch_on("enough", "a person")

    world.after_requests(event.skip, switch)


def _kill_file(world: World, event: Event) -> None:
    world.after_requests(event.skip, lambda: (world.account.folder / "KILL").touch(0o600))


def _second_run(world: World, event: Event) -> None:
    from tests.proofs.chaos.programs import start_second

    world.after_requests(max(1, event.skip), lambda: start_second(world))


def _prices_down(world: World, event: Event) -> None:
    for ticker, _ in world.schedule.market[: 2 if event.times else None]:
        world.account.prices.failed[ticker] = "the source did not answer"


ACTIONS: dict[str, Act] = {
    "killed_at_request": _killed_at_request,
    "killed_at_commit": _killed_at_commit,
    "terminated": _terminated,
    "disk_full": _disk_full,
    "db_busy": _db_busy,
    "folder_full": _folder_full,
    "switched_on": _switched_on,
    "kill_file": _kill_file,
    "second_run": _second_run,
    "prices_down": _prices_down,
}
