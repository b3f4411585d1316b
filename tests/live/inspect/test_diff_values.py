"""What the second of two signal files says otherwise, and the sentence for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backtest.model import ExitReason
from live.inspect.diff_text import sentence_of
from live.inspect.diff_values import Change, ChangeKind, changes_between
from live.signals.file import AssetsRef, ReportRef, SignalFile
from live.signals.lines import SkipLine
from tests.live.signals.test_signal_file import STAYS, signal
from tests.live.state_db.builders import LATER, D

FIRST = signal()
NVDA, PENY = FIRST.entries
(AAPL,) = FIRST.exits


def changes(**second: Any) -> tuple[Change, ...]:
    return changes_between(FIRST, replace(FIRST, **second))


def said(**second: Any) -> list[tuple[str, str]]:
    file = replace(FIRST, **second)
    return [(one.part, sentence_of(one, file)) for one in changes_between(FIRST, file)]


def inputs(**second: Any) -> SignalFile:
    return replace(FIRST, inputs=replace(FIRST.inputs, **second))


def test_another_run_at_another_time_is_no_difference() -> None:
    assert changes(run_id="r2", generated_at=LATER) == ()


@pytest.mark.parametrize(
    ("second", "part", "sentence"),
    [
        ({"entries": (replace(NVDA, shares=70, stop_price=1_261_700), PENY)}, "entries",
         "NVDA: shares 70 instead of 71, stop price 126.17 instead of 126.18"),
        ({"entries": (replace(NVDA, limit_price=1_430_000), PENY)}, "entries",
         "NVDA: limit price 143.00 instead of -"),
        ({"entries": (NVDA,)}, "entries", "PENY: not bought any more; the second file does not name it"),
        ({"exits": ()}, "exits", "AAPL: not sold any more; the second file does not name it"),
        ({"exits": (replace(AAPL, reason=ExitReason.MAX_HOLDING),)}, "exits",
         "AAPL: reason max_holding instead of trend_break"),
        ({"skipped": ()}, "skipped", "../../x [31m: not skipped any more; the second file does not name it"),
        ({"skipped": (*FIRST.skipped, SkipLine("AMD", "capacity_full", 60.0, {"weakest": "TSLA"}))}, "skipped",
         "AMD: skipped: capacity_full, weakest TSLA"),
        ({"unresolved": ()}, "unresolved", "MSFT: not there any more"),
        ({"frozen": ("GME",)}, "frozen", "GME: added"),
        ({"holdings": (replace(STAYS, indicator=None),)}, "holdings", "TSLA: indicator - instead of 198.7654"),
        ({"holdings": ()}, "holdings", "the second file lists none, the first 1"),
        ({"trade_date": LATER.date()}, "file", "trade_date: 2026-02-18 instead of 2026-02-17"),
        ({"summary": {"exits": 1, "entries": 3}}, "summary", "entries: 3 instead of 2"),
    ],
)  # fmt: skip
def test_each_difference_is_one_sentence(second: dict[str, Any], part: str, sentence: str) -> None:
    assert said(**second) == [(part, sentence)]


def test_what_is_only_in_the_second_file_is_told_with_its_numbers() -> None:
    found = {part: sentence_of(one, FIRST) for one in changes_between(replace(FIRST, entries=(), exits=()), FIRST)
             for part in (f"{one.part} {one.name}",)}  # fmt: skip
    assert found == {
        "exits AAPL": "AAPL: sold: 40 shares, trend_break, week close 240.00, weeks 5",
        "entries NVDA": "NVDA: bought: 71 shares, rank 1, reference price 140.20, stop 126.18, replaces AAPL",
        "entries PENY": "PENY: bought: 13310 shares, rank 2, reference price 0.7513, stop 0.6761",
    }


def test_what_is_decided_otherwise_about_a_ticker_is_told_where_it_is_gone() -> None:
    skipped = (*FIRST.skipped, SkipLine("PENY", "capacity_full"))
    assert said(entries=(NVDA,), skipped=skipped) == [
        ("entries", "PENY: not bought any more; not bought, capacity_full"),
        ("skipped", "PENY: skipped: capacity_full"),
    ]


def test_inputs_are_compared_by_their_hashes() -> None:
    assets = AssetsRef("sim", D, "e" * 64)
    second = inputs(reports=(ReportRef("report.html", "b" * 64), ReportRef("more.html", "c" * 64)), assets=assets)
    found = [(one.part, one.name, one.kind.value) for one in changes_between(FIRST, second)]
    assert found == [
        ("reports", "report.html", "changed"),
        ("reports", "more.html", "added"),
        ("inputs", "assets.source", "added"),
        ("inputs", "assets.day", "added"),
        ("inputs", "assets.sha256", "added"),
    ]
    assert sentence_of(changes_between(FIRST, second)[0], second) == (
        "report.html: bbbbbbbbbbbb… instead of aaaaaaaaaaaa…"
    )
    assert [one.name for one in changes_between(FIRST, inputs(config_sha256="e" * 64))] == ["config_sha256"]


def test_the_ids_of_another_strategys_positions_are_no_difference() -> None:
    (only,) = changes(strategy="nwl_p4", holdings=(replace(STAYS, position_id=9),))
    assert (only.part, only.name, only.kind) == ("file", "strategy", ChangeKind.CHANGED)


def test_lines_of_the_same_ticker_are_compared_in_their_order() -> None:
    twice = (SkipLine("AMD", "duplicate_in_report", 60.0), SkipLine("AMD", "capacity_full", 70.0))
    first = replace(FIRST, skipped=twice)
    (only,) = changes_between(first, replace(first, skipped=twice[:1]))
    assert (only.kind, only.before) == (ChangeKind.REMOVED, twice[1])
