"""The golden replays: three periods that together meet every situation the rules name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backtest.sessions import Sessions
from demo.market import SyntheticMarket
from tests.parity.markets import Roughness, rough_market

ROUGH = Roughness(
    report=0.07,
    missing_bar=0.008,
    missing_at_entry=0.06,
    missing_at_week_end=0.05,
    split=0.003,
    twins=3,
    delisted_tickers=3,
    young_tickers=4,
    crash=0.008,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A seeded market, the period replayed on it and its parameters."""

    name: str
    first: date
    last: date
    seed: int
    settings: tuple[str, ...]
    skip_sessions: tuple[date, ...] = ()

    def market(self, sessions: Sessions) -> SyntheticMarket:
        before = sessions.between(date(self.first.year - 1, self.first.month, 1), sessions.previous(self.first))
        traded = sessions.between(self.first, self.last)
        return rough_market(sessions, before, traded, seed=self.seed, tickers=20, roughness=ROUGH)


SCENARIOS = (
    Scenario("weekly_ema", date(2023, 11, 10), date(2024, 3, 28), 12, ("max_positions=7",)),
    Scenario(
        "nweek_low_executed",
        date(2024, 5, 20),
        date(2024, 10, 4),
        4,
        (
            "max_positions=7",
            "stop_loss_pct=8",
            "primary.trailing_stop=weekly_nweek_low",
            "primary.period=4",
            "shadow.trailing_stop=weekly_ema",
            "shadow.period=10",
        ),
    ),
    Scenario(
        "skipped_sessions",
        date(2024, 10, 7),
        date(2025, 1, 31),
        10,
        ("max_positions=6",),
        (date(2024, 10, 21), date(2024, 11, 18), date(2024, 11, 19), date(2025, 1, 6)),
    ),
)
