"""The replay as its users start it: verdict and files, interrupted and gone on with, as separate processes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import backtest.slots
from backtest.model import Grade
from backtest.params import Params
from backtest.sessions import Sessions
from demo.market import SyntheticMarket
from demo.reports import write_reports
from live.parity.prepare import ReplayRequest
from live.parity.replay import Progress, replay
from live.replay import load_programs, main
from tests.parity.markets import Roughness, rough_market, write_market

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 15)
QUIET = Roughness(report=0.3, missing_bar=0.0, missing_at_entry=0.0, missing_at_week_end=0.0, split=0.0)
PARAMS = Params(max_positions=3)


class Interrupted(Exception):
    """Somebody pulled the plug."""


@pytest.fixture(scope="module")
def market(sessions: Sessions) -> SyntheticMarket:
    before = sessions.between(date(2023, 9, 1), sessions.previous(FIRST))
    return rough_market(sessions, before, sessions.between(FIRST, LAST), seed=3, tickers=8, roughness=QUIET)


def run(market: SyntheticMarket, folder: Path, *args: str) -> Result:
    prices, candidates = write_market(market, folder)
    given: Sequence[str] = ["--from", str(FIRST), "--to", str(LAST), "--prices", str(prices), "--candidates"]
    return CliRunner().invoke(main, [*given, str(candidates), "--set", "max_positions=3", *args])


@dataclass(frozen=True)
class Done:
    """A replay that was done before: where it lies, how it ended, what it wrote."""

    folder: Path
    result: Result
    found: dict[str, Any]


@pytest.fixture(scope="module")
def done_before(market: SyntheticMarket, tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("done")
    done = run(market, folder, "--out", str(folder / "out"), "--report", str(folder / "page.md"))
    return Done(folder, done, json.loads((folder / "out" / "parity.json").read_text(encoding="utf-8")))


def test_an_equal_replay_ends_0_and_says_what_was_compared(done_before: Done) -> None:
    assert done_before.result.exit_code == 0, done_before.result.stderr
    assert "no difference" in done_before.result.stdout
    assert "**No difference.**" in (done_before.folder / "page.md").read_text(encoding="utf-8")
    assert done_before.found["equal"]
    assert all(one["trades_compared"] > 0 for one in done_before.found["strategies"])


def test_every_shadow_of_a_configuration_is_compared(market: SyntheticMarket, tmp_path: Path) -> None:
    shadows = "[{trailing_stop: weekly_nweek_low, period: 4}, {id: half_of_the_stop_and_of_the_book, stop_loss_pct: 5}]"
    (tmp_path / "c.yaml").write_text(f"strategy:\n  shadows: {shadows}\n")
    page = tmp_path / "page.md"
    done = run(market, tmp_path, "--config", str(tmp_path / "c.yaml"), "--report", str(page))
    assert done.exit_code == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.endswith("skips compared: no difference")]
    assert [line.split()[0] for line in lines] == ["ema_p10", "nwl_p4", "half_of_the_stop_and_of_the_book"]
    assert "shadows.half_of_the_stop_and_of_the_book.stop_loss_pct=5" in page.read_text(encoding="utf-8")


def test_a_session_may_be_refused_on_purpose(market: SyntheticMarket, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(market, tmp_path, "--refuse-session", "2024-03-06", "--json", "--out", str(out))
    found = json.loads(done.stdout)
    assert (found["equal"], found["refused_sessions"], found["exit_codes"]["3"]) == (True, 1, 3)
    assert "| sessions refused on purpose | 1 |" in (out / "parity.md").read_text(encoding="utf-8")
    again = run(market, tmp_path, "--json", "--out", str(out))
    assert (again.exit_code, "another --out" in again.stderr) == (2, True)  # it is another replay without it


def test_two_shadows_of_one_id_are_refused(market: SyntheticMarket, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("strategy:\n  shadows: [{id: a, min_grade: A}, {id: a, min_grade: B}]\n")
    refused = run(market, tmp_path, "--config", str(tmp_path / "c.yaml"))
    assert refused.exit_code == 6
    assert "strategy id given twice" in refused.stderr


def test_reports_are_replayed_as_candidates_are(market: SyntheticMarket, tmp_path: Path) -> None:
    prices, _ = write_market(market, tmp_path)
    write_reports(tmp_path / "reports", market.candidates)
    given = ["--from", str(FIRST), "--to", str(LAST), "--prices", str(prices), "--reports", str(tmp_path / "reports")]
    done = CliRunner().invoke(main, [*given, "--set", "max_positions=3", "--json"])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["candidates"] == len(market.candidates)
    assert all(one["trades_compared"] > 0 for one in found["strategies"])


def test_programs_and_simulator_stop_buying_by_the_same_market_filter(
    market: SyntheticMarket, done_before: Done, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The series is above its max on every third session, without a value on every fifth; its name is no plain YAML."""
    days = sessions.between(date(2024, 2, 1), LAST)
    rows = [f"{day},{30 if n % 3 == 0 else 10}" for n, day in enumerate(days) if n % 5]
    (tmp_path / "a series: vix #1.csv").write_text("\n".join(["date,value", *rows, ""]))
    monkeypatch.chdir(tmp_path)
    filtered = ("--set", "market_filter.file=a series: vix #1.csv", "--set", "market_filter.max=20")
    done = run(market, tmp_path, *filtered, "--out", str(tmp_path / "out"), "--json")
    assert done.exit_code == 0, (done.stdout, done.stderr)
    assert json.loads(done.stdout)["equal"]
    pairs = zip(json.loads(done.stdout)["strategies"], done_before.found["strategies"], strict=True)
    assert all(0 < one["trades_compared"] < other["trades_compared"] for one, other in pairs)


def test_programs_and_simulator_leave_out_the_same_opens_above_the_limit(
    market: SyntheticMarket, done_before: Done, tmp_path: Path
) -> None:
    limited = ("--set", "entry_limit_pct=0.5", "--set", "entry_slippage_pct=0.3")
    done = run(market, tmp_path, *limited, "--out", str(tmp_path / "out"), "--json")
    assert done.exit_code == 0, (done.stdout, done.stderr)
    assert json.loads(done.stdout)["equal"]
    pairs = zip(json.loads(done.stdout)["strategies"], done_before.found["strategies"], strict=True)
    assert all(0 < one["trades_compared"] < other["trades_compared"] for one, other in pairs)


@pytest.mark.parametrize("prints_names", [True, False])
def test_programs_and_simulator_doubt_the_same_stocks(
    market: SyntheticMarket, tmp_path: Path, prints_names: bool
) -> None:
    """One ticker is listed under another name, one printed without a price; without names the price alone confirms.

    Every total fits its letter, so that nothing else is doubted.
    """
    renamed, unpriced = sorted({one.ticker for one in market.candidates})[:2]
    totals = {Grade.A: 90.0, Grade.B: 75.0, Grade.C: 60.0, Grade.D: 45.0}
    printed = [replace(one, score=totals[one.grade]) for one in market.candidates]
    printed = [replace(one, price=None) if one.ticker == unpriced else one for one in printed]
    if not prints_names:
        printed = [replace(one, company_name=None) for one in printed]
    prices, _ = write_market(market, tmp_path)
    write_reports(tmp_path / "reports", printed)
    names = {one.ticker: one.company_name for one in market.candidates} | {renamed: "Zephyr Robotics"}
    rows = "".join(f"{ticker},{name},NYSE\n" for ticker, name in names.items())
    (tmp_path / "listed.csv").write_text(f"symbol,name,exchange\n{rows}")
    given = ["--from", str(FIRST), "--to", str(LAST), "--prices", str(prices), "--reports", str(tmp_path / "reports")]
    given += ["--assets", str(tmp_path / "listed.csv"), "--out", str(tmp_path / "out"), "--set", "max_positions=3"]
    given += ["--set", "min_grade=C"]
    done = CliRunner().invoke(main, [*given, "--json"])
    assert done.exit_code == 0, done.stderr
    doubted = {
        line["ticker"]
        for path in (tmp_path / "out" / "state" / "signals").glob("*_ema_p10.json")
        for line in json.loads(path.read_text(encoding="utf-8"))["skipped"]
        if line["reason"] == "problem_in_report"
    }
    if prints_names:
        assert doubted == {renamed}
    else:
        assert unpriced in doubted
    assert all(one["trades_compared"] > 0 for one in json.loads(done.stdout)["strategies"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--from", "2024-03-15", "--to", "2024-03-04"], "--from 2024-03-15 is after --to 2024-03-04"),
        (["--from", "2024-03-09", "--to", "2024-03-15"], "--from 2024-03-09 is no session"),
        (["--skip-session", "2024-03-04"], "--skip-session 2024-03-04 is not inside the replay"),
        (["--refuse-session", "2024-03-04"], "--refuse-session 2024-03-04 is not inside the replay"),
        (["--refuse-session", "2024-03-05", "--skip-session", "2024-03-05"], "2024-03-05 is a --skip-session too"),
        (["--reports", "reports"], "give either --reports DIR or --candidates FILE"),
    ],
)
def test_a_replay_that_cannot_be_done_is_refused_as_usage(
    market: SyntheticMarket, tmp_path: Path, args: Sequence[str], words: str
) -> None:
    refused = run(market, tmp_path, *args)
    assert refused.exit_code == 2
    assert words in refused.stderr


def test_candidates_outside_the_sessions_leave_nothing_to_replay(market: SyntheticMarket, tmp_path: Path) -> None:
    later = replace(market, candidates=tuple(replace(one, report_date=date(2024, 4, 2)) for one in market.candidates))
    refused = run(later, tmp_path)
    assert refused.exit_code == 7
    assert "no candidate of" in refused.stderr


def test_a_difference_ends_1_and_is_named(
    market: SyntheticMarket, done_before: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest.slots, "loses_to", lambda *values: True)  # the simulator alone: days are done
    done = run(market, done_before.folder, "--out", str(done_before.folder / "out"))
    assert done.exit_code == 1
    assert "NOT EQUAL" in done.stdout
    assert "differ in" in done.stderr.splitlines()[-1]


def test_an_interrupted_replay_goes_on_where_it_stopped(market: SyntheticMarket, tmp_path: Path) -> None:
    prices, candidates = write_market(market, tmp_path)
    fourth, fifth = date(2024, 3, 7), date(2024, 3, 8)
    request = ReplayRequest(FIRST, LAST, prices, PARAMS, candidates=candidates, refuse_sessions=(fourth, fifth))
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
    assert found.counts.runs == 5 * (found.sessions - 4) + 2


def test_a_folder_with_a_replay_of_other_parameters_is_refused(market: SyntheticMarket, done_before: Done) -> None:
    other = run(market, done_before.folder, "--out", str(done_before.folder / "out"), "--set", "stop_loss_pct=9")
    assert other.exit_code == 2
    assert "other parameters" in other.stderr


@pytest.mark.slow
def test_separate_processes_give_the_same_verdict(market: SyntheticMarket, tmp_path: Path) -> None:
    done = run(market, tmp_path, "--subprocess", "--json", "--refuse-session", "2024-03-06")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["equal"]
    assert found["runs"] == 5 * found["sessions"] + 2
