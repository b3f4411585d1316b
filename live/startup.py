"""The start-up order both doors share: configuration, state DB, lock, kill switch, manifest, broker, account.

Every refusal happens before any mutating request and in this order: 6 (configuration), 13, 10, 3, 5,
6 (keys, host, account), 8. The doors call the steps one after the other and put their own between
them (reports, signal file, the protect pass of a run under the kill switch).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from live.broker import Account, Broker
from live.config import LiveConfig
from live.door import Run
from live.runtime import Runtime
from live.state_db.db import StateDB
from live.state_db.rows import KillSwitch

logger = logging.getLogger(__name__)

CLOCK_TOLERANCE_S = 30.0


@dataclass(frozen=True, slots=True)
class StartOptions:
    """The flags both programs have in common. state_db, manifest and broker: None takes the configuration's."""

    config: Path
    settings: tuple[str, ...] = ()
    state_db: Path | None = None
    manifest: Path | None = None
    broker: str | None = None
    enable_live: bool = False
    dry_run: bool = False
    phase: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Configuration and state DB of a run. db_is_new: there was no file before (a rebuild may be needed, F77)."""

    config: LiveConfig
    db: StateDB
    db_is_new: bool
    kill_switch: KillSwitch


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker of a run and the account it trades for, which is the one the DB is bound to."""

    broker: Broker
    account: Account


def open_run(run: Run, options: StartOptions, runtime: Runtime | None) -> Opened:
    """Steps 6 (configuration), 13 and 10: read the configuration, open the DB, take its lock, read the kill switch.

    With dry_run the DB is an in-memory copy, no lock is taken and no log written. Sets `run.notifier`
    and `run.run_id`; a real run's `run_log` row is finished when the run ends. Raises ConfigError,
    StateDBError, LockedError; the kill switch is only read, see `require_kill_switch_off`.
    """
    raise NotImplementedError


def require_kill_switch_off(switch: KillSwitch) -> None:
    """Step 3. Raises KillSwitchError telling since when, why and who."""
    raise NotImplementedError


def check_manifest(config: LiveConfig, path: Path) -> str:
    """Step 5: compare every strategy parameter with the manifest; return the manifest's sha256.

    Raises ManifestMismatchError (5) listing the differences and the command that makes a new one,
    InputError (7) when the file is there and unreadable.
    """
    raise NotImplementedError


def connect(run: Run, opened: Opened, options: StartOptions, runtime: Runtime | None) -> Connected:
    """Step 6 (keys, host, account): open the chosen broker, read the account, bind the DB to it, lock it.

    Tells a local clock that is off by more than 30 s (F17). With dry_run the broker refuses every
    mutating call. Raises KeysError, HostNotAllowedError, LiveNotEnabledError, AdapterNotFoundError,
    AccountBindingError (6), LockedError (10), BrokerUnavailableError (8).
    """
    raise NotImplementedError


def refuse_restricted(account: Account) -> None:
    """Raise SafetyLimitError (11) when the broker does not let the account trade (F50)."""
    raise NotImplementedError
