"""Files that are complete or absent."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from backtest.errors import InputError


def write_file(path: Path, content: bytes) -> None:
    """Write a file in one step: a temporary file beside it, fsync, rename; mode 0600.

    Its folder is made when missing. A symlink at `path` is replaced, never followed.
    Raises InputError (7) when the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            f"file not written in {path}: {error.strerror} (expected a writable place)",
            next_step="Name another place, or make this one writable.",
        ) from None
