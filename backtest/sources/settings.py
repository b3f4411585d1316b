"""The `strategies` section of the configuration: where the user's own candidate sources lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StrategiesSettings:
    """dir: a folder of strategy files; a relative path counts from where the program works. None: shipped and
    installed ones only."""

    dir: Path | None = None


def load_strategies_dir(path: Path | None) -> Path | None:
    """Return `strategies.dir` of a configuration file; None without a file. Raises ConfigError (6)."""
    if path is None:
        return None
    from backtest.settings import section_of  # late: YAML costs 20 ms that a run without a file need not wait for
    from backtest.typed_settings import read_dataclass

    settings: StrategiesSettings = read_dataclass(
        StrategiesSettings(), section_of(path, "strategies"), f"{path} strategies", {}
    )
    return settings.dir
