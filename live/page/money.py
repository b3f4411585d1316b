"""Equity and drawdown, and what was earned."""

from __future__ import annotations

from datetime import timedelta

from backtest.money import to_price
from backtest.pages.html import Child, Html, join, tag
from backtest.pages.parts import (
    UNKNOWN,
    figures,
    none,
    percent,
    section,
    signed_percent,
    signed_usd,
)
from backtest.text import how_many
from live.page.charts import fall_chart, line_chart
from live.page.page_values import DayPage, Drawdown, drawdown_of, drawdown_pct
from live.state_db.records import EquityRow

DAYS_DRAWN = timedelta(days=366)


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
            ends(f"{max(values):,.0f}", "the last snapshot of each day, USD"),
            line_chart(values, said=f"Equity from {values[0]:,.2f} to {values[-1]:,.2f}, {span}", has_area=True),
            ends(f"{min(values):,.0f}", ""),
            fall_chart(falls, f"At most {percent(worst)} percent below the peak, {span}"),
            ends(f"{rows[0].day}", f"below the peak, at most {percent(worst)} %", f"{rows[-1].day}"),
        ),
    )


def ends(*words: str) -> Html:
    """Return what stands at the ends of a drawing's edge."""
    return tag("div", *(tag("span", one) for one in words), class_="ends")
