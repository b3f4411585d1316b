"""The measured fills for people: one a line, the sums of each kind, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from backtest.tables import Column
from backtest.text import how_many
from live.inspect.slippage_values import OVERNIGHT, Benchmark, FillKind, Measured, Slippage, SlippageSum
from live.inspect.status_text import price_text, signed_usd
from live.inspect.trades_text import stretch_text
from live.run.program import Run

FILLS = (
    Column("date"), Column("ticker"), Column("kind"), Column("reason", 4), Column("shares", 3), Column("price"),
    Column("benchmark", 2), Column("benchmark price", 1), Column("slippage %"),
    Column("against assumed", is_signed=True),
)  # fmt: skip
SUMS = (
    Column("kind"), Column("benchmark"), Column("fills"), Column("mean %"), Column("median %"), Column("worst %"),
    Column("assumed %"), Column("against assumed", is_signed=True),
)  # fmt: skip
LEGEND = "slippage %: + is worse than the benchmark; against assumed: USD, + is gained, - is lost"


def print_slippage(run: Run, page: Slippage) -> None:
    """Print the page."""
    console = run.console
    if page.fills:
        if not console.as_json:  # with --json what was found stands on stdout
            console.table(FILLS, [_cells(one) for one in page.fills])
            console.say("")
        console.table(SUMS, [_sum_cells(one) for one in page.sums])
        console.prose(LEGEND)
    else:
        console.say(f"no fill to measure{stretch_text(page.first, page.last) or ' yet'}", "bold")
    for line in _lines(page):
        console.prose(line)


def _cells(one: Measured) -> tuple[str, ...]:
    return (
        str(one.day),
        one.ticker,
        one.kind,
        one.reason or "",
        str(one.shares),
        f"{one.price:f}",
        one.benchmark,
        price_text(one.benchmark_price),
        _percent(one.slippage_pct),
        signed_usd(one.against_assumed),
    )


def _sum_cells(found: SlippageSum) -> tuple[str, ...]:
    return (
        found.kind,
        found.benchmark,
        str(len(found.fills)),
        _percent(found.mean_pct),
        _percent(found.median_pct),
        _percent(found.worst_pct),
        f"{found.assumed_pct:.2f}",
        signed_usd(found.against_assumed),
    )


def _lines(page: Slippage) -> Iterator[str]:
    for one in page.sums:
        yield one.sentence
    benchmarks = {one.benchmark for one in page.sums}
    if benchmarks.intersection(OVERNIGHT):
        yield "reference price, last close: the move until the open is included"
    if Benchmark.STOP in benchmarks:
        yield "stop: a gap at the open is included, unless a shadow was stopped out too"
    count = sum(page.unmeasured.values())
    if count:
        kinds = ", ".join(how_many(page.unmeasured[kind], kind) for kind in FillKind if page.unmeasured.get(kind))
        yield f"{how_many(count, 'fill')} without a benchmark left out: {kinds}"
    if page.foreign:
        yield f"{how_many(page.foreign, 'fill')} of orders that are not ours left out"


def _percent(value: Decimal | float) -> str:
    text = f"{value:+.2f}"
    return text[1:] if float(text) == 0 else text
