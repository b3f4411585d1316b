"""Who holds a lock, as far as the system tells (Linux): its process, for how long it runs, whether it is stopped.

Only words are made of it, and the exit code of a run that finds the lock taken; whether it is taken the lock says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

LONGEST_RUN_S = 140 * 60
"""15 minutes of work, 120 of waiting for the open, and some to end."""
_STOPPED = "Tt"


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock. seconds: since it was started."""

    pid: int
    seconds: float
    is_stopped: bool

    @property
    def is_stuck(self) -> bool:
        """Return whether it cannot be expected to end by itself."""
        return self.is_stopped or self.seconds > LONGEST_RUN_S

    @property
    def text(self) -> str:
        """Return it for people, like "process 4711, started 75 min ago, stopped"."""
        return f"process {self.pid}, started {self.seconds / 60:.0f} min ago{', stopped' * self.is_stopped}"

    @property
    def how_to_end(self) -> str:
        """Return the command that ends it in order: it gives back the stops that it canceled."""
        return f"kill {self.pid}" + f" && kill -CONT {self.pid}" * self.is_stopped


def holder_of(path: Path, proc: Path = Path("/proc")) -> Holder | None:
    """Return the process that holds the lock in this file; None where the system does not tell."""
    try:
        state = path.stat()
        pid = find_pid((proc / "locks").read_text(), state.st_dev, state.st_ino)
        if pid is None:
            return None
        stat = (proc / str(pid) / "stat").read_text()
        uptime = float((proc / "uptime").read_text().split()[0])
        return parse_stat(pid, stat, uptime, os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return None


def find_pid(locks: str, device: int, inode: int) -> int | None:
    """Return whose line of /proc/locks names this file; None for a process that is not ours to see."""
    file = f"{os.major(device):02x}:{os.minor(device):02x}:{inode}"
    for line in locks.splitlines():
        words = line.split()
        if file in words and "->" not in words:  # an arrow marks one that waits
            pid = int(words[words.index(file) - 1])
            return pid if pid > 0 else None
    return None


def parse_stat(pid: int, stat: str, uptime: float, ticks: int) -> Holder:
    """Read /proc/PID/stat: behind the name in parentheses the state, and as field 22 the start in ticks since boot."""
    fields = stat.rsplit(")", 1)[1].split()
    return Holder(pid, uptime - int(fields[19]) / ticks, fields[0] in _STOPPED)
