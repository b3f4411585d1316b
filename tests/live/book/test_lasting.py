"""A trouble that lasts is counted once a day."""

from __future__ import annotations

from datetime import timedelta

from live.book.lasting import FLAG, LastingTrouble, count_new
from tests.live.state_db.builders import D, a_db

ONE, TWO = LastingTrouble("one", "AAA: not sold", "Look."), LastingTrouble("two", "BBB: not sold", "Look.")


def test_the_first_run_of_a_day_that_meets_a_trouble_counts_it_and_no_later_one() -> None:
    db = a_db()
    assert count_new(db, D, [ONE], "executor") == [ONE]
    assert count_new(db, D, [ONE, TWO], "executor") == [TWO]
    assert count_new(db, D, [ONE, TWO], "executor") == []


def test_another_day_counts_it_again() -> None:
    db = a_db()
    count_new(db, D, [ONE], "executor")
    assert count_new(db, D + timedelta(days=1), [ONE], "executor") == [ONE]


def test_a_flag_that_cannot_be_read_lets_a_run_count_once_more() -> None:
    db = a_db()
    count_new(db, D, [ONE], "executor")
    db.system_config.set_flag(FLAG, "garbled", "somebody")
    assert count_new(db, D, [ONE], "executor") == [ONE]


def test_a_day_without_troubles_writes_nothing() -> None:
    db = a_db()
    assert count_new(db, D, [], "executor") == []
    assert db.system_config.flag(FLAG) is None
