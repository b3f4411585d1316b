"""The replay as its users start it: verdict and files, interrupted and gone on with, as separate processes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import backtest.slots
from backtest.params import Params
from backtest.sessions import Sessions
from live.parity.prepare import ReplayRequest
from live.parity.replay import Progress, replay
from live.replay import load_programs, main
from tests.parity.markets import RoughMarket, Roughness, rough_market

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 15)
QUIET = Roughness(report=0.3, missing_bar=0.0, missing_at_entry=0.0, missing_at_week_end=0.0, split=0.0)
PARAMS = Params(max_positions=3)


class Interrupted(Exception):
    """Somebody pulled the plug."""


@pytest.fixture
def market(sessions: Sessions) -> RoughMarket:
    before = sessions.between(date(2023, 9, 1), sessions.previous(FIRST))
    return rough_market(sessions, before, sessions.between(FIRST, LAST), seed=3, tickers=8, roughness=QUIET)


def run(market: RoughMarket, folder: Path, *args: str) -> Result:
    prices, candidates = market.write(folder)
    given: Sequence[str] = ["--from", str(FIRST), "--to", str(LAST), "--prices", str(prices), "--candidates"]
    return CliRunner().invoke(main, [*given, str(candidates), "--set", "max_positions=3", *args])


def test_an_equal_replay_ends_0_and_says_what_was_compared(market: RoughMarket, tmp_path: Path) -> None:
    done = run(market, tmp_path, "--out", str(tmp_path / "out"), "--report", str(tmp_path / "page.md"))
    assert done.exit_code == 0, done.stderr
    assert "no difference" in done.stdout
    assert "**No difference.**" in (tmp_path / "page.md").read_text(encoding="utf-8")
    found = json.loads((tmp_path / "out" / "parity.json").read_text(encoding="utf-8"))
    assert found["equal"]
    assert all(one["trades_compared"] > 0 for one in found["strategies"])


def test_a_difference_ends_1_and_is_named(
    market: RoughMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sessions: Sessions
) -> None:
    out = tmp_path / "out"
    assert run(market, tmp_path, "--out", str(out)).exit_code == 0
    monkeypatch.setattr(
        backtest.slots, "loses_to", lambda weakest, candidate: True
    )  # the simulator alone: days are done
    done = run(market, tmp_path, "--out", str(out))
    assert done.exit_code == 1
    assert "NOT EQUAL" in done.stdout
    assert "differ in" in done.stderr.splitlines()[-1]


def test_an_interrupted_replay_goes_on_where_it_stopped(market: RoughMarket, tmp_path: Path) -> None:
    prices, candidates = market.write(tmp_path)
    request = ReplayRequest(FIRST, LAST, prices, PARAMS, candidates=candidates)
    seen: list[date] = []

    def pull_the_plug(day: date) -> None:
        seen.append(day)
        if len(seen) == 4:
            raise Interrupted

    out = tmp_path / "out"
    with pytest.raises(Interrupted):
        replay(request, out, programs=load_programs(), progress=Progress(lambda count: None, pull_the_plug))
    found = replay(request, out, programs=load_programs(), progress=Progress(lambda count: None, seen.append))
    assert found.is_equal
    assert len(set(seen)) == found.sessions
    assert found.runs == 4 * (found.sessions - 4) + 2


def test_a_folder_with_a_replay_of_other_parameters_is_refused(market: RoughMarket, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert run(market, tmp_path, "--out", out).exit_code == 0
    other = run(market, tmp_path, "--out", out, "--set", "stop_loss_pct=9")
    assert other.exit_code == 2
    assert "other parameters" in other.stderr


@pytest.mark.slow
def test_separate_processes_give_the_same_verdict(market: RoughMarket, tmp_path: Path) -> None:
    done = run(market, tmp_path, "--subprocess", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["equal"]
    assert found["runs"] == 4 * found["sessions"] + 2
