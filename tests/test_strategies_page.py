"""docs/strategies.md does what it says: its configurations are read, its commands run on the demo's market."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from backtest.__main__ import cli as backtest
from backtest.sessions import load_sessions
from backtest.settings import load_params
from demo.__main__ import HISTORY_SESSIONS, LAST_DAY
from demo.market import make_market
from demo.reports import write_reports
from live.admin import main as admin
from live.replay import main as replay
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
SESSIONS = 90
PROGRAMS: dict[str, click.Command] = {"backtest": backtest, "live.admin": admin, "live.replay": replay}
CONFIGURATIONS = dict(re.findall(r"```yaml\n# (\w+\.yaml)\n(.*?)```", PAGE, re.DOTALL))
FIGURES = re.compile(r"^\| `(runs/[\w/]+)` \| (\d+) \| (\d+) \| (-?[\d,]+) \|$", re.MULTILINE)
"""Rows of the page: a run's folder, its candidates, its trades, its P&L in whole USD."""


def commands() -> Iterator[list[str]]:
    """Yield the words of every command of the page that is run on the demo's market."""
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if "demo-out" in line:
                yield shlex.split(line)


def write_demo(folder: Path) -> None:
    """Write what the demo of 90 sessions leaves of its market."""
    sessions = load_sessions(LAST_DAY)
    end = sessions.index(LAST_DAY)
    days = sessions.days[end - SESSIONS - HISTORY_SESSIONS : end + 1]
    market = make_market(days, days[-SESSIONS], seed=1)
    market.write(folder / "demo-out" / "prices")
    write_reports(folder / "demo-out" / "reports", market.candidates)


def test_every_configuration_of_the_page_is_read(tmp_path: Path) -> None:
    assert set(CONFIGURATIONS) == {"reports.yaml", "rsi.yaml", "sma.yaml"}
    for name, text in CONFIGURATIONS.items():
        (tmp_path / name).write_text(text)
        assert load_params(tmp_path / name).source.id in text


@pytest.mark.slow
def test_the_commands_of_the_page_give_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_demo(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name, text in CONFIGURATIONS.items():
        Path(name).write_text(text)
    for words in commands():
        python, flag, program, *arguments = words
        assert (python, flag) == ("python", "-m")
        done = CliRunner().invoke(PROGRAMS[program], arguments)
        assert done.exit_code == 0, f"{shlex.join(words)}\n{done.output}"
    rows = FIGURES.findall(PAGE)
    assert len(rows) == 5
    for folder, candidates, trades, pnl in rows:
        manifest = json.loads((Path(folder) / "run_manifest.json").read_text())
        counts, found = manifest["counts"], round(float(manifest["metrics"]["trades"]["pnl_usd"]))
        assert (counts["candidates"], counts["trades"], f"{found:,}") == (int(candidates), int(trades), pnl), folder
