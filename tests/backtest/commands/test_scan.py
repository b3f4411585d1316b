"""`python -m backtest scan`, and runs whose strategy proposes its own candidates."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backtest import api
from backtest.__main__ import cli
from backtest.candidates_file import candidates_csv, read_candidates
from backtest.errors import UsageError
from backtest.model import Candidate, Grade, GradeSource
from backtest.params import Params
from backtest.reports.find import reports_in, unread_for
from backtest.reports.read import read_reports
from backtest.reports.verdict import Verdict
from backtest.runs.read import read_run
from backtest.sessions import load_sessions
from demo.reports import write_reports
from tests.backtest.sources.worlds import strategy_file
from tests.backtest.studies.markets import FIRST, LAST, small_market
from tests.parity.markets import write_market

SESSIONS = load_sessions(LAST)
AS_OF = date(2016, 3, 1)
TRADE_DATE = date(2016, 3, 2)
SOURCES = {"rsi_reversion": {"oversold": 40}, "sma_cross": {"fast": 5, "slow": 20}}


@dataclass(frozen=True, slots=True)
class Ground:
    """Bars, a file of their symbols, and a configuration for each shipped source."""

    folder: Path
    prices: Path

    @property
    def symbols(self) -> Path:
        return self.folder / "symbols.txt"

    def config(self, source: str) -> Path:
        return self.folder / f"{source}.yaml"

    def stretch(self, first: date = FIRST, last: date = LAST) -> list[str]:
        return ["--prices", str(self.prices), "--from", str(first), "--to", str(last)]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("scan")
    prices, _ = write_market(small_market().market, folder)
    found = Ground(folder, prices)
    tickers = sorted(small_market().market.series)
    found.symbols.write_text("# all of them, and one that has no bars\n" + "\n".join([*reversed(tickers), "NONE"]))
    for source, parameters in SOURCES.items():
        given = "".join(f"      {name}: {value}\n" for name, value in parameters.items())
        found.config(source).write_text(
            f"strategy:\n  primary:\n    source: {source}\n    symbols_file: {found.symbols}\n"
            f"    source_parameters:\n{given}  shadow: none\n"
        )
    return found


def backtest(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "80"})


def scan(ground: Ground, out: Path, *arguments: str, source: str = "rsi_reversion") -> Result:
    sets = [part for name, value in SOURCES[source].items() for part in ("--set", f"{name}={value}")]
    symbols = [] if "--symbols" in arguments else ["--symbols-file", str(ground.symbols)]
    return backtest("scan", source, *symbols, *sets, "--out", str(out), *arguments)


def run(ground: Ground, out: Path, *arguments: str) -> Result:
    trials = ["--trials", str(out.parent / "trials.jsonl")]
    return backtest("run", *arguments, *ground.stretch(), *trials, "--out", str(out))


def test_one_session_gives_a_file_dated_the_session_after(ground: Ground, tmp_path: Path) -> None:
    result = scan(ground, tmp_path / "out", "--prices", str(ground.prices), "--as-of", str(AS_OF))
    assert result.exit_code == 0, result.output
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == f"scan_candidates_rsi_reversion_{TRADE_DATE}.json"
    content = json.loads(file.read_text())
    assert content["strategy"] == {
        "id": "rsi_reversion",
        "name": "RSI mean reversion",
        "version": "1",
        "parameters": {"oversold": 40, "rsi_period": 14},
    }
    assert (content["as_of"], content["trade_date"]) == (str(AS_OF), str(TRADE_DATE))
    assert "NONE" in content["without_bar"]
    for one in content["candidates"]:
        assert (one["grade"], one["score"], one["verdict"]) == ("B", None, "confirmed")
        assert f"{one['ticker']} " in result.stdout
    lines = result.stdout.splitlines()
    assert max(map(len, lines[:-4])) <= 80
    said = " ".join(result.stdout.split())
    assert f"of {content['symbols']} symbols for {TRADE_DATE}, as of {AS_OF}." in said
    assert f"without a bar on {AS_OF}, not asked about" in said


def test_a_stretch_gives_the_candidates_of_a_backtest(ground: Ground, tmp_path: Path) -> None:
    result = scan(ground, tmp_path, *ground.stretch(), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    read = read_candidates(tmp_path / "candidates.csv").candidates
    assert [(str(one.report_date), one.ticker) for one in read] == [
        (one["report_date"], one["ticker"]) for one in told["candidates"]
    ]
    assert len({one.report_date for one in read}) > 10
    assert {(one.grade, one.score, one.verdict) for one in read} == {(Grade.B, None, Verdict.CONFIRMED)}
    assert told["notes"] == ["1 symbol (NONE) without any bar"]


def test_each_day_of_a_stretch_is_what_that_day_alone_gives(ground: Ground, tmp_path: Path) -> None:
    assert scan(ground, tmp_path, *ground.stretch(FIRST, TRADE_DATE)).exit_code == 0
    expected = [one for one in read_candidates(tmp_path / "candidates.csv").candidates if one.report_date == TRADE_DATE]
    result = scan(ground, tmp_path, "--prices", str(ground.prices), "--as-of", str(AS_OF), "--json")
    assert [one["ticker"] for one in json.loads(result.stdout)["candidates"]] == [one.ticker for one in expected]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_planted_from_the_trade_date_on_makes_no_difference(
    source: str, ground: Ground, tmp_path: Path
) -> None:
    day = next(
        one.report_date
        for one in reversed(candidates_of(ground, tmp_path / "whole", source))
        if one.report_date < date(2016, 6, 1)
    )
    planted = tmp_path / "planted"
    shutil.copytree(ground.prices, planted)
    for file in planted.glob("*.csv"):
        if file.name in ("splits.csv", "dividends.csv"):
            continue
        with file.open(newline="") as handle:
            rows = list(csv.reader(handle))
        at = rows[0].index("date")
        later = [row if number and row[at] < str(day) else plant(row, rows[0]) for number, row in enumerate(rows)]
        with file.open("w", newline="") as handle:
            csv.writer(handle).writerows([rows[0], *later[1:]])
    found = [
        scan(
            ground,
            tmp_path / prices.name,
            "--prices",
            str(prices),
            "--as-of",
            str(SESSIONS.previous(day)),
            source=source,
        )
        for prices in (ground.prices, planted)
    ]
    assert [one.exit_code for one in found] == [0, 0], found[1].output
    first, second = (
        json.loads((tmp_path / prices.name / f"scan_candidates_{source}_{day}.json").read_text())["candidates"]
        for prices in (ground.prices, planted)
    )
    assert first
    assert first == second


def plant(row: list[str], header: list[str]) -> list[str]:
    """Return a bar of another world."""
    return [
        {"open": "900", "high": "901", "low": "899", "close": "900"}.get(name, cell)
        for name, cell in zip(header, row, strict=True)
    ]


def candidates_of(ground: Ground, out: Path, source: str) -> tuple[Candidate, ...]:
    result = scan(ground, out, *ground.stretch(), source=source)
    assert result.exit_code == 0, result.output
    return read_candidates(out / "candidates.csv").candidates


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_that_scans_by_itself_equals_the_run_on_the_scanned_file(
    source: str, ground: Ground, tmp_path: Path
) -> None:
    candidates_of(ground, tmp_path, source)
    itself = run(ground, tmp_path / "itself", "--config", str(ground.config(source)))
    assert itself.exit_code == 0, itself.output
    given = ["--candidates", str(tmp_path / "candidates.csv"), "--set", "shadows=none"]
    assert run(ground, tmp_path / "given", *given).exit_code == 0
    for name in ("trades.csv", "skipped.csv", "equity.csv"):
        assert (tmp_path / "itself" / name).read_bytes() == (tmp_path / "given" / name).read_bytes(), name
    assert len((tmp_path / "itself" / "trades.csv").read_text().splitlines()) > 10
    parameters = json.loads((tmp_path / "itself" / "run_manifest.json").read_text())["parameters"]
    assert parameters["primary.source"] == source
    assert parameters["primary.source_version"] == "1"
    assert len(parameters["primary.symbols_sha256"]) == 64


@pytest.mark.parametrize("source", SOURCES)
def test_no_decision_of_a_shipped_source_knows_what_came_after_it(source: str, ground: Ground) -> None:
    result = backtest(
        "lookahead", "--config", str(ground.config(source)), *ground.stretch(), "--cuts", "3", "--workers", "1"
    )
    assert result.exit_code == 0, result.output
    assert "No look-ahead found: at 3 random cuts" in result.stdout


def test_a_source_that_knew_the_next_bar_would_be_found(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backtest.sources.windows import Windows

    honest = Windows.history
    monkeypatch.setattr(Windows, "history", lambda self, day, warm_up: honest(self, SESSIONS.next(day), warm_up))
    options = ["--config", str(ground.config("sma_cross")), *ground.stretch(), "--cuts", "4", "--workers", "1"]
    result = backtest("lookahead", *options)
    assert result.exit_code == 1, result.output


def test_candidates_beside_a_strategy_that_proposes_its_own_are_refused(ground: Ground, tmp_path: Path) -> None:
    for option in ("--candidates", "--reports"):
        result = run(ground, tmp_path / "out", "--config", str(ground.config("sma_cross")), option, str(tmp_path))
        assert result.exit_code == 2
        assert f"{option} not possible: the strategy proposes its own candidates" in result.stderr


def test_strategies_of_different_sources_run_side_by_side(ground: Ground, tmp_path: Path) -> None:
    candidates_of(ground, tmp_path, "sma_cross")
    config = tmp_path / "config.yaml"
    config.write_text(
        ground.config("rsi_reversion").read_text().replace("  shadow: none\n", "")
        + f"  shadows:\n    - id: cross\n      source: sma_cross\n      symbols_file: {ground.symbols}\n"
        "      source_parameters:\n        fast: 5\n        slow: 20\n    - id: given\n      source: reports\n"
    )
    candidates = str(tmp_path / "candidates.csv")
    result = run(
        ground,
        tmp_path / "three",
        "--config",
        str(config),
        "--candidates",
        candidates,
        "--strategies",
        "primary,cross,given",
    )
    assert result.exit_code == 0, result.output
    trades = {one.name: (one / "trades.csv").read_text() for one in (tmp_path / "three").iterdir()}
    assert set(trades) == {"rsi_reversion_ema_p10", "cross", "given"}
    assert trades["cross"] == trades["given"] != trades["rsi_reversion_ema_p10"]
    for name in trades:  # what each folder says of its parameters is read again
        assert read_run(tmp_path / "three" / name).params().primary.strategy_id == name


def test_a_notebook_runs_what_proposes_its_own_candidates(ground: Ground, tmp_path: Path) -> None:
    data = api.load(prices=ground.prices, first=FIRST, last=LAST, config=ground.config("sma_cross"))
    found = api.run(data, {"stop_loss_pct": 8}, trials=tmp_path / "trials.jsonl")
    assert len(found.trades) > 10
    with pytest.raises(UsageError, match="source cannot be changed after loading"):
        api.run(data, {"primary.source_parameters.fast": 3}, trials=tmp_path / "trials.jsonl")


def test_a_study_reads_its_candidates_once(ground: Ground) -> None:
    options = ["sweep", "--config", str(ground.config("rsi_reversion")), *ground.stretch()]
    result = backtest(*options, "--set", "primary.source_parameters.oversold=20..40:10")
    assert result.exit_code == 6
    assert "primary.source_parameters.oversold not possible with several values" in result.stderr


def test_who_is_not_listed_is_doubtful_in_the_file_and_in_the_run(ground: Ground, tmp_path: Path) -> None:
    assets = tmp_path / "assets.csv"
    listed = sorted(small_market().market.series)[::2]
    assets.write_text("symbol,name,exchange\n" + "".join(f"{one},Company of {one},NYSE\n" for one in listed))
    assert scan(ground, tmp_path, *ground.stretch(), "--assets", str(assets)).exit_code == 0
    read = read_candidates(tmp_path / "candidates.csv").candidates
    assert {one.verdict for one in read} == {Verdict.CONFIRMED, Verdict.DOUBTFUL}
    for one in read:
        is_listed = one.ticker in listed
        assert (one.verdict is Verdict.CONFIRMED) == is_listed
        assert one.company_name == (f"Company of {one.ticker}" if is_listed else None)
    config = str(ground.config("rsi_reversion"))
    assert run(ground, tmp_path / "itself", "--config", config, "--assets", str(assets)).exit_code == 0
    given = ["--candidates", str(tmp_path / "candidates.csv"), "--set", "shadows=none"]
    assert run(ground, tmp_path / "given", *given).exit_code == 0
    skipped = (tmp_path / "itself" / "skipped.csv").read_text()
    assert "problem_in_report" in skipped
    assert skipped == (tmp_path / "given" / "skipped.csv").read_text()


def test_a_scan_is_never_taken_for_the_json_of_a_report(ground: Ground, tmp_path: Path) -> None:
    offered = [one for one in small_market().market.candidates if one.report_date >= TRADE_DATE]
    day = offered[0].report_date
    write_reports(tmp_path, [one for one in offered if one.report_date == day])
    (page,) = reports_in(tmp_path)
    before = list(read_reports(reports_in(tmp_path), Params(), None))
    as_of = str(SESSIONS.previous(day))
    assert scan(ground, tmp_path, "--prices", str(ground.prices), "--as-of", as_of).exit_code == 0
    assert len(list(tmp_path.glob("scan_candidates_*.json"))) == 1
    assert reports_in(tmp_path) == [page]
    assert unread_for(tmp_path, day, Params().entry_mode, SESSIONS) == []
    assert list(read_reports([page], Params(), None)) == before


def test_another_file_is_never_written_over(ground: Ground, tmp_path: Path) -> None:
    stretch = ground.stretch(AS_OF, date(2016, 3, 15))
    (tmp_path / "candidates.csv").write_text("mine\n")
    result = scan(ground, tmp_path, *stretch)
    assert result.exit_code == 7
    assert "candidates not written" in result.stderr
    assert (tmp_path / "candidates.csv").read_text() == "mine\n"
    for arguments in (["--force"], []):  # the same scan may be written again
        assert scan(ground, tmp_path, *stretch, *arguments).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "give either --as-of S or --from D --to D"),
        (["--as-of", "2016-03-01", "--from", "2016-03-01"], 2, "give either --as-of S or --from D --to D"),
        (["--as-of", "2016-03-05"], 2, "--as-of 2016-03-05 is no session of the exchange"),
        (["--as-of", "2016-03-01", "--symbols", "A,B"], 7, "no bar"),
        (
            ["--as-of", "2016-03-01", "--set", "oversold=0"],
            6,
            "--set: 0 (expected between 1 and 99)",
        ),
        (["--as-of", "2016-03-01", "--set", "level=5"], 6, "unknown key in --set: level"),
        (["--as-of", "2016-03-01", "--set", "oversold"], 6, "setting not valid in --set: 'oversold'"),
        (["--as-of", "2016-12-01"], 7, "asked for 2016-12-01"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], code: int, message: str, ground: Ground, tmp_path: Path
) -> None:
    result = scan(ground, tmp_path / "out", "--prices", str(ground.prices), *arguments)
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr
    assert not (tmp_path / "out").exists()


def test_an_unknown_strategy_names_the_known_ones(ground: Ground, tmp_path: Path) -> None:
    result = backtest(
        "scan", "macd", "--symbols", "A", "--prices", str(ground.prices), "--as-of", str(AS_OF), "--out", str(tmp_path)
    )
    assert result.exit_code == 6
    assert "reports, rsi_reversion, sma_cross" in result.stderr


def test_a_strategy_of_ones_own_is_asked_by_scan_and_run(ground: Ground, tmp_path: Path) -> None:
    body = "return [Proposal(t, score=70.5, grade='A') for t in list(history.symbols)[:1]]"
    folder = strategy_file(tmp_path / "mine", body=body)
    config = tmp_path / "config.yaml"
    config.write_text(
        f"strategies:\n  dir: {folder}\nstrategy:\n  primary:\n    source: own\n    symbols_file: {ground.symbols}\n"
    )
    result = backtest("scan", "own", "--config", str(config), *ground.stretch(), "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    read = read_candidates(tmp_path / "candidates.csv").candidates
    assert {(one.score, one.grade) for one in read} == {(70.5, Grade.A)}
    assert run(ground, tmp_path / "run", "--config", str(config)).exit_code == 0
    strategy_file(folder, body="raise RuntimeError('not today')")
    for arguments in (["scan", "own"], ["run"]):
        out = ["--out", str(tmp_path / "other")]
        broken = backtest(*arguments, "--config", str(config), *ground.stretch(), *out)
        assert broken.exit_code == 7
        assert (
            "candidate source own gave no usable answer for the close of 2015-12-31: it ended with RuntimeError"
            in " ".join(broken.stderr.split())
        )
        assert not (tmp_path / "other").exists()


def test_candidates_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    written = (
        Candidate(
            "AAA", TRADE_DATE, Grade.B, GradeSource.INFERRED, 70.12345678, 123_456, None, 'A, "B"', None, note="x, y"
        ),
        Candidate("BBB", TRADE_DATE, Grade.D, GradeSource.JSON, None, None, -4.2, None, "not listed", Verdict.DOUBTFUL),
    )
    (tmp_path / "file.csv").write_bytes(candidates_csv(written))
    assert read_candidates(tmp_path / "file.csv").candidates == written


def test_the_json_of_one_session_is_the_file_and_where_it_lies(ground: Ground, tmp_path: Path) -> None:
    result = scan(ground, tmp_path, "--prices", str(ground.prices), "--as-of", str(AS_OF), "--json")
    told: dict[str, Any] = json.loads(result.stdout)
    file = Path(told["file"])
    content = json.loads(file.read_text())
    assert {name: told[name] for name in content} == content


def test_a_run_whose_symbols_have_changed_since_is_promoted_with_a_warning(ground: Ground, tmp_path: Path) -> None:
    symbols, config = tmp_path / "symbols.txt", tmp_path / "config.yaml"
    symbols.write_text(ground.symbols.read_text())
    config.write_text(ground.config("sma_cross").read_text().replace(str(ground.symbols), str(symbols)))
    assert run(ground, tmp_path / "run", "--config", str(config)).exit_code == 0
    look = ["promote", str(tmp_path / "run"), "--dry-run", "--config", str(config), "--out", str(tmp_path / "m.json")]
    look += ["--trials", str(tmp_path / "trials.jsonl")]
    same = backtest(*look, "--json")
    assert same.exit_code == 0, same.output
    assert json.loads(same.stdout)["settings_to_change"] == []
    symbols.write_text("AAA\n")
    changed = backtest(*look)
    assert "primary.symbols_sha256 is no longer the run's: its file has changed" in " ".join(changed.stdout.split())
