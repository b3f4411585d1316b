"""One run at a time: an OS lock beside the state DB, then one per broker account (I10).

The kernel frees the lock when its process dies, so a killed run never blocks the next one. Nobody
waits: a second run ends at once with 10.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live.errors import LockedError, StateDBError


def default_state_dir() -> Path:
    """Return the user's state folder of this project (`XDG_STATE_HOME` or ~/.local/state)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path("~").expanduser() / ".local" / "state")
    return Path(base) / "earnings-drift"


def db_lock_path(state_db: Path) -> Path:
    """Return `<state-db>.lock`; two spellings of one path give one lock."""
    resolved = state_db.resolve()
    return resolved.with_name(resolved.name + ".lock")


def account_lock_path(broker_id: str, account_id: str) -> Path:
    """Return the lock of one broker account in the user's state folder; its name holds only a hash of the account."""
    digest = hashlib.sha256(f"{broker_id}:{account_id}".encode()).hexdigest()[:32]
    return default_state_dir() / f"account-{digest}.lock"


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the lock for the block. Raises LockedError (10) when another run has it, StateDBError (13)
    when the lock file cannot be made."""
    from filelock import FileLock, Timeout  # late: --help must not wait for it

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(path, timeout=0, mode=0o600)
        lock.acquire()
    except Timeout:
        raise LockedError(
            f"another run holds the lock in {path}", next_step="Wait until it has ended; nothing was done."
        ) from None
    except OSError as error:
        raise StateDBError(f"lock unusable in {path}: {error.strerror} (expected a writable folder)") from None
    try:
        yield
    finally:
        lock.release()
