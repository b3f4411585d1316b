"""Starts a command as a process that ends itself by SIGKILL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.paths import ROOT
from tests.proofs.crash.launch import MODULE, Order
from tests.proofs.crash.programs import command_line
from tests.proofs.dying import Death

LIMIT_S = 300.0


def run_and_die(folder: Path, words: Sequence[str], death: Death | None) -> bool:
    """Run a command on an account that nobody has open; return whether it died of SIGKILL."""
    return _ended_by(folder, words, death) == -signal.SIGKILL


def count_steps(folder: Path, words: Sequence[str]) -> dict[str, int]:
    """Run a command to its end; return how many steps it took, by kind."""
    _ended_by(folder, words, None)
    return dict(json.loads(_counts(folder).read_text(encoding="ascii")))


def _ended_by(folder: Path, words: Sequence[str], death: Death | None) -> int:
    order = Order(death, str(_counts(folder)))
    line = [sys.executable, "-m", MODULE, order.to_text(), *command_line(folder, words)]
    done = subprocess.run(
        line,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode not in (0, 9, -signal.SIGKILL):
        raise RuntimeError(f"{words} as a process ended {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.returncode


def _counts(folder: Path) -> Path:
    return folder.with_suffix(".counts")
