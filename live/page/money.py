"""Equity and drawdown, what was earned, and the executed strategy against its shadows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate

from backtest.money import UNITS_PER_USD, to_price
from backtest.pages.html import Child, Html, join, tag
from backtest.pages.parts import (
    UNKNOWN,
    Column,
    figures,
    none,
    percent,
    section,
    signed_percent,
    signed_usd,
    table,
    usd,
)
from backtest.text import how_many
from live.inspect.shadows_values import LEAST_DAYS, Comparison, Side, advise
from live.page.charts import fall_chart, line_chart
from live.page.commands import SHADOWS
from live.page.page_values import DayPage, Drawdown, drawdown_of, drawdown_pct
from live.page.parts import Frame
from live.state_db.records import EquityRow

DAYS_DRAWN = timedelta(days=366)
COMPARED = (
    Column("closed trades of the same dates", "key"), Column("executed", "n"), Column("shadow", "n"),
)  # fmt: skip


def money_figures(page: DayPage) -> Html:
    """Return the large numbers of the page."""
    last = page.equity[-1] if page.equity else None
    fall = drawdown_of(page.equity)
    week = sum(row.pnl or 0 for row in page.closed_this_week)
    of_day = sum(row.pnl or 0 for row in page.closed)
    return figures(
        (
            ("Equity, USD", UNKNOWN if last is None else f"{last.equity:,.2f}", _change(last)),
            (
                "Open P&L",
                signed_usd(page.open_pnl) if page.lines else "none",
                how_many(len(page.lines), "open position"),
            ),
            ("Closed on the day", signed_usd(of_day) if page.closed else "none", _closed_below(page)),
            ("Closed this week", signed_usd(week) if page.closed_this_week else "none", None),
            ("Closed in all", signed_usd(page.realized), None),
            (
                "Below the peak",
                UNKNOWN if fall is None else f"{percent(fall.now)} %",
                None if fall is None else _worst(fall),
            ),
            ("Cash", UNKNOWN if last is None else f"{last.cash:,.2f}", None),
        )
    )


def _change(last: EquityRow | None) -> Child:
    if last is None or not last.last_equity:
        return None
    change = last.equity - last.last_equity
    share = signed_percent(float(change / last.last_equity * 100), 2)
    return join([signed_usd(to_price(change)), " (", share, " %) since the last close"])


def _worst(fall: Drawdown) -> Html:
    return join([f"worst {percent(fall.worst)} % ", tag("span", f"on {fall.worst_day}", class_="nowrap")])


def _closed_below(page: DayPage) -> str | None:
    return how_many(len(page.closed), "position") if page.closed else None


def equity_section(page: DayPage) -> Html:
    """Return equity over the last year, and how far it lay below its peak."""
    title = "Equity and drawdown"
    if not page.equity:
        return section(title, none("No run has recorded the account's equity yet."))
    rows = [row for row in page.equity if row.day > page.day - DAYS_DRAWN]
    if not rows:
        rows = list(page.equity[-1:])
    values = [float(row.equity) for row in rows]
    falls = [drawdown_pct(row) for row in rows]
    worst = max(falls)
    span = f"{rows[0].day} to {rows[-1].day}"
    return section(
        title,
        tag(
            "figure",
            _ends(f"{max(values):,.0f}", "the last snapshot of each day, USD"),
            line_chart(values, said=f"Equity from {values[0]:,.2f} to {values[-1]:,.2f}, {span}", has_area=True),
            _ends(f"{min(values):,.0f}", ""),
            fall_chart(falls, f"At most {percent(worst)} percent below the peak, {span}"),
            _ends(f"{rows[0].day}", f"below the peak, at most {percent(worst)} %", f"{rows[-1].day}"),
        ),
    )


def _ends(*words: str) -> Html:
    return tag("div", *(tag("span", one) for one in words), class_="ends")


def shadow_section(page: DayPage, frame: Frame) -> Html | None:
    """Return the executed strategy beside each shadow, None where no shadow is configured or has begun."""
    if not page.comparisons:
        return None
    return join([_comparison(one, frame) for one in page.comparisons])


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
        _ends(f"{highest:,.0f}", "closed P&L, USD; dashed: the shadow"),
        line_chart(ours, theirs, said=said, zero=True),
        _ends(f"{lowest:,.0f}".replace("-", "−"), ""),
        _ends(f"{days[0]}", f"{days[-1]}"),
    )


def _sums(side: Side, days: Sequence[date]) -> list[float]:
    of_day: dict[date, int] = {}
    for row in side.results:
        of_day[row.exit_date] = of_day.get(row.exit_date, 0) + row.pnl
    return [value / UNITS_PER_USD for value in accumulate(of_day.get(day, 0) for day in days)]
