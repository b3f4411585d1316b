"""`run_manifest.json`: what was run, with which parameters, on which data; and whether it still holds.

The live programs refuse to trade under parameters that no manifest names. `parameters` are
`settings.params_to_plain` of every field of `Params`, so a parameter added later is covered at once.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from backtest.errors import InputError, ManifestMismatchError
from backtest.files import write_file
from backtest.params import Params
from backtest.settings import PlainValue, params_to_plain
from backtest.strict_json import JsonValue, loads, read_bytes, require_keys
from backtest.typed_settings import say
from backtest.version import __version__

MANIFEST_VERSION = 1
NOT_BACKED = "parameters only: no backtest run stands behind this manifest"
MAX_BYTES = 2_000_000
_REQUIRED = ("manifest_version", "backed_by_run", "program", "git_sha", "parameters")
_OPTIONAL = ("note", "data", "counts", "metrics", "mode", "inputs")
_SHOWN = 8
GIT_S = 10.0
"""How long git is waited for."""


@dataclass(frozen=True, slots=True)
class DataUsed:
    """The prices and candidates behind a run. source, feed, adjustment: of its `PriceProvider`."""

    source: str
    fingerprint: str
    first: date
    last: date
    tickers: int
    candidates_sha256: str
    assets_sha256: str | None = None
    feed: str | None = None
    adjustment: str | None = None
    market_filter_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read. sha256: of the file's bytes. metrics: of the run behind it, as in `metrics.json`; data: its
    inputs; both are empty of bare parameters."""

    parameters: Mapping[str, JsonValue]
    backed_by_run: bool
    git_sha: str
    sha256: str = ""
    metrics: Mapping[str, JsonValue] = field(default_factory=dict)
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run adds to the parameters. counts and metrics are plain numbers by name.

    mode: portfolio or trade. inputs: the paths of prices and candidates as they were named. git_sha: of the code, None:
    git is asked.
    """

    data: DataUsed
    counts: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, object] = field(default_factory=dict)
    mode: str = "portfolio"
    inputs: Mapping[str, str] = field(default_factory=dict)
    git_sha: str | None = None


def load_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises ManifestMismatchError (5) when there is none, InputError (7) when it cannot be read or is no manifest.
    """
    return _parse(_content(path, how_to_make(path, None, ())), str(path))


def _content(path: Path, next_step: str) -> bytes:
    if not path.exists():
        raise ManifestMismatchError(
            f"manifest missing in {path}: no such file (expected a run manifest)", next_step=next_step
        )
    return read_bytes(path, what="manifest", max_bytes=MAX_BYTES)


def _parse(content: bytes, where: str) -> Manifest:
    raw = require_keys(loads(content, where=where, what="manifest"), _REQUIRED, _OPTIONAL, where=where, what="manifest")
    version, backed, sha, parameters = (raw[k] for k in ("manifest_version", "backed_by_run", "git_sha", "parameters"))
    if isinstance(version, bool) or version != MANIFEST_VERSION:
        raise InputError(f"manifest invalid in {where}: version {say(version)} (expected {MANIFEST_VERSION})")
    if not isinstance(backed, bool) or not isinstance(sha, str) or not isinstance(parameters, dict):
        raise InputError(f"manifest invalid in {where}: a field of a wrong type (expected a run manifest)")
    metrics, data = (found if isinstance(found := raw.get(name), dict) else {} for name in ("metrics", "data"))
    return Manifest(parameters, backed, sha, hashlib.sha256(content).hexdigest(), metrics, data)


@lru_cache(maxsize=4)
def _compared(content: bytes, where: str, params: Params, may_lack: frozenset[str]) -> tuple[Manifest, tuple[str, ...]]:
    """The file is read by every run; the same bytes are compared with the same parameters once a process."""
    manifest = _parse(content, where)
    return manifest, differences(manifest, params, may_lack)


def differences(manifest: Manifest, params: Params, may_lack: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return one phrase per parameter that differs, is missing or unknown, in the order of `Params`; empty: equal.

    may_lack: parameters that count as equal when the manifest names none of them, as one of an earlier version.
    """
    in_force = params_to_plain(params)
    is_earlier = may_lack.isdisjoint(manifest.parameters)
    phrases = []
    for name, wanted in in_force.items():
        if name not in manifest.parameters:
            if is_earlier and name in may_lack:
                continue
            phrases.append(f"{name} is {say(wanted)} in force and missing in the manifest")
        elif not _is_same(manifest.parameters[name], wanted):
            found = manifest.parameters[name]
            phrases.append(f"{name} is {say(wanted)} in force and {say(found)} in the manifest")
    phrases += [f"{name} is unknown" for name in manifest.parameters if name not in in_force]
    return tuple(phrases)


def how_to_make(path: Path, config: Path | None, settings: tuple[str, ...]) -> str:
    """Return the command that writes a manifest to this place. config, settings: what the parameters were read from."""
    command = ["python", "-m", "backtest", "manifest", *(("--config", str(config)) if config is not None else ())]
    command += [part for one in settings for part in ("--set", one)]
    return (
        f"Make one with: {shlex.join([*command, '--out', str(path)])} "
        "(a backtest run writes one too, with a run behind it)"
    )


def check_manifest(
    path: Path,
    params: Params,
    config: Path | None = None,
    settings: tuple[str, ...] = (),
    may_lack: frozenset[str] = frozenset(),
) -> Manifest:
    """Return the manifest when every parameter matches the ones in force.

    config, settings: the file and the overrides that params were read from, for the command that the error names.
    may_lack: see `differences`.
    Raises ManifestMismatchError (5) listing the differences and the command that makes a new one, InputError (7).
    """
    next_step = how_to_make(path, config, settings)
    content = _content(path, next_step)
    try:
        manifest, found = _compared(content, str(path), params, may_lack)
    except InputError as error:
        raise InputError(error.what, next_step=next_step) from error
    if found:
        more = f"; {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise ManifestMismatchError(
            f"manifest mismatch in {path}: {'; '.join(found[:_SHOWN])}{more} (expected equal parameters)",
            next_step=next_step,
        )
    return manifest


def manifest_content(params: Params, facts: RunFacts | None = None) -> dict[str, Any]:
    """Return the manifest of a run, or of bare parameters, as plain JSON values."""
    content: dict[str, Any] = {
        "manifest_version": MANIFEST_VERSION,
        "backed_by_run": facts is not None,
        "program": f"earnings-drift {__version__}",
        "git_sha": (facts and facts.git_sha) or git_sha(),
        "parameters": params_to_plain(params),
    }
    if facts is None:
        return {**content, "note": NOT_BACKED}
    return {
        **content,
        "mode": facts.mode,
        "inputs": dict(facts.inputs),
        "data": data_content(facts.data),
        "counts": dict(facts.counts),
        "metrics": dict(facts.metrics),
    }


def data_content(used: DataUsed) -> dict[str, Any]:
    """Return the data behind a run as a manifest holds them."""
    data = {
        "source": used.source,
        "feed": used.feed,
        "adjustment": used.adjustment,
        "fingerprint": used.fingerprint,
        "from": used.first.isoformat(),
        "to": used.last.isoformat(),
        "tickers": used.tickers,
        "candidates_sha256": used.candidates_sha256,
    }
    also = {"assets_sha256": used.assets_sha256, "market_filter_sha256": used.market_filter_sha256}
    return data | {name: sha256 for name, sha256 in also.items() if sha256 is not None}


def manifest_bytes(params: Params, facts: RunFacts | None = None) -> bytes:
    """Return the manifest as it is written: the same bytes for the same run of the same code."""
    text = json.dumps(manifest_content(params, facts), indent=2, ensure_ascii=True, allow_nan=False)
    return (text + "\n").encode("ascii")


def write_manifest(path: Path, params: Params, facts: RunFacts | None = None) -> None:
    """Write a manifest, complete or not at all."""
    write_file(path, manifest_bytes(params, facts))


class AskedGit:
    """Git, asked for the commit of the code that runs: it answers while other work is done."""

    def __init__(self) -> None:
        command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--match="]
        self._asked: subprocess.Popen[str] | None
        try:
            self._asked = subprocess.Popen(
                command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        except OSError:
            self._asked = None

    def sha(self) -> str:
        """Return the commit, `-dirty` when files differ from it; "unknown" outside a checkout."""
        if self._asked is None:
            return "unknown"
        try:
            answer, _ = self._asked.communicate(timeout=GIT_S)
        except subprocess.TimeoutExpired:
            self._asked.kill()
            self._asked.communicate()
            return "unknown"
        return (answer.strip() if self._asked.returncode == 0 else "") or "unknown"


def git_sha() -> str:
    """Return the commit of the code that runs, see `AskedGit.sha`."""
    return AskedGit().sha()


def _is_same(found: JsonValue, wanted: PlainValue) -> bool:
    return type(found) is type(wanted) and found == wanted  # true is not 1, "10" is not 10
