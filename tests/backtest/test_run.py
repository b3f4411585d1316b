"""`python -m backtest run` and `manifest`: five files or none, the same bytes twice, one clear line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.candidates_file import read_candidates
from backtest.manifest import check_manifest
from backtest.params import Params
from backtest.runs.files import cell
from backtest.sessions import load_sessions
from backtest.settings import apply_settings
from demo.reports import write_reports

FILES = ["equity.csv", "metrics.json", "run_manifest.json", "skipped.csv", "trades.csv"]
FIRST, LAST = "2016-02-01", "2016-04-29"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with prices.csv (three tickers that drift up, one of them crashes) and candidates.csv."""
    folder = tmp_path_factory.mktemp("data")
    days = load_sessions(date(2016, 12, 30), folder).between(date(2015, 1, 2), date(2016, 5, 31))
    with (folder / "prices.csv").open("w", encoding="ascii", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["symbol", "date", "open", "high", "low", "close", "volume"])
        for ticker, start in (("AAA", 20), ("BBB", 50), ("CRASH", 80)):
            for n, day in enumerate(days):
                price = start + n / 100 - (40 if ticker == "CRASH" and day >= date(2016, 3, 15) else 0)
                rows.writerow([ticker, day, price, price + 1, price - 1, price + 0.5, 1000])
    (folder / "candidates.csv").write_text(
        "report_date,ticker,grade,score,price,gap_size,company_name\n"
        "2016-02-01,AAA,A,90,,,\n2016-02-01,CRASH,B,70,,,\n2016-02-03,BBB,C,60,,,\n"
        "2016-02-03,AAA,C,60,,,\n2016-02-04,=CMD,C,60,,,\n2016-06-01,BBB,C,60,,,\n",
        encoding="ascii",
    )
    return folder


def run(data: Path, out: Path, *more: str, first: str = FIRST, last: str = LAST, prices: str = "prices.csv") -> Result:
    arguments = ["--prices", str(data / prices), "--from", first, "--to", last, "--out", str(out), *more]
    if not any(one in ("--reports", "--candidates") for one in more):
        arguments += ["--candidates", str(data / "candidates.csv")]
    return CliRunner().invoke(cli, ["run", *arguments])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_run_writes_its_five_files_and_tells_what_happened(data: Path, tmp_path: Path) -> None:
    result = run(data, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    assert "5 candidates: 3 trades, 2 skipped" in result.output


def test_trades_and_skips_are_all_the_candidates(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path)
    trades, skipped = rows(tmp_path / "trades.csv"), rows(tmp_path / "skipped.csv")
    assert [(one["ticker"], one["exit_reason"]) for one in trades] == [
        ("CRASH", "stop_loss"),
        ("AAA", "end_of_data"),
        ("BBB", "end_of_data"),
    ]
    assert sorted((one["ticker"], one["reason"]) for one in skipped) == [
        ("'=CMD", "invalid_ticker"),
        ("AAA", "duplicate_ticker"),
    ]


def test_a_candidate_outside_the_stretch_is_no_skip_but_a_note(data: Path, tmp_path: Path) -> None:
    result = run(data, tmp_path)
    assert "BBB" not in [row["ticker"] for row in rows(tmp_path / "skipped.csv")]
    assert "1 candidate outside 2016-02-01 to 2016-04-29 left out" in result.stdout


def test_a_skip_has_its_grade_and_the_numbers_behind_its_reason(data: Path, tmp_path: Path) -> None:
    assert run(data, tmp_path, "--set", "max_positions=1").exit_code == 0
    full = next(row for row in rows(tmp_path / "skipped.csv") if row["ticker"] == "CRASH")
    assert (full["grade"], full["score"], full["reason"], full["why"]) == ("B", "70", "capacity_full", "")


def test_a_trade_has_its_rank_and_how_far_it_stood_against_and_for_its_holder(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path)
    crash = rows(tmp_path / "trades.csv")[0]
    assert (crash["rank"], crash["gap_size"]) == ("2", "")
    assert (crash["mae_pct"], crash["mfe_pct"]) == ("-48.2650", "1.5597")  # sold at 42.79; highest 84.00


def test_a_trade_row_reads_as_the_rules_say(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path)
    crash = rows(tmp_path / "trades.csv")[0]
    assert (crash["entry_date"], crash["exit_date"], crash["holding_days"]) == ("2016-02-01", "2016-03-15", "43")
    assert (crash["entry_price"], crash["reference_price"], crash["stop_price"]) == ("82.71", "83.20", "74.43")
    assert (crash["shares"], crash["exit_price"]) == ("120", "42.79")  # opened at 43.01, below the stop
    assert (crash["pnl"], crash["return_pct"]) == ("-4790.40", "-48.2650")


def test_equity_has_one_row_a_session(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path)
    equity = rows(tmp_path / "equity.csv")
    assert (equity[0]["date"], equity[-1]["date"], len(equity)) == (FIRST, LAST, 63)
    assert [equity[n]["positions"] for n in (0, 2, -1)] == ["2", "3", "2"]


def test_two_runs_give_the_same_bytes(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "one")
    run(data, tmp_path / "two")
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_manifest_of_a_run_matches_its_parameters(data: Path, tmp_path: Path) -> None:
    settings = ["max_positions=5", "primary.trailing_stop=weekly_nweek_low", "primary.period=4"]
    assert run(data, tmp_path, *(f"--set={one}" for one in settings)).exit_code == 0
    assert check_manifest(tmp_path / "run_manifest.json", apply_settings(Params(), settings)).backed_by_run
    content = json.loads((tmp_path / "run_manifest.json").read_text(encoding="ascii"))
    assert content["counts"]["trades"] == 3
    assert len(content["data"]["fingerprint"]) == 64


def test_reports_give_the_same_ledger_as_the_candidates_they_print(data: Path, tmp_path: Path) -> None:
    printed = [one for one in read_candidates(data / "candidates.csv").candidates if one.ticker != "=CMD"]
    write_reports(tmp_path / "reports", printed)
    assert run(data, tmp_path / "one").exit_code == 0
    result = run(data, tmp_path / "two", "--reports", str(tmp_path / "reports"), "--set", "accept=doubtful")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "two" / "trades.csv").read_bytes() == (tmp_path / "one" / "trades.csv").read_bytes()


def test_f125_a_stock_of_a_report_that_neither_name_nor_price_confirms_is_skipped(data: Path, tmp_path: Path) -> None:
    printed = {one.ticker: one for one in read_candidates(data / "candidates.csv").candidates[:2]}
    confirmed = [replace(printed["AAA"], price=226_000), replace(printed["CRASH"], company_name="Crash Corp")]
    write_reports(tmp_path / "reports", confirmed)
    assets = tmp_path / "assets_2016-02-01.csv"
    assets.write_text("symbol,name,exchange\nAAA,Triple Inc,NYSE\nCRASH,Crash Corporation,NYSE\n", encoding="ascii")
    without = run(data, tmp_path / "one", "--reports", str(tmp_path / "reports"))
    assert "judged without an asset directory" in without.stdout
    assert [(row["ticker"], row["reason"]) for row in rows(tmp_path / "one" / "skipped.csv")] == [
        ("CRASH", "problem_in_report")
    ]
    run(data, tmp_path / "two", "--reports", str(tmp_path / "reports"), "--assets", str(assets))
    assert "CRASH" in [row["ticker"] for row in rows(tmp_path / "two" / "trades.csv")]
    data_used = json.loads((tmp_path / "two" / "run_manifest.json").read_text(encoding="ascii"))["data"]
    assert len(data_used["assets_sha256"]) == 64


def test_what_is_noted_of_many_reports_is_said_once(data: Path, tmp_path: Path) -> None:
    printed = [one for one in read_candidates(data / "candidates.csv").candidates if one.ticker != "=CMD"]
    write_reports(tmp_path / "reports", printed)
    assets = tmp_path / "assets.csv"
    assets.write_text("symbol,name,exchange\nAAA,Triple Inc,NYSE\n", encoding="ascii")
    given = ["--reports", str(tmp_path / "reports"), "--assets", str(assets), "--set", "accept=doubtful"]
    notes = json.loads(run(data, tmp_path / "out", *given, "--json").stdout)["notes"]
    undated = [note for note in notes if "does not say of which day it is" in note]
    assert [note.partition(": ")[0] for note in undated] == ["earnings_trade_analysis_2016-02-01.html and 1 more"]


def test_a_report_that_cannot_be_read_stops_the_run_before_it_writes(data: Path, tmp_path: Path) -> None:
    (tmp_path / "earnings_trade_analysis_2016-02-01.html").write_bytes(b"\x00")
    result = run(data, tmp_path / "out", "--reports", str(tmp_path))
    assert result.exit_code == 7
    assert not (tmp_path / "out").exists()


def test_a_folder_without_reports_is_refused(data: Path, tmp_path: Path) -> None:
    result = run(data, tmp_path / "out", "--reports", str(tmp_path))
    assert result.exit_code == 7
    assert "earnings_trade_analysis_YYYY-MM-DD.html" in result.stderr


def test_trade_mode_takes_candidates_alone(data: Path, tmp_path: Path) -> None:
    assert run(data, tmp_path, "--mode", "trade").exit_code == 0
    assert [one["ticker"] for one in rows(tmp_path / "trades.csv")].count("AAA") == 2


@pytest.mark.parametrize(
    ("changes", "more", "code", "said"),
    [
        ({"first": "2016-01-30"}, (), 2, "2016-01-30 is no session"),
        ({"first": "2016-04-29", "last": "2016-02-01"}, (), 2, "is after --to"),
        ({"first": "1970-01-02"}, (), 2, "outside the exchange calendar"),
        ({"last": "2016-08-01"}, (), 7, "end on 2016-"),
        ({"first": "2016-05-02", "last": "2016-05-31"}, (), 7, "no candidate of"),
        ({"prices": "nope.csv"}, (), 7, "nope.csv"),
        ({"prices": "candidates.csv"}, (), 7, "candidates.csv"),
        ({}, ("--set", "max_position=3"), 6, "perhaps max_positions"),
        ({}, ("--set", "stop_loss_pct=100"), 6, "less than 100"),
        ({}, ("--config", "nope.yaml"), 6, "nope.yaml"),
        ({}, ("--candidates", "nope.csv"), 7, "nope.csv"),
        ({}, ("--candidates", "x", "--reports", "y"), 2, "either --reports"),
    ],
)
def test_a_bad_input_is_one_clear_line_and_writes_nothing(
    data: Path, tmp_path: Path, changes: dict[str, str], more: tuple[str, ...], code: int, said: str
) -> None:
    result = run(data, tmp_path / "out", *more, **changes)  # type: ignore[arg-type]
    assert result.exit_code == code
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"error[{code}] ")
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_a_folder_is_refused_before_the_run(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="ascii")
    result = run(data, tmp_path / "file")
    assert result.exit_code == 7
    assert (tmp_path / "file").read_text(encoding="ascii") == "mine"


def test_prices_from_a_service_are_refused_with_what_to_do(data: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli,
        f"run --candidates {data}/candidates.csv --prices alpaca --from {FIRST} --to {LAST} --out {tmp_path}/out",
    )
    assert result.exit_code == 6


def test_manifest_writes_one_without_a_run_from_a_configuration(tmp_path: Path) -> None:
    config, out = tmp_path / "c.yaml", tmp_path / "m.json"
    config.write_text("strategy:\n  max_positions: 7\n", encoding="ascii")
    result = CliRunner().invoke(cli, ["manifest", "--config", str(config), "--out", str(out)])
    assert result.exit_code == 0
    assert "not backed by a run" in result.output
    assert not check_manifest(out, apply_settings(Params(), ["max_positions=7"])).backed_by_run


def test_an_impossible_date_is_a_usage_error(data: Path, tmp_path: Path) -> None:
    assert run(data, tmp_path / "out", first="2016-02-30").exit_code == 2


@pytest.mark.parametrize(("text", "quoted"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("NVDA", "NVDA"), ("", "")])
def test_foreign_text_that_a_spreadsheet_would_compute_is_quoted(text: str, quoted: str) -> None:
    assert cell(text) == quoted


def test_the_door_runs_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backtest", "manifest", "--out", str(tmp_path / "m.json")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_help_needs_neither_pandas_nor_numpy() -> None:
    code = "import sys, backtest.__main__; sys.exit(bool({'pandas', 'numpy', 'bs4'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
