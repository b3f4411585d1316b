"""What a run costs as a process of its own, as cron starts it, on a copy of the account: time, memory."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from tests.cli.account import TradingAccount
from tests.paths import ROOT

COMMANDS = (("live.executor", "--phase", "protect"), ("live.admin", "status"))
"""Not the generator: it compares the invented calendar with the real one."""
KIB = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the commands together: seconds of the processor; the larger resident memory."""

    cpu_s: float
    memory_kib: int


def cost_of_runs(account: TradingAccount) -> Cost:
    """Start the commands on a copy of an account whose exchange is in memory; the copy is gone afterwards."""
    folder = account.folder.with_name("measured")
    copied = account.copy_to(folder)
    file = folder / "exchange.db"
    with closing(sqlite3.connect(file)) as target:
        copied.exchange._store._db.backup(target)
    file.chmod(0o600)
    flags = [*copied.admin_flags(), "--set", f"broker.sim_file={file}", "--set", f"paths.manifest={copied.manifest}"]
    try:
        spent = [_spent([*command, *flags]) for command in COMMANDS]
    finally:
        copied.exchange.close()
        shutil.rmtree(folder)
    return Cost(sum(cpu for cpu, _ in spent), max(memory for _, memory in spent))


def _spent(arguments: Sequence[str]) -> tuple[float, int]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise AssertionError(f"{arguments[0]} ended {process.returncode}: {said}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss
