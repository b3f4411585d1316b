"""What `python -m backtest run` tells, writes and refuses to write over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from tests.backtest.runs.market import InventedMarket


def backtest(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "80"})


@pytest.fixture
def options(invented_market: InventedMarket) -> tuple[str, ...]:
    return ("run", *invented_market.options)


def figures(text: str) -> dict[str, list[str]]:
    """Return the rows of the table by their titles, each below its heading."""
    found, heading = {}, ""
    for line in text.splitlines():
        title, *cells = line.strip().split("  ")
        heading = heading if line.startswith(" ") else title
        found[f"{heading}: {title.strip()}"] = [cell.strip() for cell in cells if cell.strip()]
    return found


def widest(text: str) -> int:
    """Return the length of the longest line but those of paths."""
    return max(len(line) for line in text.splitlines() if not line.startswith("files: "))


def test_trades_closed_by_the_rules_come_first_and_open_positions_stand_apart(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    done = backtest(*options, "--out", str(tmp_path / "run"))
    assert done.exit_code == 0, done.output
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="ascii"))
    closed, still_open = metrics["trades_without_end_of_data"], metrics["open_at_end"]
    told = figures(done.stdout)
    assert told["closed by the rules: trades"] == [str(closed["count"])]
    assert told["closed by the rules: P&L (USD)"] == [f"{float(closed['pnl_usd']):,.2f}"]
    assert told["open at the end: P&L (USD)"] == [f"{float(still_open['pnl_usd']):,.2f}"]
    assert closed["count"] + still_open["count"] == metrics["trades"]["count"]
    for title in ("CAGR (%)", "Sharpe ratio", "max drawdown (%)", "max drawdown (USD)", "exposure (%)"):
        assert f"account: {title}" in told
    assert widest(done.stdout) <= 80
    low, high = metrics["intervals"]["sharpe"]
    assert low < 0 < high
    assert f"{low:.2f} to {high:.2f}, includes 0: chance alone may explain the result." in " ".join(done.stdout.split())


def test_both_strategies_are_run_at_once_side_by_side(options: tuple[str, ...], tmp_path: Path) -> None:
    done = backtest(*options, "--out", str(tmp_path / "both"), "--strategies", "primary,shadow")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["ema_p10", "nwl_p4"]
    backtest(*options, "--out", str(tmp_path / "one"))
    backtest(*options, "--out", str(tmp_path / "two"), "--strategies", "shadow")
    for both, alone in (("ema_p10", "one"), ("nwl_p4", "two")):
        for name in ("trades.csv", "equity.csv", "metrics.json"):
            assert (tmp_path / "both" / both / name).read_bytes() == (tmp_path / alone / name).read_bytes()
    trades = figures(done.stdout)["closed by the rules: trades"]
    assert len(trades) == 2


def test_json_of_both_has_an_object_each(options: tuple[str, ...], tmp_path: Path) -> None:
    done = backtest(*options, "--out", str(tmp_path), "--strategies", "primary,shadow", "--json", "--force")
    found = json.loads(done.stdout)
    assert [one["strategy"] for one in found["runs"]] == ["ema_p10", "nwl_p4"]
    alone = json.loads(backtest(*options, "--out", str(tmp_path / "one"), "--json").stdout)
    assert (alone["strategy"], alone["out"]) == ("ema_p10", str(tmp_path / "one"))


def test_a_run_is_not_written_into_the_folder_of_a_study(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text("{}")
    done = backtest(*options, "--out", str(tmp_path))
    assert done.exit_code == 7
    assert "there is a study (expected an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["study.json"]


def test_the_same_run_may_be_written_again_and_another_one_only_by_force(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "run"))
    assert backtest(*options, *out).exit_code == 0
    before = (tmp_path / "run" / "run_manifest.json").read_bytes()
    assert backtest(*options, *out).exit_code == 0
    done = backtest(*options, *out, "--set", "max_positions=2")
    assert (done.exit_code, done.stderr.count("\n")) == (7, 1)
    assert "another run, with max_positions 20 instead of 2" in done.stderr
    assert (tmp_path / "run" / "run_manifest.json").read_bytes() == before
    assert backtest(*options, *out, "--mode", "trade").exit_code == 7
    assert backtest(*options, *out, "--set", "max_positions=2", "--force").exit_code == 0
    assert (tmp_path / "run" / "run_manifest.json").read_bytes() != before


def test_other_data_are_another_run(options: tuple[str, ...], tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "run"))
    assert backtest(*options, *out).exit_code == 0
    candidates = Path(options[options.index("--candidates") + 1])
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("\n".join(candidates.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    changed = backtest(*options, *out, "--candidates", str(fewer))
    assert (changed.exit_code, "other candidates" in changed.stderr) == (7, True)
    shorter = backtest(*options, *out, "--to", "2016-05-31")
    assert (shorter.exit_code, "sessions 2016-02-01 to 2016-06-30" in shorter.stderr) == (7, True)


def test_a_manifest_that_no_run_stands_behind_is_not_written_over(options: tuple[str, ...], tmp_path: Path) -> None:
    assert backtest("manifest", "--out", str(tmp_path / "run_manifest.json")).exit_code == 0
    assert backtest(*options, "--out", str(tmp_path)).exit_code == 7
    assert [path.name for path in tmp_path.iterdir()] == ["run_manifest.json"]


def test_a_run_that_was_killed_between_its_files_is_made_again(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "trades.csv").write_text("half", encoding="ascii")
    assert backtest(*options, "--out", str(tmp_path)).exit_code == 0


def test_a_split_stands_beside_the_whole(options: tuple[str, ...], tmp_path: Path) -> None:
    done = backtest(*options, "--out", str(tmp_path), "--split", "2016-04-01")
    told = figures(done.stdout)
    whole, before, after = map(int, told["closed by the rules: trades"])
    assert whole == before + after > after > 0


def test_a_split_of_both_strategies_is_a_table_a_part(options: tuple[str, ...], tmp_path: Path) -> None:
    more = ("--out", str(tmp_path), "--strategies", "shadow,primary", "--split", "2016-04-01")
    done = backtest(*options, *more)
    assert "Before 2016-04-01, in sample:" in done.stdout
    assert "From 2016-04-01, out of sample:" in done.stdout
    assert widest(done.stdout) <= 80
    parts = json.loads(backtest(*options, *more, "--json").stdout)["runs"]
    assert [set(one["split"]) for one in parts] == [{"date", "in_sample", "out_of_sample"}] * 2


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--strategies", "primary,primary"), 2, "each at most once"),
        (("--strategies", "secondary"), 2, "expected one of primary, shadow"),
        (("--split", "2016-02-01"), 2, "not inside the run"),
        (
            ("--strategies", "primary,shadow", "--set", "shadow.period=10", "--set", "shadow.trailing_stop=weekly_ema"),
            6,
            "the same strategy, ema_p10",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    options: tuple[str, ...], tmp_path: Path, more: tuple[str, ...], code: int, said: str
) -> None:
    done = backtest(*options, "--out", str(tmp_path / "run"), *more)
    assert (done.exit_code, said in done.stderr) == (code, True), done.stderr
    assert not (tmp_path / "run").exists()


def test_no_trade_at_all_invents_no_number(options: tuple[str, ...], tmp_path: Path) -> None:
    done = backtest(*options, "--out", str(tmp_path), "--set", "min_score=100")
    told = figures(done.stdout)
    assert done.exit_code == 0, done.output
    assert told["closed by the rules: trades"] == ["0"]
    assert told["closed by the rules: profit factor"] == ["-"]
    assert told["account: Sharpe ratio"] == ["-"]
    assert "exits: none" in done.stdout


def test_a_run_waits_for_no_library_that_it_does_not_need(options: tuple[str, ...], tmp_path: Path) -> None:
    heavy = "{'pandas', 'yaml', 'asyncio', 'bs4', 'requests', 'exchange_calendars', 'pyarrow.compute', 'bokeh'}"
    code = (
        "import sys; from click.testing import CliRunner; from backtest.__main__ import cli\n"
        f"done = CliRunner().invoke(cli, {[*options, '--out', str(tmp_path / 'run')]!r})\n"
        f"sys.exit(', '.join({heavy} & set(sys.modules)) or done.exit_code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_two_strategies_end_with_whether_the_first_is_better_as_compare_says(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    more = ("--out", str(tmp_path), "--strategies", "primary,shadow", "--split", "2016-04-01")
    done = backtest(*options, *more, "--json")
    found = json.loads(done.stdout)["comparison"]
    folders = (str(tmp_path / "ema_p10"), str(tmp_path / "nwl_p4"))
    told = json.loads(backtest("compare", *folders, "--split", "2016-04-01", "--json").stdout)
    assert found == {name: told[name] for name in ("verdict", "needed_years", "sentence")}
    printed = " ".join(backtest(*options, *more, "--force").stdout.split())
    assert printed.endswith(told["sentence"])
