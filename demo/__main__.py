"""`python -m demo`: some weeks of a synthetic market, traded by both programs on the embedded exchange."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest import home
from backtest.files import private_files
from backtest.params import REPORTS
from live.parity.trading_day import DayRun, ProgramRun
from live.run.console import Console

if TYPE_CHECKING:
    from demo.account import SimulatedAccount

HISTORY_SESSIONS = 320
LAST_DAY = date(2026, 3, 30)
"""A Monday: the week before has just been judged."""
PLAIN_STEP = 15
EXITS = {"rsi_reversion": "rsi_overbought", "sma_cross": "sma_cross"}
"""The strategies that scan, each with the exit that answers it."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--sessions", "count", type=click.IntRange(5, 250), default=90, show_default=True, help="Days to trade.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another market.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-out"),
    show_default=True,
    help="State and output; an earlier demo in it is replaced.",
)
@click.option(
    "--strategy",
    type=click.Choice([REPORTS, *EXITS]),
    default=REPORTS,
    show_default=True,
    help="What proposes candidates: the day's report, or a scan of every ticker; the ledgers are compared then.",
)
def main(count: int, seed: int, out: Path, strategy: str) -> None:
    """Trade a synthetic market day by day: 09:00 generator, 09:20 place, 09:31 poll, 15:45 and 16:05 protect.

    Everything is made from a seed when it runs: prices, reports and companies are invented. What trades
    is real: the two programs, their state DB and the Alpaca client, on an exchange in a file.
    """
    os.environ.pop(home.VARIABLE, None)  # the demo has a folder of its own
    console = Console()
    started = time.perf_counter()
    console.say("SYNTHETIC DATA: invented companies, seeded prices; nothing here says anything about a real market.")
    with private_files():
        problems = trade(console, count, seed, _emptied_folder(out), strategy)
    console.say(f"{count} sessions in {time.perf_counter() - started:.1f} s; state and output in {out}/")
    sys.exit(1 if problems else 0)


def trade(console: Console, count: int, seed: int, out: Path, strategy: str = REPORTS) -> list[str]:
    """Trade `count` sessions into `out` and print the results; return every problem found."""
    from backtest.sessions import load_sessions  # late: --help must not wait for numpy
    from demo.account import CONFIG, audit, open_account
    from demo.market import make_market
    from demo.reports import write_reports
    from demo.scanning import compare_with_backtest, write_config

    sessions = load_sessions(LAST_DAY)
    days = sessions.days[sessions.index(LAST_DAY) - count - HISTORY_SESSIONS : sessions.index(LAST_DAY) + 1]
    trading = days[-count:]
    market = make_market(days, trading[0], seed=seed)
    market.write(out / "prices")
    config, reports = CONFIG, {}
    if strategy == REPORTS:
        reports = write_reports(out / "reports", market.candidates)
        offers = f"{len(market.candidates)} candidates in {len(reports)} reports"
    else:
        config = write_config(out, strategy, EXITS[strategy])
        offers = f"scanned before each session by {strategy}"
    console.say(f"{len(market.series)} tickers, {offers}, {trading[0]} to {trading[-1]}")
    simulated = open_account(
        out, out / "prices", market.series, market.splits, sessions, trading[0], listings=market.listings, config=config
    )
    runs: list[DayRun] = []
    problems: list[str] = []
    with _progress(console, trading) as steps:
        for day in steps:
            run = simulated.run_day(day, [reports[day]] if day in reports else [])
            runs.append(run)
            problems += [f"{day} {one.program} ended {one.exit_code}: {one.last_line}" for one in _unexpected_ends(run)]
            problems += [f"{day}: {line}" for line in audit(simulated)]
    _print_results(console, simulated, runs)
    if strategy != REPORTS:
        for compared in compare_with_backtest(simulated, out, trading):
            console.say(compared.sentence)
            problems += compared.differences
    for line in problems:
        console.warn(line)
    if not problems:
        console.say("after every session: state DB = exchange, every share protected", "green")
    simulated.close()
    return problems


def _unexpected_ends(run: DayRun) -> Iterator[ProgramRun]:
    """Yield the runs of a day that did not end 0; 9 is an order left open and reported, not an error."""
    return (one for one in run.runs if one.exit_code not in (0, 9))


def _print_results(console: Console, simulated: SimulatedAccount, runs: Sequence[DayRun]) -> None:
    from backtest.money import format_price, format_usd
    from demo.account import book_of

    last = runs[-1]
    console.say("")
    console.say(f"The last day, {last.day}:", "bold")
    rows = list(_decision_rows(last.of("generator").result.get("decisions", {})))
    if rows:
        console.table(("", "ticker", "shares", "why"), rows)
    else:
        console.say("  nothing to sell, nothing to buy")
    console.say("")
    console.say("The final book:", "bold")
    console.table(
        ("ticker", "shares", "entered", "at", "stop", "last"),
        [
            (
                line.ticker,
                str(line.shares),
                str(line.entry_date),
                format_price(line.entry_price),
                format_price(line.stop_price),
                "-" if line.last_price is None else format_price(line.last_price),
            )
            for line in book_of(simulated)
        ],
    )
    with simulated.open_state() as db:
        closed = [row for row in db.positions.ledger() if row.exit_reason is not None]
        shadow = [
            row for one in simulated.params.watched for row in db.shadow.ledger(one.strategy_id) if row.exit_reason
        ]
    reasons = Counter(str(row.exit_reason) for row in closed)
    account = simulated.runtime.broker.get_account()
    console.say("")
    words = ", ".join(f"{count} {why}" for why, count in reasons.most_common())
    console.say(f"closed trades: {len(closed)} ({words})" if closed else "closed trades: none")
    console.say(
        f"realized P&L: {format_usd(sum(row.pnl or 0 for row in closed))} USD; equity {account.equity:,.2f} USD; "
        f"shadow: {len(shadow)} closed, {format_usd(sum(row.pnl or 0 for row in shadow))} USD"
    )
    requests = [run.requests for run in runs]
    console.say(f"requests a day: {sum(requests) / len(requests):.0f} on average, {max(requests)} at most")


def _decision_rows(decided: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for one in decided.get("exits", []):
        numbers = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in one["why"].items())
        yield "sell", one["ticker"], str(one["shares"]), f"{one['reason']}: {numbers}"
    for one in decided.get("entries", []):
        replaces = f", replaces {one['replaces']}" if one["replaces"] else ""
        why = f"reference {one['reference_price']}, stop {one['stop_price']}{replaces}"
        yield "buy", one["ticker"], str(one["shares"]), why
    for one in decided.get("skipped", []):
        yield "skip", one["ticker"], "", one["reason"]


@contextmanager
def _progress(console: Console, days: Sequence[date]) -> Iterator[Iterable[date]]:
    """Give the days out one by one: with a bar on a terminal, else with a line now and then."""
    if sys.stdout and sys.stdout.isatty():
        from rich.progress import Progress

        with Progress(transient=True) as bar:
            yield bar.track(days, description="trading")
        return
    yield _in_lines(console, days)


def _in_lines(console: Console, days: Sequence[date]) -> Iterator[date]:
    for number, day in enumerate(days, start=1):
        yield day
        if number % PLAIN_STEP == 0 or number == len(days):
            console.say(f"  {number:>3} of {len(days)} sessions traded, {day}")


def _emptied_folder(out: Path) -> Path:
    """Return the folder, without what an earlier demo left in it; a folder with other things is refused."""
    own = {"prices", "reports", "signals", "locks", "state-assets", "run_manifest.json", "config.yaml"}
    names = {path.name for path in out.iterdir()} if out.exists() else set()
    foreign = {name for name in names - own if not name.startswith(("state.db", "exchange.db", "account-"))}
    if foreign:
        raise click.UsageError(f"{out} holds other things ({', '.join(sorted(foreign)[:3])}); name an empty --out")
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    return out


if __name__ == "__main__":
    main()
