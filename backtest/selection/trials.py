"""The ledger of trials: every configuration that was ever run, a JSON line each, so that no later choice forgets one.

The file is only ever added to, by one process at a time. A line that is none (power was lost while it was written) is
left out and counted; the next one begins on a line of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from backtest.errors import InputError
from backtest.files import held, private_files
from backtest.selection.moments import Moments
from backtest.settings import PlainValue
from backtest.user_folders import default_data_dir

FORMAT = 1
FILE = "trials.jsonl"
BEGINS = b'{"trial": '
"""How every line of a ledger begins, and so the file."""
WAIT_S = 30.0
"""How long another process may hold the file."""


@dataclass(frozen=True, slots=True)
class TrialData:
    """What trials were run on. candidates, prices: their sha256. place: the path of the candidates or reports."""

    candidates: str
    place: str
    prices: str
    first: date
    last: date

    def is_same_search(self, other: TrialData) -> bool:
        """Return whether both look at the same candidates in sessions that overlap.

        A file that has changed since counts as the same source, and so does the same file at another place.
        """
        is_same_source = self.candidates == other.candidates or self.place == other.place
        return is_same_source and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration on one set of data.

    parameters: those that differ from the defaults, by dotted name. moments: of its session returns; None of too few.
    when: UTC, ISO 8601. command: that ran it.
    """

    parameters: Mapping[str, PlainValue]
    data: TrialData
    mode: str
    moments: Moments | None
    when: str
    command: str

    @property
    def key(self) -> str:
        """What makes it the same trial when it is run again: parameters, data and mode."""
        data = self.data
        same = [self.parameters, data.candidates, data.prices, str(data.first), str(data.last), self.mode]
        return json.dumps(same, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Known:
    """The trials of one search, each once, in the order of their first run; broken: lines that are no trial."""

    trials: tuple[Trial, ...]
    broken: int = 0

    def sharpes(self) -> list[float]:
        """Return the Sharpe ratios a session of the trials that have one.

        Mode trade has none: its account has neither slots nor a capital that would mean something.
        """
        found = (one.moments.sharpe for one in self.trials if one.moments is not None and one.mode != "trade")
        return [sharpe for sharpe in found if sharpe is not None]


@dataclass(slots=True)
class _Reading:
    trials: dict[str, Trial] = field(default_factory=dict)
    broken: int = 0


def default_trials() -> Path:
    """Return the ledger of trials in the user's data folder."""
    return default_data_dir() / FILE


def record(path: Path, trials: Iterable[Trial]) -> None:
    """Add trials to the ledger. Raises InputError (7) when it cannot be written or is held by another process."""
    lines = "".join(json.dumps(_plain(one), allow_nan=False) + "\n" for one in trials)
    if not lines:
        return
    try:
        with private_files():
            path.parent.mkdir(parents=True, exist_ok=True)
            with held(path.with_name(f".{path.name}.lock"), WAIT_S), path.open("ab+") as handle:
                _require_ledger(handle, path)
                handle.write(_line_break(handle) + lines.encode("ascii"))
                handle.flush()
                os.fsync(handle.fileno())
    except OSError as error:
        is_held = isinstance(error, TimeoutError)
        why = f"another process holds it for more than {WAIT_S:.0f} s" if is_held else error.strerror
        raise InputError(
            f"ledger of trials not written in {path}: {why} (expected a writable file)",
            next_step="Name another one with --trials FILE.",
        ) from None


def known_trials(path: Path, data: TrialData) -> Known:
    """Return the trials of the same search as `data`; none when there is no ledger. Raises InputError (7)."""
    reading = _Reading()
    marks = [json.dumps(text).encode("ascii") for text in (data.candidates, data.place)]
    try:
        with path.open("rb") as handle:
            for line in handle:
                is_whole = line.endswith(b"}\n")
                if not is_whole or any(mark in line for mark in marks):  # of another search: not even parsed
                    _read_line(line, data, reading)
    except FileNotFoundError:
        return Known(())
    except OSError as error:
        raise InputError(
            f"ledger of trials unreadable in {path}: {error.strerror} (expected a file of JSON lines)",
            next_step="Name another one with --trials FILE.",
        ) from None
    return Known(tuple(reading.trials.values()), reading.broken)


def _read_line(line: bytes, data: TrialData, reading: _Reading) -> None:
    if not line.strip():
        return
    try:
        trial = _trial(json.loads(line))
    except (ValueError, KeyError, TypeError, RecursionError):
        reading.broken += 1
        return
    if trial.data.is_same_search(data):
        reading.trials.setdefault(trial.key, trial)


def _require_ledger(handle: Any, path: Path) -> None:
    """Refuse to add to a file of something else. Raises InputError (7)."""
    handle.seek(0)
    begins = handle.read(len(BEGINS)).split(b"\n", 1)[0]  # power may have been lost in the first line
    if not BEGINS.startswith(begins):
        raise InputError(
            f"ledger of trials not written in {path}: it holds something else (expected a ledger, or no file)",
            next_step="Name another one with --trials FILE.",
        )


def _line_break(handle: Any) -> bytes:
    """Return what ends a last line that was not written whole."""
    if handle.seek(0, os.SEEK_END) == 0:
        return b""
    handle.seek(-1, os.SEEK_END)
    return b"" if handle.read(1) == b"\n" else b"\n"


def _plain(trial: Trial) -> dict[str, object]:
    data, moments = trial.data, trial.moments
    content: dict[str, object] = {
        "trial": FORMAT,
        "when": trial.when,
        "command": trial.command,
        "mode": trial.mode,
        "parameters": dict(trial.parameters),
        "candidates": data.candidates,
        "place": data.place,
        "prices": data.prices,
        "from": data.first.isoformat(),
        "to": data.last.isoformat(),
    }
    if moments is not None:
        figures = {"mean": moments.mean, "std": moments.std, "skew": moments.skew, "kurtosis": moments.kurtosis}
        content |= {"n": moments.n, **figures}
    return content


def _trial(content: dict[str, Any]) -> Trial:
    if content["trial"] != FORMAT or not isinstance(content["parameters"], dict):
        raise ValueError("no trial of this format")
    texts = [content[name] for name in ("candidates", "place", "prices", "when", "command", "mode")]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a text is none")
    candidates, place, prices, when, command, mode = texts
    first, last = date.fromisoformat(content["from"]), date.fromisoformat(content["to"])
    moments = None
    if "n" in content:
        figures = [float(content[name]) for name in ("mean", "std", "skew", "kurtosis")]
        moments = Moments(int(content["n"]), *figures)
    data = TrialData(candidates, place, prices, first, last)
    return Trial(content["parameters"], data, mode, moments, when, command)
