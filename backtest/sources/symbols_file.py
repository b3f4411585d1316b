"""The symbols that a candidate source is asked about: a file of them, and its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backtest.prices.symbols import parse_symbols, read_symbols


@dataclass(frozen=True, slots=True)
class Symbols:
    """tickers: in the order of the file, each once. sha256: of the file's bytes."""

    tickers: tuple[str, ...]
    sha256: str


def read_symbols_file(path: str) -> Symbols:
    """Read a symbols file: one a line, # comments, or a CSV with the symbols in a column `symbol`, else the first.

    Raises InputError (7) for a file that cannot be read, is empty, or has a line without a symbol.
    """
    return _parse(read_symbols(Path(path)), path)


@lru_cache(maxsize=16)
def _parse(content: bytes, where: str) -> Symbols:
    return Symbols(tuple(parse_symbols(content, Path(where))), hashlib.sha256(content).hexdigest())
