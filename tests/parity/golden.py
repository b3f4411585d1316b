"""Recorded ledgers: `python -m tests.parity.golden` writes them after a rule was changed on purpose."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from datetime import date
from pathlib import Path

from backtest.sessions import load_sessions
from live.parity.compare import Ledger, LedgerRow, SkipRow
from tests.parity.scenarios import SCENARIOS

FOLDER = Path(__file__).parents[1] / "data" / "golden"


def text_of(ledger: Ledger) -> str:
    """Return a ledger as CSV: trades by entry date and ticker, then skips."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["kind", *(one.name for one in fields(LedgerRow))])
    for row in sorted(ledger.trades, key=lambda one: (one.entry_date, one.ticker)):
        writer.writerow(["trade", *(_cell(getattr(row, one.name)) for one in fields(LedgerRow))])
    writer.writerow(["kind", *(one.name for one in fields(SkipRow))])
    for skip in sorted(ledger.skips, key=lambda one: (one.trade_date, one.ticker, one.reason)):
        writer.writerow(["skip", skip.trade_date, skip.ticker, skip.reason])
    return out.getvalue()


def path_of(scenario: str, side: str) -> Path:
    return FOLDER / f"{scenario}_{side}.csv"


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _record() -> None:
    from tempfile import TemporaryDirectory

    from tests.parity.replayed import replay_scenario

    sessions = load_sessions(date(2026, 1, 1))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for one in SCENARIOS:
        with TemporaryDirectory() as folder:
            replayed = replay_scenario(Path(folder), one, sessions)
        if replayed.differences():
            raise SystemExit(f"{one.name}: programs and simulator differ, nothing recorded")
        path_of(one.name, "executed").write_text(text_of(replayed.executed), encoding="utf-8")
        path_of(one.name, "shadow").write_text(text_of(replayed.shadow), encoding="utf-8")


if __name__ == "__main__":
    _record()
