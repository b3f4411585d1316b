"""The one spelling of a stock's symbol that the whole program uses."""

from __future__ import annotations

import re

_CLASS_SHARE = re.compile(r"([A-Z][A-Z0-9]{0,5})[/\- ]([A-Z]{1,2})", re.ASCII)


def canonical_ticker(symbol: str) -> str:
    """Return the canonical spelling of a class share (`BRK-B`, `BRK/B`, `BRK B` → `BRK.B`), else the symbol itself."""
    match = _CLASS_SHARE.fullmatch(symbol)
    return f"{match[1]}.{match[2]}" if match else symbol
