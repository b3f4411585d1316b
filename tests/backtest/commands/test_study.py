"""`python -m backtest study events`: words, JSON, files, exit codes; and the figures of the developers' data."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from tests.builders import weekdays
from tests.paths import SHARED

SYMBOLS = [f"S{number:02}" for number in range(55)]
DAYS = weekdays(date(2014, 1, 2), date(2016, 12, 30)).days
FILES = ["events.csv", "events.svg", "results.csv", "results.parquet", "study.json"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with invented announcements, four a year, after which 55 stocks drift on for some sessions."""
    folder = tmp_path_factory.mktemp("announcements")
    random = np.random.default_rng(11)
    returns = random.normal(0, 0.004, (len(SYMBOLS), len(DAYS)))
    rows = []
    for place in range(40, len(DAYS), 63):
        surprise = random.normal(0, 0.2, len(SYMBOLS))
        returns[:, place] += 0.2 * surprise
        returns[:, place + 1 : place + 11] += 0.01 * surprise[:, None]
        rows += [f"{symbol},{DAYS[place]},pre,1,{1 + one:.4f}" for symbol, one in zip(SYMBOLS, surprise, strict=True)]
    closes = 100 * np.cumprod(1 + returns, axis=1)
    with (folder / "prices.csv").open("w", encoding="ascii", newline="") as handle:
        write = csv.writer(handle)
        write.writerow(["symbol", "date", "open", "high", "low", "close", "volume"])
        for symbol, close in zip(SYMBOLS, closes.tolist(), strict=True):
            for day, price in zip(DAYS, close, strict=True):
                write.writerow([symbol, day, *[f"{price:.2f}"] * 4, 1000])
    header = "symbol,date,release,eps_estimate,eps"
    (folder / "announcements.csv").write_text("\n".join([header, *rows, "GONE,2015-01-02,pre,1,1", ""]))
    return folder


def study(data: Path, *more: str, announcements: str = "announcements.csv") -> Result:
    files = ["--announcements", str(data / announcements), "--prices", str(data / "prices.csv")]
    return CliRunner().invoke(cli, ["study", "events", *files, *more], env={"COLUMNS": "80"})


def test_it_prints_tables_what_must_be_known_and_one_sentence_in_80_columns(data: Path) -> None:
    result = study(data)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("660 of 661 announcements, 55 symbols, 2014-02-27 to 2016-10-25")
    said = " ".join(result.stdout.split())
    for words in (
        "left out: 1 of 1 symbol without bars (GONE)",
        "Survivors only: every one of the 55 symbols trades to 2016-12-30.",
        "Costs are not in",
        "Martineau (2022)",
        "Chordia, Goyal, Sadka, Sadka and Shivakumar (2009)",
        "9 spreads looked at: with 12 quarters only a t beyond 3.4",
        "the strategy's own event did not happen. Costs are not in. picture: none without --out",
    ):
        assert words in said
    years = [line.split()[0] for line in lines if line.startswith(("2014 ", "2015 ", "2016 "))]
    assert years == ["2014", "2015", "2016"]


def test_the_drift_that_was_put_in_is_found(data: Path) -> None:
    found = json.loads(study(data, "--json").stdout)
    spreads = {(one["sorted_by"], one["sessions"]): one for one in found["spreads"]}
    # the deciles' surprises are some 0.7 apart, and drift on by a tenth of a surprise
    assert spreads["surprise", 20]["mean_pct"] == pytest.approx(7, abs=1)
    assert spreads["surprise", 20]["low_pct"] > 4
    assert spreads["surprise", 20]["t"] > 8
    assert found["survivors_only"] is True
    assert found["costs_included"] is False
    assert found["left_out"]["unknown_symbols"] == ["GONE"]
    assert [one["events"] for one in found["own_event"]["drift"]] == [0, 0, 0]
    assert found["picture"] is None
    assert len(found["literature"]) == 2


def test_it_writes_its_files_and_the_same_command_the_same_bytes(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "drift"
    first = study(data, "--out", str(out))
    assert first.stdout.endswith(f"picture: {out / 'events.svg'}\n")
    before = {name: (out / name).read_bytes() for name in FILES}
    assert sorted(path.name for path in out.iterdir()) == FILES
    assert study(data, "--out", str(out), "--workers", "2").exit_code == 0
    assert {name: (out / name).read_bytes() for name in FILES} == before
    ElementTree.fromstring(before["events.svg"])
    rows = list(csv.DictReader(before["events.csv"].decode().splitlines()))
    assert len(rows) == 660
    top = [float(row["drift_20_pct"]) for row in rows if row["surprise_decile"] == "10"]
    bottom = [float(row["drift_20_pct"]) for row in rows if row["surprise_decile"] == "1"]
    stored = json.loads(before["study.json"])
    (spread,) = (one for one in stored["spreads"] if (one["sorted_by"], one["sessions"]) == ("surprise", 20))
    assert sum(top) / len(top) - sum(bottom) / len(bottom) == pytest.approx(spread["mean_pct"], abs=0.1)


def test_another_study_in_the_folder_is_refused_unless_forced(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "drift"
    assert study(data, "--out", str(out)).exit_code == 0
    other = study(data, "--out", str(out), "--until", "2015-12-31")
    assert other.exit_code == 7
    assert "Name another --out, or write over it with --force." in other.stderr
    assert json.loads((out / "study.json").read_bytes())["asked"]["until"] is None
    assert study(data, "--out", str(out), "--until", "2015-12-31", "--force").exit_code == 0
    assert json.loads((out / "study.json").read_bytes())["to"] < "2016"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("S01,2015-03-02,noon,1,1\n", "line 2: release 'noon'"),
        ("", "a header and no row"),
        ("GONE,2015-03-02,pre,1,1\n", "no announcement can be judged: 1 of symbols without bars"),
        ("S01,1999-03-02,pre,1,1\n", "1 with 25 sessions before them or fewer"),
    ],
)
def test_announcements_that_cannot_be_used_end_7(data: Path, tmp_path: Path, rows: str, says: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("symbol,date,release,eps_estimate,eps\n" + rows)
    result = study(data, "--out", str(tmp_path / "out"), announcements=str(bad))
    assert result.exit_code == 7
    assert says in result.stderr
    assert not (tmp_path / "out").exists()


def test_prices_that_are_not_there_end_7_and_json_says_so(data: Path) -> None:
    files = ["--announcements", str(data / "announcements.csv"), "--prices", str(data / "none.csv")]
    result = CliRunner().invoke(cli, ["study", "events", *files, "--json"])
    assert result.exit_code == 7
    assert json.loads(result.stdout)["error"]["code"] == 7


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the developers' data are not there")
def test_the_figures_of_the_real_announcements_are_those_of_the_method() -> None:
    folder = SHARED / "data"
    files = ["--announcements", str(folder / "announcements_dev.csv")]
    files += ["--prices", str(folder / "us_daily_2010_2017_dev.parquet")]
    found = json.loads(CliRunner().invoke(cli, ["study", "events", *files, "--json"]).stdout)
    spreads = {(one["sorted_by"], one["sessions"]): one for one in found["spreads"]}
    wanted = {
        ("surprise", 20): (1.82, 2.96, 21),
        ("surprise", 60): (2.25, 2.13, 20),
        ("announcement_return", 20): (0.92, 1.64, 21),
        ("announcement_return", 60): (1.50, 1.44, 20),
        ("gap", 20): (0.91, 2.18, 21),
        ("gap", 60): (0.83, 0.94, 20),
    }
    for key, (mean, t, quarters) in wanted.items():
        one = spreads[key]
        assert (one["mean_pct"], one["t"]) == (pytest.approx(mean, abs=0.05), pytest.approx(t, abs=0.05)), key
        assert one["quarters"] == quarters, key
    own = found["own_event"]
    assert own["events"] == 1196
    assert [one["mean_pct"] for one in own["drift"]] == pytest.approx([0.35, 0.74, -0.32], abs=0.05)
    assert (found["events"], found["until"], found["survivors_only"]) == (11_444, "2017-11-30", True)
