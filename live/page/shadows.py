"""The executed strategy beside its shadows: a list of several, and each of them drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from backtest.money import UNITS_PER_USD
from backtest.pages.html import Child, Html, tag
from backtest.pages.parts import Column, percent, section, signed_usd, table, usd
from live.inspect.shadow_settings import otherwise_text
from live.inspect.shadows_values import LEAST_DAYS, Comparison, Side, advise
from live.page.charts import line_chart
from live.page.commands import SHADOWS
from live.page.money import ends
from live.page.page_values import DayPage
from live.page.parts import Frame

COMPARED = (
    Column("closed trades of the same dates", "key"), Column("executed", "n"), Column("shadow", "n"),
)  # fmt: skip
LISTED = (
    Column("shadow", "key"), Column("since"), Column("closed", "n", "closed"), Column("open", "n", "open"),
    Column("P&L", "n", "P&L"), Column("executed P&L", "n", "executed P&L"),
)  # fmt: skip


def shadow_sections(page: DayPage, frame: Frame) -> tuple[Html, ...]:
    """Return the executed strategy beside each shadow that has begun; of very many the first."""
    return tuple(_comparison(one, frame) for one in page.comparisons[: max(1, frame.rows // 10)])


def shadows_section(page: DayPage, frame: Frame) -> Html:
    """Return each of several shadows on a line."""
    rows = [
        (
            one.shadow.strategy,
            str(one.first),
            str(len(one.shadow.results)),
            str(one.shadow.open_count),
            signed_usd(one.shadow.pnl),
            signed_usd(one.executed.pnl),
        )
        for one in page.comparisons
    ]
    words = (
        f"Only {page.executed} is executed; no shadow sends an order. The more of them are compared, the likelier one "
        "leads by chance alone: "
    )
    return section(
        f"{len(page.comparisons)} shadows, only watched",
        table(LISTED, rows, kind="dense"),
        tag("p", words, tag("code", frame.complete(SHADOWS)), " counts with that.", class_="note"),
    )


def _comparison(one: Comparison, frame: Frame) -> Html:
    title = f"{one.executed.strategy} executed, {one.shadow.strategy} shadow"
    return section(
        title,
        _race(one),
        table(
            COMPARED,
            [(name, _of(one.executed, name, one), _of(one.shadow, name, one)) for name in _NUMBERS],
            kind="plain dense",
        ),
        tag("p", f"The shadow has {otherwise_text(one.otherwise)}.", class_="note") if one.otherwise else None,
        tag("p", f"Entries for {one.first} or later, closed by {one.last}. ", *_sentence(one, frame), class_="note"),
    )


def _sentence(one: Comparison, frame: Frame) -> list[Child]:
    if one.is_early:
        return [advise(one).sentence]
    return [
        f"{LEAST_DAYS} days are over: whether to follow the shadow says ",
        tag("code", frame.complete(SHADOWS)),
        ".",
    ]


_NUMBERS = ("closed", "still open", "P&L", "profit factor", "winners %", "max drawdown %")


def _of(side: Side, name: str, one: Comparison) -> Child:
    numbers = side.numbers
    if name == "closed":
        return str(len(side.results))
    if name == "still open":
        return str(side.open_count)
    if name == "P&L":
        return signed_usd(side.pnl)
    if name == "profit factor":
        return percent(side.profit_factor, 2)
    if name == "winners %":
        rate = numbers["win_rate_pct"]
        return percent(None if rate is None else float(rate))
    return percent(side.drawdown_pct(one.capital))


def _race(one: Comparison) -> Html | None:
    """Return the closed P&L of both sides over the same days."""
    days = sorted({row.exit_date for side in (one.executed, one.shadow) for row in side.results})
    if len(days) < 2:
        return None
    ours, theirs = (_sums(side, days) for side in (one.executed, one.shadow))
    said = f"Closed P&L: executed {usd(one.executed.pnl)}, shadow {usd(one.shadow.pnl)} USD"
    highest, lowest = max(0.0, *ours, *theirs), min(0.0, *ours, *theirs)
    return tag(
        "figure",
        ends(f"{highest:,.0f}", "closed P&L, USD; dashed: the shadow"),
        line_chart(ours, theirs, said=said, zero=True),
        ends(f"{lowest:,.0f}".replace("-", "−"), ""),
        ends(f"{days[0]}", f"{days[-1]}"),
    )


def _sums(side: Side, days: Sequence[date]) -> list[float]:
    of_day: dict[date, int] = {}
    for row in side.results:
        of_day[row.exit_date] = of_day.get(row.exit_date, 0) + row.pnl
    return [value / UNITS_PER_USD for value in accumulate(of_day.get(day, 0) for day in days)]
