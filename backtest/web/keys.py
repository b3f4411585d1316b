"""Credentials: found in the environment, `.env` or `.mcp.json`, checked, and never printed.

Three naming schemes are known; two pairs that are set and different are refused, because nobody can
say which account was meant. Key id and secret must come from the same place.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backtest.errors import KeysError
from backtest.redaction import Secret

_ANY_SCHEMES = (
    ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"),
    ("ALPACA_API_KEY", "ALPACA_SECRET_KEY"),
)
_PAPER_SCHEME = ("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET_KEY")
_LIVE_SCHEME = ("ALPACA_LIVE_API_KEY", "ALPACA_LIVE_SECRET_KEY")
MODE_VARIABLE = "ALPACA_MODE"
"""Names an account, `paper` or `live`, for other programs; here it may only agree."""
_VALUE = re.compile(r"[A-Za-z0-9._~+/=-]{8,256}", re.ASCII)
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,30}|[a-z][a-z0-9_]{0,30}", re.ASCII)
_MAX_FILE_BYTES = 1_000_000
_NO_KEYS_NEXT_STEP = "Set APCA_API_KEY_ID and APCA_API_SECRET_KEY, or try `make demo`, which needs no keys."


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two halves of a key and where they were found ("ALPACA_API_KEY in .env")."""

    key_id: Secret
    secret: Secret
    found_in: str


@dataclass(frozen=True, slots=True)
class Source:
    """One place that may hold settings: its name for messages, its values by variable name."""

    name: str
    values: Mapping[str, str] = field(repr=False)


def read_sources(environ: Mapping[str, str], folder: Path) -> tuple[Source, ...]:
    """Return environment, `.env` and `.mcp.json` of the project folder, first one first.

    Raises KeysError for a file that is unreadable or writable by others, and for a variable that two
    servers of .mcp.json set differently.
    """
    return (
        Source("the environment", environ),
        Source(".env", _read_env_file(folder / ".env")),
        Source(".mcp.json", _read_mcp_file(folder / ".mcp.json")),
    )


def find_keys(sources: Sequence[Source], *, is_live: bool) -> KeyPair:
    """Return the broker keys for the paper or the live account. Raises KeysError (6), naming the demo without any."""
    schemes = (_LIVE_SCHEME if is_live else _PAPER_SCHEME, *_ANY_SCHEMES)
    pairs = [pair for scheme in schemes if (pair := _find_pair(scheme, sources)) is not None]
    if not pairs:
        empty = [f"{name} is empty in {source.name}" for source in sources for scheme in schemes for name in scheme
                 if source.values.get(name) == ""]  # fmt: skip
        raise KeysError(
            f"broker keys missing for the {'live' if is_live else 'paper'} account"
            + (f": {empty[0]}" if empty else " in the environment, .env and .mcp.json")
            + "".join(f"; {one}" for one in _misspelled(sources)),
            next_step=_NO_KEYS_NEXT_STEP,
        )
    for other in pairs[1:]:
        if (other.key_id, other.secret) != (pairs[0].key_id, pairs[0].secret):
            raise KeysError(
                f"two different key pairs are set: {pairs[0].found_in} and {other.found_in} (expected one)",
                next_step="Remove the pair of the account that is not meant.",
            )
    return pairs[0]


def find_data_keys(sources: Sequence[Source]) -> KeyPair:
    """Return the keys for market data: the paper account's, or the live one's alone, which the host takes as well.

    Raises KeysError (6).
    """
    others = [_find_pair(scheme, sources) for scheme in (_PAPER_SCHEME, *_ANY_SCHEMES)]
    return find_keys(sources, is_live=not any(others) and _find_pair(_LIVE_SCHEME, sources) is not None)


def keys_refused(status: int, path: str, keys: KeyPair) -> KeysError:
    """Return the error for keys the broker does not take, telling where they were found."""
    return KeysError(
        f"the broker refuses the keys from {keys.found_in} ({status} on {path})",
        next_step="Paper keys work on the paper host only; make new ones if they were regenerated.",
    )


def check_mode(sources: Sequence[Source], *, is_live: bool) -> None:
    """Refuse (KeysError) an ALPACA_MODE that names another account than the run's; one that agrees says nothing new."""
    found = find_setting(sources, MODE_VARIABLE)
    if found is None:
        return
    word, where = found
    ours = "live" if is_live else "paper"
    if word.strip().lower() != ours:
        said = word.strip().lower() if word.strip().lower() in ("paper", "live") else "neither paper nor live"
        raise KeysError(
            f"{where} says {said}, this run is for the {ours} account (expected {ours}, or no such variable)",
            next_step=f"Remove {MODE_VARIABLE}: it switches nothing, a live account needs what the README says.",
        )


def right_name(name: str) -> str | None:
    """Return the variable that is read in place of another spelling (`APCA_SECRET`), None for no key and no host."""
    words = set(re.split(r"[^A-Z]+", name.upper()))
    if "FMP" in words:
        return "FMP_API_KEY" if "KEY" in words else None
    if words & {"URL", "ENDPOINT", "HOST"}:
        return "APCA_API_DATA_URL" if "DATA" in words else "APCA_API_BASE_URL"
    schemes = {"PAPER": _PAPER_SCHEME, "LIVE": _LIVE_SCHEME, "APCA": _ANY_SCHEMES[0], "ALPACA": _ANY_SCHEMES[1]}
    scheme = next((scheme for word, scheme in schemes.items() if word in words), None)
    if scheme is None or not words & {"KEY", "APIKEY", "SECRET", "SECRETKEY"}:
        return None
    return scheme[1] if words & {"SECRET", "SECRETKEY"} else scheme[0]


def _misspelled(sources: Sequence[Source]) -> Iterator[str]:
    """Yield each name that means a key and is none of ours, with the one that is read.

    What reads like no name may have the key itself in it (`ALPACA_SECRET_KEY-abc…=`): it is not shown.
    """
    names = {name for scheme in (*_ANY_SCHEMES, _PAPER_SCHEME, _LIVE_SCHEME) for name in scheme}
    for source in sources:
        for name in sorted(source.values.keys() - names):
            if name.upper().startswith(("ALPACA", "APCA")) and (right := right_name(name)) in names:
                shown = name if _NAME.fullmatch(name) else "a name that is none"
                yield f"{shown} in {source.name} is not read ({right} is)"


def find_setting(sources: Sequence[Source], name: str) -> tuple[str, str] | None:
    """Return a variable's value and where it was found (`APCA_API_BASE_URL`, `FMP_API_KEY` …), or None."""
    for source in sources:
        value = source.values.get(name)
        if value:
            return value, f"{name} in {source.name}"
    return None


def find_secret(sources: Sequence[Source], name: str) -> Secret | None:
    """Return a single secret (`FMP_API_KEY`) or None. Raises KeysError when it is malformed."""
    found = find_setting(sources, name)
    return None if found is None else _checked(found[0], found[1])


def _find_pair(scheme: tuple[str, str], sources: Sequence[Source]) -> KeyPair | None:
    for source in sources:
        id_text, secret_text = (source.values.get(name) for name in scheme)
        if source.name == "the environment" and "" in (id_text, secret_text):
            empty = scheme[0] if id_text == "" else scheme[1]
            raise KeysError(f"{empty} is empty in the environment (expected a key)", next_step=_NO_KEYS_NEXT_STEP)
        if not id_text and not secret_text:
            continue
        if not id_text or not secret_text:
            missing, present = (scheme[0], scheme[1]) if not id_text else (scheme[1], scheme[0])
            raise KeysError(f"{missing} missing in {source.name}: only {present} is set there (expected both)")
        return KeyPair(
            _checked(id_text, f"{scheme[0]} in {source.name}"),
            _checked(secret_text, f"{scheme[1]} in {source.name}"),
            f"{scheme[0]} in {source.name}",
        )
    return None


def _checked(text: str, where: str) -> Secret:
    if _VALUE.fullmatch(text):
        return Secret(text)
    kinds = {
        "blanks": any(char.isspace() and char not in "\r\n" for char in text),
        "a line break": "\n" in text or "\r" in text,
        "quotes": any(char in "\"'`" for char in text),
    }
    found = next((kind for kind, is_there in kinds.items() if is_there), "characters or a length no key has")
    raise KeysError(f"{where} is malformed: {found} (expected the key alone)")


def _read_env_file(path: Path) -> dict[str, str]:
    text = _read_private(path)
    if text is None:
        return {}
    from io import StringIO

    from dotenv import dotenv_values  # late: only when there is such a file

    values = dotenv_values(stream=StringIO(text), interpolate=False)
    return {name: value for name, value in values.items() if value}


def _read_mcp_file(path: Path) -> dict[str, str]:
    text = _read_private(path)
    if text is None:
        return {}
    try:
        content = json.loads(text)
        servers = content.get("mcpServers", {})
        tables = [server.get("env", {}) for server in servers.values()]
        pairs = [(name, value) for table in tables for name, value in table.items()]
    except (ValueError, AttributeError, RecursionError):
        raise KeysError(f"{path.name} is no such file: unreadable (expected JSON with mcpServers)") from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if not isinstance(value, str) or not value or "${" in value:
            continue
        if values.setdefault(name, value) != value:
            raise KeysError(f"{name} in {path.name} is set twice and differently (expected one value)")
    return values


def _read_private(path: Path) -> str | None:
    """Return a file's text, None when there is none; refuse one that another user could have written.

    A symlink is followed to a file of the link's own owner, which must keep the same rules.
    """
    try:
        owner = path.lstat().st_uid
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeysError(f"{path.name} unreadable: {error.strerror} (expected a readable file)") from None
    try:
        state = os.fstat(descriptor)  # of the file that is read, not of whatever the path names a moment later
        if not stat.S_ISREG(state.st_mode):
            raise KeysError(f"{path.name} unreadable: no regular file (expected one)")
        is_foreign = state.st_uid != owner or (os.getuid() != 0 and state.st_uid not in (os.getuid(), 0))
        if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or is_foreign:
            raise KeysError(
                f"{path.name} is writable by others (expected mode 0600 and your own file)",
                next_step=f"chmod 600 {path.name}, after looking whether its keys are still yours.",
            )
        content = os.read(descriptor, _MAX_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MAX_FILE_BYTES:
        raise KeysError(f"{path.name} is too big (expected a few lines)")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise KeysError(f"{path.name} unreadable: no UTF-8 text (expected text)") from None
