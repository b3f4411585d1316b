"""`browse`: datasette on a copy of the state DB, read-only, for this machine alone, until Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from backtest.errors import ConfigError
from live.child_process import clean_environment
from live.inspect.opened import open_stored
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.browsing import DATABASE, make_browsable, metadata
from live.state_db.sqlite_file import as_state_db_error

HOST = "127.0.0.1"
INSTALL = "pip install 'earnings-drift[browse]'"
_LOOK_EVERY_S = 0.1
_END_WITHIN_S = 5.0


def browse(run: Run, options: RunOptions, runtime: Runtime | None, *, port: int) -> None:
    """Serve a copy of the state DB as it is now, until a signal comes; then nothing is left of the copy.

    Raises ConfigError (6), also without datasette or where the port is taken, StateDBError (13).
    """
    if find_spec("datasette") is None:
        raise ConfigError("datasette is not installed", next_step=f"Install it: {INSTALL}")
    opened = open_stored(run, options, runtime)
    if opened.db_is_new:
        return
    port = _free_port(port)
    with tempfile.TemporaryDirectory(prefix="earnings-drift-browse-") as name:
        folder = Path(name)
        copy = copy_for_browsing(folder, opened.db.connection.copy_to)
        _serve(run, copy, port)
    run.report["port"] = port


def copy_for_browsing(folder: Path, copy_to: Callable[[Path], None]) -> Path:
    """Make the copy and its metadata in a folder; return the copy. Raises StateDBError (13)."""
    copy = folder / f"{DATABASE}.db"
    copy_to(copy)
    with as_state_db_error(copy):
        make_browsable(copy)
        metadata_file(copy).write_text(json.dumps(metadata(copy)), encoding="utf-8")
    return copy


def metadata_file(copy: Path) -> Path:
    """Return where the metadata of a copy lie."""
    return copy.with_name("metadata.json")


def datasette(copy: Path, *more: str) -> list[str]:
    """Return the command line of datasette on a copy, which nothing can write: it is opened as immutable."""
    return [sys.executable, "-m", "datasette", "serve", "-i", str(copy), "--metadata", str(metadata_file(copy)), *more]


def _serve(run: Run, copy: Path, port: int) -> None:
    log = copy.with_name("datasette.log")
    with log.open("wb") as written:
        process = subprocess.Popen(
            datasette(copy, "--host", HOST, "--port", str(port)),
            cwd=copy.parent,
            env=clean_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    try:
        _wait(run, process, port)
    finally:
        _end(process)
    if process.returncode and not run.interrupt.is_requested:
        words = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no message"])[-1]
        raise ConfigError(
            f"datasette ended with {process.returncode}: {words[:300]}", next_step=f"Install it anew: {INSTALL}"
        )


def _wait(run: Run, process: subprocess.Popen[bytes], port: int) -> None:
    """Say where to look once it answers, then wait for a signal or for its end."""
    has_answered = False
    while process.poll() is None and not run.interrupt.is_requested:
        if not has_answered and _answers(port):
            has_answered = True
            run.console.say(f"the state DB as it is now: http://{HOST}:{port}/{DATABASE} (Ctrl-C ends it)")
            run.console.flush()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_EVERY_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def _free_port(port: int) -> int:
    """Return the port, for 0 any that is free. Raises ConfigError (6) where it is taken."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} of {HOST} cannot be used: {error.strerror} (expected a free one)",
                next_step="Give another --port, or 0 for any that is free.",
            ) from None
        return int(one.getsockname()[1])
