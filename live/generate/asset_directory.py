"""The asset directory of the day: the broker's list of active stocks, asked for once a New York day.

It is kept beside the state DB (`state.db`) as `state-assets/assets_DATE_SHA256.csv`: later runs of the day find it by
its date, and whoever wants to judge the day again by the hash that its signal files name (`backtest parse --assets`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from backtest.errors import InputError
from backtest.files import write_file
from backtest.model import TICKER_PATTERN
from backtest.reports.directory import MAX_AGE_DAYS, MAX_BYTES, WHAT, Directory, Listing, directory_csv, parse_directory
from backtest.strict_json import read_bytes
from live.broker import (
    AssetList,
    Broker,
)
from live.clock import NEW_YORK
from live.errors import BrokerUnavailableError
from live.refusals import (
    BrokerRefusedError,
)
from live.signals.file import AssetsRef

SHOWN = 3
"""How many rows or tickers left out a note names."""


@dataclass(frozen=True, slots=True)
class DayDirectory:
    """A directory with what the signal files say of it. notes: what a person should know about the list."""

    directory: Directory
    ref: AssetsRef
    notes: tuple[str, ...] = ()


class DirectorySource:
    """Gives the day's directory when a report is to be read; a day without a report asks for none.

    folder: where the lists are kept, see `folder_beside`. refresh: ask the broker although the day has a list already.
    write: is given the writing of a new list, for it may not be written yet.
    """

    def __init__(
        self, broker: Broker, folder: Path, *, refresh: bool = False, write: Callable[[Callable[[], object]], object]
    ) -> None:
        self._broker = broker
        self._folder = folder
        self._refresh = refresh
        self._write = write
        self._found: DayDirectory | None = None

    def get(self) -> DayDirectory:
        """Return the directory; the same one on every call.

        Raises BrokerUnavailableError (8) when the broker does not give its list and the day has no earlier one,
        InputError (7) when the list cannot be kept.
        """
        if self._found is None:
            self._found = self._find()
        return self._found

    def _find(self) -> DayDirectory:
        day = self._broker.clock.now().astimezone(NEW_YORK).date()
        stored = _stored_directory(self._folder, day)
        if stored is not None and not self._refresh:
            return DayDirectory(stored, self._ref(stored, day), _notes(stored))
        try:
            listed = self._broker.list_assets()
        except (BrokerUnavailableError, BrokerRefusedError) as error:
            if stored is None:
                raise BrokerUnavailableError(
                    f"the broker's asset list cannot be read: {error.what} (expected who is listed on {day})",
                    next_step="Run the same command again in a minute; without a report on purpose: --no-report.",
                ) from error
            note = f"the broker's asset list cannot be read ({error.what}); the one asked for earlier today is used"
            return DayDirectory(stored, self._ref(stored, day), (note, *_notes(stored)))
        directory, notes = self._keep(listed, day)
        return DayDirectory(directory, self._ref(directory, day), (*notes, *_notes(directory)))

    def _keep(self, listed: AssetList, day: date) -> tuple[Directory, tuple[str, ...]]:
        listings, notes = distinct_listings(listed)
        content = directory_csv(listings)
        digest = hashlib.sha256(content).hexdigest()
        self._write(lambda: write_file(self._folder / f"assets_{day}_{digest}.csv", content))
        return Directory({one.ticker: one.name for one in listings}, digest, day), notes

    def _ref(self, directory: Directory, day: date) -> AssetsRef:
        return AssetsRef(self._broker.id, day, directory.sha256)


@dataclass(frozen=True, slots=True)
class KeptDirectory:
    """Gives a list that was kept, for a run that cannot ask the broker."""

    found: DayDirectory

    def get(self) -> DayDirectory:
        """Return the directory."""
        return self.found


def find_kept(folder: Path, today: date, source: str) -> KeptDirectory | None:
    """Return the newest list that was kept in the last `MAX_AGE_DAYS` days; None: there is none.

    source: the broker's id.
    """
    for age in range(MAX_AGE_DAYS + 1):
        day = today - timedelta(days=age)
        stored = _stored_directory(folder, day)
        if stored is not None:
            ref = AssetsRef(source, day, stored.sha256)
            notes = () if age == 0 else (f"the broker's asset list of {day} is used, for it cannot be asked",)
            return KeptDirectory(DayDirectory(stored, ref, (*notes, *_notes(stored))))
    return None


def folder_beside(state_db: Path) -> Path:
    """Return where a state DB's lists are kept."""
    return state_db.with_name(f"{state_db.stem}-assets")


def distinct_listings(listed: AssetList) -> tuple[tuple[Listing, ...], tuple[str, ...]]:
    """Return the stocks that the list names unmistakably, and what was left out, in words.

    Symbols that are no ticker of a common share are passed over, as in any directory. Raises BrokerUnavailableError
    (8) when nothing is left.
    """
    found: dict[str, Listing] = {}
    twice: set[str] = set()
    for listing in listed.listings:
        if TICKER_PATTERN.fullmatch(listing.ticker) and found.setdefault(listing.ticker, listing).name != listing.name:
            twice.add(listing.ticker)
    kept = tuple(listing for ticker, listing in found.items() if ticker not in twice)
    if not kept:
        raise BrokerUnavailableError("the broker's asset list names no stock", next_step="Run the same command again.")
    return kept, tuple(_left_out(listed.unreadable, sorted(twice)))


def _left_out(unreadable: tuple[str, ...], twice: list[str]) -> Iterator[str]:
    for what, items in (("unreadable", unreadable), ("listed under two names", twice)):
        if items:
            more = ", …" if len(items) > SHOWN else ""
            yield f"asset directory: {len(items)} left out, {what}: {', '.join(items[:SHOWN])}{more}"


def _notes(directory: Directory) -> tuple[str, ...]:
    if any(directory.names.values()):
        return ()
    return ("the asset directory has no names: they were not compared, the price alone confirms",)


def _stored_directory(folder: Path, day: date) -> Directory | None:
    """Return the newest list kept for a day whose bytes are still those of its hash."""
    paths = [path for path in folder.glob(f"assets_{day}_*.csv") if path.is_file()]
    for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            content = read_bytes(path, what=WHAT, max_bytes=MAX_BYTES)
            if path.stem.endswith(hashlib.sha256(content).hexdigest()):
                return parse_directory(content, str(path))
        except InputError:
            continue  # damaged: the broker is asked again
    return None
