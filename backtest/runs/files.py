"""The files of a run: ledger → CSV and JSON bytes, put into the output folder together or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from backtest.candidates import exact
from backtest.errors import InputError
from backtest.model import Price
from backtest.money import format_price
from backtest.portfolio_simulator import EquityPoint
from backtest.runs.recorded import RecordedSkip, RecordedTrade

MANIFEST, METRICS = "run_manifest.json", "metrics.json"
TRADES, SKIPPED, EQUITY = "trades.csv", "skipped.csv", "equity.csv"
FILES = (TRADES, SKIPPED, EQUITY, METRICS, MANIFEST)
STUDY = "study.json"
"""What a study leaves in its folder: a run is not written into one."""
"""The files of a run, in the order they are moved into its folder."""
TRADE_COLUMNS = (
    "ticker",
    "report_date",
    "score",
    "grade",
    "entry_date",
    "entry_price",
    "reference_price",
    "stop_price",
    "exit_date",
    "exit_price",
    "shares",
    "pnl",
    "return_pct",
    "holding_days",
    "exit_reason",
    "gap_size",
    "rank",
    "mae_pct",
    "mfe_pct",
)
SKIP_COLUMNS = ("ticker", "report_date", "score", "reason", "grade", "why")
_COMPUTED = frozenset("=+-@\t\r")
EQUITY_COLUMNS = ("date", "equity", "cash", "positions")


def trades_csv(trades: Iterable[RecordedTrade]) -> bytes:
    """Return trades.csv: prices and P&L in USD, in units of the exit day; empty cells are not known."""
    rows = [
        (
            cell(trade.ticker),
            trade.report_date.isoformat(),
            _number(trade.score),
            trade.grade.value if trade.grade else "",
            trade.entry_date.isoformat(),
            format_price(trade.entry_price),
            _price(trade.reference_price),
            format_price(trade.stop_price),
            trade.exit_date.isoformat(),
            format_price(trade.exit_price),
            trade.shares,
            format_price(trade.pnl),
            str(trade.return_pct),
            trade.holding_days,
            trade.exit_reason.value,
            _number(trade.gap_size),
            "" if trade.rank is None else trade.rank,
            _percent(trade.mae_pct),
            _percent(trade.mfe_pct),
        )
        for trade in trades
    ]
    return _csv(TRADE_COLUMNS, rows)


def skipped_csv(skipped: Iterable[RecordedSkip]) -> bytes:
    """Return skipped.csv: every candidate that became no trade, with the first reason that refused it."""
    rows = [
        (
            cell(skip.ticker),
            skip.report_date.isoformat(),
            _number(skip.score),
            skip.reason.value,
            skip.grade.value if skip.grade else "",
            cell(skip.why),
        )
        for skip in skipped
    ]
    return _csv(SKIP_COLUMNS, rows)


def equity_csv(equity: Iterable[EquityPoint]) -> bytes:
    """Return equity.csv: the account after each session's close."""
    rows = [(p.day.isoformat(), format_price(p.equity), format_price(p.cash), p.positions) for p in equity]
    return _csv(EQUITY_COLUMNS, rows)


def json_bytes(content: Mapping[str, object]) -> bytes:
    """Return JSON as it is written: the same content, the same bytes."""
    return (json.dumps(content, indent=2, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def text_of(cell: str) -> str:
    """Return the text that `cell` made a cell of."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _COMPUTED else cell


def cell(text: str) -> str:
    """Return foreign text for a CSV cell: a leading = + - @ (or tab, return) is quoted, no program computes it."""
    return f"'{text}" if text[:1] in _COMPUTED else text


def require_folder(out: Path) -> None:
    """Refuse an output path that cannot be a folder, before a long run. Raises InputError (7)."""
    nearest = next((parent for parent in (out, *out.parents) if parent.exists()), Path())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise InputError(f"output not possible in {out}: {nearest} is no writable folder (expected one)")


def publish(out: Path, files: Mapping[str, bytes]) -> None:
    """Write all files of a run into `out`: complete in a temporary folder first, then moved, the manifest last.

    files: by name, in the order they are moved. Raises InputError (7) when the place cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
        try:
            for name, content in files.items():
                _write_synced(staging / name, content)
            out.mkdir(exist_ok=True)
            for name in files:
                (staging / name).replace(out / name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise InputError(f"output not written in {out}: {error.strerror} (expected a writable folder)") from None


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _number(value: float | None) -> str:
    return "" if value is None else format(exact(value).normalize() + 0, "f")


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _price(price: Price | None) -> str:
    return "" if price is None else format_price(price)
