"""`python -m demo.recording FILE`: one morning of the demo as a terminal shows it, drawn as an SVG picture.

The programs are started as a person starts them; what the picture shows is what they printed.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import click

from demo.account import CHECKOUT, CONFIG, SimulatedAccount, open_account
from live.clock import NEW_YORK
from live.sim.exchange import Exchange

SESSIONS = 60
WIDTH = 80
MORNING = (
    (time(9, 0), "python -m live.signal_generator --report-dir reports"),
    (time(9, 20), "python -m live.executor --phase place"),
    (time(9, 31), "python -m live.executor --phase poll"),
    (time(9, 40), "python -m live.admin status --check"),
)
"""When each command is typed, New York time."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def main(file: Path) -> None:
    """Play some weeks of the demo, then one morning with the commands of the README, and draw it as FILE (SVG)."""
    text = record()
    file.write_text(draw(text), encoding="utf-8")
    click.echo(f"{file}: {len(text.splitlines())} lines")


def record() -> str:
    """Return every command of the morning with what it prints, colours included."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        day = _play(home)
        return "\n".join(_typed(home, day, clock, command) for clock, command in MORNING)


def _play(home: Path) -> date:
    """Trade all sessions of the demo but the last into `home`, with a configuration for it; return the last one."""
    from backtest.sessions import load_sessions
    from demo.__main__ import HISTORY_SESSIONS, LAST_DAY
    from demo.market import make_market
    from demo.reports import write_reports

    sessions = load_sessions(LAST_DAY)
    days = sessions.days[sessions.index(LAST_DAY) - SESSIONS - HISTORY_SESSIONS : sessions.index(LAST_DAY) + 1]
    trading = days[-SESSIONS:]
    market = make_market(days, trading[0], seed=1)
    market.write(home / "prices")
    reports = write_reports(home / "reports", market.candidates)
    account = open_account(
        home, home / "prices", market.series, market.splits, sessions, trading[0], listings=market.listings
    )
    _trade(account, trading[:-1], reports)
    (home / "configs").mkdir()
    (home / "configs" / "default.yaml").write_text(_configuration())
    return trading[-1]


def _trade(account: SimulatedAccount, days: Sequence[date], reports: dict[date, Path]) -> None:
    for day in days:
        account.run_day(day, [reports[day]] if day in reports else [])
    account.close()


def _configuration() -> str:
    """Return the default configuration with the embedded exchange as broker and every path in the home."""
    text = CONFIG.read_text(encoding="utf-8")
    for was, now in (
        ("  id: alpaca ", "  id: sim    "),
        ("  sim_file: none ", "  sim_file: exchange.db "),
        ("  state_db: live/state.db ", "  state_db: state.db "),
        ("  manifest: configs/run_manifest.json ", "  manifest: run_manifest.json "),
    ):
        if was not in text:
            raise ValueError(f"{was.strip()!r} is not in {CONFIG}")
        text = text.replace(was, now)
    return text


def _typed(home: Path, day: date, clock: time, command: str) -> str:
    """Return a prompt with the command and what it prints at that hour of the day, colours included."""
    exchange = Exchange.open(home / "exchange.db")
    exchange.advance_to(datetime.combine(day, clock, NEW_YORK))
    exchange.close()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(CHECKOUT),
        "COLUMNS": str(WIDTH), "FORCE_COLOR": "1",
    }  # fmt: skip
    words = [sys.executable, *command.split()[1:]]
    done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, check=False)
    return f"\x1b[1m$ {command}\x1b[0m\n{done.stdout}{done.stderr}"


def draw(text: str) -> str:
    """Return text with terminal colours as an SVG picture of a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.from_ansi(text))
    return console.export_svg(title="earnings-drift", unique_id="terminal")


if __name__ == "__main__":
    main()
