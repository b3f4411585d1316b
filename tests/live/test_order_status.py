"""One answer to what a status word means."""

from __future__ import annotations

import re

import pytest

from live.orders import OrderStatus
from tests.live.state_db.builders import a_db

FINAL = {"filled", "canceled", "expired", "rejected", "replaced", "abandoned"}
PROTECTING = {
    "accepted", "pending_new", "accepted_for_bidding", "new", "partially_filled", "pending_replace", "stopped",
}  # fmt: skip


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_is_final_or_open(status: OrderStatus) -> None:
    assert status.is_final == (status in FINAL)
    assert status.is_open != status.is_final


@pytest.mark.parametrize("status", OrderStatus)
def test_only_what_works_or_will_work_protects(status: OrderStatus) -> None:
    assert status.protects == (status in PROTECTING)


@pytest.mark.parametrize("word", ["frobnicated", "", "FILLED", "planned", "abandoned", "unreadable"])
def test_f48_a_word_that_is_not_the_brokers_keeps_an_order_open(word: str) -> None:
    assert OrderStatus.parse(word) is OrderStatus.UNKNOWN
    assert OrderStatus.parse(word).is_open


@pytest.mark.parametrize("word", ["filled", "stopped", "held"])
def test_a_word_of_the_brokers_is_its_status(word: str) -> None:
    assert OrderStatus.parse(word) == word


def test_the_state_db_takes_every_status_and_no_other() -> None:
    (sql,) = a_db().connection.one("SELECT sql FROM sqlite_master WHERE name = 'orders'")
    listed = re.search(r"\bstatus IN \(([^)]*)\)", sql)
    assert listed is not None
    assert set(re.findall(r"\w+", listed[1])) == set(OrderStatus)


def test_the_index_of_unfinished_orders_leaves_out_the_final_ones() -> None:
    (sql,) = a_db().connection.one("SELECT sql FROM sqlite_master WHERE name = 'orders_unfinished'")
    listed = re.search(r"NOT IN \(([^)]*)\)", sql)
    assert listed is not None
    assert set(re.findall(r"\w+", listed[1])) == {one for one in OrderStatus if one.is_final}
