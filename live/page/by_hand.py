"""`admin page`: writes the page of the newest day, or of another one, into the pages' folder or to a named file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from backtest.errors import UsageError
from live.inspect.opened import no_state_db_text
from live.page.document import INDEX
from live.page.read_page import is_on_record, newest_day
from live.page.write_page import write_into, write_one
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import open_run
from live.run.stray import refuse_stray


def write_by_hand(run: Run, options: RunOptions, runtime: Runtime | None, day: date | None, out: Path | None) -> None:
    """Write a page and say where it lies; where nothing is on record, say so and write nothing.

    out: a file of its own, without the list of all days. Raises UsageError (2) where pages are off and no file is
    named, ConfigError (6) in a folder that is no home, InputError (7) and StateDBError (13).
    """
    opened = open_run(run, options, runtime, only_reads=True)
    run.release_notes()
    db, config = opened.db, opened.config
    run.report |= {"day": None, "file": None, "index": None}
    newest = newest_day(db)
    if newest is None:
        where = options.state_db or config.paths.state_db
        words = no_state_db_text(where) if opened.db_is_new else f"no run is on record in {where}"
        run.console.say(f"{words}: no page is written")
        return
    if day is not None and not is_on_record(db, config, day):
        run.console.say(f"nothing is on record for {day}: no page is written; the newest day is {newest}")
        return
    day = day or newest
    if out is not None:
        write_one(out, db, config, options, day)
    else:
        folder = _folder(options, config.paths.pages_dir)
        out = write_into(folder, db, config, options, day)
        run.report["index"] = str(folder / INDEX)
    run.report |= {"day": day, "file": str(out)}
    run.console.say(f"written: {out}")


def _folder(options: RunOptions, folder: Path | None) -> Path:
    if folder is None:
        raise UsageError("no pages are kept (paths.pages_dir: none)", next_step="Name a file with --out FILE.")
    refuse_stray(options, "pages", folder, "a file with --out")
    return folder
