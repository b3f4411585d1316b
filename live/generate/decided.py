"""What one run decided, for both strategies."""

from __future__ import annotations

from dataclasses import dataclass

from backtest.model import Decisions
from live.generate.market import LiveMarket
from live.generate.shadow import ShadowRun


@dataclass(frozen=True, slots=True)
class Decided:
    """primary: the executed strategy's decisions. shadow: None when the shadow is the executed strategy itself."""

    market: LiveMarket
    primary: Decisions
    shadow: ShadowRun | None
