"""An account traded on a generated market until the eve of a day with 20 open positions and a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from backtest.sessions import load_sessions
from demo.account import open_account, workspace_in
from demo.market import make_market
from demo.reports import write_reports
from live.parity.trading_day import Workspace
from tests.bench.listed import listings

HISTORY_FROM, LAST = date(2024, 9, 3), date(2026, 3, 31)
FIRST_SESSION, MOST_SESSIONS, FULL = 320, 60, 20
History = Callable[[Path, Sequence[date]], None]
"""Makes a state DB of the last of these sessions."""


@dataclass(frozen=True, slots=True)
class Eve:
    """The files of an account whose book is full, and the next session with its report."""

    workspace: Workspace
    day: date
    report: Path
    held: int


def make_eve(folder: Path, *, full: int = FULL, tickers: int = 260, history: History | None = None) -> Eve:
    """Trade until so many positions are held and the next session has a report. RuntimeError when it never is.

    history: makes the state DB that the account begins with, of the sessions before its first one.
    """
    sessions = load_sessions(LAST)
    days = sessions.between(HISTORY_FROM, LAST)
    trading = days[FIRST_SESSION : FIRST_SESSION + MOST_SESSIONS]
    market = make_market(days, trading[0], seed=3, tickers=tickers)
    prices = market.write(folder / "prices", parquet=True)
    reports = write_reports(folder / "reports", market.candidates, ("cards",))
    names = listings(market.listings)
    if history is not None:
        history(workspace_in(folder / "account").state_db, sessions.between(date.min, days[FIRST_SESSION - 1]))
    account = open_account(
        folder / "account", prices, market.series, market.splits, sessions, trading[0], listings=names
    )
    try:
        for day, following in pairwise(trading):
            account.run_day(day, [reports[day]] if day in reports else [])
            with account.open_state() as db:
                held = len(db.positions.open_positions())
            if held >= full and following in reports:
                return Eve(account.workspace, following, reports[following], held)
    finally:
        account.close()
    raise RuntimeError("the generated market never filled the book")
