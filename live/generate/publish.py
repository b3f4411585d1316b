"""Publishes what a run decided: one transaction with shadows, stored state and issued files; then the files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from backtest.errors import InputError
from backtest.strict_json import read_bytes
from live.generate.generator_state import GeneratorState, save_state, without_played
from live.generate.shadow import ShadowRun
from live.generate.shadow_rows import write_shadows
from live.run.program import Run
from live.signals.file import SignalFile, WrittenFile, file_name, file_sha256, log_signal_file, write_text
from live.signals.reader import MAX_FILE_BYTES
from live.state_db.db import StateDB
from live.state_db.records import SignalFileRow


def publish(
    run: Run,
    db: StateDB,
    files: Sequence[SignalFile],
    folder: Path,
    *,
    shadows: Sequence[ShadowRun],
    state: GeneratorState,
) -> list[Path]:
    """Write everything the run decided; the executed strategy's file is the first. Returns the paths.

    A run that dies after the transaction has issued files that are not on disk; the same command issues the same
    content again and writes it.
    """
    written = [one.written() for one in files]
    with db.transaction():
        db.runs.set_trade_date(run.run_id, files[0].trade_date)
        for one, as_written in zip(files, written, strict=True):
            _issue_row(run, db, one, as_written, folder)
        _write_shadows(db, shadows, state)
    for one in files:
        _keep_unknown(run, db, folder / one.file_name)
    return [write_text(folder, one.file_name, found.text) for one, found in zip(files, written, strict=True)]


def publish_shadows(
    run: Run, db: StateDB, trade_date: date, shadows: Sequence[ShadowRun], state: GeneratorState
) -> None:
    """Write what a refused run decided for the shadows, in one transaction. No file is issued."""
    with db.transaction():
        db.runs.set_trade_date(run.run_id, trade_date)
        _write_shadows(db, shadows, state)


def _write_shadows(db: StateDB, shadows: Sequence[ShadowRun], state: GeneratorState) -> None:
    write_shadows(db, shadows)
    save_state(db, without_played(state, [one.strategy for one in shadows], db.shadow.stepped_through))


def publish_again(db: StateDB, accepted: SignalFileRow, others: Sequence[str], folder: Path) -> list[Path]:
    """Write the stored content of an accepted plan's file once more, and the newest of the other strategies'."""
    found = (db.signal_files.latest(strategy, accepted.trade_date) for strategy in others)
    rows = [accepted, *(row for row in found if row is not None)]
    return [write_text(folder, file_name(row.strategy, row.trade_date), row.text) for row in rows]


def _keep_unknown(run: Run, db: StateDB, path: Path) -> None:
    """Give a file that this state DB never issued another name: it may prove orders ours that a lost DB sent (F110)."""
    if path.is_symlink() or not path.is_file():
        return
    try:
        digest = hashlib.sha256(read_bytes(path, what="signal file", max_bytes=MAX_FILE_BYTES)).hexdigest()
        if db.signal_files.by_file_sha256(digest) is not None:
            return
        kept = path.with_name(f"{path.stem}.{digest[:8]}{path.suffix}")
        path.replace(kept)
    except (InputError, OSError):
        return  # no signal file, so nothing that could prove anything
    run.note(f"{path.name}: another state DB issued the one that was there; it is kept as {kept.name}")


def _issue_row(run: Run, db: StateDB, signal: SignalFile, written: WrittenFile, folder: Path) -> None:
    before = db.signal_files.latest(signal.strategy, signal.trade_date)
    content, digest = written.content_sha256, file_sha256(written.text)
    db.signal_files.issue(
        strategy=signal.strategy,
        trade_date=signal.trade_date,
        path=str(folder / signal.file_name),
        text=written.text,
        content_sha256=content,
        file_sha256=digest,
        run_id=signal.run_id,
    )
    log_signal_file("issued", signal, digest)
    if before is not None:
        same = "the same content as" if before.content_sha256 == content else "other content than"
        run.note(f"{signal.file_name}: {same} the run {before.run_id} had, which it supersedes")
