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
    """Return the tickers of a file, sorted, each once; see `parse_symbols`. Raises InputError (7)."""
    return sorted(parse_symbols(read_symbols(path), path))


def read_symbols(path: Path) -> bytes:
    """Return the bytes of a file of symbols. Raises InputError (7) for one that cannot be read or is too large."""
    try:
        if not path.is_file():
            raise OSError("no such file" if not path.exists() else "no regular file")
        with path.open("rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"symbols unreadable in {path}: {error.strerror or error} (expected one symbol a line)"
        ) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"symbols unreadable in {path}: more than {MAX_BYTES:,} bytes (expected one symbol a line)")
    return content


def parse_symbols(content: bytes, path: Path) -> list[str]:
    """Return the tickers in a file's bytes, in its order, each once: one a line, # comments apart.

    Of a CSV the cells of the column `symbol` (or `ticker`) that its first line names, else the first of each line.
    Raises InputError (7) for a file that is no text, names none, or has a line without a symbol.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"symbols unreadable in {path}: no UTF-8 text (expected one symbol a line)") from None
    found: dict[str, None] = {}
    column = 0
    is_first = True
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        cells = [cell.strip().strip('"').strip() for cell in text.split(",")]
        header = next((place for place, cell in enumerate(cells) if cell.upper() in _HEADERS), None)
        if is_first and header is not None:
            column, is_first = header, False
            continue
        is_first = False
        cell = cells[column] if column < len(cells) else ""
        ticker = _ticker(cell)
        if not TICKER_PATTERN.fullmatch(ticker):
            raise InputError(f"symbols unreadable in {path}: line {number} is {cell[:40]!r} (expected a symbol)")
        found[ticker] = None
    if not found:
        raise InputError(f"symbols missing in {path}: the file names none (expected one symbol a line)")
    return list(found)


def _ticker(word: str) -> str:
    return canonical_ticker(word.upper())
