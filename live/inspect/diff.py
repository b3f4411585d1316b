"""`diff`: two signal files in words: what the second does otherwise. Reads the two files, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from live.clock import iso_utc
from live.errors import SignalFormError
from live.inspect.diff_text import print_difference
from live.inspect.diff_values import Change, changes_between, is_line
from live.run.program import Run
from live.signals.lines import line_json
from live.signals.reader import LoadedSignalFile, read_any_signal_file

NEXT_STEP = "Name two signal files, trade_signals_DATE_STRATEGY.json."


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the two files. is_unaltered: its content fits its own hash."""

    loaded: LoadedSignalFile
    is_unaltered: bool


def compare_files(run: Run, first: Path, second: Path) -> None:
    """Print the differences. Raises SignalFormError (7) for a file that cannot be read."""
    files = [_read(path) for path in (first, second)]
    signals = [one.loaded.signal for one in files]
    changes = changes_between(*signals)
    run.report |= {
        "files": [_file_json(one) for one in files],
        "is_equal": not changes,
        "changes": [_change_json(one) for one in changes],
    }
    for one in files:
        if not one.is_unaltered:
            run.note(f"{one.loaded.path} does not fit its own content_sha256: it was changed after it was made")
    print_difference(run, [one.loaded for one in files], changes)


def _read(path: Path) -> Compared:
    try:
        return Compared(*read_any_signal_file(path))
    except SignalFormError as error:
        raise SignalFormError(error.what, next_step=NEXT_STEP) from None


def _file_json(one: Compared) -> dict[str, object]:
    signal = one.loaded.signal
    return {
        "path": str(one.loaded.path),
        "strategy": signal.strategy,
        "trade_date": signal.trade_date,
        "run_id": signal.run_id,
        "generated_at": iso_utc(signal.generated_at),
        "content_sha256": one.loaded.content_sha256,
        "file_sha256": one.loaded.file_sha256,
        "is_unaltered": one.is_unaltered,
    }


def _change_json(one: Change) -> dict[str, object]:
    return {
        "part": one.part,
        "name": one.name,
        "kind": one.kind,
        "fields": [{"name": field.name, "before": field.before, "after": field.after} for field in one.fields],
        "before": line_json(one.before) if is_line(one.before) else one.before,
        "after": line_json(one.after) if is_line(one.after) else one.after,
    }
