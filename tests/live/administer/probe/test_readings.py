"""What an answer of the broker says, by bodies as the broker sends them, and what of a probe is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backtest.web.answers import Answer
from live.administer.probe import readings
from live.administer.probe.questions import ACCEPTED, NO, REFUSED, REFUSED_OTHERWISE, YES
from live.administer.probe.start import market_state, next_run
from live.administer.probe.undo import Left, left_of, probes_of
from live.administer.probe.wire import Sent, UnclearError, Wire
from live.broker import MarketClock, Order
from live.clock import SystemClock
from live.refusals import RefusalKind
from tests.cli.account import MONDAY, at, day

NOON = datetime(2026, 2, 2, 17, 0, tzinfo=UTC)


def sent(status: int, content: Any = None) -> Sent:
    kind = None if status < 300 else RefusalKind.UNKNOWN
    return Sent("POST", "/v2/orders", {}, None, NOON, 0.1, status, content, {}, kind)


DUPLICATE = {"code": 40010001, "message": "client_order_id must be unique"}
HELD = {
    "code": 40310000,
    "message": "insufficient qty available for order (requested: 1, available: 0)",
    "related_orders": ["a1"],
}
WASH = {"code": 40310000, "message": "potential wash trade detected. use complex orders", "existing_order_id": "a1"}


def refusal(status: int, body: dict[str, Any]) -> Sent:
    """Return a refused POST as it comes over the wire."""
    answer = Answer(status, {}, json.dumps(body).encode())

    class Broker:
        def ask_once(self, *_args: object) -> Answer:
            return answer

    wire = Wire(Broker(), SystemClock(), lambda _seconds: None, lambda: None, lambda: None)
    return wire.post({"client_order_id": "probe-x-1"})


@pytest.mark.parametrize(
    ("body", "status", "kind", "word"),
    [
        (DUPLICATE, 422, RefusalKind.DUPLICATE_ID, REFUSED),
        ({"code": 40910000, "message": "conflict"}, 409, RefusalKind.DUPLICATE_ID, REFUSED_OTHERWISE),
        (HELD, 403, RefusalKind.HELD_SHARES, REFUSED),
        (WASH, 403, RefusalKind.WASH_TRADE, REFUSED),
        (WASH, 403, RefusalKind.HELD_SHARES, REFUSED_OTHERWISE),
        ({"code": 40010001, "message": "bracket orders require take_profit.limit_price"}, 422, RefusalKind.ORDER_FORM,
         REFUSED),
    ],
)  # fmt: skip
def test_a_refusal_counts_when_the_code_reads_its_reason_in_the_words(
    body: dict[str, Any], status: int, kind: RefusalKind, word: str
) -> None:
    sent = refusal(status, body)
    assert (readings.refused_as(sent, kind), readings.taken(sent)) == (word, REFUSED)


def test_what_is_taken_is_accepted_whatever_was_expected() -> None:
    assert readings.taken(sent(200, {"id": "a1"})) == ACCEPTED
    assert readings.refused_as(sent(200, {"id": "a1"}), RefusalKind.WASH_TRADE) == ACCEPTED


@pytest.mark.parametrize(
    ("body", "order_id", "word"),
    [(HELD, "a1", YES), (WASH, "a1", YES), (HELD, "b2", NO), ({"message": "no"}, "a1", NO)],
)
def test_a_refusal_names_the_orders_in_the_way(body: dict[str, Any], order_id: str, word: str) -> None:
    assert readings.names_order(refusal(403, {"code": 1, **body}), order_id) == word


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (403, b"<html>blocked</html>"), (401, b'{"message":"unauthorized."}'), (302, b"")],
)
def test_what_is_no_word_of_the_broker_is_unclear(status: int, body: bytes) -> None:
    class Broker:
        def ask_once(self, *_args: object) -> Answer:
            return Answer(status, {}, body)

    wire = Wire(Broker(), SystemClock(), lambda _seconds: None, lambda: None, lambda: None)
    with pytest.raises(UnclearError):
        wire.post({"client_order_id": "probe-x-1", "side": "sell"})
    assert wire.unclear == {"probe-x-1": "sell"}


@pytest.mark.parametrize(
    "read",
    [
        lambda: readings.status_of({"status": None}),
        lambda: readings.days_until_expiry({"submitted_at": "2026-02-02T17:00:00Z"}),
        lambda: sent(200, []).order(),
        lambda: sent(200, {"id": None}).order(),
        lambda: sent(404, {"message": "order not found"}).order(),
        lambda: sent(200, {"id": "a1"}).rows(),
    ],
)
def test_what_answers_nothing_is_unclear(read: Callable[[], object]) -> None:
    with pytest.raises(UnclearError):
        read()


def test_legs_may_be_null_missing_or_empty() -> None:
    assert [readings.legs_of(one) for one in ({}, {"legs": None}, {"legs": []}, {"legs": "x"})] == [[], [], [], []]
    assert readings.ids_of([{"id": "a", "legs": [{"id": "b"}]}, {"id": "c"}]) == {"a", "b", "c"}


def test_days_until_expiry_are_those_of_the_order_itself() -> None:
    order = {"submitted_at": "2026-02-02T17:00:00.123456789Z", "expires_at": "2026-05-03T20:00:00Z"}
    assert readings.days_until_expiry(order) == "90 days"


def order(name: str, client_id: str, **more: Any) -> Order:
    given = {
        "ticker": "F", "asset_id": "", "side": "buy", "type": "market", "order_class": "simple", "time_in_force": "day",
        "qty": Decimal(1), "filled_qty": Decimal(0), "filled_avg_price": None, "stop_price": None,
        "broker_status": "canceled", "submitted_at": NOON, "filled_at": None, "expires_at": None, **more,
    }  # fmt: skip
    return Order(id=name, client_order_id=client_id, **given)


def test_a_probes_orders_are_its_own_their_legs_and_their_successors() -> None:
    leg = order("leg", "made-by-the-broker", side="sell", replaced_by="next")
    parent = order("parent", "probe-x-1", legs=(leg,))
    successor = order("next", "also-made-by-it", side="sell", replaces="leg")
    later = order("later", "and-this", side="sell", replaces="next")
    others = (order("entry", "20260202_F_entry_buy"), order("hand", "typed-by-hand"), order("no", "not-a-probe-1"))
    found = probes_of([parent, successor, later, *others])
    assert {one.id for one in found} == {"parent", "leg", "next", "later"}


@pytest.mark.parametrize(
    ("sold", "at_broker", "left"),
    [(0, 1, {"F": 1}), (1, 0, {}), (0, 0, {}), (0, -1, {}), (2, -1, {"F": -1}), (2, 0, {}), (0, 100, {"F": 1})],
)
def test_what_is_left_is_never_more_than_the_account_holds_beside_ours(
    sold: int, at_broker: int, left: dict[str, int]
) -> None:
    filled = {"broker_status": "filled", "filled_avg_price": Decimal(12)}
    orders = [order("buy", "probe-x-1", filled_qty=Decimal(1), **filled)]
    orders += [order("sell", "probe-x-2", side="sell", qty=Decimal(sold), filled_qty=Decimal(sold), **filled)] * bool(
        sold
    )
    assert left_of(orders, (), {"F": at_broker}).shares == left


def test_what_is_left_is_told_in_words() -> None:
    assert (Left().words(), Left().is_nothing) == ("", True)
    working = order("a1", "probe-x-1", type="limit", broker_status="new")
    left = Left((working,), {"F": 1}, ("probe-x-2",), "the broker does not answer")
    assert left.words() == (
        "1 share of F, limit buy of F (new), order probe-x-2, of which nothing is known; the broker does not answer"
    )


def clock(now: datetime, *, is_open: bool) -> MarketClock:
    following = at(MONDAY if now < at(MONDAY, "09:30") else day(1), "09:30")
    return MarketClock(now, is_open, following, at(MONDAY, "16:00"))


@pytest.mark.parametrize(
    ("hour", "is_open", "asked"),
    [
        ("09:00", False, False),
        ("09:15", False, None),
        ("09:31", True, True),
        ("15:41", True, None),
        ("18:00", False, False),
    ],
)
def test_near_the_open_and_the_close_neither_kind_is_asked(hour: str, is_open: bool, asked: bool | None) -> None:
    now = at(MONDAY, hour)
    assert market_state(clock(now, is_open=is_open), now)[0] is asked


@pytest.mark.parametrize(
    ("hour", "is_open", "step"),
    [("09:10", False, "place at 09:20"), ("11:00", True, None), ("15:40", True, "protect at 15:45")],
)
def test_a_run_of_the_timetable_that_is_near_is_named(hour: str, is_open: bool, step: str | None) -> None:
    now = at(MONDAY, hour)
    said = next_run(clock(now, is_open=is_open), now)
    assert said == (None if step is None else f"the timetable has {step} New York")
    assert next_run(clock(now + timedelta(days=-2), is_open=False), now - timedelta(days=2)) is None
