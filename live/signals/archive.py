"""The archived signal files of an account: what proves an order ours when the state DB does not know it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backtest.errors import DriftError, InputError
from backtest.strict_json import read_bytes
from live.signals.file import AccountRef, SignalFile
from live.signals.reader import MAX_FILE_BYTES, parse_signal_file
from live.signals.values_form import WHAT

_NAME = re.compile(r"trade_signals_(\d{4}-\d{2}-\d{2})_[\w.-]+\.json", re.ASCII)
_MOST_FILES = 5_000


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A signal file whose form and content hash are valid, with its text and the hash of its bytes."""

    signal: SignalFile
    text: str
    path: Path
    content_sha256: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Files by trade date, the latest written first within one; refused: why others do not count."""

    files: tuple[ArchivedFile, ...] = ()
    refused: tuple[str, ...] = ()

    def of(self, trade_date: date) -> tuple[ArchivedFile, ...]:
        """Return the files of one trade date."""
        return tuple(one for one in self.files if one.signal.trade_date == trade_date)


@dataclass(frozen=True, slots=True)
class Archive:
    """Where the files lie and whose they must be: of this account and of the executed strategy."""

    folders: tuple[Path, ...]
    account: AccountRef
    strategy: str

    def read(self, since: date, issued: Iterable[tuple[str, str]] = ()) -> Reading:
        """Return every valid file of the account for trade dates from `since` on.

        issued: texts and paths that the state DB itself has kept. A file that is altered, of another account or of
        another strategy proves nothing and is left out.
        """
        files: dict[str, ArchivedFile] = {}
        refused: list[str] = []
        for content, path in [*((text.encode(), Path(path)) for text, path in issued), *self._on_disk(since, refused)]:
            try:
                loaded = parse_signal_file(content, where=str(path), path=path)
            except DriftError as error:
                refused.append(error.what)
                continue
            signal = loaded.signal
            if signal.strategy != self.strategy or signal.trade_date < since:
                continue
            if signal.account != self.account:
                refused.append(f"{path} is of another account")
                continue
            found = ArchivedFile(signal, content.decode(), path, loaded.content_sha256, loaded.file_sha256)
            files.setdefault(loaded.content_sha256, found)
        ordered = sorted(files.values(), key=lambda one: one.signal.generated_at, reverse=True)
        ordered.sort(key=lambda one: one.signal.trade_date)
        return Reading(tuple(ordered), tuple(refused))

    def is_empty(self) -> bool:
        """Return whether no file proves anything."""
        return not self.read(date.min).files

    def _on_disk(self, since: date, refused: list[str]) -> Iterator[tuple[bytes, Path]]:
        for folder in dict.fromkeys(self.folders):
            for path in _names(folder, since):
                try:
                    yield read_bytes(path, what=WHAT, max_bytes=MAX_FILE_BYTES), path
                except InputError as error:
                    refused.append(error.what)


def _names(folder: Path, since: date) -> Collection[Path]:
    """Return the newest files of the folder that are named like signal files of trade dates from `since` on."""
    try:
        named = [(match[1], path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name)) is not None]
    except OSError:
        return ()
    return [path for day, path in sorted(named)[-_MOST_FILES:] if day >= since.isoformat()]
