"""The market filter: its file, the rule, and a backtest under it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.candidates import why_market_filtered
from backtest.errors import ConfigError, InputError
from backtest.market import PriceHistory
from backtest.market_filter import read_series
from backtest.model import Book, ExitReason, Skip, SkipReason
from backtest.params import MarketFilter
from backtest.rules import decide, decide_each
from backtest.sessions import load_sessions
from tests.builders import AS_OF, CALENDAR, MONDAY, REFERENCE, D, QuietMarket, candidate, holding
from tests.parity.markets import write_market

FILTERED = replace(REFERENCE, market_filter=MarketFilter("vix.csv", Decimal("25.5")))


def written(folder: Path, text: str) -> Path:
    path = folder / "series.csv"
    path.write_text(text)
    return path


def test_a_series_is_read_in_any_order_with_its_hash(tmp_path: Path) -> None:
    read = read_series(written(tmp_path, "value,date,source\n31.2,2016-03-08,x\n-1,2016-03-07,x\n,2016-03-04,x\n"))
    assert read.values == {date(2016, 3, 8): Decimal("31.2"), date(2016, 3, 7): Decimal(-1)}
    assert len(read.sha256) == 64


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,close\n", "no column value"),
        ("date,value,value\n", "a column twice"),
        ("date,value\n2016-03-08,nan\n", "line 2: value 'nan'"),
        ("date,value\n2016-03-08,1\n08/03/2016,1\n", "line 3: date '08/03/2016'"),
        ("date,value\n2016-03-08,1\n2016-03-08,2\n", "line 3: 2016-03-08 twice"),
        ("date,value\n2016-03-08,\n2016-03-08,2\n", "line 3: 2016-03-08 twice"),
        ('date,value\n2016-03-08,"1\n', "line 2: unexpected end of data"),
        ("", "not even a header"),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_series(written(tmp_path, text))
    assert says in refused.value.what


def test_a_series_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    for name, says in (("none.csv", "no such file"), ("bytes.csv", "no UTF-8")):
        with pytest.raises(InputError, match=says):
            read_series(tmp_path / name)


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        ("25.5", None),
        ("25.51", {"market_value": "25.51", "market_max": "25.5"}),
        (None, {"market_value": "none", "market_max": "25.5"}),
    ],
)
def test_only_a_value_up_to_max_lets_candidates_pass(value: str | None, refusal: dict[str, str] | None) -> None:
    assert why_market_filtered(None if value is None else Decimal(value), FILTERED) == refusal
    assert why_market_filtered(None, REFERENCE) is None


def reasons(skipped: Iterable[Skip]) -> dict[str, SkipReason]:
    return {one.ticker: one.reason for one in skipped}


@pytest.mark.parametrize("rules", [decide, decide_each])
def test_no_candidate_is_bought_above_max_and_exits_are_decided(rules: object) -> None:
    book = Book((holding("AAPL", entry_date=date(2016, 2, 1), decided_through=MONDAY),))
    aged = replace(FILTERED, max_holding_days=30)
    market = QuietMarket(filter_values={"vix.csv": "31.20"})
    decisions = rules(book, [candidate("NVDA"), candidate("bad", 50)], market, aged)  # type: ignore[operator]
    assert [one.reason for one in decisions.exits] == [ExitReason.MAX_HOLDING]
    assert decisions.entries == ()
    assert reasons(decisions.skipped) == {"NVDA": SkipReason.FILTERED_MARKET, "bad": SkipReason.INVALID_TICKER}
    assert dict(decisions.skipped[1].why) == {"market_value": "31.2", "market_max": "25.5"}
    passes = rules(book, [candidate("NVDA")], QuietMarket(filter_values={"vix.csv": "25.5"}), aged)  # type: ignore[operator]
    assert [one.ticker for one in passes.entries] == ["NVDA"]


def test_a_candidates_own_filters_are_named_before_the_markets() -> None:
    params = replace(FILTERED, min_score=Decimal(70))
    decisions = decide(Book(), [candidate("NVDA", 60), candidate("AMD", 80)], QuietMarket(), params)
    assert reasons(decisions.skipped) == {"NVDA": SkipReason.FILTERED_SCORE, "AMD": SkipReason.FILTERED_MARKET}


def test_the_value_is_that_of_the_as_of_session_and_a_cut_hides_what_is_later() -> None:
    values = {AS_OF: Decimal(20), D: Decimal(90)}
    history = PriceHistory({}, CALENDAR, filters={"vix.csv": values})
    assert history.market(D).filter_value("vix.csv") == 20
    assert history.market(AS_OF).filter_value("vix.csv") is None
    cut = history.cut(AS_OF, D)
    assert cut.market(CALENDAR.next(D)).filter_value("vix.csv") is None
    assert cut.market(D).filter_value("vix.csv") == 20


def test_a_series_that_was_not_read_decides_nothing() -> None:
    market = PriceHistory({}, CALENDAR).market(D)
    for rules in (decide, decide_each):
        with pytest.raises(ConfigError, match=r"vix\.csv was not read"):
            rules(Book(), [candidate()], market, FILTERED)
        assert rules(Book(), [], market, FILTERED).skipped == ()  # nobody to filter: it is not asked


def run(folder: Path, *settings: str) -> Result:
    from tests.backtest.studies.markets import FIRST, LAST, small_market

    prices, candidates = write_market(small_market().market, folder)
    arguments = ["--candidates", str(candidates), "--prices", str(prices), "--from", str(FIRST), "--to", str(LAST)]
    given = [part for one in settings for part in ("--set", one)]
    return CliRunner().invoke(cli, ["run", *arguments, "--out", str(folder / "out"), *given])


def test_a_backtest_skips_by_the_series_and_says_where_it_has_no_value(tmp_path: Path) -> None:
    days = load_sessions(date(2016, 12, 30)).between(date(2015, 12, 1), date(2016, 6, 30))
    series = {day: 10 + n * 7 % 20 for n, day in enumerate(days) if n % 5}
    path = written(tmp_path, "date,value\n" + "".join(f"{day},{value}\n" for day, value in series.items()))
    done = run(tmp_path, f"market_filter.file={path}", "market_filter.max=20")
    assert done.exit_code == 0, done.stderr
    assert f"{path} has no value for " in done.stdout
    out = tmp_path / "out"
    with (out / "skipped.csv").open(newline="") as handle:
        skipped = {row["why"] for row in csv.DictReader(handle) if row["reason"] == "filtered_market"}
    assert "market value none, market max 20" in skipped
    assert len(skipped) > 2
    sessions = load_sessions(date(2016, 12, 30))
    with (out / "trades.csv").open(newline="") as handle:
        before = [sessions.previous(date.fromisoformat(row["entry_date"])) for row in csv.DictReader(handle)]
    assert before
    assert all(series[day] <= 20 for day in before)
    manifest = json.loads((out / "run_manifest.json").read_bytes())
    assert manifest["parameters"]["market_filter.max"] == "20"
    assert manifest["data"]["market_filter_sha256"] == read_series(path).sha256


def test_a_backtest_without_the_series_ends_7_and_writes_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, f"market_filter.file={tmp_path / 'none.csv'}", "market_filter.max=20")
    assert done.exit_code == 7
    assert "market filter unreadable" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_sweep_over_two_series_gives_what_each_run_gives(tmp_path: Path) -> None:
    from tests.backtest.studies.markets import source_arguments

    source = source_arguments(tmp_path)
    days = load_sessions(date(2016, 12, 30)).between(date(2015, 12, 1), date(2016, 6, 30))
    files = []
    for name, step in (("one", 7), ("two", 11)):
        rows = "".join(f"{day},{10 + n * step % 20}\n" for n, day in enumerate(days))
        files.append(tmp_path / f"{name}.csv")
        files[-1].write_text(f"date,value\n{rows}")
    grid = ["--set", f"market_filter.file={files[0]},{files[1]}", "--set", "market_filter.max=15,25", "--workers", "1"]
    out = ["--out", str(tmp_path / "out"), "--trials", str(tmp_path / "trials.jsonl")]
    done = CliRunner().invoke(cli, ["sweep", *source, *grid, *out])
    assert done.exit_code == 0, done.stderr
    with (tmp_path / "out" / "results.csv").open(newline="") as handle:
        found = list(csv.DictReader(handle))
    assert len({row["pnl_usd"] for row in found}) == 4
    for row in found:
        given = [
            part for name in ("market_filter.file", "market_filter.max") for part in ("--set", f"{name}={row[name]}")
        ]
        folder = tmp_path / f"{Path(row['market_filter.file']).stem}-{row['market_filter.max']}"
        assert CliRunner().invoke(cli, ["run", *source, *given, "--out", str(folder)]).exit_code == 0
        with (folder / "trades.csv").open(newline="") as handle:
            pnl = sum(Decimal(one["pnl"]) for one in csv.DictReader(handle) if one["exit_reason"] != "end_of_data")
        assert Decimal(row["pnl_usd"]) == pnl
    asked = json.loads((tmp_path / "out" / "study.json").read_bytes())["asked"]
    assert str(asked).count("market_filter_sha256") == 2
