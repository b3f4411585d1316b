"""Runs and readers on a state DB of five years, against the same on one of ten sessions: a run stays as quick.

Both accounts then traded the same few sessions, so that book, orders and exchange are the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

import click

from live.admin import main as admin
from live.clock import NEW_YORK, SystemClock
from live.sim.exchange import Exchange
from live.state_db.backup import write_backup
from live.state_db.db import StateDB
from tests.bench.figures import Figure, Spent, best_of, best_process, python
from tests.bench.full_book import Eve, make_eve
from tests.bench.history import write_history

YOUNG, OLD = (10, 40), (1_250, 5_000)
"""Sessions and trades."""
READERS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("explain", "TICKER"),
    ("trades", "--offline"),
    ("trades", "--by", "grade", "--offline"),
    ("slippage",),
    ("shadows",),
    ("orders", "list"),
    ("runs", "list"),
)
WANTED_OF_READERS, WANTED_OF_RUNS = "at most 0.5 s", "about 1 x"


@dataclass(frozen=True, slots=True)
class _Account:
    """An account, its exchange at 09:00 of the next session; a ticker that it holds."""

    eve: Eve
    ticker: str

    @property
    def state_db(self) -> Path:
        return self.eve.workspace.state_db

    def run(self, *arguments: str) -> list[str]:
        program, *more = arguments
        given = self.eve.workspace.arguments(program, [self.eve.report])
        module = "live.signal_generator" if program == "generator" else "live.executor"
        return python("-m", module, *given, *more)

    def read(self, *arguments: str) -> list[str]:
        own = self.eve.workspace
        given = ["--config", own.config, "--state-db", own.state_db, "--set", "broker.id=sim"]
        given += ["--set", f"broker.sim_file={own.sim_file}", "--set", f"paths.manifest={own.manifest}"]
        return python("-m", "live.admin", *(self.ticker if one == "TICKER" else one for one in arguments), *given)


def measure() -> Iterator[Figure]:
    """Time opening, copying, both programs and the readers on both files; each time as old against young."""
    with tempfile.TemporaryDirectory() as name:
        young, old = (_account(Path(name) / str(sessions), sessions, trades) for sessions, trades in (YOUNG, OLD))
        yield _size(young.state_db, old.state_db)
        for what, action in (("opened by a run", StateDB.open), ("copied for a dry run", StateDB.open_copy),
                             ("opened by a reader", StateDB.open_reading)):  # fmt: skip
            yield _compared(what, *(best_of(partial(_opened, action, one.state_db)) for one in (young, old)))
        yield _compared("backed up", *(best_of(partial(_backed_up, one.state_db)) for one in (young, old)))
        for program, *more in (("protect",), ("generator", "--dry-run")):
            spent = [best_process(one.run(program, *more), times=3) for one in (young, old)]
            yield _compared(" ".join((program, *more)), *spent, wanted=WANTED_OF_RUNS)
        for arguments in filter(_is_there, READERS):
            spent = [best_process(one.read(*arguments), times=3) for one in (young, old)]
            yield _compared(f"admin {' '.join(arguments)}", *spent, wanted=WANTED_OF_READERS)


def _account(folder: Path, sessions: int, trades: int) -> _Account:
    def history(path: Path, days: Sequence[date]) -> None:
        write_history(path, days[-sessions:], trades)

    eve = make_eve(folder, full=3, tickers=60, history=history)
    assert eve.workspace.sim_file is not None
    exchange = Exchange.open(eve.workspace.sim_file)
    exchange.advance_to(datetime.combine(eve.day, time(9), NEW_YORK))
    exchange.close()
    with StateDB.open(eve.workspace.state_db, SystemClock()) as db:
        return _Account(eve, db.positions.open_positions()[0].ticker)


def _is_there(arguments: Sequence[str]) -> bool:
    """Return whether the administrator has this command."""
    command: click.Command | None = admin
    for word in arguments:
        if not isinstance(command, click.Group):
            break
        command = command.commands.get(word)
    return command is not None


def _opened(opener: object, path: Path) -> None:
    assert callable(opener)
    opener(path, SystemClock()).close()


def _backed_up(path: Path) -> None:
    write_backup(path, path.with_name("backup.db"))


def _size(young: Path, old: Path) -> Figure:
    (fewer, _), (more, _) = YOUNG, OLD
    sizes = [path.stat().st_size for path in (young, old)]
    each = (sizes[1] - sizes[0]) / (more - fewer)
    what = f"size: {fewer} sessions, {more:,} sessions"
    return Figure(what, f"{sizes[0] / 1e6:.1f} MB, {sizes[1] / 1e6:.1f} MB", f"{each:,.0f} bytes a session")


def _compared(what: str, young: Spent, old: Spent, *, wanted: str = "") -> Figure:
    ended = "" if young.code == old.code == 0 else f" (ended {young.code}, {old.code})"
    times = f"{young.wall:.3f} s, {old.wall:.3f} s ({young.cpu:.3f}, {old.cpu:.3f} s CPU)"
    return Figure(f"{what}{ended}", times, f"{old.cpu / young.cpu:.2f} x CPU, {old.wall / young.wall:.2f} x", wanted)
