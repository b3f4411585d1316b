"""The machine: Python, packages, time zone, the variables of the environment and of the key files."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from zoneinfo import ZoneInfo

from backtest.errors import KeysError
from backtest.web.keys import Source, read_sources, right_name
from live.clock import NEW_YORK
from live.doctor.answer import Answer, fail, ok, warn
from live.doctor.context import Context
from live.doctor.versions import is_within, outside, parse_requirement
from live.run.environment import VARIABLES, check_environment, log_level

PACKAGE = "earnings-drift"
INSTALL = "In the project's folder and its virtual environment: pip install -c configs/constraints.txt -e ."
WINTER_AND_SUMMER = {1: -5, 7: -4}
"""Month → New York's hours from UTC."""
_PREFIXES = ("ALPACA", "APCA", "FMP")


def python(_: Context) -> Answer:
    """Ask which Python runs."""
    return judge_python(platform.python_version(), _range_of_python())


def judge_python(running: str, needed: str | None) -> Answer:
    """Return whether it is new enough. needed: the package's range; None where it is not installed as a package."""
    if needed is not None and not is_within(running, needed):
        return fail(6, f"{running} (expected {needed})", "Make the virtual environment anew with a newer Python.")
    return ok(running)


def packages(_: Context) -> Answer:
    """Ask for the packages that ours declares, without its extras."""
    try:
        declared = [parse_requirement(text) for text in requires(PACKAGE) or ()]
    except PackageNotFoundError:
        return warn(f"{PACKAGE} is not installed as a package: versions were not compared", INSTALL)
    needed = [one for one in declared if "extra" not in one.marker]
    return judge_packages(len(needed), *outside(needed, _installed))


def judge_packages(count: int, missing: Sequence[str], others: Sequence[str]) -> Answer:
    """Return whether all are there. missing, others: packages that are not installed, or in another version."""
    if missing:
        return fail(6, f"not installed: {', '.join((*missing, *others))}", INSTALL)
    if others:
        return warn(f"outside its range: {', '.join(others)}", INSTALL)
    return ok(f"{count}, each within its range")


def time_zone(_: Context) -> Answer:
    """Ask whether the time zone data know New York."""
    return judge_time_zone(NEW_YORK, _installed("tzdata"))


def judge_time_zone(zone: ZoneInfo, package: str | None) -> Answer:
    """Return whether a zone has New York's hours. package: the version of the data in Python's own package."""
    for month, hours in WINTER_AND_SUMMER.items():
        offset = datetime(2026, month, 15, tzinfo=zone).utcoffset()
        found = None if offset is None else offset.total_seconds() / 3600
        if found != hours:
            return fail(
                6, f"{zone.key} is {found:+g} h from UTC in month {month} (expected {hours:+d})", "Update tzdata."
            )
    return ok(f"{zone.key}, tzdata {package or 'of the system'}")


def environment(context: Context) -> Answer:
    """Ask whether every variable that means us is one we read. Raises ConfigError (6)."""
    check_environment(os.environ)
    try:
        sources = read_sources(os.environ, Path.cwd())
    except KeysError:  # `keys` tells
        sources = (Source("the environment", os.environ),)
    return judge_environment(unread(sources), log_level(os.environ)[1], _known(sources))


def judge_environment(not_read: Sequence[str], wrong_level: str | None, known: Sequence[str]) -> Answer:
    """Return what is not read and what is. known: the variables that are read and set."""
    if not_read:
        return warn(f"not read: {'; '.join(not_read)}", "Give them the name that is read, or remove them.")
    if wrong_level is not None:
        return warn(wrong_level)
    return ok(", ".join(known) or "no variable of ours is set")


def unread(sources: Iterable[Source]) -> tuple[str, ...]:
    """Return each name in a source that looks like ours and is not read, with the one that is; never a value."""
    found = []
    for source in sources:
        for name in sorted(source.values):
            if name.upper().startswith(_PREFIXES) and name not in VARIABLES:
                right = right_name(name)
                found.append(f"{name} in {source.name}" + (f" (read: {right})" if right else ""))
    return tuple(found)


def _known(sources: Sequence[Source]) -> tuple[str, ...]:
    names = {name for source in sources for name in source.values if name in VARIABLES}
    return tuple(name for name in VARIABLES if name in names and name.startswith((*_PREFIXES, "EARNINGS_DRIFT")))


def _range_of_python() -> str | None:
    try:
        return metadata(PACKAGE)["Requires-Python"]
    except (PackageNotFoundError, KeyError):
        return None


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
