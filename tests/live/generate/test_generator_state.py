"""What a run stores for the next one, and what happens when it cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from backtest.model import Grade, GradeSource, Reference, ReferenceSource
from live.errors import StateDBError
from live.generate.generator_state import FLAG, GeneratorState, load_state, next_state, save_state
from live.generate.reference_prices import ReferencePrices
from live.state_db.db import StateDB
from tests.builders import candidate, usd
from tests.fakes import FakeClock

MONDAY, TUESDAY = date(2026, 2, 2), date(2026, 2, 3)
WHOLE = replace(
    candidate("BRK.B", 71.5, price="1.2345", gap=-3.2, grade=Grade.C),
    grade_source=GradeSource.INFERRED,
    company_name="Ünïted “Things”",
)
BARE = candidate("X", None, price=None)
REFERENCES = ReferencePrices(TUESDAY, TUESDAY, {"X": Reference(usd("0.7513"), ReferenceSource.QUOTE_MIDPOINT)})


@pytest.fixture
def db() -> StateDB:
    return StateDB.in_memory(FakeClock())


def test_candidates_and_references_come_back_as_they_were(db: StateDB) -> None:
    state = GeneratorState(REFERENCES, {MONDAY: (WHOLE, BARE), TUESDAY: ()})
    save_state(db, state)
    assert load_state(db) == state
    assert load_state(db).last_trade_date == TUESDAY


def test_before_the_first_run_there_is_nothing(db: StateDB) -> None:
    assert load_state(db) == GeneratorState()
    assert load_state(db).last_trade_date is None


def test_the_same_state_again_writes_nothing(db: StateDB) -> None:
    save_state(db, GeneratorState(REFERENCES, {TUESDAY: (BARE,)}))
    before = len(db.events.newest())
    save_state(db, GeneratorState(REFERENCES, {TUESDAY: (BARE,)}))
    assert len(db.events.newest()) == before


@pytest.mark.parametrize("text", ["", "null", "[]", '{"offers": {}}', '{"references": null, "offers": {"x": []}}'])
def test_a_garbled_state_is_a_damaged_db_and_never_an_empty_one(db: StateDB, text: str) -> None:
    db.system_config.set_flag(FLAG, text, "a test")
    with pytest.raises(StateDBError):
        load_state(db)


def test_offers_of_sessions_the_shadow_has_played_are_dropped_the_others_kept() -> None:
    state = GeneratorState(None, {date(2026, 1, 30): (BARE,), MONDAY: (BARE,)})
    kept = next_state(state, GeneratorState(REFERENCES, {TUESDAY: (WHOLE,)}), date(2026, 1, 30))
    assert kept == GeneratorState(REFERENCES, {MONDAY: (BARE,), TUESDAY: (WHOLE,)})
