"""Which hosts may be asked for market data: an exact allow-list (I6); that of trading is `live.alpaca.hosts`.

A URL is only ever matched against the list; the base that requests are built from is the list's own
text. Hosts and sources: docs/broker.md.
"""

from __future__ import annotations

import re

from backtest.errors import HostNotAllowedError

DATA_URL = "https://data.alpaca.markets"
DATA_SANDBOX_URL = "https://data.sandbox.alpaca.markets"
FMP_URL = "https://financialmodelingprep.com"

_LOOPBACK = re.compile(r"(https?)://(127\.0\.0\.1|localhost|\[::1\])(?::([0-9]{1,5}))?", re.ASCII)
_LONGEST_SHOWN = 2_000


def data_base(text: str) -> str:
    """Return the allow-list's market-data URL that equals `text`. Raises HostNotAllowedError."""
    return match_base(text, (DATA_URL, DATA_SANDBOX_URL), "market data URL")


def fmp_base(text: str) -> str:
    """Return the allow-list's FMP URL that equals `text`. Raises HostNotAllowedError."""
    return match_base(text, (FMP_URL,), "FMP URL")


def is_loopback(base: str) -> bool:
    """Return whether a base URL is this machine."""
    return _LOOPBACK.fullmatch(base) is not None


def match_base(text: str, allowed: tuple[str, ...], what: str) -> str:
    """Return the entry of `allowed` that equals `text` (case and one trailing slash apart), or this machine's address.

    The whole text is compared: no parsing that another library might do differently. what: its name in
    HostNotAllowedError.
    """
    lowered = text.lower()
    bare = lowered[:-1] if lowered.endswith("/") else lowered
    for base in allowed:
        if bare == base:
            return base
    loopback = _LOOPBACK.fullmatch(bare)
    if loopback and int(loopback.group(3) or 80) in range(1, 65_536):
        return bare
    raise HostNotAllowedError(f"{what} not allowed: {_shown(text)} (expected one of {', '.join(allowed)}, or loopback)")


def _shown(text: str) -> str:
    """Return a refused address for a message, without what may be a secret in it."""
    if len(text) > _LONGEST_SHOWN:  # to look for secrets in it would take seconds
        return f"{len(text):,} characters"
    without_user = re.sub(r"//.*@", "//***@", text, flags=re.DOTALL)
    return repr(re.sub(r"([?#]).*", r"\1***", without_user, flags=re.DOTALL)[:100])
