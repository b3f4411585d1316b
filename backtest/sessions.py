"""Sessions of the New York Stock Exchange (XNYS): holidays, half days, ISO weeks.

`Sessions` is a plain value and imports nothing heavy; it is made from the exchange-calendars library
(`load_sessions`, through a small cache file, because the library brings pandas) or from the broker's
own calendar.
"""

from __future__ import annotations

import json
import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from backtest.errors import ConfigError
from backtest.timezone import NEW_YORK as NEW_YORK
from backtest.user_folders import default_cache_dir

REGULAR_HOURS = (time(9, 30), time(16, 0))
FIRST_DAY = date(1990, 1, 2)


@dataclass(frozen=True, slots=True)
class Session:
    """One session: its date in New York, its open and close as UTC moments."""

    day: date
    open: datetime
    close: datetime

    @property
    def is_half_day(self) -> bool:
        return self.close.astimezone(NEW_YORK).time() < REGULAR_HOURS[1]


class Sessions:
    """An ordered range of sessions. Asking outside the range is a ConfigError, never a guess."""

    def __init__(self, days: Iterable[date], special_hours: Mapping[date, tuple[time, time]] | None = None) -> None:
        """days: the session dates in any order. special_hours: New York (open, close) where not 9:30-16:00."""
        self.days: tuple[date, ...] = tuple(sorted(dict.fromkeys(days)))  # a set would shuffle what is in order
        if not self.days:
            raise ConfigError("the exchange calendar has no sessions")
        self._special = dict(special_hours or {})
        self._known = frozenset(self.days)

    @property
    def first(self) -> date:
        return self.days[0]

    @property
    def last(self) -> date:
        return self.days[-1]

    def is_session(self, day: date) -> bool:
        return day in self._known

    def at(self, day: date) -> Session:
        """Return the session of that date. Raises ConfigError when it is none."""
        if day not in self._known:
            raise ConfigError(f"{day} is no session of the exchange calendar")
        opens, closes = self._special.get(day, REGULAR_HOURS)
        return Session(
            day,
            datetime.combine(day, opens, NEW_YORK).astimezone(UTC),
            datetime.combine(day, closes, NEW_YORK).astimezone(UTC),
        )

    def index(self, day: date) -> int:
        """Return the position of a session in `days`. Raises ConfigError when it is none."""
        found = bisect_left(self.days, day)
        if found == len(self.days) or self.days[found] != day:
            raise ConfigError(f"{day} is no session of the exchange calendar")
        return found

    def next(self, day: date) -> date:
        """Return the first session after `day`."""
        return self._pick(bisect_right(self.days, day), day)

    def previous(self, day: date) -> date:
        """Return the last session before `day`."""
        return self._pick(bisect_left(self.days, day) - 1, day)

    def on_or_after(self, day: date) -> date:
        return self._pick(bisect_left(self.days, day), day)

    def on_or_before(self, day: date) -> date:
        return self._pick(bisect_right(self.days, day) - 1, day)

    def between(self, first: date, last: date) -> tuple[date, ...]:
        """Return the sessions from `first` to `last`, both included; empty when first > last."""
        return self.days[bisect_left(self.days, first) : bisect_right(self.days, last)]

    def week_end_of(self, day: date) -> date:
        """Return the last session of the ISO week that `day` lies in (it may be before `day` on a weekend)."""
        sunday = day + timedelta(days=7 - day.isoweekday())
        return self.on_or_before(sunday)

    def is_week_end(self, day: date) -> bool:
        """Return whether a session is the last one of its ISO week, by the calendar."""
        return day in self._known and self.week_end_of(day) == day

    def trade_date(self, now: datetime) -> date:
        """Return the first session whose close is still ahead of `now`."""
        day = self.on_or_after(now.astimezone(NEW_YORK).date())
        return day if now < self.at(day).close else self.next(day)

    def last_closed(self, now: datetime) -> date:
        """Return the last session whose close is not ahead of `now`."""
        return self.previous(self.trade_date(now))

    def _pick(self, index: int, asked: date) -> date:
        if not 0 <= index < len(self.days):
            raise ConfigError(f"the exchange calendar knows {self.first} to {self.last}, asked beyond it from {asked}")
        return self.days[index]


def _now(write: Callable[[], object]) -> None:
    write()


def load_sessions(
    through: date, cache_dir: Path | None = None, *, write: Callable[[Callable[[], object]], object] = _now
) -> Sessions:
    """Return the XNYS sessions from 1990 until at least a year after `through`'s year began.

    Reads the cache file when it reaches far enough, else asks the library (0.6 s) and writes it.
    cache_dir: the user's cache folder by default. A cache that cannot be written is no error. write: is given the
    writing of the cache, for a caller that may not write yet.
    """
    path = cache_file(cache_dir)
    return _read_cache(path, through) or _build(path, through, write)


def cache_file(cache_dir: Path | None = None) -> Path:
    """Return where the sessions are kept: a file for each version of the library that knows them."""
    return (cache_dir or default_cache_dir()) / f"sessions-XNYS-{_library_version()}.json"


def _library_version() -> str:
    """Return the version of exchange-calendars that is installed, as its folder says it: at next to no cost."""
    from importlib.util import find_spec

    spec = find_spec("exchange_calendars")
    places = [Path(place).parent for place in (spec and spec.submodule_search_locations) or ()]
    found = [one.name for place in places for one in place.glob("exchange_calendars-*.dist-info")]
    if len(found) == 1:
        return found[0].removeprefix("exchange_calendars-").removesuffix(".dist-info")
    from importlib.metadata import version  # late: 15 ms

    return version("exchange-calendars")


def _read_cache(path: Path, through: date) -> Sessions | None:
    try:
        content = json.loads(path.read_text(encoding="ascii"))
        days = [date.fromisoformat(text) for text in content["days"]]
        special = {
            date.fromisoformat(day): (time.fromisoformat(opens), time.fromisoformat(closes))
            for day, (opens, closes) in content["special_hours"].items()
        }
        horizon = date.fromisoformat(content["horizon"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Sessions(days, special) if days and horizon >= through else None


def _build(path: Path, through: date, write: Callable[[Callable[[], object]], object]) -> Sessions:
    import exchange_calendars  # late: it imports pandas

    horizon = date(through.year + 1, 12, 31)
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST_DAY.isoformat(), end=horizon.isoformat())
    days = [stamp.date() for stamp in calendar.sessions]
    special: dict[date, tuple[time, time]] = {}
    for day, opens, closes in zip(days, calendar.opens, calendar.closes, strict=True):
        hours = tuple(
            m.tz_localize("UTC").tz_convert(NEW_YORK).time() if m.tzinfo is None else m.tz_convert(NEW_YORK).time()
            for m in (opens, closes)
        )
        if hours != REGULAR_HOURS:
            special[day] = (hours[0], hours[1])
    write(lambda: _write_cache(path, days, special, horizon))
    return Sessions(days, special)


def _write_cache(path: Path, days: Sequence[date], special: Mapping[date, tuple[time, time]], horizon: date) -> None:
    content = {
        "horizon": horizon.isoformat(),
        "days": [day.isoformat() for day in days],
        "special_hours": {
            day.isoformat(): [opens.isoformat("minutes"), closes.isoformat("minutes")]
            for day, (opens, closes) in special.items()
        },
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=path.name, delete=False, encoding="ascii"
        ) as handle:
            json.dump(content, handle)
        Path(handle.name).replace(path)
    except OSError:
        return  # a read-only home costs 0.6 s at the next start and nothing else
