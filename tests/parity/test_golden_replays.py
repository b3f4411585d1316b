"""The proof of parity in the suite: rough markets, every ledger equal, every situation met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from tests.parity.golden import path_of, text_of
from tests.parity.replayed import Replayed
from tests.parity.scenarios import SCENARIOS
from tests.parity.situations import situations

NAMES = [one.name for one in SCENARIOS]

MUST_HAPPEN = (
    "full book",
    "rotated_out",
    "rotation with an exit the same day",
    "tie in rotation",
    "tie in score",
    "stop_loss",
    "gap through the stop",
    "stopped on the entry day",
    "open below the provisional stop",
    "trend_break",
    "half day",
    "week shortened at its end",
    "week judged without its last bar",
    "entry without a bar",
    "exit without a bar",
    "delisted",
    "split of a holding",
    "two reports for one session",
    "exit found by catching up",
    "after_cutoff",
    "capacity_full",
    "duplicate_ticker",
    "exited_today",
    "price_mismatch",
    "stale_price",
    "no_price_data",
    "end_of_data",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_programs_trade_what_the_simulator_trades(replays: Mapping[str, Replayed], name: str) -> None:
    assert replays[name].differences() == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", ["executed", "shadow"])
def test_the_ledger_is_the_recorded_one(replays: Mapping[str, Replayed], name: str, side: str) -> None:
    ledger = replays[name].executed if side == "executed" else replays[name].shadow
    assert text_of(ledger) == path_of(name, side).read_text(encoding="utf-8")


def test_every_situation_the_rules_speak_of_was_met(replays: Mapping[str, Replayed]) -> None:
    met: Counter[str] = Counter()
    for replayed in replays.values():
        met += situations(replayed.inputs)
    assert [situation for situation in MUST_HAPPEN if not met[situation]] == []


def test_the_replays_are_long_enough(replays: Mapping[str, Replayed]) -> None:
    assert sum(len(replayed.inputs.days) for replayed in replays.values()) >= 250


def test_no_run_ended_with_anything_but_done_or_a_line_left_open(replays: Mapping[str, Replayed]) -> None:
    codes: Counter[int] = Counter()
    for replayed in replays.values():
        codes.update(replayed.counts.codes)
    assert set(codes) == {0, 9}
    assert codes[9] < codes[0] / 20
