"""Random small worlds for both sides: a market, its parameters, a second shadow, sessions left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from backtest.params import Params
from backtest.reports.directory import Listing
from backtest.sessions import Sessions
from backtest.settings import apply_settings, params_from_mapping
from live.parity.folder import scratch_folder
from live.parity.inputs import group_by_trade_date
from tests.parity.markets import EVERYTHING_OFTEN, rough_world
from tests.parity.replayed import Around, Replayed, replay_market, undisturbed

STARTS = (date(2023, 11, 13), date(2024, 3, 11), date(2024, 6, 24), date(2024, 12, 16))

PARAMETERS: Mapping[str, Sequence[str]] = {
    "max_positions": ["1", "2", "4"],
    "position_size": ["8000", "25000"],
    "stop_loss_pct": ["2", "5.5", "25"],
    "slippage_pct": ["0", "1.25"],
    "entry_slippage_pct": ["0.3"],
    "entry_limit_pct": ["0", "0.5", "3"],
    "entry_mode": ["next_day_open"],
    "rotation": ["false"],
    "min_grade": ["A", "B", "C"],
    "min_score": ["60"],
    "max_gap": ["5.5"],
    "max_price": ["120"],
    "max_holding_days": ["1", "4", "9"],
    "trailing_transition_weeks": ["0", "1"],
    "primary.trailing_stop": ["rsi_overbought", "sma_cross"],
    "primary.period": ["2", "3"],
    "shadow.period": ["1", "2"],
    "indicator_window_weeks": ["11"],
    "daily_entry_limit": ["1", "2"],
    "delisted_after_sessions": ["1", "3"],
    "max_price_deviation_pct": ["0.5"],
}
"""What a case may have otherwise than the default parameters."""

SHADOWS: Mapping[str, Sequence[object]] = {
    "max_positions": [1, 3],
    "stop_loss_pct": [3, 25],
    "min_grade": ["A", "D"],
    "max_holding_days": [2, 6],
    "rotation": [False, True],
    "trailing_transition_weeks": [0, 1],
    "delisted_after_sessions": [1, 4],
    "period": [1, 3],
}
"""What a second shadow may have otherwise."""

AMPLE = {"initial_capital": "1000000"}
ALWAYS = Listing("ALWAYS", "Always Listed Corp", "NYSE")
"""A broker lists something even when every stock of a small world has left it; an empty list is refused (8)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One random world: small numbers shrink to small markets."""

    seed: int
    start: date
    sessions: int
    tickers: int
    settings: Mapping[str, str] = field(default_factory=dict)
    skipped: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    shadow: Mapping[str, object] = field(default_factory=dict)

    def differences(self, sessions: Sessions) -> list[str]:
        """Replay the case and return what differs from the simulator."""
        replayed = self.replayed(sessions)
        return [] if replayed is None else replayed.differences()

    def replayed(self, sessions: Sessions, around: Around = undisturbed) -> Replayed | None:
        """Replay the case in a folder that is gone afterwards; None for a world without a candidate."""
        rough = replace(EVERYTHING_OFTEN, reverse_split_below=500_000)
        market, traded = rough_world(
            sessions, self.start, self.sessions, seed=self.seed, tickers=self.tickers, roughness=rough
        )
        market = replace(market, listings=(ALWAYS,))
        params = self._params()
        if not group_by_trade_date(market.candidates, traded, sessions, params):
            return None
        # without a run nobody scales the stop at the broker on an ex-date (docs/decisions/0009)
        ex_dates = {one.ex_date for one in market.splits}
        skipped = [traded[i] for i in sorted(self.skipped) if 0 < i < len(traded) and traded[i] not in ex_dates]
        refused = [traded[i] for i in sorted(self.refused - self.skipped) if 0 < i < len(traded)]
        refused = [one for one in refused if one not in skipped]
        with TemporaryDirectory(dir=scratch_folder()) as folder:
            return replay_market(
                Path(folder), market, traded[0], traded[-1], (), skipped, refused, params, around=around
            )

    def _params(self) -> Params:
        # funds that cover a replacement without its sell (docs/decisions/0009)
        given = [f"{name}={value}" for name, value in {**AMPLE, **self.settings}.items()]
        params = apply_settings(Params(), given)
        if not self.shadow:
            return params
        more = params_from_mapping({"shadows": [{"id": "another", **self.shadow}]}, "a case")  # type: ignore[dict-item]
        return replace(params, shadows=(*params.shadows, *more.shadows))
