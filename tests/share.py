"""How much of the longer proofs is run: `make test-slow HISTORIES=…`; CI runs an eighth of the 2,000."""

from __future__ import annotations

import os

HISTORIES = int(os.environ.get("HISTORIES", "2000"))
"""Random histories in the slow set."""


def share_of(number: int) -> int:
    """Return as many of a number of random cases as there are of the 2,000 histories, at least one."""
    return max(1, min(number, number * HISTORIES // 2000))
