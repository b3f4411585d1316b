"""The state DB, its lock, and what a person has said in it: kill switch and entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from live.doctor.answer import Answer, failed, ok, warn
from live.doctor.context import Context
from live.inspect.status_values import Role, strategy_lines
from live.run.entry_control_text import entries_off_text
from live.run.lock import db_lock_path, lock_problem
from live.run.startup import require_kill_switch_off
from live.state_db.books import executed_books, shadow_books
from live.state_db.file_checks import header_version
from live.state_db.kill_switch import read_kill_switch
from live.state_db.schema import SCHEMA_VERSION


def state_db(context: Context) -> Answer:
    """Open a copy of it and judge every row, also those that no run looks at any more. Raises StateDBError (13)."""
    path = context.state_db_path
    opened = context.open_state_db()
    opened.db.check_every_row(path)
    if opened.db_is_new:
        return ok(f"none yet at {path}, the first run makes one")
    bound = opened.db.system_config.bound_account()
    whose = "not bound to an account yet" if bound is None else f"bound to {bound.broker} …{bound.account_id[-4:]}"
    version = header_version(path)
    words = f"{path}, schema {version}, {size_text(path)}, {whose}"
    if version < SCHEMA_VERSION:
        words += f"; the next run makes it schema {SCHEMA_VERSION} and keeps a copy of the file as it is"
    foreign = opened.db.connection.foreign_objects
    if foreign:
        return warn(f"{words}; holds what is not ours: {', '.join(foreign)}", "Remove it, or leave it: it is not used.")
    return ok(words)


def size_text(path: Path) -> str:
    """Return how large a file is, its write-ahead log included."""
    log = path.with_name(f"{path.name}-wal")
    size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    return f"{size / 1_000_000:,.1f} MB"


def lock(context: Context) -> Answer:
    """Ask who holds the lock of the state DB, without taking it."""
    path = db_lock_path(context.state_db_path)
    problem = lock_problem(path)
    return ok("free") if problem is None else failed(problem)


def kill_switch(context: Context) -> Answer:
    """Read the kill switch, which needs no state DB that can be opened. Raises KillSwitchError (3)."""
    require_kill_switch_off(read_kill_switch(context.state_db_path))
    return ok("off")


def shadows(context: Context) -> Answer:
    """Say how far each shadow has got, and whose books are kept though nothing is configured for them any more."""
    connection = context.opened.db.connection
    lines = strategy_lines(context.config.strategy, executed_books(connection), shadow_books(connection))
    played = {one.strategy: one.book.played_through for one in lines if one.role is Role.SHADOW and one.book}
    waiting = [one.strategy for one in lines if one.role is Role.SHADOW and one.book is None]
    same = [one.strategy for one in lines if one.role is Role.SAME]
    former = [one.strategy for one in lines if one.role is Role.FORMER_SHADOW]
    said = [f"{', '.join(names)} played through {day or '-'}" for day, names in _by_day(played)]
    said += [f"{', '.join(waiting)}: no book yet, begins with the next signal generator"] * bool(waiting)
    said += [f"{one} is the executed strategy itself and keeps no book" for one in same]
    said += [f"kept, not configured any more: {', '.join(former)}"] * bool(former)
    return ok("; ".join(said) or "none configured")


def _by_day(played: Mapping[str, date | None]) -> Iterable[tuple[date | None, Sequence[str]]]:
    found: dict[date | None, list[str]] = {}
    for strategy, day in played.items():
        found.setdefault(day, []).append(strategy)
    return found.items()


def entries(context: Context) -> Answer:
    """Ask whether a person has turned entries off."""
    said = context.opened.db.entry_controls.off()
    if said is None:
        return ok("on")
    return warn(entries_off_text(said), 'To buy again: python -m live.admin entries on --reason "…"')
