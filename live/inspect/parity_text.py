"""The comparison for people: a row for each difference with its cause, what each cause came to, what is unexplained."""

from __future__ import annotations

from collections.abc import Iterator

from backtest.money import format_usd
from backtest.tables import Column
from backtest.text import how_many
from live.inspect.parity_values import Cause, Explained, Parity, amount_of
from live.inspect.status_text import signed_usd
from live.inspect.trades_text import stretch_text
from live.run.program import Run

DIFFERENCES = (
    Column("entered"), Column("ticker"), Column("what"), Column("cause"), Column("USD", is_signed=True),
    Column("account", is_below=True, rank=3), Column("simulator", is_below=True, rank=2), Column("why", is_below=True),
)  # fmt: skip
CAUSES = (Column("cause"), Column("differences"), Column("USD", is_signed=True))
LEGEND = "USD: + brought the account more, - less; what is held counts at its last close"


def print_parity(run: Run, page: Parity) -> None:
    """Print the page."""
    console = run.console
    stretch = f"{page.first} to {page.last}, {how_many(page.sessions, 'session')}"
    console.prose(f"{page.strategy}, the account against the simulator, {stretch}", "bold")
    if page.differences:
        console.say("")
        if not console.as_json:  # with --json the differences stand on stdout
            console.table(DIFFERENCES, [_cells(one) for one in page.differences])
            console.say("")
        rows = [(cause.value, str(len(ones)), signed_usd(amount_of(ones))) for cause, ones in page.by_cause.items()]
        whole = ("total", str(len(page.differences)), signed_usd(amount_of(page.differences)))
        console.table(CAUSES, rows, total=whole)
        console.prose(LEGEND)
    for line in _lines(page):
        console.prose(line)


def _cells(one: Explained) -> tuple[str, ...]:
    return (
        str(one.day),
        one.ticker,
        one.what,
        one.cause.value,
        signed_usd(one.amount),
        one.account,
        one.simulator,
        one.why,
    )


def _lines(page: Parity) -> Iterator[str]:
    for one in page.shadows:
        yield one.sentence
        yield from one.differences
    shown = stretch_text(page.shown_from, page.shown_to)
    yield (
        f"trades{f' entered{shown}' if shown else ''}: account {page.account_trades}, simulator "
        f"{page.simulator_trades}, equal in everything {page.equal}"
    )
    yield f"P&L: account {format_usd(page.account_pnl)}, simulator {format_usd(page.simulator_pnl)}"
    left = page.by_cause.get(Cause.UNEXPLAINED, ())
    yield (
        f"unexplained: {how_many(len(left), 'difference')} ({signed_usd(amount_of(left))})"
        if left
        else ("unexplained: none")
    )
