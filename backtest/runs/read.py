"""The folder of a finished run, read back. A folder that is no run, or not a whole one, is refused (7)."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from backtest.errors import ConfigError, InputError
from backtest.model import ExitReason, Grade, SkipReason
from backtest.money import to_price
from backtest.params import Params
from backtest.portfolio_simulator import EquityPoint
from backtest.runs.files import (
    EQUITY,
    EQUITY_COLUMNS,
    FILES,
    MANIFEST,
    SKIP_COLUMNS,
    SKIPPED,
    TRADE_COLUMNS,
    TRADES,
    text_of,
)
from backtest.runs.recorded import RecordedSkip, RecordedTrade
from backtest.settings import params_from_plain
from backtest.strict_json import loads, read_bytes

MAX_BYTES = 500_000_000
_ADDED = frozenset({"gap_size", "rank", "mae_pct", "mfe_pct", "grade", "why"})
"""Columns that runs of an earlier version lack."""

Row = TypeVar("Row")
Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run's manifest says. manifest: as in the file, numbers as int or float."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def first(self) -> date:
        return date.fromisoformat(self.manifest["data"]["from"])

    @property
    def last(self) -> date:
        return date.fromisoformat(self.manifest["data"]["to"])

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Every parameter by its dotted name, in the form of `settings.params_to_plain`."""
        parameters: Mapping[str, Any] = self.manifest["parameters"]
        return parameters

    @property
    def strategy_id(self) -> str:
        """`ema_p10`: the trailing exit that was run."""
        return self.params().primary.strategy_id

    @property
    def mode(self) -> str:
        return str(self.manifest.get("mode", "portfolio"))

    @property
    def metrics(self) -> Mapping[str, Any]:
        """The content of metrics.json."""
        metrics: Mapping[str, Any] = self.manifest["metrics"]
        return metrics

    def params(self) -> Params:
        """Return the parameters, typed. Raises InputError (7) when this version does not know one of them."""
        where = str(self.folder / MANIFEST)
        try:
            return params_from_plain(self.parameters, where)
        except ConfigError as error:
            raise InputError(f"run unusable in {self.folder}: {error.what}", next_step="Run it again.") from None


@dataclass(frozen=True, slots=True)
class StoredRun(RunRecord):
    """A run as its files hold it: trades by exit date, skips in the order of the sessions, the account a session."""

    trades: tuple[RecordedTrade, ...]
    skipped: tuple[RecordedSkip, ...]
    equity: tuple[EquityPoint, ...]


def read_record(folder: Path) -> RunRecord:
    """Return what the manifest of a run's folder says. Raises InputError (7)."""
    is_there = os.access(folder, os.F_OK)  # Path.exists raises where a folder above may not be read
    if not is_there or not folder.is_dir():
        found = "no folder" if is_there else "no such folder"
        raise InputError(f"run unreadable in {folder}: {found} (expected the folder of a run)", next_step=_LIST)
    if not os.access(folder, os.R_OK | os.X_OK):
        raise InputError(f"run unreadable in {folder}: the folder may not be read (expected a readable one)")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        what = "no run" if len(missing) == len(FILES) else f"no whole run: {', '.join(missing)} missing"
        raise InputError(f"run unreadable in {folder}: {what} (expected {', '.join(FILES)})", next_step=_LIST)
    path = folder / MANIFEST
    content = loads(read_bytes(path, what="manifest"), where=str(path), what="manifest")
    manifest = json.loads(json.dumps(content, default=float))
    try:
        if manifest["backed_by_run"] is not True or not isinstance(manifest["parameters"], dict):
            raise ValueError("no run stands behind it")
        record = RunRecord(folder, manifest)
        if not (
            record.first <= record.last
            and record.strategy_id
            and isinstance(record.metrics, dict)
            and manifest["counts"]["sessions"]
        ):
            raise ValueError("its stretch or its numbers are missing")
    except (KeyError, TypeError, ValueError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"run unreadable in {folder}: {MANIFEST}: {what} (expected the manifest of a run)") from None
    return record


def read_run(folder: Path) -> StoredRun:
    """Read a run's folder. Raises InputError (7) when it is none, when a file is missing, broken, or of another run."""
    record = read_record(folder)
    run = StoredRun(
        record.folder,
        record.manifest,
        _rows(folder / TRADES, TRADE_COLUMNS, _trade),
        _rows(folder / SKIPPED, SKIP_COLUMNS, _skip),
        _rows(folder / EQUITY, EQUITY_COLUMNS, _point),
    )
    counts = record.manifest["counts"]
    for name, count, rows in (
        (TRADES, counts.get("trades"), run.trades),
        (SKIPPED, counts.get("skipped"), run.skipped),
        (EQUITY, counts.get("sessions"), run.equity),
    ):
        if count != len(rows):
            raise InputError(
                f"run unusable in {folder}: {name} has {len(rows)} rows, {MANIFEST} counts {count} (expected the same)",
                next_step="The files are not of one run, or one was changed: run it again.",
            )
    return run


_LIST = "Runs are found with: python -m backtest runs list"


def _rows(path: Path, columns: Sequence[str], read: Callable[[Cells], Row]) -> tuple[Row, ...]:
    content = read_bytes(path, what="run", max_bytes=MAX_BYTES)
    done = 0
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
        header = next(lines, [])
        missing = [name for name in columns if name not in header and name not in _ADDED]
        if missing:
            raise ValueError(f"column {missing[0]} is missing")
        rows = []
        for cells in lines:
            if len(cells) != len(header):
                raise ValueError(f"{len(cells)} cells in a row of {len(header)}")
            rows.append(read(dict(zip(header, cells, strict=True))))
            done = len(rows)
        return tuple(rows)
    except (ValueError, InvalidOperation, csv.Error) as error:
        why = "a number is none" if isinstance(error, InvalidOperation) else str(error)
        raise InputError(f"run unreadable in {path} row {done + 1}: {why} (expected a file of a run)") from None


def _trade(row: Cells) -> RecordedTrade:
    return RecordedTrade(
        ticker=text_of(row["ticker"]),
        report_date=date.fromisoformat(row["report_date"]),
        score=_number(row["score"]),
        grade=Grade(row["grade"]) if row["grade"] else None,
        entry_date=date.fromisoformat(row["entry_date"]),
        entry_price=to_price(row["entry_price"]),
        reference_price=to_price(row["reference_price"]) if row["reference_price"] else None,
        stop_price=to_price(row["stop_price"]),
        exit_date=date.fromisoformat(row["exit_date"]),
        exit_price=to_price(row["exit_price"]),
        shares=int(row["shares"]),
        pnl=to_price(row["pnl"]),
        return_pct=Decimal(row["return_pct"]),
        exit_reason=ExitReason(row["exit_reason"]),
        gap_size=_number(row.get("gap_size", "")),
        rank=int(row["rank"]) if row.get("rank") else None,
        mae_pct=_number(row.get("mae_pct", "")),
        mfe_pct=_number(row.get("mfe_pct", "")),
    )


def _skip(row: Cells) -> RecordedSkip:
    return RecordedSkip(
        ticker=text_of(row["ticker"]),
        report_date=date.fromisoformat(row["report_date"]),
        score=_number(row["score"]),
        reason=SkipReason(row["reason"]),
        grade=Grade(row["grade"]) if row.get("grade") else None,
        why=text_of(row.get("why", "")),
    )


def _point(row: Cells) -> EquityPoint:
    day = date.fromisoformat(row["date"])
    return EquityPoint(day, to_price(row["equity"]), to_price(row["cash"]), int(row["positions"]))


def _number(text: str) -> float | None:
    return float(text) if text else None
