"""One file a ticker with the splits and dividends of a remote source, so that a backtest finds them tomorrow too.

`<cache>/<source>-<feed>/<TICKER>.events.json`, beside the ticker's bars; replaced whole or not at all.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from backtest.files import write_file
from backtest.model import Split
from backtest.prices.raw import UNUSABLE, Actions, Dividend, exact_ratio, json_number

log = logging.getLogger(__name__)

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptActions:
    """What a source knew of one ticker's ex-dates from `first` on when it was asked on the day `asked`."""

    actions: Actions
    first: date
    asked: date

    def covers(self, start: date, end: date) -> bool:
        """Return whether it was asked for all of [start, end], when `end` was over."""
        return self.first <= start and self.asked >= end

    def between(self, start: date, end: date) -> Actions:
        """Return those with an ex-date in [start, end]."""
        return Actions(
            tuple(one for one in self.actions.splits if start <= one.ex_date <= end),
            tuple(one for one in self.actions.dividends if start <= one.ex_date <= end),
        )


class ActionFiles:
    """The files of one source."""

    def __init__(self, folder: Path) -> None:
        """folder: of the source, see `bar_files.folder_of`; it need not exist."""
        self._folder = folder

    def read(self, ticker: str) -> KeptActions | None:
        """Return a ticker's file; None when there is none, or none that can be used, which is logged."""
        path = self._path(ticker)
        try:
            return _decoded(ticker, json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, *UNUSABLE, RecursionError) as error:
            log.warning("price cache %s: cannot be used (%s) and is fetched again", path, error or type(error).__name__)
            return None

    def write(self, ticker: str, kept: KeptActions) -> None:
        """Replace a ticker's file (0600). Raises InputError (7)."""
        content = {
            "version": VERSION,
            "ticker": ticker,
            "first": kept.first.isoformat(),
            "asked": kept.asked.isoformat(),
            "splits": [[one.ex_date.isoformat(), str(one.ratio)] for one in kept.actions.splits],
            "dividends": [[one.ex_date.isoformat(), one.amount] for one in kept.actions.dividends],
        }
        write_file(self._path(ticker), json.dumps(content).encode("ascii"))

    def _path(self, ticker: str) -> Path:
        return self._folder / f"{ticker}.events.json"


def _decoded(ticker: str, content: Mapping[str, Any]) -> KeptActions:
    if content["version"] != VERSION or content["ticker"] != ticker:
        raise ValueError("made by another version or for another ticker")
    splits = [Split(ticker, date.fromisoformat(day), exact_ratio(ratio)) for day, ratio in content["splits"]]
    dividends = [Dividend(ticker, date.fromisoformat(day), json_number(paid)) for day, paid in content["dividends"]]
    if not all(one.amount > 0 for one in dividends):
        raise ValueError("a dividend that is none")
    first, asked = (date.fromisoformat(content[name]) for name in ("first", "asked"))
    return KeptActions(Actions(tuple(splits), tuple(dividends)), first, asked)
