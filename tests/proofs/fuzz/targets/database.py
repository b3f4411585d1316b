"""The state DB and its backups with bytes and values changed, opened by the programs that trade and that show it.

A case is a JSON list of changes: bytes at a place of the file, or the value of a row's column.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

from live.admin import main as admin
from live.errors import StateDBError
from live.run.runtime import Runtime
from live.state_db.backup import check_backup
from live.state_db.db import StateDB
from live.state_db.kill_switch import read_kill_switch
from tests.cli.done import run_command
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.fakes import FakeClock
from tests.proofs.fuzz.mutate import VALUES, how_many
from tests.proofs.fuzz.scratch import scratch
from tests.proofs.fuzz.target import VALUE, Target, outcome, require
from tests.proofs.fuzz.targets.programs import CODES, ends_in_order

UNUSABLE = (13,)
READERS: tuple[tuple[str, ...], ...] = (
    ("status",), ("status", "--json"), ("status", "--check"), ("trades",), ("trades", "--by", "reason", "--json"),
    ("orders", "list"), ("runs", "list", "--json"), ("events",), ("explain", "AAA"), ("slippage", "--json"),
    ("shadows",), ("reconcile",), ("kill-switch", "status"),
)  # fmt: skip
MOST_EDITS = 20
_WORDS = ("open", "closed", "entry", "exit", "stop", "planned", "unknown", "filled", "on", "off", "2026-01-05",
    "{}", "[]",
          '{"on": true}', "AAA", "ema_p10", "trend_break", -1, 0, 1, 2**62, 1.5, "x'00'")  # fmt: skip


@cache
def _lab() -> Lab:
    """Return an account with holdings, a plan and a closed trade; its DB is exchanged for every case."""
    lab = make_lab(scratch() / "database")
    lab.hold("AAA", "BBB")
    lab.go(1, "09:00").issue(1, sell=["BBB"], buy=["CCC"])
    lab.go(1, "09:20").run("place")
    lab.go(1, "09:31").run("poll")
    lab.go(2, "09:00").issue(2, sell=["AAA"], buy=["DDD"])
    with contextlib.closing(sqlite3.connect(lab.state_db)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(lab.state_db, scratch() / "sound.db")
    return lab


@cache
def _columns() -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """Return the tables with their columns and how many rows they have."""
    _lab()
    with contextlib.closing(sqlite3.connect(scratch() / "sound.db")) as raw:
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = []
        for name in names:
            columns = tuple(row[1] for row in raw.execute(f"PRAGMA table_info({name})"))
            found.append((name, columns, raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0]))
    return tuple(one for one in found if one[2])


def _put(case: bytes, path: Path) -> bool:
    """Make the changed file; False when the case describes none."""
    try:
        edits = json.loads(case)
    except (ValueError, RecursionError):
        return False
    if not isinstance(edits, list):
        return False
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    shutil.copy(scratch() / "sound.db", path)
    for edit in (one for one in edits[:MOST_EDITS] if isinstance(one, dict)):
        with contextlib.suppress(sqlite3.Error, ValueError, TypeError, KeyError, OverflowError, UnicodeError):
            _change_cell(edit, path) if "table" in edit else _change_bytes(edit, path)
    return True


def _change_cell(edit: dict[str, Any], path: Path) -> None:
    """Set a value past the rules of the tables, as a damaged file or a hand does."""
    names = {name: columns for name, columns, _ in _columns()}
    table, column = str(edit["table"]), str(edit["column"])
    if column not in names[table]:
        return
    value = edit["value"] if isinstance(edit["value"], str | int | float | None) else json.dumps(edit["value"])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute("PRAGMA journal_mode = DELETE")
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {trigger}") if edit.get("guards") == "dropped" else None
        where = f"rowid = (SELECT rowid FROM {table} LIMIT 1 OFFSET ?)"
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value, int(edit["row"])))


def _change_bytes(edit: dict[str, Any], path: Path) -> None:
    content = bytearray(path.read_bytes() or b"\0")
    at, new = int(edit["at"]) % len(content), bytes.fromhex(str(edit["bytes"]))
    content[at : at + len(new)] = new[: len(content) - at]
    path.write_bytes(content[: int(edit.get("size", len(content)))])


def _mutate(case: bytes, rng: random.Random) -> bytes:
    """Add, exchange or take away a change."""
    try:
        edits = json.loads(case)
        edits = list(edits) if isinstance(edits, list) else []
    except (ValueError, RecursionError):
        edits = []
    for _ in range(how_many(rng)):
        if edits and rng.random() < 0.3:
            del edits[rng.randrange(len(edits))]
        edits.append(_edit(rng))
    return json.dumps(edits[-MOST_EDITS:]).encode()


def _edit(rng: random.Random) -> dict[str, Any]:
    if rng.random() < 0.75:
        table, columns, rows = rng.choice(_columns())
        edit = {"table": table, "row": rng.randrange(rows), "column": rng.choice(columns)}
        return edit | {"value": rng.choice((*VALUES, *_WORDS, *_WORDS))}
    page, inside = rng.randrange(80), rng.choice((rng.randrange(100), rng.randrange(4096)))
    edit = {"at": page * 4096 + inside, "bytes": rng.randbytes(rng.choice((1, 2, 8, 300))).hex()}
    return edit | ({"size": rng.choice((0, 1, 99, 4096, 40_000))} if rng.random() < 0.1 else {})


def _check_programs(case: bytes) -> str:
    """The executor's dry run and a reader of the administrator: no bug, one line, not a byte changed."""
    lab = _lab()
    if not _put(case, lab.state_db):
        return "none"
    before = lab.state_db.read_bytes()
    phase = ("protect", "place", "poll")[len(case) % 3]
    done = lab.run(phase, "--dry-run")
    ends_in_order(done)
    require(lab.writes == [], "a dry run sends")
    common: list[str | Path] = [
        "--state-db",
        lab.state_db,
        "--broker",
        "sim",
        "--config",
        DEFAULT,
        "--set",
        "broker.id=sim",
    ]
    reader = READERS[sum(case) % len(READERS)]
    shown = run_command(admin, [*reader, *common], Runtime(lab.broker))
    if reader[-1] == "--check":  # it says everything in one line on stdout, for a monitor
        require(shown.code in CODES and len(shown.stdout.splitlines()) == 1, "status --check: not one line")
    else:
        ends_in_order(shown, f"{' '.join(reader)}: ")
    require(lab.state_db.read_bytes() == before, "a dry run or a reader changes the state DB")
    return str(done.code) if done.code else VALUE


def _check_file(case: bytes) -> str:
    """Every reading of the file itself, and a run's opening, which leaves a refused file as it is."""
    _lab()
    path = scratch() / "case.db"
    if not _put(case, path):
        return "none"
    before = path.read_bytes()

    def read() -> None:
        with StateDB.open_reading(path, FakeClock()) as db:
            db.positions.open_positions(), db.positions.ledger(), db.positions.realized()
            db.orders.unfinished(), db.runs.last(20), db.runs.listed(), db.equity.latest()
            db.events.newest(limit=10_000), db.system_config.kill_switch(), db.system_config.bound_account()
            db.signal_files.newest("ema_p10"), db.shadow.active("nwl_p4"), db.entry_controls.off()

    found = outcome(read, UNUSABLE)
    read_kill_switch(path)  # which never raises
    require(path.read_bytes() == before, "reading changes the file")
    try:
        StateDB.open(path, FakeClock()).close()
    except StateDBError:
        require(path.read_bytes() == before, "a refused file is changed")
    return found


def _check_backup(case: bytes) -> str:
    _lab()
    path = scratch() / "backup.db"
    if not _put(case, path):
        return "none"
    before = path.read_bytes()
    found = outcome(lambda: check_backup(path), UNUSABLE)
    require(path.read_bytes() == before, "looking at a backup changes it")
    return found


def _seeds() -> list[bytes]:
    return [b"[]", *(_mutate(b"[]", random.Random(seed)) for seed in range(8))]


TARGETS = (
    Target("state-db", "the state DB's file", _check_file, _seeds, _mutate, ".json"),
    Target("state-db-programs", "the state DB, through the programs", _check_programs, _seeds, _mutate, ".json", 5.0),
    Target("backup", "a backup of the state DB", _check_backup, _seeds, _mutate, ".json"),
)
