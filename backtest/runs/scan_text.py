"""What a scan found, in words."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.candidates import entry_session
from backtest.money import format_price
from backtest.runs.scan import ScanDone
from backtest.tables import Column
from backtest.text import how_many

COLUMNS = (
    Column("trade date"),
    Column("ticker"),
    Column("grade"),
    Column("score", rank=2),
    Column("price", rank=1),
    Column("why", rank=3),
    Column("doubt", rank=4),
)
MOST_ROWS = 20


def rows_of(done: ScanDone) -> list[Sequence[str]]:
    """Return a row a candidate, the last ones of a long stretch."""
    request = done.request
    mode = request.entry_mode
    rows: list[Sequence[str]] = []
    for one in done.candidates[-MOST_ROWS:]:
        day = entry_session(one.report_date, mode, request.sessions)
        score = "" if one.score is None else f"{one.score:g}"
        price = "" if one.price is None else format_price(one.price)
        rows.append((str(day), one.ticker, one.grade.value, score, price, one.note or "", one.problem or ""))
    return rows


def sentence(done: ScanDone) -> str:
    """Return what was found in one sentence."""
    request = done.request
    strategy, days = request.scan.strategy.id, request.trade_dates
    asked = how_many(len(request.scan.symbols), "symbol")
    found = how_many(len(done.candidates), "candidate")
    more = f"; the last {MOST_ROWS} are shown" if len(done.candidates) > MOST_ROWS else ""
    if request.is_one_day:
        return f"{strategy} proposes {found} of {asked} for {days[0]}, as of {request.source.first}{more}."
    return f"{strategy} proposes {found} of {asked} in {how_many(len(days), 'session')}, {days[0]} to {days[-1]}{more}."
