"""Room on the disk, folders that must be writable, files that must be private, backups, signal files, pages."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from backtest.errors import InputError
from backtest.files import why_unusable
from live.clock import new_york_minute
from live.doctor.answer import Answer, fail, ok, warn
from live.doctor.context import Context
from live.errors import StateDBError
from live.run.page_names import file_name, page_day_of
from live.run.stray import is_ours
from live.state_db.backup import check_backup, list_backups
from live.state_db.runs import DAILY_PROGRAMS

MB = 1_000_000
LEAST_FREE = 50 * MB
"""What a day's files need at least, beside two copies of the state DB."""
LITTLE_FREE = 1_000 * MB
KEY_FILES = (".env", ".mcp.json")


def disk(context: Context) -> Answer:
    """Ask how much room there is beside the state DB."""
    path = context.state_db_path.absolute()
    folder = next(one for one in path.parents if one.is_dir())
    size = path.stat().st_size if path.is_file() else 0
    return judge_disk(shutil.disk_usage(folder).free, size, folder)


def judge_disk(free: int, db_size: int, folder: Path) -> Answer:
    """Return whether bytes free suffice: a backup and a migration each copy the state DB."""
    words = f"{free / MB:,.0f} MB free in {folder}"
    if free < LEAST_FREE + 2 * db_size:
        return fail(13, f"{words} (expected {(LEAST_FREE + 2 * db_size) / MB:,.0f})", "Make room, then ask again.")
    return warn(words, "Make room: logs and backups grow.") if free < LITTLE_FREE else ok(words)


def folders(context: Context) -> Iterable[Answer]:
    """Ask whether the runs may write where they will."""
    config, state_db = context.config, context.state_db_path
    wanted = {"state DB": state_db.parent, "signal files": config.paths.signals_dir}
    if config.paths.backups_dir is not None:
        wanted["backups"] = state_db.parent / config.paths.backups_dir
    if config.paths.log_file is not None:
        wanted["log file"] = config.paths.log_file.parent
    elif config.paths.logs is not None:
        wanted["logs"] = state_db.parent / config.paths.logs
    return tuple(judge_folders({what: (folder, why_unusable(folder)) for what, folder in wanted.items()}))


def judge_folders(found: Mapping[str, tuple[Path, str | None]]) -> Iterator[Answer]:
    """Yield what cannot be written. found: what goes there → the folder, and why it cannot be used."""
    wrong = {what: (folder, why) for what, (folder, why) in found.items() if why is not None}
    for what, (folder, why) in wrong.items():
        code = InputError.exit_code if what == "signal files" else StateDBError.exit_code
        yield fail(code, f"{what} in {folder}: {why} (expected a writable folder)", "Make it writable for this user.")
    if not wrong:
        yield ok(f"writable: {', '.join(found)}")


def private_files(context: Context) -> Answer:
    """Ask whether others may read keys and book."""
    paths = [Path(name) for name in KEY_FILES] + [context.state_db_path]
    return judge_private({path: path.stat().st_mode for path in paths if path.is_file()})


def judge_private(modes: Mapping[Path, int]) -> Answer:
    """modes: of the files that are there."""
    readable = [str(path) for path, mode in modes.items() if mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if readable:
        return warn(f"others may use {', '.join(readable)}", f"chmod 600 {' '.join(readable)}")
    return ok(f"nobody else may use {', '.join(map(str, modes))}" if modes else "none yet")


def signal_files(context: Context) -> Answer:
    """Ask whether the newest signal file is where it was written."""
    opened = context.opened
    row = opened.db.signal_files.newest(opened.config.strategy.primary.strategy_id)
    if row is None:
        return ok(f"none issued yet, they go to {opened.config.paths.signals_dir}")
    if Path(row.path).is_file():
        return ok(f"the newest is {Path(row.path).name}")
    return warn(
        f"the newest, {row.path}, is not there",
        "Put it back from a copy: they prove what a lost state DB knew.",
    )


def pages(context: Context) -> Answer:
    """Ask whether the page of the newest day was written: that it was not changes no run's exit code."""
    folder, runs = context.config.paths.pages_dir, context.opened.db.runs
    if folder is None or (context.runtime is not None and not context.runtime.has_pages):
        return ok("none are written")
    if not is_ours(context.options, folder) and not folder.exists():
        return ok(f"none: {folder} is no folder of this home, and the configuration lies elsewhere")
    days = [page_day_of(row) for program in DAILY_PROGRAMS if (row := runs.last_good(program)) is not None]
    if not days:
        return ok("none yet: the first run writes one")
    return judge_pages(folder / file_name(max(days)))


def judge_pages(newest: Path) -> Answer:
    """newest: where the page of the newest day with a good run lies."""
    if newest.is_file():
        return ok(f"the newest is {newest.name}")
    return warn(f"{newest.name} is not in {newest.parent}", "Write it, or see why not: python -m live.admin page")


def backups(context: Context) -> Answer:
    """Ask whether there is a sound backup that is not older than the newest signal file."""
    config, opened, path = context.config, context.opened_or_none, context.state_db_path
    if config.paths.backups_dir is None:
        return ok("none are made")  # `settings` warns
    folder = path.parent / config.paths.backups_dir
    found = list_backups(path, folder)
    newest = found[0] if found else None
    if newest is None and opened is not None and opened.db.signal_files.is_empty():
        return ok("none yet: the first signal file makes one")
    row = None if opened is None else opened.db.signal_files.newest(config.strategy.primary.strategy_id)
    damage = None
    if newest is not None:
        try:
            check_backup(newest.path)
        except StateDBError as error:
            damage = error.what
    made_at = None if newest is None else newest.at
    answer = judge_backups(made_at, None if row is None else row.issued_at, len(found), damage, folder)
    return answer if opened is not None else replace(answer, fix="")  # of what cannot be opened none can be made


def judge_backups(
    newest: datetime | None, issued_at: datetime | None, count: int, damage: str | None, folder: Path
) -> Answer:
    """newest: when it was made. issued_at: of the newest signal file. damage: why the newest backup is none."""
    fix = "Make one: python -m live.admin backup"
    if newest is None:
        return warn(f"none in {folder}", fix)
    words = f"{count} in {folder}, the newest of {new_york_minute(newest)}"
    if damage is not None:
        return warn(f"{words} is damaged: {damage}", fix)
    if issued_at is not None and newest < issued_at - timedelta(minutes=1):
        return warn(f"{words}, before the newest signal file", fix)
    return ok(words)
