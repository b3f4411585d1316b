"""One seed is one random world with trouble in its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from backtest.sessions import Sessions
from live.parity.day_loop import ReplayStoppedError
from live.parity.inputs import ReplayInputs
from live.parity.trading_day import RunProgram
from live.sim.exchange import Exchange
from tests.parity.cases import PARAMETERS, SHADOWS, STARTS, Case
from tests.proofs.parity.trouble import Counts, TroubledRuns

FEWEST_SESSIONS, MOST_SESSIONS = 8, 24
FEWEST_TICKERS, MOST_TICKERS = 3, 10
MOST_CHANGED = 5
"""Parameters that are not the default."""


@dataclass
class Found:
    """What one world brought. trades, skips: compared, of every strategy."""

    seed: int
    sessions: int = 0
    skipped: int = 0
    refused: int = 0
    trades: int = 0
    skips: int = 0
    counts: Counts = field(default_factory=Counts)
    violations: tuple[str, ...] = ()


def case_of(seed: int) -> Case:
    """Return the world of a seed, with one session in eight left out or refused."""
    rng = Random(seed)
    sessions = _between(rng, FEWEST_SESSIONS, MOST_SESSIONS)
    left_out = [day for day in range(1, sessions) if rng.random() < 1 / 8]
    skipped = frozenset(day for day in left_out if rng.random() < 0.6)
    return Case(
        seed=seed,
        start=_one_of(rng, STARTS),
        sessions=sessions,
        tickers=_between(rng, FEWEST_TICKERS, MOST_TICKERS),
        settings=_some_of(rng, PARAMETERS, MOST_CHANGED),
        skipped=skipped,
        refused=frozenset(left_out) - skipped,
        shadow=_some_of(rng, SHADOWS, 2),
    )


def try_world(seed: int, probability: float, sessions: Sessions) -> Found:
    """Replay a world with trouble and compare it with the simulator."""
    case, found = case_of(seed), Found(seed)

    def around(run_program: RunProgram, exchange: Exchange, inputs: ReplayInputs) -> RunProgram:
        found.sessions, found.skipped, found.refused = map(len, (inputs.days, inputs.skipped_days, inputs.refused_days))
        runs = TroubledRuns(run_program, exchange, inputs, seed=seed, probability=probability)
        found.counts = runs.counts
        return runs

    try:
        replayed = case.replayed(sessions, around)
    except ReplayStoppedError as error:
        found.violations = (error.what,)
        return found
    if replayed is not None:
        comparisons = replayed.comparisons()
        found.trades = sum(one.trades_compared for one in comparisons)
        found.skips = sum(one.skips_compared for one in comparisons)
        found.violations = tuple(each.sentence() for one in comparisons for each in one.differences)
    return found


def _between(rng: Random, least: int, most: int) -> int:
    return least + int(rng.random() * (most - least + 1))


def _one_of(rng: Random, values: Sequence[Any]) -> Any:
    return values[int(rng.random() * len(values))]


def _some_of(rng: Random, values: Mapping[str, Sequence[Any]], most: int) -> dict[str, Any]:
    names = {_one_of(rng, sorted(values)) for _ in range(_between(rng, 0, most))}
    return {name: _one_of(rng, values[name]) for name in sorted(names)}
