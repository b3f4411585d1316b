"""How a live run can end badly; each class carries the exit code of its kind (see `backtest.errors`)."""

from __future__ import annotations

from backtest.errors import ConfigError, DriftError, InputError


class KillSwitchError(DriftError):
    """The kill switch is on: no entry and no exit goes out."""

    exit_code = 3


class PositionMismatchError(DriftError):
    """State DB and broker disagree about what we hold and no fill explains it."""

    exit_code = 4


class SignalFileError(DriftError):
    """The signal file is altered, stale, superseded or not ours: its identity is wrong."""

    exit_code = 5


class SignalFormError(InputError):
    """The signal file is no valid signal file: its form is wrong (exit code 7)."""


class LiveNotEnabledError(ConfigError):
    """A live endpoint was asked for without config, flag, confirmation and limits together."""


class AccountBindingError(ConfigError):
    """The state DB belongs to another broker account."""


class AdapterNotFoundError(ConfigError):
    """No broker adapter has this id."""


class BrokerUnavailableError(DriftError):
    """The broker cannot be reached or keeps failing after retries; nothing is lost."""

    exit_code = 8


class UnresolvedWorkError(DriftError):
    """The run did what it could; some line is left open or was abandoned."""

    exit_code = 9


class InterruptedRunError(UnresolvedWorkError):
    """SIGTERM or SIGINT asked the run to end; nothing new is sent."""


class LockedError(DriftError):
    """Another run holds the lock."""

    exit_code = 10


class SafetyLimitError(DriftError):
    """Drawdown, daily loss or an order limit tripped, or the broker restricts the account."""

    exit_code = 11


class StateDBError(DriftError):
    """The state DB is busy, damaged, read-only, of a newer schema, or the disk is full."""

    exit_code = 13
