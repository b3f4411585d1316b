"""Price files that do not cover a stretch are refused in one line; a single silent session is data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.errors import PriceDataError
from backtest.prices.coverage import require_cover
from backtest.sessions import Sessions

DAYS = [day for day in (date(2026, 2, 2) + timedelta(days=n) for n in range(40)) if day.isoweekday() < 6]
SESSIONS = Sessions(DAYS)
FILE = Path("bars.csv")


def bars(days: Sequence[date]) -> BarSeries:
    price = np.full(len(days), 100_000)
    return BarSeries(
        "AAA", np.array(days, dtype="datetime64[D]"), price, price, price, price, price, np.ones(len(days))
    )


def test_tickers_cover_a_stretch_together() -> None:
    require_cover([bars(DAYS[:12]), bars(DAYS[12:])], SESSIONS, DAYS[0], DAYS[-1], FILE)


def test_four_silent_sessions_are_data() -> None:
    require_cover([bars(DAYS[:10] + DAYS[14:])], SESSIONS, DAYS[0], DAYS[-1], FILE)


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ([], "no bar in bars.csv"),
        ([bars(DAYS[1:])], "prices in bars.csv begin on 2026-02-03: asked for 2026-02-02 to"),
        ([bars(DAYS[:-1])], f"prices in bars.csv end on {DAYS[-2]}: asked for 2026-02-02 to"),
        ([bars(DAYS[:10] + DAYS[15:])], "gap: no bar of any ticker from 2026-02-16 to 2026-02-20"),
    ],
)
def test_what_does_not_cover_it_is_7_with_the_dates(series: list[BarSeries], said: str) -> None:
    with pytest.raises(PriceDataError, match=said) as caught:
        require_cover(series, SESSIONS, DAYS[0], DAYS[-1], FILE)
    assert caught.value.exit_code == 7
