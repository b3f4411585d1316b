"""Nothing is made in a folder that somebody only happened to stand in: what would be refuses the run (6)."""

from __future__ import annotations

from pathlib import Path

from backtest.errors import ConfigError
from live.run.options import RunOptions


def refuse_stray_state_db(options: RunOptions, state_db: Path) -> None:
    """Raise ConfigError (6) where a new book would begin in a folder that nothing names."""
    if options.state_db is None:
        refuse_stray(options, "state DB", state_db, "the state DB with --state-db")


def is_ours(options: RunOptions, path: Path) -> bool:
    """Return whether a path of the configuration leads to the home, or says itself where it is."""
    return path.is_absolute() or options.home is not None or Path.cwd() in options.config.absolute().parents


def refuse_stray(options: RunOptions, what: str, made: Path, how_else: str) -> None:
    """Raise ConfigError (6) where a run would make what the configuration names in a folder that is no home.

    A folder is the home when a flag or the variable says so, or when the configuration lies in it. made: a path of the
    configuration. how_else: what can be named instead of the home, with its flag.
    """
    if is_ours(options, made) or made.exists():
        return
    raise ConfigError(
        f"no {what} in {made.absolute()}, and {options.config} lies elsewhere (expected one folder with both)",
        next_step=f"Name the folder with --home DIR, or {how_else}.",
    )
