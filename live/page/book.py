"""The book: every position with its stop drawn against its price."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.pages.html import Child, Html, join, tag
from backtest.pages.parts import (
    UNKNOWN,
    Column,
    badge,
    none,
    percent,
    price,
    section,
    signed_percent,
    signed_usd,
    spaced,
    table,
)
from backtest.text import how_many
from live.clock import new_york_minute
from live.inspect.status_values import PositionLine
from live.page.charts import Scale, legend, position_bar, scale_of
from live.page.commands import STATUS
from live.page.page_values import DayPage
from live.page.parts import Frame, more, named

BOOK = (
    Column("position", "key"), Column("P&L", "n head-right"), Column("%", "n head-right"), Column("", "bar"),
    Column("shares", "n", "shares"), Column("entry", "n", "entry"), Column("price", "n", "price"),
    Column("stop", "n", "stop"), Column("to stop %", "n", "to stop %"), Column("days", "n", "days"),
)  # fmt: skip
JUDGED = (Column("indicator", "n", "indicator"), Column("to it %", "n", "to it %"))
"""Only where the day's signal file names an indicator."""


def book_section(page: DayPage, frame: Frame) -> Html:
    """Return the positions, the one nearest to its stop first."""
    title = "Book" if page.state is not None else "Book at the end of the day"
    if not page.lines:
        return section(title, none("No open position."))
    ordered = sorted(page.lines, key=_nearness)
    shown = ordered[: frame.rows]
    scale = scale_of(ordered)
    is_judged = any(line.judged.indicator is not None for line in shown)
    columns = (*BOOK, *JUDGED) if is_judged else BOOK
    total = ["total", signed_usd(page.open_pnl), *[""] * (len(columns) - 2)]
    made = table(
        columns,
        [_cells(line, scale)[: len(columns)] for line in shown],
        kind="book",
        total=None if page.open_pnl is None else total,
    )
    rest = more(len(ordered) - len(shown), frame, STATUS)
    return section(title, tag("p", _words(page), class_="note"), made, rest, note=legend(has_indicator=is_judged))


def _words(page: DayPage) -> str:
    parts = [how_many(len(page.lines), "position")]
    if page.max_positions is not None:
        parts[0] += f" of at most {page.max_positions}"
    if page.state is None:
        parts.append("what covered them then is not on record")
    elif not any(line.naked for line in page.lines):
        parts.append("every share protected, as the state DB has it")
    if page.prices_at is not None:
        parts.append(f"prices as of {new_york_minute(page.prices_at)} New York")
    elif any(line.price is not None for line in page.lines):
        parts.append("prices are the last closes before the trade date")
    else:
        parts.append("no prices are on record")
    return f"{', '.join(parts)}; nearest to its stop first"


def _nearness(line: PositionLine) -> tuple[bool, bool, float, str]:
    distance = line.stop_distance_pct
    return (not line.naked, distance is None, distance or 0.0, line.row.ticker)


def _cells(line: PositionLine, scale: Scale) -> Sequence[Child]:
    row = line.row
    change = line.unrealized_pct
    return (
        named(row.ticker, row.company_name, *_badges(line)),
        signed_usd(line.unrealized),
        UNKNOWN if change is None else join([signed_percent(change), " %"]),
        position_bar(line, scale),
        f"{row.actual_shares:,}",
        price(row.entry_price),
        price(line.price),
        price(row.stop_price),
        percent(line.stop_distance_pct),
        str(line.days_held),
        price(line.judged.indicator),
        percent(line.indicator_distance_pct),
    )


def _badges(line: PositionLine) -> list[Html]:
    found = []
    if line.naked:
        found.append(badge(f"{line.naked} without a stop", "bad"))
    if line.check.leaving:
        found.append(badge("sell working", "due"))
    if line.row.pending_exit_reason is not None:
        found.append(badge(f"leaving: {spaced(line.row.pending_exit_reason.value)}", "due"))
    return found
