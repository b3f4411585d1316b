"""Slippage on the page: what the fills of the last weeks cost, beside what the backtest assumes."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.pages.html import Child, Html, tag
from backtest.pages.parts import Column, none, percent, section, signed_usd, table
from backtest.text import how_many
from live.inspect.slippage_values import Slippage, SlippageSum
from live.page.commands import SLIPPAGE
from live.page.page_values import DayPage
from live.page.parts import Frame

SUMS = (
    Column("fills against", "key"), Column("fills", "n", "fills"), Column("mean %", "n", "mean %"),
    Column("worst %", "n", "worst %"), Column("assumed %", "n", "assumed %"), Column("USD", "n", "USD"),
)  # fmt: skip


def slippage_section(page: DayPage, frame: Frame) -> Html | None:
    """Return what was measured, kind by kind; None where it was not read."""
    found = page.slippage
    if found is None:
        return None
    title = "Slippage"
    since = None if found.first is None else f"fills since {found.first}"
    if not found.sums:
        return section(title, none("No fill to measure."), note=since)
    words = "%: above 0 is worse than the benchmark; USD against what was assumed: + is gained, - is lost. "
    return section(
        title,
        table(SUMS, [_cells(one) for one in found.sums], kind="dense"),
        tag("p", words, _unmeasured(found), "Fill by fill: ", tag("code", frame.complete(SLIPPAGE)), class_="note"),
        note=since,
    )


def _cells(one: SlippageSum) -> Sequence[Child]:
    return (
        f"{one.kind}, {one.benchmark}",
        str(len(one.fills)),
        percent(one.mean_pct, 2),
        percent(one.worst_pct, 2),
        percent(float(one.assumed_pct), 2),
        signed_usd(one.against_assumed),
    )


def _unmeasured(found: Slippage) -> str | None:
    count = sum(found.unmeasured.values())
    return f"{how_many(count, 'fill')} without a benchmark. " if count else None
