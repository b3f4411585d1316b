"""`python -m backtest lookahead`: exit codes, words and JSON."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.market import Market
from backtest.model import Book, Candidate, Decisions
from backtest.params import Params
from backtest.rules import decide
from backtest.runs.inputs import Source, load_with_maker
from demo.reports import write_reports
from tests.backtest.studies.markets import FIRST, LAST, small_market, source_arguments


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return source_arguments(tmp_path_factory.mktemp("lookahead"))


def lookahead(*arguments: str, workers: int = 1) -> Result:
    return CliRunner().invoke(cli, ["lookahead", *arguments, "--workers", str(workers)], env={"COLUMNS": "80"})


def plant(patch: pytest.MonkeyPatch) -> None:
    """Let the rules sort by what happens in the session that candidates would be bought in."""

    def knowing(book: Book, group: Sequence[Candidate], market: Market, params: Params) -> Decisions:
        bars = market._history.bars_on(market.trade_date, [one.ticker for one in group])  # type: ignore[attr-defined]
        rises = {ticker: bar.close / bar.open for ticker, bar in bars.items()}
        ordered = sorted(group, key=lambda one: -rises.get(one.ticker, 0.0))
        return decide(book, [replace(one, score=None) for one in ordered], market, params)

    patch.setattr("backtest.rules.decide", knowing)


def test_honest_rules_end_0_with_a_sentence(source: list[str]) -> None:
    result = lookahead(*source, "--cuts", "3")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("No look-ahead found: at 3 random cuts (seed 1)")
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_difference_is_printed_with_session_ticker_and_what_and_ends_1(
    source: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    result = lookahead(*source, "--cuts", "6")
    assert result.exit_code == 1
    assert "decision" in result.stdout
    assert "  whole: buy " in result.stdout
    assert "  cut:   buy " in result.stdout
    assert result.stderr.splitlines()[-1] == (
        "error[1] what was decided depends on what came later. Each is a bug: see the lines above, or --json."
    )
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_json_holds_every_difference_and_the_code(source: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    honest = json.loads(lookahead(*source, "--cuts", "2", "--json").stdout)
    assert (honest["exit_code"], honest["error"], honest["is_equal"]) == (0, None, True)
    assert [cut["differences"] for cut in honest["cuts"]] == [0, 0]
    plant(monkeypatch)
    caught = json.loads(lookahead(*source, "--cuts", "6", "--json").stdout)
    assert (caught["exit_code"], caught["error"]["code"], caught["is_equal"]) == (1, 1, False)
    assert {"after", "session", "ticker", "what", "whole", "cut"} == set(caught["differences"][0])


def test_two_workers_leave_the_same_files_and_each_cut_is_a_row(source: list[str], tmp_path: Path) -> None:
    for workers in (1, 2):
        result = lookahead(*source, "--cuts", "5", "--out", str(tmp_path / str(workers)), workers=workers)
        assert result.exit_code == 0, result.output
    names = ["lookahead.svg", "results.csv", "results.parquet", "study.json"]
    assert sorted(path.name for path in (tmp_path / "1").iterdir()) == names
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name
    assert len((tmp_path / "1" / "results.csv").read_text(encoding="ascii").splitlines()) == 6
    assert lookahead(*source, "--cuts", "6", "--out", str(tmp_path / "1")).exit_code == 7


def test_what_is_tried_can_be_sent_to_another_process(source: list[str]) -> None:
    where = Source(source[3], FIRST, LAST, candidates=Path(source[1]))
    inputs, candidates_of = load_with_maker(where, Params())
    again = pickle.loads(pickle.dumps(candidates_of))
    assert list(again(inputs.history)) == list(candidates_of(inputs.history))


def test_candidates_of_reports_are_made_again_of_the_cut_data(source: list[str], tmp_path: Path) -> None:
    last = date(2016, 1, 29)
    write_reports(tmp_path / "reports", [one for one in small_market().candidates if FIRST <= one.report_date <= last])
    given = ["--reports", str(tmp_path / "reports"), *source[2:-1], last.isoformat()]
    result = lookahead(*given, "--cuts", "2", "--set", "accept=doubtful")
    assert result.exit_code == 0, result.output
    assert "No look-ahead found" in result.stdout


def test_a_stretch_of_one_session_is_a_usage_error(source: list[str]) -> None:
    first = small_market().sessions.on_or_after(small_market().candidates[0].report_date).isoformat()
    result = lookahead(*source[:4], "--from", first, "--to", first)
    assert result.exit_code == 2
    assert "nothing to cut" in result.stderr


def test_the_parameters_are_those_given(source: list[str]) -> None:
    assert lookahead(*source, "--set", "stop_los_pct=5").exit_code == 6
    assert lookahead(*source, "--mode", "trade", "--cuts", "1").exit_code == 0
    assert Params().max_positions == 20
