"""What the state DB keeps beside orders and positions, as frozen values; units as in `rows.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backtest.model import Price


@dataclass(frozen=True, slots=True)
class SignalFileRow:
    """One signal file this DB has issued. text: the file exactly as written; file_sha256: the hash of its bytes."""

    id: int
    strategy: str
    trade_date: date
    path: str
    text: str
    content_sha256: str
    file_sha256: str
    run_id: str
    issued_at: datetime
    superseded_by: int | None = None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """The one accepted plan of a strategy and trade date."""

    id: int
    strategy: str
    trade_date: date
    as_of: date
    signal_file_id: int
    content_sha256: str
    run_id: str | None
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a program.

    exit_code None: it is running or was killed; finished_at is set once another run has ended it as abandoned.
    settings: `live.config_file.settings_of` what was in force; None: recorded by a version that did not keep them.
    """

    run_id: str
    program: str
    phase: str | None
    trade_date: date | None
    started_at: datetime
    finished_at: datetime | None = None
    exit_code: int | None = None
    last_line: str | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One appended event. producer: the program and its version. version: of the payload's class.

    version 0 was written before there was a contract; its types and payloads are read as they stand.
    """

    seq: int
    ts: datetime
    run_id: str | None
    corr_id: str | None
    causation_id: int | None
    kind: str
    type: str
    payload: Mapping[str, Any]
    version: int
    producer: str

    @property
    def name(self) -> str:
        """The type's name in the contract: `order.sent`."""
        return f"{self.kind}.{self.type}"


@dataclass(frozen=True, slots=True)
class EquityRow:
    """The account as seen by one run. peak: the highest equity since the base was set."""

    id: int
    ts: datetime
    day: date
    equity: Decimal
    last_equity: Decimal
    cash: Decimal
    buying_power: Decimal
    peak: Decimal
    open_positions: int
    run_id: str | None


@dataclass(frozen=True, slots=True)
class LastPrices:
    """The broker's prices of what was held, 1/10,000 USD by ticker. at: when it said them; None: none are kept."""

    at: datetime | None = None
    of: Mapping[str, Price] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """The kill switch as it counts now. why/since/who: as given; source: `db`, `file` or `rule`.

    `rule`: on because the flag is missing, garbled or unreadable.
    """

    on: bool
    why: str | None = None
    since: datetime | None = None
    who: str | None = None
    source: str = "db"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person has said about entries (all off, or one vetoed): why, since when, who; as far as it is known."""

    why: str
    since: datetime | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class AccountBinding:
    """The one broker account a state DB belongs to."""

    broker: str
    account_id: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class ForeignFill:
    """An execution of a foreign order that changed a position of ours and was booked."""

    activity_id: str
    order_id: str
    ticker: str
    side: str
    qty: int
    price: Decimal
    at: datetime
