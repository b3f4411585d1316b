"""What leaves for the broker after each answer (docs/faults.md#how-requests-are-repeated)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from requests.exceptions import ConnectionError as ConnectionFailed
from requests.exceptions import ReadTimeout

from backtest.errors import KeysError
from live.errors import KillSwitchError
from live.orders import OrderRequest, OrderType
from live.refusals import (
    BrokerRefusedError,
    OutcomeUnknownError,
    RefusalKind,
)
from tests.fakes import NOW, Reply, Sent, Step, refusal
from tests.live.alpaca.orders import BUY, OTO, STOP, client_on, order_json, stop_json

pytestmark = pytest.mark.usefixtures("http")

POST = "POST /v2/orders"
LOOK = "GET /v2/orders:by_client_order_id"
FOUND = Reply(200, order_json())
ABSENT = refusal(404, 40410000, "order not found for 20261120_MTZ_entry_buy")
DUPLICATE = refusal(422, 40010001, "client_order_id must be unique")
NO_FUNDS = refusal(403, 40310000, "insufficient buying power", buying_power="3388.32")
UNCLEAR: list[tuple[str, Step]] = [
    ("F08", Reply(500, "oops")),
    ("F08", Reply(504, "")),
    ("F09", ReadTimeout("no answer")),
    ("F10", ConnectionFailed("reset by peer")),
    ("F12", Reply(200, "")),
    ("F12", Reply(200, '{"id": "48444fa6", "client_ord')),
    ("F12", Reply(200, "<html>ok</html>")),
    ("F13", Reply(200, {"id": 5})),
    ("F16", Reply(307, "", {"Location": "https://evil.example/v2/orders"})),
    ("§1", Reply(403, "<html>blocked by a proxy</html>")),
]


def test_a_good_post_is_one_request_with_numbers_as_text() -> None:
    client, script, _ = client_on(FOUND)
    assert client.place_order(BUY).id == "48444fa6"
    assert script.sent[0].body == {
        "symbol": "MTZ",
        "qty": "46",
        "side": "buy",
        "type": "market",
        "time_in_force": "day",
        "client_order_id": "20261120_MTZ_entry_buy",
    }
    assert script.lines == [POST]


def test_an_oto_is_a_gtc_buy_with_a_stop_leg_and_no_limit_price() -> None:
    leg = stop_json(id="a749fa90", client_order_id="ea82d61a", status="held", order_class="oto")
    client, script, _ = client_on(Reply(200, order_json(order_class="oto", time_in_force="gtc", legs=[leg])))
    order = client.place_order(OTO)
    assert [leg.id for leg in order.legs] == ["a749fa90"]
    assert script.sent[0].body["order_class"] == "oto"
    assert script.sent[0].body["stop_loss"] == {"stop_price": "192.93"}
    assert script.sent[0].body["time_in_force"] == "gtc"


LIMITED = replace(OTO, type=OrderType.LIMIT, limit_price=Decimal("214.50"))


def test_an_entry_with_a_limit_is_an_oto_of_type_limit() -> None:
    client, script, _ = client_on(Reply(200, order_json(order_class="oto", type="limit", limit_price="214.5")))
    assert client.place_order(LIMITED).limit_price == Decimal("214.5")
    body = script.sent[0].body
    assert (body["type"], body["limit_price"], body["time_in_force"]) == ("limit", "214.50", "gtc")
    assert body["stop_loss"] == {"stop_price": "192.93"}


@pytest.mark.parametrize("limit", ["214.51", None])
def test_an_order_accepted_with_another_limit_is_not_taken_for_ours(limit: str | None) -> None:
    client, _, _ = client_on(Reply(200, order_json(order_class="oto", type="limit", limit_price=limit)))
    with pytest.raises(OutcomeUnknownError, match="limit_price"):
        client.place_order(LIMITED)


@pytest.mark.parametrize("wrong", [replace(LIMITED, limit_price=None), replace(LIMITED, type=OrderType.MARKET)])
def test_a_limit_and_its_type_go_together(wrong: OrderRequest) -> None:
    client, script, _ = client_on()
    with pytest.raises(ValueError, match="a limit order has a limit_price"):
        client.place_order(wrong)
    assert script.sent == []


@pytest.mark.parametrize(("fault", "step"), UNCLEAR)
def test_an_unclear_post_is_looked_up_and_adopted_when_it_is_there(fault: str, step: Step) -> None:
    client, script, _ = client_on(step, FOUND)
    assert client.place_order(BUY).id == "48444fa6"
    assert script.lines == [POST, LOOK]
    assert script.sent[1].query == {"client_order_id": "20261120_MTZ_entry_buy"}


@pytest.mark.parametrize(("fault", "step"), UNCLEAR)
def test_an_unclear_post_that_never_arrived_is_sent_again_under_the_same_id(fault: str, step: Step) -> None:
    client, script, clock = client_on(step, ABSENT, ABSENT, ABSENT, FOUND)
    assert client.place_order(BUY).id == "48444fa6"
    assert script.lines == [POST, LOOK, LOOK, LOOK, POST]
    assert script.sent[0].body == script.sent[4].body
    assert sum(clock.slept) >= 7


@pytest.mark.parametrize(("fault", "step"), UNCLEAR)
def test_a_post_that_never_becomes_clear_is_unknown_after_three_repeats(fault: str, step: Step) -> None:
    client, script, _ = client_on(*[step, ABSENT, ABSENT, ABSENT] * 4)
    with pytest.raises(OutcomeUnknownError) as caught:
        client.place_order(BUY)
    assert caught.value.exit_code == 8
    assert script.lines.count(POST) == 4
    assert {sent.body["client_order_id"] for sent in script.sent if sent.body} == {BUY.client_order_id}


def test_f01_a_post_whose_look_up_fails_too_is_unknown_and_never_repeated() -> None:
    client, script, _ = client_on(ConnectionFailed("down"), *[ConnectionFailed("down")] * 4)
    with pytest.raises(OutcomeUnknownError):
        client.place_order(BUY)
    assert script.lines == [POST, LOOK, LOOK, LOOK, LOOK]


def test_f05_a_429_on_a_post_waits_for_the_reset_and_sends_the_same_id_again() -> None:
    reset = {"X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}
    client, script, clock = client_on(Reply(429, {"message": "rate limit exceeded"}, reset), ABSENT, FOUND)
    client.place_order(BUY)
    assert script.lines == [POST, LOOK, POST]
    assert clock.slept == [31.0]


def test_f11_an_order_accepted_late_is_adopted_after_its_duplicate_was_refused() -> None:
    client, script, _ = client_on(ReadTimeout("lost"), ABSENT, ABSENT, ABSENT, DUPLICATE, ABSENT, FOUND)
    assert client.place_order(BUY).id == "48444fa6"
    assert script.lines == [POST, LOOK, LOOK, LOOK, POST, LOOK, LOOK]


def test_a_taken_id_that_cannot_be_found_stays_unknown() -> None:
    client, script, _ = client_on(DUPLICATE, *[ABSENT] * 4)
    with pytest.raises(OutcomeUnknownError):
        client.place_order(BUY)
    assert script.lines.count(POST) == 1


def test_f39_a_duplicate_is_adopted_when_symbol_side_qty_and_type_are_equal() -> None:
    client, script, _ = client_on(DUPLICATE, FOUND)
    assert client.place_order(BUY).client_order_id == BUY.client_order_id
    assert script.lines == [POST, LOOK]


@pytest.mark.parametrize("difference", [{"symbol": "AEIS"}, {"side": "sell"}, {"qty": "47"}, {"type": "limit"}])
@pytest.mark.parametrize("first", [DUPLICATE, ReadTimeout("lost")])
def test_f39_an_id_that_belongs_to_another_order_is_refused(difference: dict[str, str], first: Step) -> None:
    client, script, _ = client_on(first, Reply(200, order_json(**difference)))
    with pytest.raises(BrokerRefusedError, match="belongs to another order"):
        client.place_order(BUY)
    assert script.lines == [POST, LOOK]


def test_a_refusal_is_final_only_after_the_id_was_looked_up_and_not_found() -> None:
    client, script, clock = client_on(NO_FUNDS, ABSENT)
    with pytest.raises(BrokerRefusedError) as caught:
        client.place_order(BUY)
    assert (caught.value.status, caught.value.code) == (403, 40310000)
    assert caught.value.kind is RefusalKind.FUNDS
    assert script.lines == [POST, LOOK]
    assert clock.slept == []


def test_a_refusal_is_overruled_by_an_order_that_is_there_all_the_same() -> None:
    client, _, _ = client_on(NO_FUNDS, FOUND)
    assert client.place_order(BUY).id == "48444fa6"


def test_a_refusal_whose_look_up_fails_is_unknown_not_refused() -> None:
    client, _, _ = client_on(NO_FUNDS, *[Reply(503)] * 4)
    with pytest.raises(OutcomeUnknownError):
        client.place_order(BUY)


def test_a_refused_repeat_says_nothing_of_the_unclear_try_before_it() -> None:
    client, script, _ = client_on(ReadTimeout("lost"), *[ABSENT] * 3, NO_FUNDS, *[ABSENT] * 4)
    with pytest.raises(OutcomeUnknownError, match="insufficient buying power"):
        client.place_order(BUY)
    assert script.lines.count(POST) == 2


def test_refused_keys_on_a_post_end_with_6() -> None:
    client, _, _ = client_on(refusal(401, None, "unauthorized."), refusal(401, None, "unauthorized."))
    with pytest.raises(KeysError):
        client.place_order(BUY)


def test_the_legs_of_an_adopted_oto_are_read_by_id() -> None:
    leg = stop_json(id="a749fa90", status="held")
    oto = order_json(order_class="oto", time_in_force="gtc")
    client, script, _ = client_on(ReadTimeout("lost"), Reply(200, oto), Reply(200, oto | {"legs": [leg]}))
    assert client.place_order(OTO).legs[0].id == "a749fa90"
    assert script.lines[-1] == "GET /v2/orders/48444fa6"
    assert script.sent[-1].query == {"nested": "true"}


def test_an_order_accepted_as_something_else_is_unknown_and_not_repeated() -> None:
    client, script, _ = client_on(Reply(200, order_json(qty="4600")))
    with pytest.raises(OutcomeUnknownError, match="qty 4600, not 46"):
        client.place_order(BUY)
    assert script.lines == [POST]


class Switch:
    """A kill switch that goes on after some questions."""

    def __init__(self, off_for: int) -> None:
        self.left = off_for

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KillSwitchError("kill switch is ON")


def test_i5_the_guard_is_asked_before_the_first_post_and_nothing_leaves_when_it_says_no() -> None:
    client, script, _ = client_on()
    with pytest.raises(KillSwitchError):
        client.place_order(BUY, guard=Switch(off_for=0))
    assert script.sent == []


def test_f79_the_guard_is_asked_again_before_every_repeat_and_its_no_leaves_the_outcome_unknown() -> None:
    client, script, _ = client_on(ReadTimeout("lost"), ABSENT, ABSENT, ABSENT)
    with pytest.raises(OutcomeUnknownError, match="kill switch is ON") as caught:
        client.place_order(BUY, guard=Switch(off_for=1))
    assert isinstance(caught.value.__cause__, KillSwitchError)
    assert script.lines.count(POST) == 1


def test_four_posts_at_once_each_get_their_own_answer() -> None:
    barrier = threading.Barrier(4, timeout=10)

    def answer(sent: Sent) -> Reply:
        barrier.wait()
        return Reply(200, order_json(symbol=sent.body["symbol"], client_order_id=sent.body["client_order_id"]))

    client, _, _ = client_on(*[answer] * 4)
    requests = [replace(BUY, ticker=ticker, client_order_id=f"20261120_{ticker}_entry_buy") for ticker in "ABCD"]
    with ThreadPoolExecutor(4) as pool:
        orders = list(pool.map(client.place_order, requests))
    assert [order.ticker for order in orders] == list("ABCD")
    assert client.requests_sent().mutating == 4


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (replace(BUY, qty=0), "qty"),
        (replace(BUY, qty=-1), "qty"),
        (replace(STOP, stop_price=Decimal("192.933")), "tick"),
        (replace(STOP, stop_price=Decimal("NaN")), "tick"),
        (replace(STOP, stop_price=None), "stop_price"),
        (replace(OTO, time_in_force=BUY.time_in_force), "gtc"),
    ],
)
def test_i9_an_order_that_must_never_be_sent_is_not_sent(request_: object, words: str) -> None:
    client, script, _ = client_on()
    with pytest.raises(ValueError, match=words):
        client.place_order(request_)  # type: ignore[arg-type]
    assert script.sent == []


CANCEL = "DELETE /v2/orders/b5c9872c"
READ = "GET /v2/orders/b5c9872c"
GONE = Reply(200, stop_json(status="canceled"))
LIVE = Reply(200, stop_json())


def test_a_cancel_is_followed_by_reading_the_order() -> None:
    client, script, _ = client_on(Reply(204), GONE)
    assert client.cancel_order("b5c9872c").status == "canceled"
    assert script.lines == [CANCEL, READ]


def test_a_cancel_that_is_only_requested_returns_the_order_still_open() -> None:
    client, _, _ = client_on(Reply(204), Reply(200, stop_json(status="pending_cancel")))
    assert not client.cancel_order("b5c9872c").is_final


@pytest.mark.parametrize("words", ['order is already in "filled" state', "order pending cancel"])
@pytest.mark.parametrize("status", ["filled", "pending_cancel", "canceled"])
def test_f32_a_refused_cancel_of_an_order_that_is_going_returns_it(words: str, status: str) -> None:
    fill = {"filled_qty": "46", "filled_avg_price": "192.90"} if status == "filled" else {}
    client, script, _ = client_on(refusal(422, 42210000, words), Reply(200, stop_json(status=status, **fill)))
    assert client.cancel_order("b5c9872c").status == status
    assert script.lines == [CANCEL, READ]


def test_f32_a_refused_cancel_of_an_open_order_is_a_refusal() -> None:
    client, script, _ = client_on(refusal(422, 42210000, "not now"), LIVE)
    with pytest.raises(BrokerRefusedError):
        client.cancel_order("b5c9872c")
    assert script.lines == [CANCEL, READ]


@pytest.mark.parametrize("step", [ReadTimeout("lost"), Reply(500), Reply(429, {"message": "slow"})])
def test_f34_an_unclear_cancel_is_repeated_only_while_the_order_is_open(step: Step) -> None:
    client, script, _ = client_on(step, LIVE, step, GONE)
    assert client.cancel_order("b5c9872c").status == "canceled"
    assert script.lines == [CANCEL, READ, CANCEL, READ]


def test_a_cancel_that_never_becomes_clear_is_unknown() -> None:
    client, script, _ = client_on(*[Reply(500), LIVE] * 4)
    with pytest.raises(OutcomeUnknownError):
        client.cancel_order("b5c9872c")
    assert script.lines.count(CANCEL) == 4


def test_a_cancel_that_cannot_be_read_back_is_unknown() -> None:
    client, _, _ = client_on(Reply(204), *[Reply(503)] * 4)
    with pytest.raises(OutcomeUnknownError):
        client.cancel_order("b5c9872c")


def test_a_cancel_of_an_unknown_order_is_refused() -> None:
    client, _, _ = client_on(refusal(404, 40410000, "order not found"), refusal(404, 40410000, "order not found"))
    with pytest.raises(BrokerRefusedError) as caught:
        client.cancel_order("b5c9872c")
    assert caught.value.status == 404


PATCH = "PATCH /v2/orders/b5c9872c"
NEW_ID = "20261120_MTZ_stop_sell_2"
SUCCESSOR = Reply(200, stop_json(id="4490625f", client_order_id=NEW_ID, stop_price="193.51", replaces="b5c9872c"))


def replace_stop(client: object) -> object:
    return client.replace_order(  # type: ignore[attr-defined]
        "b5c9872c", qty=None, stop_price=Decimal("193.51"), client_order_id=NEW_ID
    )


def test_a_replace_names_the_next_generation_and_returns_the_successor() -> None:
    client, script, _ = client_on(SUCCESSOR)
    assert replace_stop(client).id == "4490625f"  # type: ignore[attr-defined]
    assert script.lines == [PATCH]
    assert script.sent[0].body == {"client_order_id": NEW_ID, "stop_price": "193.51"}


def test_f41_an_unclear_replace_is_looked_up_by_its_new_id() -> None:
    client, script, _ = client_on(ReadTimeout("lost"), SUCCESSOR)
    assert replace_stop(client).id == "4490625f"  # type: ignore[attr-defined]
    assert script.lines == [PATCH, LOOK]


def test_f41_an_unclear_replace_is_found_through_the_old_order_too() -> None:
    old = Reply(200, stop_json(status="replaced", replaced_by="4490625f"))
    client, script, _ = client_on(ReadTimeout("lost"), ABSENT, old, SUCCESSOR)
    assert replace_stop(client).id == "4490625f"  # type: ignore[attr-defined]
    assert script.lines == [PATCH, LOOK, READ, "GET /v2/orders/4490625f"]


def test_f41_a_replace_that_did_not_happen_is_sent_again_under_the_same_new_id() -> None:
    client, script, _ = client_on(Reply(500), *[ABSENT, LIVE] * 3, SUCCESSOR)
    replace_stop(client)
    assert script.lines.count(PATCH) == 2
    assert script.sent[0].body == script.sent[-1].body


def test_f42_a_refused_replace_is_a_refusal_when_the_old_order_is_unchanged() -> None:
    client, script, _ = client_on(refusal(422, 42210000, "cannot replace order in accepted status"), ABSENT, LIVE)
    with pytest.raises(BrokerRefusedError, match="cannot replace"):
        replace_stop(client)
    assert script.lines == [PATCH, LOOK, READ]


def test_a_replace_whose_old_order_filled_first_is_refused() -> None:
    filled = Reply(200, stop_json(status="filled", filled_qty="46", filled_avg_price="192.9"))
    client, _, _ = client_on(ReadTimeout("lost"), ABSENT, filled)
    with pytest.raises(BrokerRefusedError, match="filled"):
        replace_stop(client)


def test_a_replace_that_is_pending_stays_unknown() -> None:
    pending = Reply(200, stop_json(status="pending_replace"))
    client, script, _ = client_on(ReadTimeout("lost"), *[ABSENT, pending] * 3)
    with pytest.raises(OutcomeUnknownError, match="pending_replace"):
        replace_stop(client)
    assert script.lines.count(PATCH) == 1


def test_a_requested_cancel_that_was_taken_reads_nothing() -> None:
    client, script, _ = client_on(Reply(204))
    assert client.request_cancel("b5c9872c") is None
    assert script.lines == [CANCEL]


def test_f32_a_requested_cancel_that_came_too_late_returns_the_order() -> None:
    late = refusal(422, 42210000, "order pending cancel")
    client, script, _ = client_on(late, Reply(200, stop_json(status="pending_cancel")))
    order = client.request_cancel("b5c9872c")
    assert order is not None
    assert order.status == "pending_cancel"
    assert script.lines == [CANCEL, READ]


def test_f34_a_requested_cancel_that_is_unclear_is_repeated_while_the_order_is_open() -> None:
    client, script, _ = client_on(ReadTimeout("lost"), LIVE, Reply(204), GONE)
    order = client.request_cancel("b5c9872c")
    assert order is not None
    assert order.status == "canceled"
    assert script.lines == [CANCEL, READ, CANCEL, READ]
