"""`maintenance`: the state DB's file made small, files of days long past deleted; no row and no backup goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from backtest.confirm import confirm
from live.clock import NEW_YORK
from live.errors import StateDBError
from live.execute.decide.lines import RERUN
from live.page.index import old_pages
from live.page.write_page import write_index
from live.run.closing_lines import first_of
from live.run.configuration import read_configuration
from live.run.logs import old_logs
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened, open_run
from live.run.stray import is_ours
from live.state_db.compact import FileSize, compact, free_bytes, size_of

WORD = "MAINTENANCE"
PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days the file of a day is kept."""

    logs: int
    pages: int


@dataclass(frozen=True, slots=True)
class OldFiles:
    """Files of one kind whose days are over. before: the first day that is kept."""

    name: str
    folder: Path
    before: date
    paths: tuple[Path, ...]

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.paths if path.is_file())


def maintain(run: Run, options: RunOptions, runtime: Runtime | None, keep: Keep, *, is_sure: bool) -> None:
    """Do it once it is confirmed at the terminal, and say what became free.

    Raises UsageError (2) when it is not confirmed, ConfigError (6), LockedError (10) while a run is active,
    StateDBError (13). Ends 9 when a file could not be deleted or the write-ahead log not emptied.
    """
    config = read_configuration(options)
    path = options.state_db or config.paths.state_db
    if not path.exists():
        raise StateDBError(
            f"no state DB in {path} (expected one to look after)", next_step="Give the right --state-db."
        )
    looked = open_run(run, replace(options, dry_run=True), runtime, only_reads=True)
    run.release_notes()
    before, old = size_of(path), _old_files(looked, options, path, keep)
    run.console.prose(f"{path}: {_size_text(before)}, {free_bytes(looked.db.connection):,} bytes unused in it")
    for files in old:
        run.console.say(_old_text(files))
    looked.db.close()
    if options.dry_run:
        _report(run, path, before, None, old, freed=0)
        return
    if not is_sure:
        confirm(WORD, "to delete these files and make the state DB's small")
    opened = open_run(run, options, runtime)
    run.begin()
    if not compact(path):
        run.outcome.unresolved("the write-ahead log could not be emptied: another program reads the state DB", RERUN)
    after, of_files = size_of(path), _delete(run, old)
    for files in old:
        if files.name == PAGES and files.paths:
            write_index(files.folder, opened.db)
    of_db = before.total - after.total
    run.console.say(f"{path}: {_size_text(after)}")
    run.console.say(f"freed: {of_db:,} bytes of the state DB, {of_files:,} of old files")
    _report(run, path, before, after, old, freed=of_db + of_files)


def _old_files(opened: Opened, options: RunOptions, state_db: Path, keep: Keep) -> tuple[OldFiles, ...]:
    """Return what may go: files that are named like a day's, of pages only where their folder is surely ours."""
    today = opened.clock.now().astimezone(NEW_YORK).date()
    paths = opened.config.paths
    found = []
    if paths.logs is not None:
        first = today - timedelta(days=keep.logs)
        folder = state_db.parent / paths.logs
        found.append(OldFiles("logs", folder, first, tuple(old_logs(folder, first))))
    if paths.pages_dir is not None and is_ours(options, paths.pages_dir):
        first = today - timedelta(days=keep.pages)
        found.append(OldFiles(PAGES, paths.pages_dir, first, tuple(old_pages(paths.pages_dir, first))))
    return tuple(found)


def _delete(run: Run, old: Sequence[OldFiles]) -> int:
    """Delete them, count those that cannot be, and return how many bytes became free."""
    freed, failed = 0, []
    for path in (path for files in old for path in files.paths):
        try:
            size = path.stat().st_size
            path.unlink()
            freed += size
        except FileNotFoundError:  # this run's own log has just deleted it: its day's file was new
            continue
        except OSError as error:
            failed.append(f"{path} ({error.strerror})")
    if failed:
        run.outcome.unresolved(f"not deleted: {first_of(failed)}", RERUN)
    return freed


def _size_text(size: FileSize) -> str:
    return f"{size.file:,} bytes and {size.log:,} of its write-ahead log"


def _old_text(files: OldFiles) -> str:
    names = first_of([path.name for path in files.paths])
    found = f"{len(files.paths)} ({names}), {files.size:,} bytes" if files.paths else "none"
    return f"{files.name} of days before {files.before} in {files.folder}: {found}"


def _report(
    run: Run, path: Path, before: FileSize, after: FileSize | None, old: Sequence[OldFiles], *, freed: int
) -> None:
    run.report |= {
        "state_db": {
            "path": str(path),
            "bytes_before": before.total,
            "bytes_after": None if after is None else after.total,
        },
        "old_files": {
            files.name: {
                "folder": str(files.folder),
                "before": files.before,
                "paths": [str(one) for one in files.paths],
            }
            for files in old
        },
        "freed_bytes": freed,
    }
