"""The embedded exchange: one account, one market, one SQLite file, virtual time.

Everything that talks to it goes through `handle` (a REST request in, an answer out), so the client
that trades on Alpaca trades here unchanged, in-process through `live.sim.transport` or over loopback
through `live.sim.server`. Time stands still between requests; `advance` moves it and lets orders
fill, expire and age on the way. Nothing later than `now` is ever served.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.model import Price, Split
from backtest.params import Params

if TYPE_CHECKING:
    from backtest.bars import BarSeries
    from backtest.sessions import Sessions


class Exchange:
    """An open exchange file. Thread-safe; several processes may use one file one after another or in turn."""

    @classmethod
    def create(
        cls,
        file: Path | None,
        series: Mapping[str, BarSeries],
        *,
        splits: Sequence[Split],
        sessions: Sessions,
        cash: Price,
        now: datetime,
        params: Params,
        multiplier: int = 1,
    ) -> Exchange:
        """Make a new exchange file (None: in memory) with bars, splits and calendar copied in, and open it.

        cash: 1/10,000 USD. now: where its clock starts. params: slippage, stop fill and
        `delisted_after_sessions` are taken from it. Raises ConfigError when the file already exists.
        """
        raise NotImplementedError

    @classmethod
    def open(cls, file: Path) -> Exchange:
        """Open an existing file where its last process left it. Raises ConfigError when it is none."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def now(self) -> datetime:
        """Return the exchange's virtual time (UTC)."""
        raise NotImplementedError

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass: orders trigger, fill, expire and age in time order; one transaction."""
        raise NotImplementedError

    def advance_to(self, moment: datetime) -> None:
        """Let time pass until `moment`; a moment in the past changes nothing."""
        raise NotImplementedError
