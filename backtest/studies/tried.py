"""What a study has run, set against all that was ever run: the ledger of trials is read and added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backtest.errors import InputError
from backtest.files import require_place
from backtest.selection.recording import now, trial_of
from backtest.selection.trials import Known, default_trials, known_trials, record
from backtest.studies.configurations import Loaded, Outcome
from backtest.text import how_many


@dataclass(frozen=True, slots=True)
class Tried:
    """count: every configuration tried on these candidates in overlapping sessions, each once on the same data.

    before: those that earlier commands had tried. sharpes: a session, of those that have one. broken: lines of the
    ledger that are no trial.
    """

    file: Path
    count: int
    before: int
    sharpes: tuple[float, ...]
    broken: int

    def words(self) -> str:
        """Return the number with where it comes from."""
        return (
            f"{how_many(self.count, 'trial')}: {self.count - self.before:,} new, {self.before:,} before ({self.file})"
        )

    def notes(self) -> list[str]:
        """Return what a person must be told of the file."""
        broken = how_many(self.broken, "line")
        verb = "is no trial and was" if self.broken == 1 else "are no trials and were"
        return [f"{broken} of {self.file} {verb} left out"] if self.broken else []

    def as_json(self) -> dict[str, object]:
        return {
            "file": str(self.file),
            "count": self.count,
            "before": self.before,
            "new": self.count - self.before,
            "broken_lines": self.broken,
        }


def ledger_file(given: Path | None) -> Path:
    """Return the ledger of trials, known to be writable. Raises InputError (7)."""
    path = given or default_trials()
    try:
        require_place(path)
    except InputError as error:
        raise InputError(error.what, next_step="Name another ledger of trials with --trials FILE.") from None
    return path


def add_to_ledger(path: Path, loaded: Loaded, outcomes: Sequence[Outcome], command: str) -> Tried:
    """Record a study's configurations and return them with all that were tried before. Raises InputError (7)."""
    when = now()
    own = [trial_of(one.params, loaded.data(one.params), "portfolio", one.moments, command, when) for one in outcomes]
    known = known_trials(path, own[0].data)
    before = {trial.key: trial for trial in known.trials}
    new = {trial.key: trial for trial in own if trial.key not in before}
    record(path, new.values())
    every = Known((*before.values(), *new.values()), known.broken)
    return Tried(path, len(every.trials), len(before), tuple(every.sharpes()), known.broken)
