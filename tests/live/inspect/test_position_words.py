from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from live.inspect.position_words import event_text
from live.state_db.records import EventRow


def event(kind: str, name: str, payload: Mapping[str, object]) -> EventRow:
    return EventRow(
        seq=1,
        ts=datetime(2026, 2, 13, 14, 20, tzinfo=UTC),
        run_id="run",
        corr_id=None,
        causation_id=None,
        kind=kind,
        type=name,
        version=1,
        producer="executor 0.2.0",
        payload=dict(payload),
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            event("sync", "difference_explained", {"ticker": "AAA", "why": "AAA was split 2:1, now 116 shares"}),
            "difference explained: AAA was split 2:1, now 116 shares",
        ),
        (
            event("position", "exit_decided", {"ticker": "AAA", "reason": "trend_break", "since": "2026-02-06"}),
            "exit decided: reason trend_break, since 2026-02-06",
        ),
    ],
)
def test_what_changed_a_position_is_told_with_its_values_or_in_its_own_sentence(said: EventRow, words: str) -> None:
    assert event_text(said) == words
