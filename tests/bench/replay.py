"""Replay: sessions a second in this process, the five runs of the timetable each, on a full book."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path

from backtest.params import Params
from backtest.sessions import load_sessions
from demo.market import make_market
from live.clock import SystemClock
from live.parity.folder import ReplayFolder, scratch_folder
from live.parity.prepare import ReplayRequest
from live.parity.replay import Progress, replay
from live.parity.summary import ReplayResult
from live.replay import load_programs
from live.state_db.db import StateDB
from tests.bench.figures import SHARED, Figure
from tests.parity.markets import write_market

WANTED = "20 sessions/s"
FULL_BOOK = Params().max_positions
HISTORY_FROM, FIRST, LAST = date(2024, 1, 2), date(2025, 6, 2), date(2025, 11, 28)


def measure() -> Iterator[Figure]:
    """Replay half a year of a generated market, and of real prices when the developers' data is there."""
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as name:
        prices, candidates = generated_market(Path(name))
        yield from _figures(
            "generated", ReplayRequest(FIRST, LAST, prices, Params(), candidates=candidates), Path(name)
        )
    data = SHARED / "data"
    if data.exists():
        prices, candidates = data / "us_daily_2010_2017_dev.parquet", data / "candidates_dev.csv"
        request = ReplayRequest(date(2016, 1, 4), date(2016, 6, 30), prices, Params(), candidates=candidates)
        with tempfile.TemporaryDirectory(dir=scratch_folder()) as name:
            yield from _figures("2016", request, Path(name))


def generated_market(folder: Path) -> tuple[Path, Path]:
    """Write a market whose reports soon fill the book; return its prices and candidates."""
    days = load_sessions(LAST).between(HISTORY_FROM, LAST)
    return write_market(make_market(days, FIRST, seed=7, tickers=260), folder)


@dataclass
class _Stopwatch:
    """The clock and the processor's time at each session's end."""

    ends: list[tuple[date, float, float]] = field(default_factory=list)

    def progress(self) -> Progress:
        return Progress(lambda sessions: None, lambda day: self._note(day))

    def _note(self, day: date) -> None:
        self.ends.append((day, time.perf_counter(), time.process_time()))

    def rates(self, days: frozenset[date]) -> tuple[float, float]:
        """Return sessions a second over the days given, by the clock and by the processor's time."""
        spent = [
            (later[1] - earlier[1], later[2] - earlier[2]) for earlier, later in pairwise(self.ends) if later[0] in days
        ]
        wall, cpu = (sum(times) or 1.0 for times in zip(*spent, strict=True)) if spent else (1.0, 1.0)
        return len(spent) / wall, len(spent) / cpu


def _figures(market: str, request: ReplayRequest, folder: Path) -> Iterator[Figure]:
    watch = _Stopwatch()
    found = replay(request, folder / "out", programs=load_programs(), progress=watch.progress())
    every = frozenset(day for day, _, _ in watch.ends)
    full = _full_days(folder / "out", every)
    verdict = "equal" if found.is_equal else "DIFFERENT"
    for what, days in (("all sessions", every), (f"sessions with {FULL_BOOK} positions", full)):
        wall, cpu = watch.rates(days)
        yield Figure(
            f"{market}, {len(days)} {what}, {verdict}",
            f"{wall:.1f} sessions/s ({cpu:.1f} a CPU second)",
            f"{_simulator_rate(found) / wall:.0f} x the simulator's time",
            WANTED,
        )
    yield Figure(f"{market}, requests a session", f"{found.counts.requests / found.sessions:.0f}")


def _simulator_rate(found: ReplayResult) -> float:
    """Return simulated sessions a second; both strategies were simulated."""
    return found.sessions / found.simulator_seconds


def _full_days(out: Path, days: frozenset[date]) -> frozenset[date]:
    """Return the days at whose open the book was full."""
    with StateDB.open(ReplayFolder(out / "state").workspace.state_db, SystemClock()) as db:
        book = db.positions.ledger()
    held = {day: sum(row.entry_date <= day and (row.exit_date or day) >= day for row in book) for day in days}
    return frozenset(day for day, count in held.items() if count >= FULL_BOOK)
