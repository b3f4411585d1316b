"""The options that say which symbols a command is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from backtest.commands.options import PATH
from backtest.errors import UsageError

if TYPE_CHECKING:
    from backtest.params import Params

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--candidates", type=PATH, help="The symbols of a CSV file of candidates."),
    click.option("--reports", type=PATH, help="The symbols that a folder of reports names."),
    click.option("--symbols", metavar="A,B", help="These symbols."),
    click.option("--symbols-file", type=PATH, help="The symbols of a file, one a line."),
)


def symbol_options(command: Decorated) -> Decorated:
    """Add the four ways to name symbols; the values go to `symbols_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def symbols_of(
    reports: Path | None,
    candidates: Path | None,
    symbols: str | None,
    symbols_file: Path | None,
    first: date,
    last: date,
    params: Params,
) -> list[str]:
    """Return the symbols, sorted; of candidates and reports those that belong to a session in [first, last].

    Raises UsageError (2) unless exactly one way is given, InputError (7) for what cannot be read or names none.
    """
    from backtest.prices.symbols import symbols_in, symbols_of_file
    from backtest.runs.inputs import Source, tickers_of  # late: --help must not wait for the price libraries

    given = [one for one in (reports, candidates, symbols, symbols_file) if one is not None]
    if len(given) != 1:
        raise UsageError("give one of --candidates FILE, --reports DIR, --symbols A,B, --symbols-file FILE")
    if symbols is not None:
        return symbols_in(symbols)
    if symbols_file is not None:
        return symbols_of_file(symbols_file)
    return tickers_of(Source("", first, last, reports, candidates), params)
