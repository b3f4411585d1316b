"""A tear sheet in a real browser, where there is one: its scripts run under its own policy and draw everything."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from backtest.__main__ import cli
from tests.backtest.runs.market import InventedMarket

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HOSTILE = "<img src=x onerror=alert(1)>"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def opened(invented_market: InventedMarket, tmp_path_factory: pytest.TempPathFactory) -> tuple[BeautifulSoup, str]:
    """The page as it stands after its scripts, and what the browser complained of."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no browser here")
    folder = tmp_path_factory.mktemp("browser")
    runner = CliRunner()
    assert runner.invoke(cli, ["run", *invented_market.options, "--out", str(folder / "run")]).exit_code == 0
    ledger = folder / "run" / "trades.csv"
    lines = ledger.read_text(encoding="ascii").splitlines()
    lines[1] = HOSTILE + lines[1][lines[1].index(",") :]
    ledger.write_text("\n".join(lines) + "\n", encoding="ascii")
    page = folder / "page.html"
    assert runner.invoke(cli, ["report", str(folder / "run"), "--out", str(page)]).exit_code == 0
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=20000")
    done = subprocess.run(
        [browser, *options, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return BeautifulSoup(done.stdout, "html.parser"), done.stderr


def test_every_chart_is_drawn(opened: tuple[BeautifulSoup, str]) -> None:
    page, complaints = opened
    assert page.html is not None
    assert page.html.get("data-drawn")
    charts = page.select("[data-chart] .canvas")
    assert len(charts) == 3
    assert all(chart.find(class_=lambda name: str(name).startswith("bk-")) for chart in charts)
    assert "Uncaught" not in complaints
    assert "Content Security Policy" not in complaints


def test_the_table_shows_its_first_trades_and_foreign_text_as_text(opened: tuple[BeautifulSoup, str]) -> None:
    page, _ = opened
    rows = page.select("#trades-table tbody tr")
    assert len(rows) > 10
    first = rows[0].select_one("button.open")
    assert first is not None
    assert first.get_text() == HOSTILE
    assert page.select("img") == []
