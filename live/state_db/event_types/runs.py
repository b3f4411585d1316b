"""Events of signal files and plans (`corr_id` `signals:<trade date>:<strategy>`) and of runs (the run_id)."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class SignalIssued(NamedTuple):
    """A signal file was recorded, before it is written. path: where to."""

    strategy: str
    trade_date: date
    signal_file_id: int
    content_sha256: str
    path: str


class PlanAccepted(NamedTuple):
    """The plan of a strategy and trade date. orders: its client_order_ids, exits first, then entries by rank."""

    strategy: str
    trade_date: date
    signal_file_id: int
    orders: tuple[str, ...]


class RunStarted(NamedTuple):
    """A run was refused by nothing up to the account, and begins."""

    program: str
    phase: str | None


class RunFinished(NamedTuple):
    """last_line: its last line on stderr, or `ok`."""

    exit_code: int
    last_line: str


class RunAbandoned(NamedTuple):
    """A run was killed; the run that wrote this found it and went on.

    adopted: orders it had sent, of which the finder learned that the broker has them; never_arrived: those the
    broker never had. stops_placed: tickers held before the finder, which gave them a stop.
    """

    program: str
    phase: str | None
    started_at: datetime
    adopted: tuple[str, ...]
    never_arrived: tuple[str, ...]
    stops_placed: tuple[str, ...]
