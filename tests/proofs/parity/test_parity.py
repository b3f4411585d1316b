"""Parity under trouble: what happens to the runs of a session changes nothing that is decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from backtest.sessions import Sessions, load_sessions
from live.parity.inputs import ReplayInputs
from live.parity.trading_day import ProgramRun, RunProgram
from live.sim.exchange import Exchange
from tests.proofs.parity.command import command
from tests.proofs.parity.trouble import Counts
from tests.proofs.parity.worlds import Found, case_of, try_world
from tests.share import share_of

SEEDS = (3, 7)
"""Two short worlds in which every kind of trouble comes."""


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return load_sessions(date(2026, 1, 1))


@pytest.fixture(scope="module")
def tried(sessions: Sessions) -> list[Found]:
    return [try_world(seed, 0.3, sessions) for seed in SEEDS]


def test_in_trouble_both_sides_trade_the_same(tried: list[Found]) -> None:
    assert [one.violations for one in tried] == [()] * len(SEEDS)
    assert sum(one.trades for one in tried) > 20


def test_every_kind_of_trouble_came(tried: list[Found]) -> None:
    counts = Counts()
    for one in tried:
        counts.add(one.counts)
    assert min(vars(counts).values()) > 0, counts
    assert sum(one.skipped for one in tried) > 0
    assert sum(one.refused for one in tried) > 0


def test_a_seed_repeats_its_trouble(tried: list[Found], sessions: Sessions) -> None:
    assert try_world(SEEDS[0], 0.3, sessions) == tried[0]


def test_a_run_that_nothing_makes_up_for_is_found(sessions: Sessions) -> None:
    def without_a_morning(run_program: RunProgram, exchange: Exchange, inputs: ReplayInputs) -> RunProgram:
        def run(program: str, reports: Sequence[Path]) -> ProgramRun:
            return ProgramRun(program, 0) if program in ("place", "poll") else run_program(program, reports)

        return run

    replayed = case_of(SEEDS[0]).replayed(sessions, without_a_morning)
    assert replayed is not None
    assert replayed.differences()


def test_the_command_prints_what_it_did_and_ends_0() -> None:
    done = CliRunner().invoke(command, ["--markets", "1", "--workers", "1", "--seed", "31"])
    assert done.exit_code == 0, done.output
    assert "killed at a request" in done.output
    assert done.output.splitlines()[-1] == "violations: 0"


@pytest.mark.slow
def test_in_trouble_both_sides_trade_the_same_in_many_markets() -> None:
    done = CliRunner().invoke(command, ["--markets", str(share_of(60)), "--workers", "1", "--seed", "1000"])
    assert done.exit_code == 0, done.output
