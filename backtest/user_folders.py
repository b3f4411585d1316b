"""The user's own folders of this project, by the XDG variables: what may be made anew, and what may not.

Without a home there is none: the path is then one where nothing can be written.
"""

from __future__ import annotations

import os
from pathlib import Path


def default_cache_dir() -> Path:
    """Return the folder of what may be deleted at any time: `XDG_CACHE_HOME` or ~/.cache, never a relative one."""
    return _folder("XDG_CACHE_HOME", ".cache")


def default_data_dir() -> Path:
    """Return the folder of what is kept: `XDG_DATA_HOME` or ~/.local/share, never a relative one."""
    return _folder("XDG_DATA_HOME", ".local/share")


def _folder(variable: str, below_home: str) -> Path:
    named = Path(os.environ.get(variable, ""))
    if not named.is_absolute():
        home = Path(os.path.expanduser("~"))  # noqa: PTH111  # Path's raises where there is no home
        named = home / below_home if home.is_absolute() else Path(os.devnull)
    return named / "earnings-drift"
