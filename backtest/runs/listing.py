"""Runs found again: every folder beneath one that holds the files of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backtest.errors import InputError
from backtest.params import Params
from backtest.runs.files import MANIFEST
from backtest.runs.read import RunRecord, read_record
from backtest.settings import params_to_plain
from backtest.strict_json import read_bytes
from backtest.tables import Column
from backtest.timezone import NEW_YORK
from backtest.typed_settings import as_set

COLUMNS = (
    Column("run"), Column("from", 1), Column("to", 1), Column("strategy"), Column("trades"), Column("P&L"),
    Column("Sharpe"), Column("made", 2), Column("differs", 3, is_below=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A run of a listing. made: when its manifest was written."""

    record: RunRecord
    made: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs beneath a folder, the newest first; unreadable: one sentence per folder that is no whole run."""

    found: tuple[Found, ...]
    unreadable: tuple[str, ...]


def find_runs(folder: Path) -> Listing:
    """Return the runs in a folder and beneath it; hidden folders are left out."""
    found: list[Found] = []
    unreadable: list[str] = []
    for place in _folders(folder, unreadable):
        try:
            record = read_record(place)
        except InputError as error:
            if not _is_bare(place / MANIFEST):
                unreadable.append(error.what)
            continue
        found.append(Found(record, datetime.fromtimestamp((place / MANIFEST).stat().st_mtime, UTC)))
    return Listing(tuple(sorted(found, key=lambda one: one.made, reverse=True)), tuple(unreadable))


def differing(record: RunRecord) -> dict[str, Any]:
    """Return the parameters of a run that are not the defaults."""
    defaults = params_to_plain(Params())
    return {name: value for name, value in record.parameters.items() if defaults.get(name, ...) != value}


def cells(one: Found) -> tuple[str, ...]:
    """Return a run as a row of `COLUMNS`."""
    record = one.record
    trades = record.metrics["trades_without_end_of_data"]
    sharpe = record.metrics["account"].get("sharpe")
    return (
        str(record.folder),
        record.first.isoformat(),
        record.last.isoformat(),
        record.strategy_id,
        str(trades["count"]),
        f"{float(trades['pnl_usd']):,.2f}",
        "-" if sharpe is None else f"{sharpe:.2f}",
        one.made.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M"),
        ", ".join(f"{name}={as_set(value)}" for name, value in differing(record).items()),
    )


def as_json(one: Found) -> dict[str, object]:
    """Return a run as `--json` has it."""
    record = one.record
    closed = record.metrics["trades_without_end_of_data"]
    return {
        "folder": str(record.folder),
        "from": record.first.isoformat(),
        "to": record.last.isoformat(),
        "strategy": record.strategy_id,
        "mode": record.mode,
        "trades": closed["count"],
        "pnl_usd": closed["pnl_usd"],
        "sharpe": record.metrics["account"].get("sharpe"),
        "made": one.made.isoformat(timespec="seconds"),
        "git_sha": record.manifest.get("git_sha"),
        "fingerprint": record.manifest["data"].get("fingerprint"),
        "differs": differing(record),
    }


def _folders(top: Path, unreadable: list[str]) -> Iterator[Path]:
    def told(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # no runs/ yet is no fault
            unreadable.append(f"folder not read: {error.filename} ({error.strerror})")

    for place, below, files in os.walk(top, onerror=told):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if MANIFEST in files:
            yield Path(place)


def _is_bare(manifest: Path) -> bool:
    """Return whether a manifest says itself that no run stands behind it, as `backtest manifest` writes one."""
    try:
        return b'"backed_by_run": false' in read_bytes(manifest, what="manifest")
    except InputError:
        return False
