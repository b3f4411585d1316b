"""The year of a seed: a market whose prices come back, and days like those of the random histories."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from tests.proofs.chaos.schedule import QUIET, Schedule, draw

STOCKS = tuple(f"{first}{second}{second}" for first in "QRSTUVW" for second in "AEI")
SHARE_DELISTED = 0.1
TURNS = ("d" + "u" * 3, "g" + "u" * 5, "u" * 3 + "d", "h", "h", "sr", "rs")
"""Shapes of sessions that follow each other, so that a price is about what it was before them."""
TURN = 0.06
"""How often a turn begins, a session and stock."""
SETTINGS = ("strategy.max_positions=12", "strategy.max_holding_days=8")


def draw_year(seed: int, days: int) -> Schedule:
    """Return the year of a seed; nothing that would stop the account for good is in force all the time."""
    rng = random.Random(f"year {seed}")
    drawn = draw(seed, days, tickers=STOCKS)
    market = tuple((ticker, "".join(_shapes(rng, days))) for ticker in STOCKS)
    return replace(drawn, market=market, settings=SETTINGS, always=(), clock_off=0)


def _shapes(rng: random.Random, days: int) -> Iterator[str]:
    last = rng.randrange(days // 2, days) if rng.random() < SHARE_DELISTED else days
    left = ""
    for number in range(days):
        if number >= last:
            yield "x"
            continue
        if not left and rng.random() < TURN:
            left = rng.choice(TURNS)
        yield left[0] if left else QUIET
        left = left[1:]
