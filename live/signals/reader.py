"""Reads a signal file strictly and checks that it is the one to act on.

Two questions, two errors: is it a signal file at all (SignalFormError, 7), and is it ours, unaltered,
the newest, for this day, account and configuration (SignalFileError, 5; I7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from backtest.errors import InputError
from backtest.strict_json import JsonValue, loads, read_bytes
from live.errors import SignalFileError, SignalFormError
from live.signals.file import SCHEMA_VERSION, AccountRef, SignalFile, file_sha256, hash_content
from live.signals.form import FormReader
from live.signals.values_form import NEXT_STEP, WHAT

MAX_FILE_BYTES = 5_000_000
OTHER_MANIFEST = (
    f"{NEXT_STEP} After `place`: put the manifest back that it was made with until the day is over; "
    "python -m live.executor --phase protect goes on meanwhile."
)


@dataclass(frozen=True, slots=True)
class LoadedSignalFile:
    """A file of valid form: its content, the content hash it states (checked), the hash of its bytes."""

    signal: SignalFile
    content_sha256: str
    file_sha256: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file must say to be acted upon now. config_sha256, manifest_sha256: None asks for none in particular.

    strategy_changes: what is known to differ from the strategy the file was made by, in words.
    """

    strategy: str
    trade_date: date
    account: AccountRef
    config_sha256: str | None
    manifest_sha256: str | None
    max_entries: int
    strategy_changes: str = ""


def read_signal_file(path: Path) -> LoadedSignalFile:
    """Read a file. Raises SignalFormError (7) for its form, SignalFileError (5) when its own hash is wrong."""
    return parse_signal_file(_bytes_of(path), where=str(path), path=path)


def read_any_signal_file(path: Path) -> tuple[LoadedSignalFile, bool]:
    """Read a file to look at it; return whether its content still fits its own hash. Raises SignalFormError (7)."""
    content = _bytes_of(path)
    raw, signal, stated = _form_of(content, str(path))
    return LoadedSignalFile(signal, stated, file_sha256(content.decode()), path), hash_content(raw) == stated


def parse_signal_file(content: bytes, *, where: str, path: Path | None = None) -> LoadedSignalFile:
    """Parse a file's bytes; errors as in `read_signal_file`."""
    raw, signal, stated = _form_of(content, where)
    if signal.schema_version != SCHEMA_VERSION:
        _refuse(where, f"schema_version {signal.schema_version}", str(SCHEMA_VERSION))
    if hash_content(raw) != stated:
        _refuse(where, "its content does not fit content_sha256", "an unaltered file")
    return LoadedSignalFile(signal, stated, file_sha256(content.decode()), path)


def _bytes_of(path: Path) -> bytes:
    try:
        return read_bytes(path, what=WHAT, max_bytes=MAX_FILE_BYTES)
    except InputError as error:
        raise SignalFormError(error.what, next_step=NEXT_STEP) from None


def _form_of(content: bytes, where: str) -> tuple[Any, SignalFile, str]:
    """Return a file's JSON, its content, and the content hash that it states."""
    try:
        raw = _floats(loads(content, where=where, what=WHAT, max_bytes=MAX_FILE_BYTES, max_depth=8))
        return raw, *FormReader(where).signal_file(raw)
    except SignalFormError:
        raise
    except InputError as error:
        raise SignalFormError(error.what, next_step=NEXT_STEP) from None


def verify_identity(loaded: LoadedSignalFile, *, issued: str | None, latest: str | None, expected: Expected) -> None:
    """Raise SignalFileError (5) unless the file may be executed as the newest of its strategy and date.

    issued: the content hash that the state DB has for these bytes. latest: that of the file of the expected strategy
    and date that is not superseded; a superseded file with the same content is as good.
    """
    signal = loaded.signal
    where = str(loaded.path or signal.file_name)
    if issued != loaded.content_sha256:
        _refuse(where, "bytes this state DB never issued", "a file written by its own signal generator")
    checks: Sequence[tuple[str, object, object]] = (
        ("strategy", signal.strategy, expected.strategy),
        ("trade_date", signal.trade_date.isoformat(), expected.trade_date.isoformat()),
        ("account", _account(signal.account), _account(expected.account)),
        ("config_sha256", signal.inputs.config_sha256, expected.config_sha256),
        ("manifest_sha256", signal.inputs.manifest_sha256, expected.manifest_sha256),
    )
    for name, found, wanted in checks:
        if wanted is not None and found != wanted:
            words = expected.strategy_changes if name == "config_sha256" else ""
            _refuse(
                where,
                words or f"{name} {_short(found)}",
                "the strategy it was made by" if words else _short(wanted),
                OTHER_MANIFEST if name == "manifest_sha256" else NEXT_STEP,
            )
    if latest != loaded.content_sha256:
        _refuse(where, "superseded by a later run of the generator", "the newest file of the day")
    if len(signal.entries) > expected.max_entries:
        _refuse(where, f"{len(signal.entries)} entries", f"at most max_positions = {expected.max_entries}")


def _account(account: AccountRef) -> str:
    return f"{account.broker}/{'live' if account.live else 'paper'}/{account.id_sha256[:12]}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) < 40 else text[:12] + "…"


def _refuse(where: str, found: str, expected: str, next_step: str = NEXT_STEP) -> NoReturn:
    raise SignalFileError(f"{WHAT} refused in {where}: {found} (expected {expected})", next_step=next_step)


def _floats(value: JsonValue) -> Any:
    """Decimals become floats again, as the writer had them (scores only; prices are strings)."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_floats(item) for item in value]
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    return value
