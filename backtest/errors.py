"""How a run can end badly: one class per kind, each carrying the exit code of its kind.

The codes are a contract: docs/faults.md#exit-codes. A program catches `DriftError`, prints
`error.line()` as the last line on stderr and exits with `exit_code`.
"""

from __future__ import annotations

from typing import ClassVar

MOST_WORDS = 1_500
"""Characters of a line that say what is wrong: it may quote a file of one long line."""


def error_line(code: int, what: str, next_step: str) -> str:
    """Return `error[code] what. next_step`: one line of sane length, whatever another library put into its words."""
    sentence = " ".join(what.split()).rstrip(".")
    if len(sentence) > MOST_WORDS:
        sentence = sentence[: MOST_WORDS - 1] + "…"
    return f"error[{code}] {sentence}." + (f" {' '.join(next_step.split())}" if next_step else "")


class DriftError(Exception):
    """Base of every expected end; `exit_code` 1 is left to bugs."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def line(self) -> str:
        """Return the one line for stderr: code, what is wrong and where, what to do."""
        return error_line(self.exit_code, self.what, self.next_step)


class UsageError(DriftError):
    """A flag that click itself cannot refuse (two that exclude each other, an impossible date)."""

    exit_code = 2


class ManifestMismatchError(DriftError):
    """The manifest was made with other parameters than those in force."""

    exit_code = 5


class ConfigError(DriftError):
    """The configuration is missing, unreadable, unknown or out of range."""

    exit_code = 6


class KeysError(ConfigError):
    """Credentials are missing, malformed or contradict each other."""


class HostNotAllowedError(ConfigError):
    """A URL whose host is not equal to an entry of the allow-list."""


class InputError(DriftError):
    """A report, price file or JSON input cannot be read or is not what it says."""

    exit_code = 7


class PriceDataError(InputError):
    """Bars are missing or unusable for what was asked."""


class PriceSourceUnavailableError(DriftError):
    """The price source did not answer after retries."""

    exit_code = 8


class PriceRequestRefusedError(PriceSourceUnavailableError):
    """The price source answered one request with a final no (an unknown symbol, a feed not subscribed)."""


class WorkersUnavailableError(DriftError):
    """No cluster was reached, or workers were lost again and again."""

    exit_code = 8
