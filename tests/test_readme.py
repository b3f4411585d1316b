"""Every command of the README is run as it stands there.

The demo's commands run on a shorter demo; a real day's commands run with keys from `.env` through the
Alpaca adapter, against the exchange served on loopback, whose clock is set to the hour the README names.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from threading import Thread

import pytest

from backtest.model import Candidate
from backtest.params import Params
from backtest.sessions import Sessions, load_sessions
from demo.market import make_market
from demo.reports import write_reports
from live.clock import NEW_YORK
from live.sim.exchange import Exchange
from live.sim.server import SimServer
from tests.parity.markets import Roughness, rough_market, write_candidates

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")

HOURS = (
    ("live.signal_generator", time(9, 0)),
    ("--phase place", time(9, 20)),
    ("--phase poll", time(9, 31)),
    ("--phase protect", time(15, 45)),
)
EXPECTED_CODES = {"kill-switch status": 3}


def blocks(language: str) -> list[list[str]]:
    """Return the command lines of every fenced block of one language."""
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [[line for line in block.splitlines() if line and not line.startswith("#")] for block in found]


MAKE, DEMO, *REAL_DAY = blocks("sh")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder like a fresh checkout, with nothing of the developer's environment."""

    folder: Path

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(line)
        if words[0] == "python":
            words[0] = sys.executable
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("APCA_", "ALPACA_"))}
        kept |= {"NO_COLOR": "1"}
        return subprocess.run(
            words, cwd=self.folder, env=kept, capture_output=True, text=True, timeout=300, check=False
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    shutil.copytree(PROJECT / "configs", tmp_path / "configs", ignore=shutil.ignore_patterns("run_manifest.json"))
    shutil.copy(PROJECT / ".env.example", tmp_path)
    return Place(tmp_path)


@pytest.mark.parametrize("line", MAKE)
def test_the_two_commands_of_a_new_user_are_targets_of_make(line: str) -> None:
    done = subprocess.run(
        [*shlex.split(line), "--dry-run"], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "-m demo" in done.stdout or "-m pytest" in done.stdout


@pytest.mark.slow
def test_what_the_demo_leaves_can_be_looked_at_as_the_readme_says(place: Place) -> None:
    made = place.run("python -m demo --sessions 14")
    assert made.returncode == 0, made.stdout + made.stderr
    for line in DEMO:
        done = place.run(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.slow
def test_a_real_day_runs_as_the_readme_says(place: Place, served: Served) -> None:
    day = served.day
    write_reports(place.folder / "reports", served.candidates)
    for line in [line for block in REAL_DAY for line in block]:
        served.move_to(day, line)
        done = place.run(line.replace("AAPL", served.candidates[0].ticker))
        expected = next((code for words, code in EXPECTED_CODES.items() if words in line), 0)
        assert done.returncode == expected, f"{line}\n{done.stdout}{done.stderr}"
        if line.startswith("chmod"):
            served.write_keys(place.folder / ".env")


def test_the_cron_lines_are_the_commands_of_the_day() -> None:
    known = {line.removeprefix("python ") for block in REAL_DAY for line in block}
    lines = [line for line in blocks("cron")[0] if line[0].isdigit()]
    started = [line.split("/python ", 1)[1].split(" -q ", 1)[0] for line in lines]
    assert len(started) == 5
    assert set(started) <= known


def test_the_shell_examples_are_valid_bash() -> None:
    for block in blocks("bash"):
        done = subprocess.run(["bash", "-n"], input="\n".join(block), text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


RESEARCH = next(block for block in blocks("bash") if block[0].startswith("IN="))


@pytest.mark.slow
def test_the_questions_of_a_researcher_are_answered_as_the_readme_says(place: Place) -> None:
    first, last = date(2012, 1, 3), date(2016, 12, 30)
    sessions = load_sessions(last)
    market = make_market(sessions.between(date(2010, 9, 1), last), first, seed=3, tickers=12)
    market.write(place.folder / "bars")
    write_candidates(market.candidates, place.folder / "candidates.csv")
    rows = [f"{one.ticker},{one.report_date},pre,1.00,1.10" for one in market.candidates]
    (place.folder / "announcements.csv").write_text("\n".join(["symbol,date,release,eps_estimate,eps", *rows]) + "\n")
    setting, *lines = RESEARCH
    assert {line.split()[3] for line in lines} >= {"run", "report", "metrics", "sweep", "compare", "walk-forward"}
    for line in lines:
        done = place.run(shlex.join(["bash", "-c", f"{setting}\n{line.replace('python', sys.executable, 1)}"]))
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@dataclass(slots=True)
class Served:
    """The exchange of one real day, answering on loopback."""

    exchange: Exchange
    server: SimServer
    day: date
    candidates: Sequence[Candidate]

    def move_to(self, day: date, line: str) -> None:
        """Let the exchange's clock reach the hour at which the README's day starts this command."""
        for words, at in HOURS:
            if words in line:
                self.exchange.advance_to(datetime.combine(day, at, NEW_YORK))

    def write_keys(self, env: Path) -> None:
        """Fill in `.env` as a user does; the hosts are the served exchange's."""
        text = env.read_text(encoding="utf-8")
        text = text.replace("APCA_API_KEY_ID=\n", "APCA_API_KEY_ID=PKREADMETEST\n")
        text = text.replace("APCA_API_SECRET_KEY=\n", "APCA_API_SECRET_KEY=a-secret-of-the-readme\n")
        text += f"APCA_API_BASE_URL={self.server.address}\nAPCA_API_DATA_URL={self.server.address}\n"
        env.write_text(text, encoding="utf-8")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    sessions: Sessions = load_sessions(date(2026, 6, 1))
    day = date(2026, 2, 17)
    history = sessions.between(date(2025, 1, 2), date(2026, 2, 13))
    quiet = Roughness(crash=0.0, report=1.0, missing_bar=0.0, missing_at_entry=0.0, missing_at_week_end=0.0, split=0.0)
    market = rough_market(sessions, history, [day], seed=5, tickers=6, roughness=quiet)
    exchange = Exchange.create(
        tmp_path / "served.db",
        market.series,
        splits=market.splits,
        sessions=sessions,
        cash=Params().capital_units,
        now=datetime.combine(day, time(8, 30), NEW_YORK),
        params=Params(),
    )
    server = SimServer(exchange)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Served(exchange, server, day, [one for one in market.candidates if one.report_date == day])
    finally:
        server.shutdown()
        server.server_close()
        exchange.close()
