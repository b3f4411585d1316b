"""The `prices` section of the configuration: where bars come from and where they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """source: a name or a path as `--prices` takes them; `broker`, the chosen broker's own, in live programs only."""

    source: str = "broker"
    feed: str | None = "sip"
    cache_dir: Path = Path("cache")


def load_price_settings(path: Path | None) -> PriceSettings:
    """Return the `prices` section of a configuration file; the defaults without a file. Raises ConfigError (6)."""
    if path is None:
        return PriceSettings()
    from backtest.settings import section_of  # late: YAML costs 20 ms that a run without a file need not wait for
    from backtest.typed_settings import read_dataclass

    settings: PriceSettings = read_dataclass(PriceSettings(), section_of(path, "prices"), f"{path} prices", {})
    return settings
