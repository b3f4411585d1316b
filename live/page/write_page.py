"""Writes a day's page and the list of all: files that are complete or as they were, readable by their user only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from backtest.files import private_files, write_file
from backtest.redaction import Redactor
from live.config import LiveConfig
from live.page.document import INDEX, page_html
from live.page.index import days_in, index_html
from live.page.parts import Complete
from live.page.read_page import read_page
from live.run.next_commands import with_run_options
from live.run.options import RunOptions
from live.run.outlets import hide_addresses
from live.run.page_names import file_name
from live.state_db.db import StateDB


def write_into(folder: Path, db: StateDB, config: LiveConfig, options: RunOptions, day: date) -> Path:
    """Write the page of a day and the list into a folder; return the page's path. Raises InputError (7)."""
    path = folder / file_name(day)
    write_one(path, db, config, options, day, has_index=True)
    write_index(folder, db)
    return path


def write_index(folder: Path, db: StateDB) -> None:
    """Write the list of the pages that lie in a folder; where none is left the list goes. Raises InputError (7)."""
    days = days_in(one.name for one in folder.iterdir())
    if not days:
        (folder / INDEX).unlink(missing_ok=True)
        return
    listed = index_html(days, db.equity.daily(days[0]), db.system_config.bound_account())
    write_file(folder / INDEX, listed.encode())


def write_one(
    path: Path, db: StateDB, config: LiveConfig, options: RunOptions, day: date, *, has_index: bool = False
) -> None:
    """Write the page of a day to a file of any name. has_index: the list lies beside it. Raises InputError (7)."""
    text = page_html(read_page(db, config, day), completing(config, options), has_index=has_index)
    with private_files():
        write_file(path, text.encode())


def completing(config: LiveConfig, options: RunOptions) -> Complete:
    """Return what gives a text's commands the options of this account; addresses that carry tokens are hidden."""
    redactor = Redactor()
    hide_addresses(redactor, config)
    return lambda text: redactor.redact(with_run_options(text, options))
