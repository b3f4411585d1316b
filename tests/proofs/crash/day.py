"""The day: 20 exits and 20 entries in one session, made once by the programs themselves and kept as folders.

24 stocks are bought on a Monday. On Friday 20 of them close below their weekly indicator, one has lost and will be
rotated out, and on the next Monday, the day, a report offers 23 others: one in doubt, one that the broker does not
trade, one that it will refuse, one whose order it rejects, one that fills in part, and one more than there are slots.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from backtest.bars import BarSeries
from backtest.files import private_files
from backtest.manifest import write_manifest
from backtest.model import Candidate, Grade
from backtest.money import to_price
from backtest.reports.directory import Listing
from backtest.sessions import NEW_YORK
from demo.reports import write_reports
from live.config_file import load_config
from live.sim.exchange import Exchange
from tests.cli.account import Levels, company_of, offer
from tests.live.sim.market import RestTrader
from tests.paths import DEFAULT_CONFIG
from tests.proofs.crash.account import Account, copy_account, sessions
from tests.proofs.crash.script import BY_HAND, NOT_TRADABLE, SETTINGS

BOUGHT, FRIDAY, TODAY, TOMORROW = date(2026, 2, 2), date(2026, 2, 6), date(2026, 2, 9), date(2026, 2, 10)
HISTORY, LAST_BAR = date(2025, 6, 2), date(2026, 3, 31)
SOLD = tuple(f"SQ{letter}" for letter in "ABCDEFGHIJKLMNOPQRST")
ROTATED, KEPT = "SQU", ("SQV", "SQW", "SQX")
HELD = (*SOLD, ROTATED, *KEPT)
OFFERED = tuple(f"EQ{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTU")
IN_DOUBT, TOO_MANY = "DQA", "EQZ"
OFFERED_TOMORROW = ("FQA", "FQB", "FQC")
EVE, DECIDED, PLACED, TRADED, LOST = "eve", "decided", "placed", "traded", "lost"
"""The kept folders: the evening before, after the generator, after `place`, after `poll`; the last without state DB."""


class Run(NamedTuple):
    """One run on the way to a morning."""

    at: datetime
    words: tuple[str, ...]


def at(day: date, clock: str) -> datetime:
    """Return a New York moment of a day."""
    return datetime.combine(day, time.fromisoformat(clock), NEW_YORK).astimezone(UTC)


GENERATE = ("live.signal_generator", "--report-dir", "reports")
PLACE, POLL, PROTECT, ALL = (("live.executor", "--phase", phase) for phase in ("place", "poll", "protect", "all"))


def flat(ticker: str, levels: Levels = "100") -> BarSeries:
    """Return bars of one price a session. levels: one, or the price from each day on."""
    steps = {HISTORY: levels} if isinstance(levels, str) else dict(levels)
    days = sessions().between(HISTORY, LAST_BAR)
    price = np.array([to_price(steps[max(start for start in steps if start <= day)]) for day in days], dtype=np.int64)
    size = len(days)
    return BarSeries(
        ticker,
        np.array(days, dtype="datetime64[D]"),
        price,
        price.copy(),
        price.copy(),
        price.copy(),
        np.full(size, 1000),
        np.ones(size),
    )


def market() -> dict[str, BarSeries]:
    """Return every stock's bars: entries open a dollar above their reference, so that their stops have to move."""
    found = {ticker: flat(ticker, {HISTORY: "100", FRIDAY: "97"}) for ticker in SOLD}
    found[ROTATED] = flat(ROTATED, {HISTORY: "80", BOUGHT: "100", FRIDAY: "99"})
    found |= {ticker: flat(ticker, {HISTORY: "100", TODAY: "101"}) for ticker in OFFERED}
    return found | {ticker: flat(ticker) for ticker in (*KEPT, IN_DOUBT, TOO_MANY, *OFFERED_TOMORROW)}


def make_mornings(folder: Path) -> None:
    """Make the account, trade it, and keep it as a folder for each situation; takes a few seconds."""
    with private_files():
        _make_eve(folder / EVE)
    _go_on(folder, EVE, DECIDED, Run(at(TODAY, "09:00"), GENERATE))
    _go_on(folder, DECIDED, PLACED, Run(at(TODAY, "09:20"), PLACE))
    _go_on(folder, PLACED, TRADED, Run(at(TODAY, "09:31"), POLL))
    copy_account(folder / TRADED, folder / LOST)
    (folder / LOST / "state.db").unlink()


def _make_eve(folder: Path) -> None:
    folder.mkdir(parents=True)
    params = load_config(DEFAULT_CONFIG, SETTINGS).strategy
    write_manifest(folder / "run_manifest.json", params)
    series = market()
    Exchange.create(
        folder / "exchange.db",
        series,
        splits=(),
        sessions=sessions(),
        cash=to_price("600000"),
        now=at(BOUGHT, "08:00"),
        params=params,
        listings=[Listing(one, company_of(one), "NYSE") for one in series],
    ).close()
    write_reports(folder / "reports", [*bought(), *offered(), *(offer(one, TOMORROW, 80) for one in OFFERED_TOMORROW)])
    with Account(folder) as account:
        for run in (
            Run(at(BOUGHT, "09:00"), GENERATE),
            Run(at(BOUGHT, "09:20"), PLACE),
            Run(at(BOUGHT, "09:31"), POLL),
            Run(at(BOUGHT, "15:45"), PROTECT),
        ):
            account.go(run.at)
            done = account.run(run.words)
            assert done.code == 0, (run.words, done.stderr)
        account.go(at(FRIDAY, "16:30"))
        account.exchange.set_asset(NOT_TRADABLE, tradable=False)
        _set_stop_by_hand(account)


def bought() -> list[Candidate]:
    """Return what was offered a week before the day; the one to be rotated out has the lowest score."""
    scored = [offer(one, BOUGHT, 80) for one in HELD if one != ROTATED]
    return [*scored, offer(ROTATED, BOUGHT, 60, price="80", grade=Grade.C)]


def offered() -> list[Candidate]:
    """Return the report of the day."""
    scores = (85 - n / 2 for n in range(len(OFFERED)))
    lines = [offer(one, TODAY, score) for one, score in zip(OFFERED, scores, strict=True)]
    return [*lines, offer(IN_DOUBT, TODAY, 79, company="Some Other Company"), offer(TOO_MANY, TODAY, 70)]


def _set_stop_by_hand(account: Account) -> None:
    hand = RestTrader(account.exchange)
    (stop,) = [one for one in hand.get("/v2/orders", status="open", limit="500") if one["symbol"] == BY_HAND]
    assert hand.cancel(stop)[0] == 204
    hand.stop("88.00", symbol=BY_HAND, qty=stop["qty"])


def _go_on(folder: Path, source: str, target: str, run: Run) -> None:
    copy_account(folder / source, folder / target)
    with Account(folder / target) as account:
        account.go(run.at)
        done = account.run(run.words)
        assert done.code in (0, 9), (run.words, done.stderr)
