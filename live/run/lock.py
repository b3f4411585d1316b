"""One run at a time: an OS lock beside the state DB, then one per broker account (I10).

The kernel frees the lock when its process dies, so a killed run never blocks the next one. A second run
ends at once with 10; only the command that turns the kill switch on waits.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backtest.files import held, why_unusable
from live.errors import LockedError, StateDBError
from live.run.lock_holder import holder_of
from live.state_db.sqlite_file import WRITABLE


def user_home() -> Path | None:
    """Return the home of the user by the system's list of users; None when it has none that can be written.

    Never by HOME or XDG_STATE_HOME: a shell and a cron line of one user must meet at one lock.
    """
    import pwd  # late: only a run that has come as far as the account needs it

    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None
    return home if home.is_absolute() and home.is_dir() and os.access(home, os.W_OK | os.X_OK) else None


def default_state_dir() -> Path:
    """Return the user's state folder of this project: in the home, else in /var/tmp under the user's number."""
    home = user_home()
    if home is None:
        return Path(f"/var/tmp/earnings-drift-{os.getuid()}")  # checked in `hold_lock`
    return home / ".local" / "state" / "earnings-drift"


def db_lock_path(state_db: Path) -> Path:
    """Return `<state-db>.lock`; two spellings of one path give one lock."""
    resolved = state_db.resolve()
    return resolved.with_name(resolved.name + ".lock")


def account_lock_path(broker_id: str, account_id: str, folder: Path | None = None) -> Path:
    """Return the lock of one broker account; its name holds only a hash of the account.

    folder: where the account itself lies (an exchange's file); None is the user's state folder.
    """
    digest = hashlib.sha256(f"{broker_id}:{account_id}".encode()).hexdigest()[:32]
    return (folder or default_state_dir()) / f"account-{digest}.lock"


@contextmanager
def hold_lock(path: Path, *, wait_s: float = 0, is_new: bool = False) -> Iterator[None]:
    """Hold the lock for the block. wait_s: how long another run may keep it.

    is_new: the file was not there when the run looked, so a run that has made it since has acted meanwhile.
    Raises LockedError (10) when another run has it, StateDBError (13) when the lock file cannot be made.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _refuse_foreign(path.parent)
            if is_new:
                _make_new(path)
            stack.enter_context(held(path, wait_s))
        except TimeoutError:
            raise _taken(path) from None
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from None
        yield


def _make_new(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise LockedError(
            f"another run began at the same time, its lock is {path}", next_step="Run the same command again."
        ) from None


def refuse_unusable(path: Path) -> None:
    """Raise StateDBError (13) when a lock could not be made there, without making it."""
    if (why := why_unusable(path.parent)) is not None:
        raise _unusable(path, why)
    if path.parent.exists():
        _refuse_foreign(path.parent)


def _unusable(path: Path, why: str) -> StateDBError:
    return StateDBError(f"lock unusable in {path}: {why} (expected a writable folder)", next_step=WRITABLE)


def lock_problem(path: Path) -> LockedError | StateDBError | None:
    """Return the error of a run that would want this lock now, as far as the system tells; takes and makes nothing."""
    try:
        refuse_unusable(path)
    except StateDBError as error:
        return error
    return None if holder_of(path) is None else _taken(path)


def _taken(path: Path) -> LockedError | StateDBError:
    """Return the error about a lock that another run has: 10, or 13 when that one will not end by itself."""
    holder = holder_of(path)
    if holder is not None and holder.is_stuck:
        return StateDBError(
            f"the lock in {path} is held by a run that does not end: {holder.text} (expected at most 15 minutes)",
            next_step=f"End it, then run again: {holder.how_to_end}",
        )
    by = "" if holder is None else f" ({holder.text})"
    return LockedError(
        f"another run holds the lock in {path}{by}", next_step="Wait until it has ended; nothing was done."
    )


def _refuse_foreign(folder: Path) -> None:
    """In a folder where everybody may write, ours must be our own and no link to somewhere else."""
    state = folder.lstat()
    parent = folder.parent.stat()
    if parent.st_mode & stat.S_IWOTH and (stat.S_ISLNK(state.st_mode) or state.st_uid != os.getuid()):
        raise StateDBError(
            f"lock unusable in {folder}: another user's folder (expected our own)",
            next_step="Remove it, or make it this user's, then run again.",
        )
