"""The finished parts of a study, kept in its folder so that a run that was ended goes on where it was.

A part holds the results of tasks that follow each other, `parts/000120-000140.npz`: their JSON, and the numpy arrays in
them as arrays. Part files are complete or absent. `parts/asked.json` says what they belong to.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from backtest.errors import InputError
from backtest.files import write_file
from backtest.workers.groups import Range

FOLDER = "parts"
ASKED = "asked.json"
_NAME = re.compile(r"(\d{6,})-(\d{6,})\.npz")
_ARRAY = "numpy array"
_TEXT = "json"


class Parts:
    """The part files of one study. broken: files that could not be read; their tasks are done again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken: list[Path] = []

    def read(self, count: int) -> dict[Range, list[Any]]:
        """Return the results that are there, by their tasks. count: of the study's tasks."""
        from backtest.prices.bar_files import UNREADABLE  # late: it brings numpy

        found: dict[Range, list[Any]] = {}
        for path, first, end in self._files():
            try:
                results = from_bytes(path.read_bytes())
            except UNREADABLE:
                results = []
            if not results or len(results) != end - first or end > count:
                self.broken.append(path)
            else:
                found[first, end] = results
        return found

    def kept(self) -> int:
        """Return how many tasks have their results in part files."""
        return sum(end - first for _, first, end in self._files())

    def write(self, first: int, results: Sequence[Any]) -> None:
        """Keep the results of the tasks from `first` on. Raises InputError (7) when the place cannot be written."""
        write_file(self.folder / f"{first:06}-{first + len(results):06}.npz", to_bytes(results))

    def _files(self) -> Iterator[tuple[Path, int, int]]:
        taken = 0
        for path in sorted(self.folder.glob("*.npz"), key=lambda one: (len(one.name), one.name)):
            named = _NAME.fullmatch(path.name)
            if named is None:
                continue
            first, end = int(named[1]), int(named[2])
            if first >= taken:  # two runs of the same command at once leave parts that overlap; one of them is enough
                taken = end
                yield path, first, end


def open_parts(out: Path, asked: Mapping[str, object], *, force: bool = False) -> Parts:
    """Return the parts of a study that writes into `out`.

    asked: everything the results depend on (command, parameters, grid, data fingerprint, code), as plain JSON values.
    force: parts of another study in the same folder are deleted.
    Raises InputError (7) when they are there without it, or the place cannot be written.
    """
    parts = Parts(out / FOLDER)
    wanted = json.loads(json.dumps(asked))
    path = parts.folder / ASKED
    if parts.folder.exists():
        found = _read_json(path)
        if found == wanted:
            return parts
        if not force and (found is not None or any(parts.folder.glob("*.npz"))):
            raise InputError(
                f"parts of another study in {parts.folder}{_what_differs(found, wanted)} (expected an empty folder, or "
                "the same study)",
                next_step="Name another folder with --out, or write over this one with --force.",
            )
        shutil.rmtree(parts.folder, ignore_errors=True)
    write_file(path, (json.dumps(wanted, indent=2) + "\n").encode())
    return parts


def to_bytes(results: Sequence[Any]) -> bytes:
    """Return results as a part file holds them. TypeError for what would come back as something else."""
    import numpy as np  # late: a command's --help must not wait

    arrays: dict[str, Any] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype != object:
            name = f"a{len(arrays)}"
            arrays[name] = value
            return {_ARRAY: name}
        if type(value) is list:
            return [plain(one) for one in value]
        if type(value) is dict and all(type(key) is str for key in value):
            return {key: plain(one) for key, one in value.items()}
        if value is None or type(value) in (bool, int, float, str):
            return value
        raise TypeError(f"a result holds {type(value).__name__} (expected plain JSON values and numpy arrays)")

    text = json.dumps([plain(one) for one in results])
    stream = io.BytesIO()
    arrays[_TEXT] = np.frombuffer(text.encode(), dtype=np.uint8)
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def from_bytes(content: bytes) -> list[Any]:
    """Return the results of a part file. Raises one of `bar_files.UNREADABLE` when it is none."""
    import numpy as np  # late

    with np.load(io.BytesIO(content), allow_pickle=False) as file:

        def revived(value: dict[str, Any]) -> Any:
            return file[value[_ARRAY]] if _ARRAY in value else value

        results = json.loads(file[_TEXT].tobytes(), object_hook=revived)
    if not isinstance(results, list):
        raise ValueError("no list of results")
    return results


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _what_differs(found: Any, wanted: Mapping[str, object]) -> str:
    if not isinstance(found, dict):
        return ""
    differing = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
    return f": {', '.join(differing)} differ" if len(differing) > 1 else f": {differing[0]} differs"
