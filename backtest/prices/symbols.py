"""Which symbols a command is about: a list on the command line, a file of them, candidates or reports."""

from __future__ import annotations

from pathlib import Path

from backtest.errors import InputError, UsageError
from backtest.model import TICKER_PATTERN
from backtest.tickers import canonical_ticker

MAX_BYTES = 10_000_000
_HEADERS = ("SYMBOL", "TICKER")


def symbols_in(text: str) -> list[str]:
    """Return the tickers of a list `A,B,C`, sorted, each once. Raises UsageError (2) for a word that is none."""
    words = [word for word in text.replace(",", " ").split() if word]
    found = {_ticker(word) for word in words}
    wrong = next((word for word in words if not TICKER_PATTERN.fullmatch(_ticker(word))), None)
    if wrong is not None or not found:
        raise UsageError(f"{(wrong or text)[:40]!r} is no symbol (expected symbols such as AAPL,BRK.B)")
    return sorted(found)


def symbols_of_file(path: Path) -> list[str]:
    """Return the tickers of a file, sorted, each once: one a line, first cell of a CSV; a header and # lines apart.

    Raises InputError (7) for a file that cannot be read, is empty, or has a line without a symbol.
    """
    try:
        if not path.is_file():
            raise OSError("no such file" if not path.exists() else "no regular file")
        content = path.read_bytes()[: MAX_BYTES + 1]
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = "no UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror or str(error)
        raise InputError(f"symbols unreadable in {path}: {why} (expected one symbol a line)") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"symbols unreadable in {path}: more than {MAX_BYTES:,} bytes (expected one symbol a line)")
    found = set()
    for number, line in enumerate(lines, start=1):
        cell = line.partition("#")[0].partition(",")[0].strip().strip('"').strip()
        ticker = _ticker(cell)
        if not line.partition("#")[0].strip() or (number == 1 and ticker in _HEADERS):
            continue
        if not TICKER_PATTERN.fullmatch(ticker):
            raise InputError(f"symbols unreadable in {path}: line {number} is {cell[:40]!r} (expected a symbol)")
        found.add(ticker)
    if not found:
        raise InputError(f"symbols missing in {path}: the file names none (expected one symbol a line)")
    return sorted(found)


def _ticker(word: str) -> str:
    return canonical_ticker(word.upper())
