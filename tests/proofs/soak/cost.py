"""What a run costs as a process of its own, as cron starts it, on a copy of the account: time, memory.

The copy's exchange is served: at a real broker no history of the account is loaded into the run's process either.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from live.sim.exchange import Exchange
from live.sim.server import SimServer
from tests.cli.account import TradingAccount
from tests.paths import ROOT

COMMANDS = (("live.executor", "--phase", "protect"), ("live.admin", "status"))
"""Not the generator: it compares the invented calendar with the real one. `status` works on a copy of the state DB that
is in memory, so that its memory grows with the file."""
KIB = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """cpu_s: seconds of the processor, of the commands together. memory_kib: resident memory of each of COMMANDS."""

    cpu_s: float
    memory_kib: tuple[int, ...]


def cost_of_runs(account: TradingAccount) -> Cost:
    """Start the commands on a copy of an account whose exchange is in memory; the copy is gone afterwards."""
    folder = account.folder.with_name("measured")
    copied = account.copy_to(folder)
    _bind_to_alpaca(copied.state_db)
    flags = [*copied.admin_flags(), "--broker", "alpaca", "--set", f"paths.manifest={copied.manifest}"]
    try:
        with _served(copied.exchange) as environ:
            spent = [_spent([*command, *flags], environ) for command in COMMANDS]
    finally:
        copied.exchange.close()
        shutil.rmtree(folder)
    return Cost(sum(cpu for cpu, _ in spent), tuple(memory for _, memory in spent))


def _bind_to_alpaca(state_db: Path) -> None:
    """Let a copied state DB belong to the account of the exchange that is served, by which adapter it is asked."""
    with closing(sqlite3.connect(state_db)) as db, db:
        words = "UPDATE system_config SET value = json_set(value, '$.broker', 'alpaca') WHERE key = 'account'"
        assert db.execute(words).rowcount <= 1


@contextmanager
def _served(exchange: Exchange) -> Iterator[Mapping[str, str]]:
    """Serve an exchange whose time stands; the environment of a run that asks it."""
    server = SimServer(exchange, speed=0)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hosts = dict.fromkeys(("APCA_API_BASE_URL", "APCA_API_DATA_URL"), server.address)
    keys = {"APCA_API_KEY_ID": "PKTESTOFAYEAR", "APCA_API_SECRET_KEY": "a-secret-of-a-year"}
    try:
        yield {**os.environ, **hosts, **keys}
    finally:
        server.shutdown()
        server.server_close()


_LAUNCHER = """
import json, os, sys
nowhere = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
pid = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ, file_actions=[nowhere])
_, status, usage = os.wait4(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
"""
"""Linux counts the memory of who starts a process as the process's own, so it is started by something small."""


def _spent(arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[float, int]:
    done = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, "-m", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    code, cpu_s, memory_kib = json.loads(done.stdout)
    if code:
        raise AssertionError(f"{arguments[0]} ended {code}: {done.stderr}")
    return cpu_s, memory_kib
