"""What a run of the generator reports, and what keeps it from ending with 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backtest.market import PriceHistory
from backtest.model import Book, Candidate, Decisions
from backtest.prices.provider import PriceData
from backtest.reports.model import ReportReading
from backtest.reports.verdict import Verdict
from live.book.funds import Forecast, Funds
from live.book.lists import BrokerLists
from live.book.reconcile import Mismatch, MismatchKind
from live.book.sync import SyncReport
from live.generate.decisions import RunDecisions
from live.generate.generator_state import GeneratorState
from live.generate.market import LiveMarket
from live.generate.preparation import PreparedRun
from live.generate.reference_prices import ReferencePrices
from live.generate.reports import DayReports
from live.generate.scans import Offered
from live.generate.shadow import ShadowRun
from live.generate.summary import report_run
from tests.builders import AS_OF, CALENDAR, FRIDAY, REFERENCE, D, candidate
from tests.live.generate.builders import MORNING, options, prepared_run

NOTHING = Decisions(D, AS_OF)
SYNCED = SyncReport(BrokerLists(MORNING, MORNING, (), (), ()), (), {})
SHADOW = ShadowRun("nwl_p4", REFERENCE, (), Book(()), NOTHING)


@pytest.fixture
def prepared(tmp_path: Path) -> PreparedRun:
    return prepared_run(options(tmp_path))


def decided(
    primary: Decisions = NOTHING,
    *shadows: ShadowRun,
    notes: Sequence[str] = (),
    is_empty: bool = False,
    offered: Sequence[Candidate] = (),
) -> RunDecisions:
    history = PriceHistory({}, CALENDAR, ())
    market = LiveMarket(
        history,
        history.market(D),
        PriceData({}),
        ReferencePrices(D, D),
        as_of_is_empty=is_empty,
        notes=tuple(notes),
    )
    page = ReportReading(Path("earnings_trade_analysis_2016-03-09.html"), D, tuple(offered), (), "a" * 64)
    reports, candidates = DayReports((page,) if offered else ()), Offered(reports=tuple(offered))
    return RunDecisions(reports, market, Book(), primary, shadows or (SHADOW,), candidates)


def reported(prepared: PreparedRun, decisions: RunDecisions, synced: SyncReport = SYNCED) -> PreparedRun:
    report_run(prepared, synced, decisions, GeneratorState(None, {}, FRIDAY), Forecast(Funds(0, 0)))
    return prepared


def test_a_quiet_day_ends_0_and_says_which_sessions_had_no_run(prepared: PreparedRun) -> None:
    run = reported(prepared, decided()).run
    assert (run.outcome.exit_code, run.closing_lines.needs_hand) == (0, "nothing")
    assert run.outcome.notes == ["no run on 2 sessions (2016-03-07 to 2016-03-08); their closes are judged now"]


def test_a_note_is_reported_once_whoever_has_it(prepared: PreparedRun) -> None:
    run = reported(prepared, decided(replace(NOTHING, notes=("same",)), notes=["same", "other"])).run
    assert run.outcome.notes[1:] == ["same", "other"]


@pytest.mark.parametrize(
    ("decisions", "words"),
    [
        (decided(replace(NOTHING, unresolved=("AAPL", "MSFT"))), "exit check without usable prices: AAPL, MSFT"),
        (decided(NOTHING, replace(SHADOW, decisions=replace(NOTHING, unresolved=("AMD",)))), "of the shadow nwl_p4"),
        (decided(is_empty=True), "no bar of the session 2016-03-08 for any ticker asked"),
    ],
)
def test_an_exit_check_without_an_answer_is_9_and_needs_a_person(
    prepared: PreparedRun, decisions: RunDecisions, words: str
) -> None:
    run = reported(prepared, decisions).run
    assert run.outcome.exit_code == 9
    assert words in run.closing_lines.needs_hand


def test_every_shadow_that_is_not_final_is_reported(prepared: PreparedRun) -> None:
    waiting = replace(SHADOW, not_final="no bars of 2016-03-08 yet")
    notes = reported(prepared, decided(NOTHING, SHADOW, waiting, replace(waiting, strategy="tight"))).run.outcome.notes
    assert notes[-2:] == [
        "shadow nwl_p4: no bars of 2016-03-08 yet; its ledger follows with the next run",
        "shadow tight: no bars of 2016-03-08 yet; its ledger follows with the next run",
    ]


def test_a_shadow_that_keeps_no_book_is_reported_and_none_that_is_not_configured(tmp_path: Path) -> None:
    same = "strategy:\n  shadow:\n    trailing_stop: weekly_ema\n    period: 10\n"
    notes = reported(prepared_run(options(tmp_path, same)), decided()).run.outcome.notes
    assert "only one is tracked" in notes[-1]
    notes = reported(prepared_run(options(tmp_path, "strategy:\n  shadows: none\n")), decided()).run.outcome.notes
    assert not any("shadow" in note for note in notes)


def test_a_ticker_that_differs_needs_a_person(prepared: PreparedRun) -> None:
    differing = replace(SYNCED, mismatches=(Mismatch("AAPL", MismatchKind.QUANTITY, 40, Decimal(30)),))
    assert "AAPL" in reported(prepared, decided(), differing).run.closing_lines.needs_hand


def doubtful(ticker: str) -> Candidate:
    return replace(candidate(ticker, problem=f"{ticker} is not in the directory"), verdict=Verdict.DOUBTFUL)


def test_a_doubtful_stock_is_named_and_needs_nobody(prepared: PreparedRun) -> None:
    lines = reported(prepared, decided(offered=[candidate("NVDA"), doubtful("RSI")])).run.closing_lines
    assert (lines.skipped, lines.needs_hand) == ("none; 1 of 2 doubtful: RSI (not in the directory)", "nothing")


def test_a_day_on_which_nothing_is_confirmed_needs_a_person(prepared: PreparedRun) -> None:
    run = reported(prepared, decided(offered=[doubtful("A"), doubtful("B")])).run
    assert run.closing_lines.needs_hand == "every candidate of 2016-03-09 is doubtful (2), none is bought"
    assert run.outcome.exit_code == 0


def test_json_has_the_decisions_of_every_strategy(prepared: PreparedRun) -> None:
    report = reported(prepared, decided(NOTHING, SHADOW, replace(SHADOW, strategy="tight"))).run.report
    shadows: Any = report["shadows"]
    assert [one["strategy"] for one in shadows] == ["nwl_p4", "tight"]
    assert report["shadow"] == {name: value for name, value in shadows[0].items() if name != "strategy"}
    assert report["trade_date"] == D
    assert report["decisions"]["as_of_session"] == AS_OF  # type: ignore[index]
