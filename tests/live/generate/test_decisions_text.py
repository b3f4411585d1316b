"""Decisions as people and scripts read them."""

from __future__ import annotations

import io
from dataclasses import replace

from backtest.model import Decisions, Entry, Exit, ExitReason, Reference, ReferenceSource, Skip, SkipReason
from backtest.text import why_text
from live.generate.decisions_text import decisions_json, print_decisions
from live.run.console import Console
from tests.builders import AS_OF, FRIDAY, D, candidate, usd

ENTRY = Entry(1, candidate("NVDA", 88), 71, Reference(usd("140.20"), ReferenceSource.LATEST_TRADE), usd("126.18"))
DECIDED = Decisions(
    D,
    AS_OF,
    exits=(Exit("AAPL", 40, ExitReason.TREND_BREAK, usd("250"), FRIDAY, 7, {"week_close": "240.00", "weeks": 5}),),
    entries=(replace(ENTRY, replaces="AAPL"),),
    skipped=(Skip(candidate("AMD", None), SkipReason.CAPACITY_FULL),),
    unresolved=("MSFT",),
)


def printed(decisions: Decisions) -> list[str]:
    out = io.StringIO()
    print_decisions(Console(stdout=out), "ema_p10", decisions)
    return out.getvalue().splitlines()


def test_every_decision_is_a_row_with_its_reason() -> None:
    title, _, sell, buy, skip, check = printed(DECIDED)
    assert title == "ema_p10 for 2016-03-09, decided on the close of 2016-03-08: 1 exit, 1 entry, 1 skipped"
    assert sell.split() == ["sell", "AAPL", "40", "trend_break", "week", "close", "240.00,", "weeks", "5"]
    assert buy.split()[:7] == ["buy", "NVDA", "71", "at", "140.20", "stop", "126.18"]
    assert buy.endswith("rank 1, score 88, grade B, latest trade, replaces AAPL")
    assert skip.split() == ["skip", "AMD", "capacity_full", "no", "score"]
    assert check.split() == ["check", "MSFT", "unresolved", "no", "usable", "prices"]


def test_a_day_without_decisions_has_no_table() -> None:
    assert len(printed(Decisions(D, AS_OF))) == 1


def test_prices_in_json_are_texts_and_reasons_words() -> None:
    content = decisions_json(DECIDED)
    assert content["exits"] == [
        {"ticker": "AAPL", "shares": 40, "reason": "trend_break", "why": {"week_close": "240.00", "weeks": 5}}
    ]
    (bought,) = content["entries"]  # type: ignore[misc]
    assert (bought["reference_price"], bought["stop_price"], bought["replaces"]) == ("140.20", "126.18", "AAPL")  # type: ignore[has-type]
    assert content["unresolved"] == ["MSFT"]


def test_the_numbers_behind_a_decision_are_one_line() -> None:
    assert why_text({"week_close": "240.00", "weeks": 5}) == "week close 240.00, weeks 5"
