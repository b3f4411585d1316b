"""`make acceptance`: real reports and real prices through both programs, day by day, on the embedded exchange.

Needs the developers' shared data beside the checkout (`../shared`); says so and ends 0 without it. After
every session: the exit codes, state DB = exchange, every share protected. Nothing here is asserted about
profit: the prices hold survivors only, and those of the sample reports are a walk made from a seed.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import click

from backtest.bars import BarSeries
from backtest.candidates import entry_session
from backtest.model import TICKER_PATTERN, Candidate, Grade, Split
from backtest.money import format_usd, to_price
from backtest.params import EntryMode
from backtest.prices.folder import open_folder
from backtest.reports.directory import Listing, load_listings
from backtest.sessions import Sessions, load_sessions
from demo.account import CHECKOUT, SimulatedAccount, audit, open_account
from demo.market import PrintedPrice, walk_through
from demo.reports import write_reports
from live.parity.trading_day import DayRun, Workspace, as_processes, run_day
from live.sim.exchange import Exchange
from live.state_db.db import StateDB
from live.state_db.rows import PositionRow, ShadowRow
from tests.paths import SHARED

SAMPLES = SHARED / "reports" / "samples"
ASSETS = tuple((SHARED / "reports").glob("assets_*.csv"))
PRICES = SHARED / "data" / "us_daily_2010_2017_dev.parquet"
CANDIDATES = SHARED / "data" / "candidates_dev.csv"
SAMPLE_MARKET = (date(2025, 8, 1), date(2026, 5, 29))
PRICES_FROM = date(2016, 3, 1)
PRICES_SESSIONS = 120
HISTORY_FROM = date(2014, 10, 1)
DAYS_AS_PROCESSES = (3, 20, 45, 70, 110)
GOOD_CODES = {0, 9}


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account trades: the market, the sessions, and each session's reports.

    listings: the names that the exchange serves. settings: what differs from the default configuration.
    """

    name: str
    prices: Path
    series: Mapping[str, BarSeries]
    splits: Sequence[Split]
    days: Sequence[date]
    reports: Mapping[date, list[Path]]
    as_processes: frozenset[date] = frozenset()
    listings: tuple[Listing, ...] = ()
    settings: tuple[str, ...] = ()


@click.command()
@click.option("--only", type=click.Choice(["samples", "prices"]), help="One of the two plans.")
@click.option("--sessions", "limit", type=int, help="So many sessions of each plan, for a quick look.")
def main(only: str | None, limit: int | None) -> None:
    """Trade both plans and end 1 when anything was not as it must be."""
    if not SHARED.exists():
        click.echo(f"nothing to do: {SHARED} is not there (the developers' data does not ship)")
        return
    sessions = load_sessions(SAMPLE_MARKET[1])
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        makers: dict[str, Callable[[Path, Sessions], Plan]] = {"samples": plan_samples, "prices": plan_prices}
        for key, make in makers.items():
            if only in (None, key):
                wrong += trade_plan(make(folder / key, sessions), folder / key, sessions, limit)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"\npeak memory of this process: {peak:.0f} MB")
    for line in wrong:
        click.echo(f"WRONG  {line}", err=True)
    click.echo(f"{len(wrong)} things were not as they must be" if wrong else "all as it must be")
    sys.exit(1 if wrong else 0)


def plan_samples(folder: Path, sessions: Sessions) -> Plan:
    """Return the sample reports on their own trade dates, over a walk through the prices they print."""
    reports: dict[date, list[Path]] = {}
    printed: list[PrintedPrice] = []
    for path in sorted(SAMPLES.glob("*.html")):
        truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        day = entry_session(date.fromisoformat(truth["report_date"]), EntryMode.REPORT_OPEN, sessions)
        reports.setdefault(day, []).append(path)
        for row in truth["candidates"]:
            if TICKER_PATTERN.fullmatch(row["ticker"]):
                price = None if row.get("price") is None else to_price(Decimal(str(row["price"])))
                printed.append(PrintedPrice(row["ticker"], day, price))
    market = walk_through(printed, sessions.between(*SAMPLE_MARKET), seed=20250801)
    days = sessions.between(min(reports), SAMPLE_MARKET[1])
    return Plan(
        "sample reports over a synthetic walk",
        market.write(folder / "prices"),
        market.series,
        market.splits,
        days,
        reports,
        listings=_all_listings(),
    )


def _all_listings() -> tuple[Listing, ...]:
    """Return the stocks of all public lists, each with its newest name."""
    found = {one.ticker: one for path in sorted(ASSETS) for one in load_listings(path)}
    return tuple(found.values())


def plan_prices(folder: Path, sessions: Sessions) -> Plan:
    """Return 120 sessions of real prices with reports rendered from the development candidates."""
    first = sessions.on_or_after(PRICES_FROM)
    days = sessions.days[sessions.index(first) : sessions.index(first) + PRICES_SESSIONS]
    with CANDIDATES.open(encoding="utf-8", newline="") as handle:
        offered = [
            candidate
            for row in csv.DictReader(handle)
            if days[0] <= (candidate := _candidate(row)).report_date <= days[-1]
        ]
    pages = write_reports(folder / "reports", offered)
    prices = open_folder(PRICES)
    data = prices.fetch(sorted({one.ticker for one in offered}), HISTORY_FROM, days[-1])
    chosen = frozenset(days[place] for place in DAYS_AS_PROCESSES)
    return Plan(
        "real prices of 2016",
        PRICES,
        data.series,
        data.splits,
        days,
        {day: [page] for day, page in pages.items()},
        chosen,
        settings=("strategy.accept=doubtful",),  # rows are not questioned, they may pair any letter with any total
    )


def trade_plan(plan: Plan, folder: Path, sessions: Sessions, limit: int | None) -> list[str]:
    """Trade one plan and print what it came to; return everything that was not as it must be."""
    click.echo(f"\n== {plan.name}: {len(plan.series)} tickers, {len(plan.reports)} reports ==")
    started = time.perf_counter()
    account = open_account(
        folder / "account", plan.prices, plan.series, plan.splits, sessions, plan.days[0], plan.settings, plan.listings
    )
    wrong: list[str] = []
    runs: list[DayRun] = []
    for number, day in enumerate(plan.days[:limit], start=1):
        reports = plan.reports.get(day, [])
        copy = account.copy_to(folder / f"copy-{day}") if day in plan.as_processes else None
        runs.append(account.run_day(day, reports))
        wrong += [f"{day}: {line}" for line in _check_day(account, runs[-1])]
        if copy is not None:
            wrong += [
                f"{day} as processes: {line}" for line in _same_as_processes(account, copy, day, reports, runs[-1])
            ]
        if number % 20 == 0:
            click.echo(f"  {number} sessions, {day}, {time.perf_counter() - started:.1f} s")
    seconds = time.perf_counter() - started
    wrong += _print_results(account, runs, seconds, plan)
    account.close()
    return wrong


def _check_day(account: SimulatedAccount, run: DayRun) -> list[str]:
    for one in run.runs:
        if one.exit_code:
            click.echo(f"  {run.day} {one.program}: {one.exit_code} {one.last_line[:150]}")
    wrong = [
        f"{one.program} ended {one.exit_code}: {one.last_line}" for one in run.runs if one.exit_code not in GOOD_CODES
    ]
    return wrong + audit(account)


def _same_as_processes(
    account: SimulatedAccount, copy: Workspace, day: date, reports: Sequence[Path], run: DayRun
) -> list[str]:
    """Run the day again on a copy of the eve, each program as a process of its own; return what differs."""

    def move_to(moment: datetime) -> None:
        assert copy.sim_file is not None
        exchange = Exchange.open(copy.sim_file)
        exchange.advance_to(moment)
        exchange.close()

    again = run_day(day, reports, move_to, as_processes(copy, CHECKOUT))
    differences = [
        f"{one.program} ended {other.exit_code} ({other.last_line}), in-process {one.exit_code}"
        for one, other in zip(run.runs, again.runs, strict=True)
        if one.exit_code != other.exit_code
    ]
    if _signal_hashes(account.workspace, day) != _signal_hashes(copy, day):
        differences.append("the signal files differ")
    with account.open_state() as one, StateDB.open(copy.state_db, account.runtime.broker.clock) as two:
        for kind, first, second in (
            ("positions", one.positions.ledger(), two.positions.ledger()),
            ("shadow positions", one.shadow.ledger("nwl_p4"), two.shadow.ledger("nwl_p4")),
        ):
            if _plain(first) != _plain(second):
                differences.append(f"the {kind} differ")
    return differences


def _signal_hashes(workspace: Workspace, day: date) -> dict[str, str]:
    paths = workspace.signals.glob(f"trade_signals_{day}_*.json")
    return {path.name: json.loads(path.read_text())["content_sha256"] for path in paths}


def _plain(rows: Sequence[object]) -> list[tuple[object, ...]]:
    """Return ledger rows without what a process makes up for itself (ids of orders, run ids, moments)."""
    wanted = ("ticker", "entry_date", "entry_price", "actual_shares", "stop_price", "status", "exit_date", "exit_price",
              "exit_reason", "pnl", "decided_through", "pending_exit_reason")  # fmt: skip
    return [tuple(getattr(row, name, None) for name in wanted) for row in rows]


def _print_results(account: SimulatedAccount, runs: Sequence[DayRun], seconds: float, plan: Plan) -> list[str]:
    with account.open_state() as db:
        book = db.positions.ledger()
        shadow = db.shadow.ledger("nwl_p4")
    at_broker = account.runtime.broker.get_account()
    requests = [run.requests for run in runs]
    most_held = _most_held(book)
    click.echo(f"  primary: {_summary(book)}")
    click.echo(f"  shadow:  {_summary(shadow)}")
    click.echo(f"  at most {most_held} positions at once; equity {at_broker.equity:,.2f} USD")
    codes = Counter(f"{one.program} {one.exit_code}" for run in runs for one in run.runs)
    click.echo(f"  exit codes: {', '.join(f'{n} x {what}' for what, n in sorted(codes.items()))}")
    again = sum(run.day in plan.as_processes for run in runs)
    if again:
        click.echo(f"  {again} of the days were traded a second time with every run a process of its own, and compared")
    click.echo(
        f"  {len(runs)} sessions in {seconds:.1f} s ({len(runs) / seconds:.1f} a second); requests a day: "
        f"{sum(requests) / len(requests):.0f} on average, {max(requests)} at most"
    )
    if plan.as_processes and len(runs) >= PRICES_SESSIONS:
        reasons = {str(row.exit_reason) for row in book}
        missing = {"stop_loss", "trend_break", "rotated_out"} - reasons
        return ([f"{plan.name}: no {', '.join(sorted(missing))}"] if missing else []) + (
            [] if most_held == 20 else [f"{plan.name}: the book held at most {most_held} positions"]
        )
    return []


def _summary(rows: Sequence[PositionRow] | Sequence[ShadowRow]) -> str:
    closed = [row for row in rows if row.exit_reason is not None]
    reasons = Counter(str(row.exit_reason) for row in closed)
    profit = sum(row.pnl or 0 for row in closed)
    return (
        f"{len(rows)} positions, {len(closed)} closed "
        f"({', '.join(f'{n} {why}' for why, n in reasons.most_common())}), P&L {format_usd(profit)} USD"
    )


def _most_held(rows: Sequence[PositionRow]) -> int:
    """Return the most positions open at any close."""
    changes: Counter[date] = Counter()
    for row in rows:
        changes[row.entry_date] += 1
        if row.exit_date is not None:
            changes[row.exit_date] -= 1
    held = most = 0
    for day in sorted(changes):
        held += changes[day]
        most = max(most, held)
    return most


def _candidate(row: Mapping[str, str]) -> Candidate:
    return Candidate(
        ticker=row["ticker"],
        report_date=date.fromisoformat(row["report_date"]),
        grade=Grade(row["grade"]),
        score=float(row["score"]) if row["score"] else None,
        price=to_price(row["price"]) if row["price"] else None,
        gap_size=float(row["gap_size"]) if row["gap_size"] else None,
        company_name=row["company_name"] or None,
    )


if __name__ == "__main__":
    main()
