"""The list of the pages that lie in a folder, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from backtest.money import to_price
from backtest.pages.html import Child, Html, tag
from backtest.pages.parts import UNKNOWN, Column, percent, section, signed_usd, table
from backtest.text import how_many
from live.page.document import account_text, document
from live.page.page_values import drawdown_pct
from live.run.page_names import file_name
from live.state_db.records import AccountBinding, EquityRow

MOST_DAYS = 300
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.html")
DAYS = (
    Column("day", "key"), Column("equity", "n", "equity"), Column("change", "n", "change"),
    Column("below the peak %", "n", "below the peak %"), Column("positions", "n", "positions"),
)  # fmt: skip


def days_in(names: Iterable[str]) -> list[date]:
    """Return the days whose pages are among these files, newest first."""
    found = []
    for name in names:
        match = _NAME.fullmatch(name)
        if match is not None:
            try:
                found.append(date.fromisoformat(match[1]))
            except ValueError:
                continue
    return sorted(found, reverse=True)


def old_pages(folder: Path, before: date) -> list[Path]:
    """Return the pages of days before a date, oldest first; nothing else in the folder is ours."""
    names = (one.name for one in folder.iterdir()) if folder.is_dir() else ()
    return [folder / file_name(day) for day in reversed(days_in(names)) if day < before]


def index_html(days: Sequence[date], equity: Iterable[EquityRow], account: AccountBinding | None) -> str:
    """Return the list. equity: the last snapshot of each day; a day without one has dashes."""
    by_day = {row.day: row for row in equity}
    shown = days[:MOST_DAYS]
    rows = [_cells(day, by_day) for day in shown]
    note = f"the newest {MOST_DAYS} of {len(days)}" if len(days) > MOST_DAYS else how_many(len(days), "day")
    header = tag(
        "header",
        tag("div", tag("div", "earnings-drift", class_="kicker"), tag("h1", "Daily pages")),
        tag("div", account_text(account), class_="meta"),
    )
    listed = section("Days", table(DAYS, rows, kind="dense"), note=note)
    return document("earnings-drift: daily pages", tag("main", header, listed))


def _cells(day: date, by_day: Mapping[date, EquityRow]) -> Sequence[Child]:
    row = by_day.get(day)
    name = tag("a", f"{day:%a} {day}", href=file_name(day))
    if row is None:
        return (name, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    return (name, f"{row.equity:,.2f}", _change(row), percent(drawdown_pct(row)), str(row.open_positions))


def _change(row: EquityRow) -> Html | str:
    return signed_usd(to_price(row.equity - row.last_equity)) if row.last_equity else UNKNOWN
