"""Where a run's data come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from backtest.prices.settings import PriceSettings


@dataclass(frozen=True, slots=True)
class Source:
    """Where a run's data come from, and its stretch of sessions.

    prices: a path of bars, or a source that `prices.named` knows. Exactly one of reports (a folder) and candidates (a
    CSV file) is given, neither where the executed strategy proposes its own. assets: a CSV of listed symbols that
    confirms the readings of reports and what a strategy proposes. price_settings: the feed of a source, and where its
    bars are kept.
    """

    prices: str
    first: date
    last: date
    reports: Path | None = None
    candidates: Path | None = None
    assets: Path | None = None
    price_settings: PriceSettings = field(default_factory=PriceSettings)
