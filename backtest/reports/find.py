"""Which reports of a folder belong to a trade date."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from backtest.candidates import find_entry_session
from backtest.errors import InputError
from backtest.params import EntryMode
from backtest.reports.dates import date_of_name
from backtest.sessions import Sessions

_REPORT = re.compile(r"earnings_trade_analysis_\d{4}-\d{2}-\d{2}\.html?", re.ASCII)
_LIKE_A_REPORT = re.compile(r"(?i)earnings_trade_analysis.*?\d{4}-\d{2}-\d{2}.*\.html?", re.ASCII)
"""Holds a report's name: a second download ("… (1).html"), a version, one under way ("….html.part")."""


def date_in_name(path: Path) -> date | None:
    """Return the date a report's file name carries, None when the name is not a report's."""
    return date_of_name(path.name) if _REPORT.fullmatch(path.name) else None


def reports_in(folder: Path) -> list[Path]:
    """Return every report of a folder, oldest first. Raises InputError when it is no readable folder."""
    return [path for path in _listed(folder) if date_in_name(path) is not None]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise InputError(
            f"report folder unreadable in {folder}: {error.strerror} (expected a folder with "
            "earnings_trade_analysis_YYYY-MM-DD.html)",
            next_step="Name the folder in which the reports lie.",
        ) from None


def reports_for(folder: Path, trade_date: date, entry_mode: EntryMode, sessions: Sessions) -> list[Path]:
    """Return the reports of `folder` that belong to `trade_date`, oldest first. Raises as `reports_in`.

    An empty list is the caller's to refuse (exit 7, naming `--no-report`).
    """
    days = {path: date_in_name(path) for path in _listed(folder)}
    return [path for path, day in days.items() if day and find_entry_session(day, entry_mode, sessions) == trade_date]


def unread_for(folder: Path, trade_date: date, entry_mode: EntryMode, sessions: Sessions) -> list[str]:
    """Return the names of files that look like reports of `trade_date` and are none. Raises as `reports_in`."""
    others = [path.name for path in _listed(folder) if date_in_name(path) is None]
    days = {name: date_of_name(match[0]) for name in others if (match := _LIKE_A_REPORT.search(name))}
    return [name for name, day in days.items() if day and find_entry_session(day, entry_mode, sessions) == trade_date]
