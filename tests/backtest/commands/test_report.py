"""`python -m backtest report`: one file that loads nothing, whose numbers are those of the run."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.measures.registry import MEASURES
from backtest.runs.figures import EVERYTHING, figure_text
from backtest.tear_sheet.figures import TONES
from tests.backtest.runs.market import FIRST, LAST, InventedMarket

HOSTILE = "</script><img src=x onerror=alert(1)>"


def backtest(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments], env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def runs(invented_market: InventedMarket, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: the five months, the same with four slots, one month, none that is good enough."""
    folder = tmp_path_factory.mktemp("runs")
    options = invented_market.options
    month = (*options[:5], "2016-02-01", "--to", "2016-02-29")
    for name, more in (
        ("whole", options),
        ("four", (*options, "--set", "max_positions=4")),
        ("month", month),
        ("none", (*options, "--set", "min_score=100")),
    ):
        done = backtest("run", *more, "--out", folder / name)
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def whole(runs: Path) -> Page:
    return page_of(runs / "whole")


@pytest.fixture(scope="module")
def side_by_side(runs: Path) -> Page:
    return page_of(runs / "whole", runs / "four", runs / "none")


class Page:
    """A tear sheet as a browser gets it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "html.parser")

    def data(self, name: str) -> Any:
        found = re.search(f'<script type="application/json" id="{name}">(.*?)</script>', self.text, re.DOTALL)
        assert found is not None
        return json.loads(found[1])

    def section(self, title: str) -> Tag:
        heading = self.soup.find("h2", string=title)
        assert isinstance(heading, Tag), title
        found = heading.find_parent("section")
        assert isinstance(found, Tag)
        return found

    def titles(self) -> list[str]:
        return [one.get_text() for one in self.soup.find_all("h2")]

    def policy(self) -> str:
        found = self.soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert isinstance(found, Tag)
        return str(found["content"])


def page_of(*arguments: str | Path) -> Page:
    folder = Path(arguments[0]).parent
    out = folder / f"{abs(hash(arguments))}.html"
    done = backtest("report", *arguments, "--out", out)
    assert done.exit_code == 0, done.output
    return Page(out.read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as handle:
        return list(csv.DictReader(handle))


def plain(text: str) -> str:
    return text.replace("−", "-").replace("–", "-").strip()


def test_a_page_has_every_section(whole: Page) -> None:
    assert whole.titles() == [
        "Equity", "Deepest falls", "Monthly and yearly returns", "Returns of the trades", "By exit reason", "By grade",
        "Skipped candidates", "Trades", "All figures and their formulas", "Manifest",
    ]  # fmt: skip


def test_nothing_is_loaded_and_only_its_own_scripts_run(whole: Page) -> None:
    assert whole.soup.find_all(["link", "iframe", "object", "embed", "base", "form"]) == []
    for element in whole.soup.find_all(True):
        for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
            assert str(element.get(name, "#")).startswith("#")
        assert not [name for name in element.attrs if name.startswith("on")]
    assert "url(" not in "".join(one.get_text() for one in whole.soup.find_all("style"))
    assert "@import" not in "".join(one.get_text() for one in whole.soup.find_all("style"))
    policy = whole.policy()
    assert policy.startswith("default-src 'none'; ")
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline", policy)
    scripts = [one for one in whole.soup.find_all("script") if one.get("type") is None]
    assert len(scripts) == 3
    for script in scripts:
        digest = hashlib.sha256((script.string or "").encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_the_figures_are_those_of_metrics_json(whole: Page, runs: Path) -> None:
    metrics = json.loads((runs / "whole" / "metrics.json").read_text(encoding="ascii"))
    bodies = whole.section("All figures and their formulas").find_all("tbody")
    assert len(bodies) == len(EVERYTHING)
    for body, part in zip(bodies, EVERYTHING, strict=True):
        lines = [row.find_all("td") for row in body.find_all("tr")[1:]]
        assert [line[0].get_text() for line in lines] == [MEASURES[name].heading for name in part.names]
        for name, line in zip(part.names, lines, strict=True):
            shown = line[1].find(string=True, recursive=False)
            assert plain(str(shown)) == figure_text(name, metrics[part.key][name])
            assert MEASURES[name].formula in line[2].get_text()


def test_intervals_stand_beside_their_figures(whole: Page, runs: Path) -> None:
    low, high = json.loads((runs / "whole" / "metrics.json").read_text(encoding="ascii"))["intervals"]["sharpe"]
    assert f"95 %: {low:.2f} to {high:.2f}" in plain(whole.soup.find("dl").get_text(" "))  # type: ignore[union-attr]


def test_every_trade_is_in_the_data_of_the_table(whole: Page, runs: Path) -> None:
    ledger, found = rows(runs / "whole" / "trades.csv"), whole.data("trades")["rows"]
    assert [row[1] for row in found] == [one["ticker"] for one in ledger]
    assert [f"{row[12] / 10_000:.2f}" for row in found] == [f"{float(one['pnl']):.2f}" for one in ledger]
    assert [row[16] for row in found] == [one["exit_reason"] for one in ledger]


def test_every_trade_has_the_chart_of_its_life(whole: Page) -> None:
    lives, trades = whole.data("lives"), whole.data("trades")["rows"]
    assert len(lives["lives"]) == len(trades)
    assert all(lives["lives"])
    days = [sum(lives["sessions"][: place + 1]) for place in range(len(lives["sessions"]))]
    for life, row in zip(lives["lives"], trades, strict=True):
        assert days[life[0]] < row[6]  # begins before the entry
        assert row[9] in days


def test_no_chart_has_a_colour_that_light_and_dark_do_not_share(whole: Page) -> None:
    for name in ("time", "spread0", "score0"):
        found = set(colours(whole.data(f"data-{name}")["doc"]["roots"]))
        assert found
        assert found <= set(TONES.values())


def colours(node: Any) -> Iterator[str]:
    """Yield every colour of a chart, those of its tools left out: they are Bokeh's own."""
    if isinstance(node, list):
        for one in node:
            yield from colours(one)
    elif isinstance(node, dict) and node.get("name") not in ("Toolbar", "BoxZoomTool", "HoverTool"):
        for key, value in node.get("attributes", node).items():
            plain_value = value.get("value") if isinstance(value, dict) and value.get("type") == "value" else value
            if key.endswith("_color") and isinstance(plain_value, str):
                yield plain_value
            else:
                yield from colours(value)


def test_groups_sum_up_to_the_trades_that_the_rules_closed(whole: Page, runs: Path) -> None:
    metrics = json.loads((runs / "whole" / "metrics.json").read_text(encoding="ascii"))
    for title in ("By exit reason", "By grade"):
        lines = [row.find_all("td") for row in whole.section(title).find_all("tr")[1:]]
        counts = [int(line[1].get_text()) for line in lines]
        assert sum(counts[:-1]) == counts[-1] == metrics["trades_without_end_of_data"]["count"]
        assert all(" to " in line[at].get_text() for line in lines[-1:] for at in (4, 6))


def test_skips_are_counted_by_reason(whole: Page, runs: Path) -> None:
    metrics = json.loads((runs / "whole" / "metrics.json").read_text(encoding="ascii"))
    lines = [row.find_all("td") for row in whole.section("Skipped candidates").find_all("tr")[1:-1]]
    found = {line[0].get_text().replace(" ", "_"): int(line[1].get_text()) for line in lines}
    assert found == metrics["skipped"]


def test_the_months_are_those_of_the_run(whole: Page) -> None:
    (row,) = whole.section("Monthly and yearly returns").find_all("tr")[1:]
    months = [cell.get_text() != "" for cell in row.find_all("td")[:12]]
    assert months == [False, *[True] * 5, *[False] * 6]


def test_a_run_without_a_trade_has_a_page(runs: Path) -> None:
    page = page_of(runs / "none")
    assert page.section("Trades").get_text().endswith("No trade.")
    assert page.section("Deepest falls").get_text().endswith("The equity never lay below an earlier one.")
    assert page.data("trades")["rows"] == page.data("lives")["lives"] == []


def test_a_run_of_one_month_has_a_page(runs: Path) -> None:
    page = page_of(runs / "month")
    assert "Too few sessions" in page.text
    assert len(page.data("trades")["rows"]) == len(rows(runs / "month" / "trades.csv"))


def test_several_runs_stand_side_by_side(side_by_side: Page) -> None:
    page = side_by_side
    assert page.titles()[0] == "Side by side"
    heads = [one.get_text().strip() for one in page.section("Side by side").find_all("th", scope="col")]
    assert heads == ["figure", "whole", "four", "none"]
    assert {row[0] for row in page.data("trades")["rows"]} == {0, 1}
    assert len(page.section("Deepest falls").find_all("h3")) == 3
    manifest = page.section("Manifest").get_text(" ")
    assert re.search(r"max_positions 20 4 20 20", manifest)  # three runs, then the default


def test_of_several_runs_it_is_said_whether_the_first_is_better_as_compare_says(runs: Path, side_by_side: Page) -> None:
    said = side_by_side.section("Side by side").get_text(" ")
    for other in ("four", "none"):
        told = json.loads(backtest("compare", runs / "whole", runs / other, "--json").stdout)["sentence"]
        assert re.sub(r"(?<![\w.])-(?=\d)", "−", told) in said


def test_a_benchmark_is_drawn_and_measured(runs: Path, tmp_path: Path) -> None:
    index = tmp_path / "index <b>.csv"
    index.write_text(f"date,close\n2016-01-29,100\n{FIRST},100\n{LAST},150\n", encoding="ascii")
    page = page_of(runs / "whole", "--benchmark", index)
    assert "index <b>: total return (%) 50.00" in page.section("Equity").get_text()
    assert page.section("Equity").find("b") is None
    year = page.section("Monthly and yearly returns").find("td", class_="held")
    assert isinstance(year, Tag)
    assert year.get_text() == "50.0"


def test_foreign_text_is_shown_and_does_nothing(runs: Path, whole: Page, tmp_path: Path) -> None:
    folder = tmp_path / "<b>run & more"
    shutil.copytree(runs / "whole", folder)
    for name in ("trades.csv", "skipped.csv"):
        lines = (folder / name).read_text(encoding="ascii").splitlines()
        lines[1] = HOSTILE + lines[1][lines[1].index(",") :]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="ascii")
    page = page_of(folder, "--benchmark", benchmark(tmp_path))
    assert page.data("trades")["rows"][0][1] == HOSTILE
    assert page.soup.find_all(["img", "b"]) == []
    assert len(page.soup.find_all("script")) == len(whole.soup.find_all("script"))
    assert HOSTILE not in page.text
    assert str(folder) in page.soup.get_text()


def benchmark(folder: Path) -> Path:
    path = folder / "index.csv"
    path.write_text(f"date,close\n{FIRST},100\n", encoding="ascii")
    return path


def test_where_the_prices_are_gone_the_page_says_so(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "whole", tmp_path / "moved")
    path = tmp_path / "moved" / "run_manifest.json"
    manifest = json.loads(path.read_text(encoding="ascii"))
    manifest["inputs"]["prices"] = str(tmp_path / "gone")
    path.write_text(json.dumps(manifest), encoding="ascii")
    done = backtest("report", tmp_path / "moved", "--out", tmp_path / "one.html")
    assert done.exit_code == 0
    assert "No chart of a trade's life: prices" in done.stdout
    page = Page((tmp_path / "one.html").read_text(encoding="utf-8"))
    assert set(page.data("lives")["lives"]) == {None}
    assert "no such file or folder" in page.section("Trades").get_text()


def test_other_prices_can_be_named_and_the_same_ones_give_the_same_charts(
    runs: Path, whole: Page, invented_market: InventedMarket, tmp_path: Path
) -> None:
    shutil.copytree(invented_market.source.prices, tmp_path / "elsewhere")
    done = backtest(
        "report", runs / "whole", "--prices", tmp_path / "elsewhere", "--out", tmp_path / "one.html", "--json"
    )
    found = json.loads(done.stdout)
    assert found["charts"] == found["trades"] == len(rows(runs / "whole" / "trades.csv"))
    assert found["bytes"] == (tmp_path / "one.html").stat().st_size < 2_500_000
    assert (found["runs"], found["notes"], found["out"]) == (1, [], str(tmp_path / "one.html"))
    again = Page((tmp_path / "one.html").read_text(encoding="utf-8"))
    assert (again.data("trades"), again.data("lives")) == (whole.data("trades"), whole.data("lives"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["whole", "whole", "--out", "x.html"], 2, "a run is named twice"),
        (["whole", "."], 2, "Missing option '--out'"),
        (["nothing", "--out", "x.html"], 7, "no such folder"),
        (["whole", "--out", "whole"], 7, "it is a folder"),
        (["whole", "--out", "whole/trades.csv/x.html"], 7, "is no folder"),
        (["whole", "--out", "x.html", "--prices", "nothing"], 7, "no such file or folder"),
        (["whole", "--out", "x.html", "--benchmark", "nothing.csv"], 7, "benchmark unreadable"),
        (["whole", "--out", "x.html", "--benchmark", "old.csv"], 7, "has no close from 2016-02-01"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_no_file(
    runs: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(runs)
    Path("old.csv").write_text("date,close\n2010-01-04,1\n", encoding="ascii")
    done = backtest("report", *arguments)
    assert done.exit_code == code, done.output
    assert said in " ".join(done.stderr.split())
    assert not Path("x.html").exists()


def test_without_bokeh_the_command_says_what_to_install(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bokeh", None)
    done = backtest("report", runs / "whole", "--out", runs / "without.html")
    assert done.exit_code == 6
    assert "python -m pip install 'earnings-drift[report]'" in done.stderr
    assert not (runs / "without.html").exists()


def test_no_other_command_waits_for_bokeh() -> None:
    code = (
        "import sys; from backtest.__main__ import COMMANDS, cli; "
        "[cli.get_command(None, name) for name in COMMANDS]; import backtest.runs.run; "
        "sys.exit(bool({'bokeh', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_the_help_fits_a_terminal() -> None:
    done = backtest("report", "--help")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "earnings-drift[report]" in done.stdout
