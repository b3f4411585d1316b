"""What must hold when a run has ended: its book (I2–I4, I9, I15), what it says and records (I20), its files (I21), its
time (I22)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from live.run.interrupt import RUN_LIMIT
from live.sim.exchange import Exchange
from live.sim.timeline import to_us
from tests.cli.done import Done
from tests.proofs.invariants import (
    NO_BOOK,
    Book,
    Violation,
    book_in,
    booked_wrongly,
    differences,
    file_violations,
    naked_shares,
    oversell_violations,
    reading,
)

DONE = 0
KNOWS_THE_BOOK = frozenset({0, 4, 9, 12})
"""Codes of a run that has read the broker's lists to the end, so that it can name what differs."""
LEAVES_NO_ROW = frozenset({2, 6, 10, 13})
"""Codes of a run that may have had no state DB to write its row into."""
TO_END = timedelta(minutes=3)
"""What a run may take beyond its 15 minutes: what gives stops back at the end is not broken off."""
LONGEST_WAIT = timedelta(minutes=120)


@dataclass(frozen=True, slots=True)
class Started:
    """How things stood when a run began. rows: of the run log."""

    at: datetime
    rows: int


def start_of(exchange: Exchange, state_db: Path) -> Started:
    if not state_db.exists():
        return Started(exchange.now(), 0)
    with reading(state_db) as raw:
        return Started(exchange.now(), raw.execute("SELECT count(*) FROM run_log").fetchone()[0])


def end_violations(
    exchange: Exchange,
    state_db: Path,
    started: Started,
    done: Done,
    *,
    is_quiet: bool,
    protects: bool = True,
    asks_book: bool = True,
    asks_row: bool = True,
    is_lied_to: bool = False,
    unknowable: Collection[str] = (),
    waited: timedelta = timedelta(0),
) -> list[Violation]:
    """Return what does not hold after a run that ended (a killed one is not asked).

    is_quiet: nothing was broken during it. protects: it looks after the stops. asks_book: it looks after the
    book. asks_row: False when another run has acted in its place. is_lied_to: the broker's lists were not the
    truth, so that what is not ours could not be seen. unknowable: tickers that a person
    traded meanwhile, perhaps after the run's last look. waited: for the open, beside its time.
    """
    now = exchange.now()
    found: list[Violation] = []
    book, rows, newest = _read(state_db)
    if asks_book:
        found += _book(exchange, book, started, done, is_quiet=is_quiet, protects=protects)
        ours = book.open.keys()
        found = [one for one in found if one.ticker not in unknowable and (one.ticker in ours or not is_lied_to)]
    found += _what_is_said(done, now)
    if asks_row:
        found += _what_is_recorded(started, rows, newest, done, now, has_db=state_db.exists())
    found += file_violations(state_db.parent, now)
    if now - started.at > RUN_LIMIT + TO_END + waited:
        found.append(Violation("I22", now, "", f"the run took {now - started.at}"))
    return found


def _book(
    exchange: Exchange, book: Book, started: Started, done: Done, *, is_quiet: bool, protects: bool
) -> Iterator[Violation]:
    """I2–I4, I9, I15."""
    yield from _agreement(exchange, book, done, with_stops=protects)
    if protects:
        yield from _protection(exchange, book, done, is_quiet=is_quiet)
    if done.code == DONE:
        yield from exchange.inspect(lambda state: booked_wrongly(state, book, seen_before=to_us(started.at)))
        for ticker in sorted(book.open) if protects else ():
            yield from exchange.inspect(lambda state, ticker=ticker: oversell_violations(state, ticker))  # type: ignore[misc]


def _protection(exchange: Exchange, book: Book, done: Done, *, is_quiet: bool) -> Iterator[Violation]:
    """I2: nothing is naked, or the run says so and does not end 0; without any fault nothing is naked at all."""
    for ticker, shares in exchange.inspect(lambda state: naked_shares(state, book)).items():
        if done.code == DONE or is_quiet or (_knows_the_book(done) and not _is_named(done, ticker)):
            words = f"{shares} shares without protection after a run that ended {done.code}"
            yield Violation("I2", exchange.now(), ticker, words)


def _agreement(exchange: Exchange, book: Book, done: Done, *, with_stops: bool) -> Iterator[Violation]:
    """I4: state DB and exchange agree, or the run does not end 0 and names what differs."""
    for ticker, words in exchange.inspect(lambda state: differences(state, book, with_stops=with_stops)).items():
        if done.code == DONE or (_knows_the_book(done) and not _is_named(done, ticker)):
            yield Violation("I4", exchange.now(), ticker, f"{words}, after a run that ended {done.code}")


def _knows_the_book(done: Done) -> bool:
    """Return whether a run that ended so has read the broker's lists; one that a signal ended may not have."""
    was_ended = any(words in done.last_line for words in ("the run was interrupted", "the run took longer"))
    return done.code in KNOWS_THE_BOOK and not (was_ended and "needs a hand: nothing" in done.stdout)


def _is_named(done: Done, ticker: str) -> bool:
    return ticker in done.stdout or ticker in done.stderr


def _what_is_said(done: Done, now: datetime) -> Iterator[Violation]:
    """I20: an end other than 0 has its last line on stderr."""
    if done.code != DONE and not done.last_line.startswith(f"error[{done.code}] "):
        yield Violation("I20", now, "", f"ended {done.code}, the last line is {done.last_line!r}")


def _what_is_recorded(
    started: Started, rows: int, row: sqlite3.Row | None, done: Done, now: datetime, *, has_db: bool
) -> Iterator[Violation]:
    """I20: the newest row of the run log and its event say the same as the run's last line."""
    if rows == started.rows or row is None:
        if done.code != DONE and done.code not in LEAVES_NO_ROW and has_db:
            yield Violation("I20", now, "", f"ended {done.code} without a row in the run log")
        return
    if row["finished_at"] is None and done.code in LEAVES_NO_ROW:
        return  # the state DB could not be written any more
    if row["exit_code"] != done.code:
        yield Violation("I20", now, "", f"ended {done.code}, the run log has {row['exit_code']}")
    elif done.code != DONE and row["last_line"].partition(".")[0] not in done.last_line:
        yield Violation("I20", now, "", f"the run log has {row['last_line']!r}, stderr {done.last_line!r}")
    if not row["has_event"]:
        yield Violation("I20", now, "", f"the end of {row['run_id']} has no event")


def _read(state_db: Path) -> tuple[Book, int, sqlite3.Row | None]:
    """Return the book, how many rows the run log has, and its newest one with whether its end has an event."""
    if not state_db.exists():
        return NO_BOOK, 0, None
    with reading(state_db) as raw:
        row = raw.execute(
            "SELECT *, (SELECT count(*) FROM run_log) AS rows, EXISTS (SELECT 1 FROM events"
            " WHERE corr_id = run_log.run_id AND kind = 'run' AND type = 'finished') AS has_event FROM run_log"
            " ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return book_in(raw), 0 if row is None else row["rows"], row
