"""Fuzzes a target in a process of its own, and says what it did."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.paths import ROOT
from tests.proofs.fuzz.corpus import CORPUS
from tests.proofs.fuzz.registry import find_target
from tests.proofs.fuzz.session import FOUND, REPORT
from tests.proofs.fuzz.target import TooSlowError

ENGINES = ("atheris", "hypothesis")
LATE_SECONDS = 300
"""What a process may take longer than its time: to start, and to end its last case."""
_OF_THE_PROGRAMS = ("APCA_", "ALPACA_", "FMP_", "EARNINGS_DRIFT_", "XDG_")
"""Variables that a worker does not see: no case meets real keys, or the user's own locks and caches."""
_COVERED = re.compile(r"^#\d+\s+(INITED|DONE)\s+cov: (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What came of one target. covered: edges of the programs' code reached by the good cases, and in the end; None
    where nobody counts. found: cases in the corpus that are new and violate. died: how the process ended, "" in order.
    """

    name: str
    executions: int
    refused: int
    seconds: float
    covered: tuple[int, int] | None
    found: tuple[Path, ...] = ()
    died: str = ""
    outcomes: dict[str, int] = field(default_factory=dict)


def default_engine() -> str:
    """Return the engine that is guided by coverage where it is installed (the extra `fuzz`, Linux)."""
    return ENGINES[0] if importlib.util.find_spec("atheris") is not None else ENGINES[1]


def fuzz(name: str, engine: str, seconds: int, seed: int) -> Fuzzed:
    """Fuzz one target; what it finds is put into its corpus."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        folder = Path(temporary)
        command = [sys.executable, "-m", "tests.proofs.fuzz.worker", name, engine, str(seconds), str(seed), temporary]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_PROGRAMS)}
        environ |= dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), temporary) | {"PYTHONWARNINGS": "ignore"}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environ, capture_output=True, timeout=seconds + LATE_SECONDS, check=False
            )
            told, died = done.stderr.decode("utf-8", "replace"), "" if done.returncode == 0 else _last_words(done)
        except subprocess.TimeoutExpired as late:
            told, died = (late.stderr or b"").decode("utf-8", "replace"), "it did not end"
        return _gathered(name, folder, told, died, time.monotonic() - began)


def _last_words(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    telling = [line for line in lines if line.startswith(("ERROR:", "SUMMARY:", "MemoryError"))] or lines
    return f"exit {done.returncode}: {telling[-1][:100] if telling else 'no words'}"


def _gathered(name: str, folder: Path, told: str, died: str, seconds: float) -> Fuzzed:
    report = folder / REPORT
    outcomes: dict[str, int] = json.loads(report.read_text("utf-8"))["outcomes"] if report.exists() else {}
    cases = sorted((folder / FOUND).glob("*")) if (folder / FOUND).is_dir() else []
    cases += sorted(path for path in folder.glob("died-*") if "slow-unit" not in path.name)
    edges = {word: int(number) for word, number in _COVERED.findall(told)}
    whole = sum(outcomes.values())
    executed = re.search(r"number_of_executed_units: (\d+)", told)
    return Fuzzed(
        name,
        int(executed[1]) if executed else whole,
        sum(count for word, count in outcomes.items() if word.isdigit()),
        seconds,
        (edges["INITED"], edges["DONE"]) if {"INITED", "DONE"} <= edges.keys() else None,
        tuple(_put_into_corpus(name, path) for path in cases if is_found(name, path)),
        "" if "DONE" in edges else died,  # a process that hangs while it exits has done its work
        outcomes,
    )


def is_found(name: str, case: Path) -> bool:
    """Return whether a case fails without the counting of coverage too, which makes it some three times slower."""
    if TooSlowError.__name__ not in case.name:
        return True
    command = [sys.executable, "-m", "tests.proofs", "fuzz", "--only", name, "--replay", str(case)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode != 0


def _put_into_corpus(name: str, found: Path) -> Path:
    """Keep a case as a file of the corpus, where the suite replays it from now on; return its place."""
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    suffix = find_target(name).suffix
    path = folder / f"{found.stem}{suffix}"
    if path.exists() and path.read_bytes() != found.read_bytes():
        path = folder / f"{found.stem}-{hashlib.sha256(found.read_bytes()).hexdigest()[:6]}{suffix}"
    path.write_bytes(found.read_bytes())
    return path
