"""One account in a folder, on an exchange in a file: opened, copied, and traded by the programs in this process.

Every path counts from the folder (`--home`), so that what two copies do and write is the same to the byte.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from backtest.sessions import Sessions, load_sessions
from live.brokers.sim import open_exchange
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from tests.cli.done import Done, run_command
from tests.proofs.crash.programs import command_line, program_of
from tests.proofs.crash.script import script

LAST = date(2026, 12, 31)
"""The calendar is needed up to here."""


@cache
def sessions() -> Sessions:
    return load_sessions(LAST)


class Account:
    """An account that is open in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exchange = Exchange.open(folder / "exchange.db")
        script(self.exchange)
        self.broker = open_exchange(self.exchange, lock_folder=folder.resolve())
        self.runtime = Runtime(self.broker, None, sessions())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.exchange.close()

    @property
    def state_db(self) -> Path:
        return self.folder / "state.db"

    @property
    def signals(self) -> Path:
        return self.folder / "signals"

    def run(self, words: Sequence[str]) -> Done:
        """Start a program as the shell would, but for the open exchange. words: as for `command_line`."""
        return self.run_line(command_line(self.folder, words))

    def run_line(self, line: Sequence[str]) -> Done:
        """Start a program by its whole command line."""
        module, *args = line
        return run_command(program_of(module), args, self.runtime)

    def go(self, moment: datetime) -> None:
        """Let time pass until then; a moment in the past changes nothing."""
        self.exchange.advance_to(moment)


def copy_account(source: Path, target: Path) -> None:
    """Copy the folder of an account that nobody has open."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
