"""Files that are complete or absent, and nobody else's business."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backtest.errors import InputError

_BETWEEN_TRIES_S = 0.05


@contextmanager
def private_files() -> Iterator[None]:
    """Nobody else may read or write what is made inside, folders above a file included, whatever the umask was."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def held(path: Path, wait_s: float) -> Iterator[None]:
    """Hold a lock file inside: the kernel's lock (flock), free when its process dies. The file stays.

    Raises TimeoutError when another holds it for longer than `wait_s`, OSError when it cannot be made (a link in its
    place is not followed).
    """
    import fcntl

    until = time.monotonic() + wait_s
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise TimeoutError(f"{path} is held") from None
                time.sleep(_BETWEEN_TRIES_S)
        yield
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes) -> None:
    """Write a file in one step: a temporary file beside it, fsync, rename; mode 0600.

    Its folder is made when missing. A symlink at `path` is replaced, never followed, and a device or pipe neither.
    Raises InputError (7) when the place cannot be written.
    """
    _require_no_device(path)
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
        raise _not_written(path, error.strerror) from None


def require_place(path: Path) -> None:
    """Raise InputError (7) when `write_file` could not write there, without writing."""
    _require_no_device(path)
    if (why := why_unusable(path.parent)) is not None:
        raise _not_written(path, why)


def why_unusable(folder: Path) -> str | None:
    """Return why nothing can be made in a folder that need not exist yet; None when it seems that it can."""
    nearest = next((one for one in (folder, *folder.parents) if os.path.lexists(one)), folder)
    if not nearest.is_dir():
        return f"{nearest} is no folder"
    return None if os.access(nearest, os.W_OK | os.X_OK) else f"{nearest} may not be written"


def _require_no_device(path: Path) -> None:
    """Raise InputError where a file would take the place of a device, a pipe, or a link to one (/dev/stdout)."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # nothing there, or a link to nothing
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise _not_written(path, "a device or a pipe")


def _not_written(path: Path, why: str | None) -> InputError:
    return InputError(
        f"file not written in {path}: {why} (expected a writable place)",
        next_step="Name another place, or make this one writable.",
    )
