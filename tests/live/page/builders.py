"""Builders for the daily page: a day on which all is well, and one on which everything is hostile or too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from backtest.model import ExitReason, Grade, GradeSource, ReferenceSource, SkipReason
from backtest.params import Params
from live.book.stops import check_stop
from live.inspect.shadows_values import Comparison, Result, Side
from live.inspect.slippage_values import Benchmark, FillKind, Measured, Slippage
from live.inspect.status_values import Judged, PositionLine
from live.orders import Intent
from live.page.page_values import DayPage, State
from live.signals.file import AccountRef, Inputs, PricesRef, SignalFile
from live.signals.lines import EntryLine, ExitLine, SkipLine
from live.state_db.outbox import OutboxState
from live.state_db.records import AccountBinding, ByHand, EquityRow, KillSwitch, RunRow
from live.state_db.rows import PositionStatus
from tests.live.inspect.builders import run_row
from tests.live.state_db.builders import AS_OF, LATER, MORNING, D, order_row, position_row

HOSTILE = '</style><script>alert("1")</script>\u202e & "Söhne" \x1b[31m' + "<img src=x onerror=alert(1)>" * 3
UNJUDGED = Judged()
VOID = {"meta", "br"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "div", "span", "p"),
    *("h1", "h2", "h3", "a", "ul", "li", "dl", "dt", "dd", "code", "table", "thead", "tbody", "tr", "th", "td"),
    *("br", "figure"),
    *("svg", "line", "rect", "circle", "polyline", "polygon"),
}  # fmt: skip


class WellFormed(HTMLParser):
    """Reads a page and refuses an element that is not closed, not ours, or that could act. words: the text shown."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in ("src", "style", "srcset"), name
            assert name != "href" or value is None or ":" not in value
        assert len(attrs) == len(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and data.strip():
            self.words.append(data.strip())


def words_of(text: str) -> str:
    """Return the text that a well-formed page shows. Fails for a page that is not."""
    reader = WellFormed()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert text.startswith("<!doctype html>\n<html")
    return " ".join(reader.words)


def signal(**changes: Any) -> SignalFile:
    """Return decisions: one entry, one exit."""
    usual = SignalFile(
        strategy="ema_p10",
        trade_date=D,
        as_of_session=AS_OF,
        run_id="run",
        generated_at=MORNING,
        account=AccountRef("alpaca", "0" * 64, False),
        inputs=Inputs((), "0" * 64, "0" * 64, PricesRef("alpaca", "sip", "0" * 64)),
        entries=(entry_line(),),
        exits=(exit_line(),),
    )
    return replace(usual, **changes)


def entry_line(ticker: str = "NVDA", rank: int = 1, **changes: Any) -> EntryLine:
    usual = EntryLine(
        rank, ticker, 71, 1_402_000, ReferenceSource.LATEST_TRADE, 1_261_800, None, 88.0, Grade.A, GradeSource.HTML, D,
        "Nvidia", 5.2,
    )  # fmt: skip
    return replace(usual, **changes)


def exit_line(ticker: str = "AMD", position_id: int = 7, **changes: Any) -> ExitLine:
    why: dict[str, str | int] = {"week_close": "95.00", "indicator": "100.00", "weeks": 5}
    return replace(ExitLine(position_id, ticker, 50, ExitReason.TREND_BREAK, 900_000, why), **changes)


def skip(ticker: str, reason: SkipReason, score: float | None = 60.0, **why: str) -> SkipLine:
    return SkipLine(ticker, reason.value, score, why)


def line(
    ticker: str = "NVDA",
    *,
    now: int | None = 1_472_100,
    covered: int = 71,
    judged: Judged = UNJUDGED,
    **changes: Any,
) -> PositionLine:
    """Return 71 shares bought at 140.20, now 147.21, stop 126.18. covered: shares with a live stop."""
    row = position_row(ticker, **changes)
    stop = order_row(Intent.STOP, "new", covered, ticker=ticker, expires_at=LATER + timedelta(days=60))
    return PositionLine(row, check_stop(row, 71, [stop] if covered else [], LATER), D, now, judged)


def closed_row(ticker: str = "AMD", **changes: Any) -> Any:
    usual = position_row(
        ticker, position_id=7, status=PositionStatus.CLOSED, actual_shares=0, sold_shares=71, exit_date=D,
        exit_price=1_300_000, exit_reason=ExitReason.STOP_LOSS, pnl=-7_242_000, return_pct=Decimal("-7.2753"),
        company_name="Advanced Micro",
    )  # fmt: skip
    return replace(usual, **changes)


def equity(days: int = 3, start: int = 100_000, peak: int = 110_000) -> tuple[EquityRow, ...]:
    return tuple(
        EquityRow(
            n, MORNING, D - timedelta(days=days - 1 - n), Decimal(start + n), Decimal(start), Decimal(5_000),
            Decimal(9_000), Decimal(peak), 1, None,
        )
        for n in range(days)
    )  # fmt: skip


def comparison(count: int = 3) -> Comparison:
    first = date(2026, 1, 5)

    def side(name: str, pnl: int) -> Side:
        days = [first + timedelta(days=n) for n in range(count)]
        return Side(name, tuple(Result(day, f"T{n}", day, day, pnl, Decimal(1)) for n, day in enumerate(days)), 1)

    return Comparison(side("ema_p10", 1_000_000), side("nwl_p4", -500_000), first, D, 2_000_000_000)


def slippage(*fills: Measured, unmeasured: int = 0) -> Slippage:
    """Return what was measured since 2026-01-05."""
    found = {FillKind.STOP: unmeasured} if unmeasured else {}
    return Slippage(date(2026, 1, 5), D, fills, found, 0, Params())


def stop_fill(price: str = "124.92") -> Measured:
    """Return a stop at 126.18 that sold 71 shares 1 % below it."""
    return Measured(D, "NVDA", FillKind.STOP, Benchmark.STOP, 71, Decimal(price), 1_261_800, 1_255_400)


def ended(code: int, *problems: tuple[int, str, str], needs_hand: str = "nothing", **changes: Any) -> RunRow:
    """Return a run that ended with problems: code, words, next step."""
    summary = {
        "exit_code": code,
        "endings": [{"code": one, "what": what, "next_step": step} for one, what, step in problems],
        "notes": [],
        "closing": {"needs_hand": needs_hand},
    }
    return run_row(day=D, exit_code=code, last_line="error", summary=summary, **changes)


def page(**changes: Any) -> DayPage:
    """Return a day on which one stock was bought, one sold, and nothing needs a hand."""
    runs = (
        run_row("signal_generator", D, trade_date=D),
        run_row("executor", D, phase="protect"),
    )
    usual = DayPage(
        day=D,
        executed="ema_p10",
        account=AccountBinding("alpaca", "12345678-abcd", False),
        runs=runs,
        last_runs=tuple(reversed(runs)),
        state=State(KillSwitch(on=False)),
        signal=signal(),
        vetoes={},
        orders=(
            order_row(Intent.ENTRY, "filled"),
            order_row(Intent.EXIT, "filled", 50, ticker="AMD", position_id=7),
            order_row(Intent.STOP, "new"),
        ),
        lines=(line(),),
        prices_at=LATER,
        closed_this_week=(closed_row(),),
        realized=-7_242_000,
        equity=equity(),
        comparisons=(comparison(),),
        slippage=slippage(stop_fill()),
        max_positions=20,
    )
    return replace(usual, **changes)


def empty_page() -> DayPage:
    """Return a day on which a first run found an empty account."""
    return page(
        signal=None, orders=(), lines=(), prices_at=None, closed_this_week=(), realized=0, equity=(), comparisons=(),
        slippage=slippage(), account=None, max_positions=None, runs=(), last_runs=(),
    )  # fmt: skip


def overflowing_page(count: int = 300) -> DayPage:
    """Return a day with far too much of everything, and hostile words wherever others write."""
    tickers = [f"A{chr(65 + n % 26)}{n}" for n in range(count)]
    troubles = [
        (12 if n == 7 else 9, f"{n} {HOSTILE}" * 3, "Look: python -m live.admin reconcile") for n in range(count)
    ]
    bad = ended(12, *troubles, needs_hand=f"more {HOSTILE}", phase="protect")
    skips = [skip(HOSTILE[:80], SkipReason.PROBLEM_IN_REPORT, problem=HOSTILE * 9) for _ in range(count)]
    skips += [skip(one, SkipReason.CAPACITY_FULL) for one in tickers * 20]
    return page(
        runs=(bad,),
        last_runs=(bad,) * 10,
        state=State(
            KillSwitch(True, HOSTILE, MORNING, HOSTILE),
            ByHand(HOSTILE, MORNING, HOSTILE),
            OutboxState(3, MORNING, HOSTILE, has_failed=True),
            failed_runs=4,
        ),
        signal=signal(
            entries=tuple(entry_line(one, n, company_name=HOSTILE * 9) for n, one in enumerate(tickers[:200], 1)),
            exits=tuple(exit_line(f"X{one}"[:6], n, why={HOSTILE: HOSTILE}) for n, one in enumerate(tickers[:200], 1)),
            skipped=tuple(skips),
            unresolved=tuple(tickers),
            frozen=tuple(tickers),
        ),
        vetoes={one: ByHand(HOSTILE, MORNING, HOSTILE) for one in tickers[:40]},
        orders=tuple(
            order_row(Intent.ENTRY, "abandoned", ticker=one, reject_reason=f"refused 403: {HOSTILE * 9}", id=n)
            for n, one in enumerate(tickers)
        ),
        lines=tuple(line(one, covered=n % 2 * 71, company_name=HOSTILE * 9) for n, one in enumerate(tickers)),
        closed_this_week=tuple(closed_row(one, company_name=HOSTILE * 9) for one in tickers),
        equity=equity(1_500),
        comparisons=(comparison(900),),
        unreadable=(HOSTILE,),
    )
