"""The signal file: one strategy's decisions for one trade date, as values and as the text that is written.

`live.signals.build` makes it from decisions, `live.signals.reader` reads and verifies it. Prices are strings in
the file and `Price` here; `content_sha256` is the sha256 of the canonical JSON without `run_id`,
`generated_at` and itself, so that the same decisions have the same hash. Published as
`signals/schema.json`. Needs no pandas.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from backtest.files import write_file
from live.clock import iso_utc
from live.signals.lines import CandidateLine, EntryLine, ExitLine, HoldingLine, SkipLine, line_json

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
MAX_SHARES = 100_000_000
_NOT_HASHED = frozenset({"run_id", "generated_at", "content_sha256"})


@dataclass(frozen=True, slots=True)
class AccountRef:
    """The broker account a file is for; the account id only as its sha256."""

    broker: str
    id_sha256: str
    live: bool


@dataclass(frozen=True, slots=True)
class ReportRef:
    """A report that was read: its file name and the sha256 of its bytes."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AssetsRef:
    """The asset directory that the candidates were judged by: who gave it, on which New York day, its bytes' sha256."""

    source: str
    day: date
    sha256: str


@dataclass(frozen=True, slots=True)
class PricesRef:
    """Where the bars came from and the fingerprint of what was used."""

    source: str
    feed: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class MarketFilterRef:
    """The market filter that the candidates were judged by: its file, its limit, the value of the as-of session.

    max, value: decimal text; value and sha256 (of the file's bytes) None: there was none, and nothing was bought.
    """

    file: str
    max: str
    value: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ScanRef:
    """The candidate source that proposed the candidates: its id and version, the symbols' file and its sha256."""

    source: str
    version: str
    symbols_file: str
    symbols_sha256: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything the decisions were made of.

    assets: None on a day without a report. market_filter: None where the strategy has none. scan: None where the
    candidates come from reports.
    """

    reports: tuple[ReportRef, ...]
    config_sha256: str
    manifest_sha256: str
    prices: PricesRef
    assets: AssetsRef | None = None
    market_filter: MarketFilterRef | None = None
    scan: ScanRef | None = None


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """The text of a file and its `content_sha256`."""

    text: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class SignalFile:
    """One strategy's decisions for one trade date."""

    strategy: str
    trade_date: date
    as_of_session: date
    run_id: str
    generated_at: datetime
    account: AccountRef
    inputs: Inputs
    frozen: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    exits: tuple[ExitLine, ...] = ()
    entries: tuple[EntryLine, ...] = ()
    skipped: tuple[SkipLine, ...] = ()
    holdings: tuple[HoldingLine, ...] = ()
    candidates: tuple[CandidateLine, ...] = ()
    summary: Mapping[str, str | int] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def file_name(self) -> str:
        """`trade_signals_2026-02-17_ema_p10.json`"""
        return file_name(self.strategy, self.trade_date)

    @property
    def content_sha256(self) -> str:
        return hash_content(_as_json(self))

    def text(self) -> str:
        """Return the file as it is written: indented JSON in the order of the schema, one line end."""
        return self.written().text

    def written(self) -> WrittenFile:
        """Return the file as it is written, with the hash that stands in it."""
        content = _as_json(self)
        content["content_sha256"] = digest = hash_content(content)
        return WrittenFile(json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n", digest)


def file_name(strategy: str, trade_date: date) -> str:
    """Return the name of a strategy's file for a trade date."""
    return f"trade_signals_{trade_date.isoformat()}_{strategy}.json"


def account_ref(broker: str, account_id: str, live: bool) -> AccountRef:
    """Return how a file names an account: its id only as a hash."""
    return AccountRef(broker, hashlib.sha256(account_id.encode()).hexdigest(), live)


def file_sha256(text: str) -> str:
    """Return the hash of a file's bytes, as kept in the state DB."""
    return hashlib.sha256(text.encode()).hexdigest()


def log_signal_file(what: str, signal: SignalFile, digest: str) -> None:
    """Log what a run did with a file (issued, verified), and the sha256 of the file's bytes."""
    fields = {"event": f"signal_file_{what}", "signal_file": signal.file_name, "signal_file_sha256": digest}
    logger.info("signal file %s: %s, sha256 %s", what, signal.file_name, digest[:12], extra={"fields": fields})


def hash_content(content: Mapping[str, Any]) -> str:
    """Return `content_sha256` of a signal file's JSON object."""
    hashed = {key: value for key, value in content.items() if key not in _NOT_HASHED}
    canonical = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def write_text(folder: Path, name: str, text: str) -> Path:
    """Write a file of the folder completely or not at all; private, a symlink of that name is replaced, not followed.

    `name` must be a plain file name, else ValueError. Raises InputError (7) when it cannot be written.
    """
    if name != Path(name).name or name in {"", ".", ".."}:
        raise ValueError(f"{name!r} is no plain file name")
    write_file(folder / name, text.encode())
    return folder / name


def _as_json(signal: SignalFile) -> dict[str, Any]:
    """Return the file's JSON object; the keys of its lines are the fields of their classes, in their order."""
    return {
        "schema_version": signal.schema_version,
        "strategy": signal.strategy,
        "trade_date": signal.trade_date.isoformat(),
        "as_of_session": signal.as_of_session.isoformat(),
        "run_id": signal.run_id,
        "generated_at": iso_utc(signal.generated_at),
        "account": asdict(signal.account),
        "inputs": {
            "reports": [asdict(report) for report in signal.inputs.reports],
            "assets": _assets_json(signal.inputs.assets),
            "config_sha256": signal.inputs.config_sha256,
            "manifest_sha256": signal.inputs.manifest_sha256,
            "prices": asdict(signal.inputs.prices),
            **_beside("market_filter", signal.inputs.market_filter),
            **_beside("scan", signal.inputs.scan),
        },
        "frozen": list(signal.frozen),
        "unresolved": list(signal.unresolved),
        "exits": [line_json(line) for line in signal.exits],
        "entries": [line_json(line) for line in signal.entries],
        "skipped": [line_json(line) for line in signal.skipped],
        "holdings": [line_json(line) for line in signal.holdings],
        "candidates": [line_json(line) for line in signal.candidates],
        "summary": dict(signal.summary),
    }


def _assets_json(assets: AssetsRef | None) -> dict[str, str] | None:
    if assets is None:
        return None
    return {"source": assets.source, "date": assets.day.isoformat(), "sha256": assets.sha256}


def _beside(name: str, ref: MarketFilterRef | ScanRef | None) -> dict[str, Any]:
    """Return nothing without one: most accounts have none, and their files stay as they were."""
    return {} if ref is None else {name: asdict(ref)}
