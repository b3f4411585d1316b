"""What a run stores for the next one, and what happens when it cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from backtest.model import Grade, GradeSource, Reference, ReferenceSource
from live.errors import StateDBError
from live.generate.generator_state import (
    FLAG,
    GeneratorState,
    load_state,
    save_state,
    state_of_run,
    with_offers,
    without_played,
)
from live.generate.reference_prices import ReferencePrices
from live.state_db.db import StateDB
from tests.builders import candidate, usd
from tests.fakes import FakeClock

FRIDAY, MONDAY, TUESDAY = date(2026, 1, 30), date(2026, 2, 2), date(2026, 2, 3)
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
    state = GeneratorState(REFERENCES, {MONDAY: {"nwl_p4": (WHOLE, BARE), "tight": (BARE,)}}, TUESDAY)
    save_state(db, state)
    assert load_state(db) == state
    assert load_state(db).last_trade_date == TUESDAY


def test_before_the_first_run_there_is_nothing(db: StateDB) -> None:
    assert load_state(db) == GeneratorState()
    assert load_state(db).last_trade_date is None


def test_the_same_state_again_writes_nothing(db: StateDB) -> None:
    save_state(db, GeneratorState(REFERENCES, {TUESDAY: {"nwl_p4": (BARE,)}}))
    before = len(db.events.newest())
    save_state(db, GeneratorState(REFERENCES, {TUESDAY: {"nwl_p4": (BARE,)}}))
    assert len(db.events.newest()) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"offers": {}}',
        '{"references": null, "offers": {"x": []}}',
        '{"references": null, "offers": {"2026-02-02": [{"shadows": ["nwl_p4"]}]}}',
        '{"references": null, "offers": {"2026-02-02": 3}}',
    ],
)
def test_a_garbled_state_is_a_damaged_db_and_never_an_empty_one(db: StateDB, text: str) -> None:
    db.system_config.set_flag(FLAG, text, "a test")
    with pytest.raises(StateDBError):
        load_state(db)


def test_offers_of_sessions_the_shadow_has_played_are_dropped_the_others_kept() -> None:
    before = GeneratorState(None, {FRIDAY: {"nwl_p4": (BARE,)}, MONDAY: {"nwl_p4": (BARE,)}})
    state = state_of_run(before, REFERENCES, TUESDAY, {"nwl_p4": (WHOLE,)})
    kept = without_played(state, ["nwl_p4"], {"nwl_p4": FRIDAY}.get)
    assert kept == GeneratorState(REFERENCES, {MONDAY: {"nwl_p4": (BARE,)}, TUESDAY: {"nwl_p4": (WHOLE,)}}, TUESDAY)


def test_each_shadow_has_its_own_offers_until_it_has_played_them() -> None:
    offers = {FRIDAY: {"nwl_p4": (BARE,)}, MONDAY: {"nwl_p4": (BARE,), "tight": (WHOLE,)}}
    state = state_of_run(GeneratorState(None, offers), REFERENCES, TUESDAY, {"nwl_p4": (), "tight": ()})
    kept = without_played(state, ["nwl_p4", "tight"], {"nwl_p4": MONDAY, "tight": FRIDAY}.get)
    assert kept.offers == {MONDAY: {"tight": (WHOLE,)}, TUESDAY: {"nwl_p4": (), "tight": ()}}
    assert (kept.offered_to("tight"), kept.offered_to("new")) == ({MONDAY: (WHOLE,), TUESDAY: ()}, {})


def test_what_a_version_with_one_shadow_stored_was_offered_to_every_one(db: StateDB) -> None:
    line = '["X","2026-02-02","B","html",null,null,null,null,null,"confirmed"]'
    db.system_config.set_flag(FLAG, f'{{"references":null,"offers":{{"2026-02-02":[{line}]}}}}', "a test")
    state = load_state(db)
    (offered,) = state.offered_to("nwl_p4")[MONDAY]
    assert offered.ticker == "X"
    assert state.last_trade_date == MONDAY
    later = state_of_run(state, REFERENCES, TUESDAY, {"nwl_p4": ()})
    assert MONDAY in without_played(later, ["nwl_p4"], {"nwl_p4": FRIDAY}.get).offers
    assert MONDAY not in without_played(later, ["nwl_p4"], {"nwl_p4": MONDAY}.get).offers


def test_a_shadow_that_left_the_configuration_is_waited_for_thirty_days() -> None:
    before = GeneratorState(None, {MONDAY: {"gone": (BARE,)}})
    played = {"gone": FRIDAY, "nwl_p4": date(2026, 3, 3)}.get
    for day, is_kept in ((MONDAY + timedelta(days=30), True), (MONDAY + timedelta(days=31), False)):
        kept = without_played(state_of_run(before, REFERENCES, day, {"nwl_p4": ()}), ["nwl_p4"], played)
        assert (MONDAY in kept.offers) is is_kept


def test_a_second_run_of_a_session_leaves_what_the_first_offered_to_other_shadows() -> None:
    first = state_of_run(GeneratorState(), REFERENCES, MONDAY, {"nwl_p4": (BARE,), "gone": (BARE,)})
    second = state_of_run(first, REFERENCES, MONDAY, {"nwl_p4": (WHOLE,)})
    assert second.offers == {MONDAY: {"nwl_p4": (WHOLE,), "gone": (BARE,)}}


def test_a_run_that_decided_for_shadows_only_leaves_the_rest_of_the_state(db: StateDB) -> None:
    before = state_of_run(GeneratorState(), REFERENCES, MONDAY, {"nwl_p4": (BARE,)})
    save_state(db, with_offers(before, TUESDAY, {"nwl_p4": (WHOLE,)}))
    state = load_state(db)
    assert (state.references, state.last_trade_date) == (REFERENCES, MONDAY)
    assert state.offered_to("nwl_p4") == {MONDAY: (BARE,), TUESDAY: (WHOLE,)}
