"""The questions that only a fill answers: one share is bought with its stop leg, and sold again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

from live.administer.probe.asking import LIVE_WITHIN_S, STOP_PCT, Asking, Reading
from live.administer.probe.questions import LATE, NEVER
from live.administer.probe.readings import (
    days_until_expiry,
    id_word,
    ids_of,
    is_over,
    legs_of,
    names_order,
    refused_as,
    status_of,
    taken,
    whose_id,
    yes_no,
)
from live.administer.probe.resting import cancel
from live.administer.probe.wire import Json, UnclearError
from live.book.stops import HELD_TOO_LONG
from live.clock import iso_utc
from live.refusals import RefusalKind


def one_share(asking: Asking) -> None:
    """Buy one share as an entry of ours, replace and cancel its stop, place a plain one, sell."""
    wire = asking.wire
    began = wire.clock.now() - timedelta(minutes=1)  # the list is of what is later than the moment that is given
    body = asking.buy(**asking.with_stop())
    parent = wire.post(body).order()
    order_id = str(parent["id"])
    if asking.ask("buy-fills", lambda: _fills(asking, order_id)) in (NEVER, None):
        raise UnclearError("the buy has not filled")
    stop = _live_leg(asking, order_id)
    asking.ask("cancel-filled", lambda: refused_as(wire.delete(order_id), RefusalKind.NOT_CANCELABLE))
    _shares_held(asking, stop)
    stop = _patch_leg(asking, order_id, stop)
    asking.ask("cancel-stop", lambda: cancel(asking, str(stop["id"])))
    asking.ask("shares-free", lambda: _free(asking))
    plain = _plain_stop(asking)
    cancel(asking, str(plain["id"]))
    sold = wire.post(asking.sell())
    asking.ask("sell-after-cancel", lambda: taken(sold))
    sale_id = str(sold.order()["id"])
    if asking.ask("sell-fills", lambda: _fills(asking, sale_id)) in (NEVER, None):
        raise UnclearError("the sell has not filled")
    asking.ask("fills-listed", lambda: _fills_listed(asking, iso_utc(began), {order_id, sale_id}))
    again = asking.far_buy(client_order_id=body["client_order_id"])
    asking.ask("duplicate-after-fill", lambda: refused_as(wire.post(again), RefusalKind.DUPLICATE_ID))


def _fills(asking: Asking, order_id: str) -> Reading:
    seen = asking.wait_status(order_id, "filled", LIVE_WITHIN_S)
    return seen.word if seen.value.get("status") == "filled" else NEVER, seen.seconds


def _live_leg(asking: Asking, order_id: str) -> Json:
    """Return the leg once it is live, and what shows it."""
    wire = asking.wire
    seen = asking.wait(
        lambda: legs_of(wire.order(order_id, nested=True).order()),
        lambda legs: bool(legs) and status_of(legs[0]) not in ("held", "accepted", "pending_new"),
        LIVE_WITHIN_S,
    )
    is_late = seen.is_there and seen.seconds >= HELD_TOO_LONG.total_seconds()
    asking.ask("leg-becomes-live", lambda: (LATE if is_late else seen.word, seen.seconds))
    asking.ask("live-leg-by-id", lambda: yes_no(bool(seen.value)))
    if not seen.value:
        raise UnclearError("the filled parent shows no leg")
    leg = seen.value[0]
    asking.ask("live-leg-in-list", lambda: yes_no(leg["id"] in ids_of(asking.listed())))
    asking.ask("live-leg-in-nested-list", lambda: yes_no(leg["id"] in ids_of(asking.listed(nested=True))))
    return leg


def _shares_held(asking: Asking, stop: Json) -> None:
    asking.ask("stop-holds-shares", lambda: yes_no(_available(asking) == 0))
    sent = asking.wire.post(asking.sell())
    asking.ask("sell-beside-stop", lambda: refused_as(sent, RefusalKind.HELD_SHARES))
    if sent.is_success:
        raise UnclearError("a sell beside the stop was taken: the share is being sold")
    asking.ask("refusal-names-stop", lambda: names_order(sent, str(stop["id"])))


def _available(asking: Asking) -> Decimal:
    """Return how many shares are free to be sold, as the position says."""
    content = asking.wire.get(f"/v2/positions/{quote(asking.ticker, safe='')}").content
    try:
        return Decimal(content["qty_available"])
    except (TypeError, KeyError, ArithmeticError):
        raise UnclearError("the position does not say what is available") from None


def _free(asking: Asking) -> Reading:
    seen = asking.wait(lambda: _available(asking), lambda free: free == 1)
    return seen.word, seen.seconds


def _patch_leg(asking: Asking, order_id: str, leg: Json) -> Json:
    """Ask for another stop price of the leg; return the stop that is then at the broker."""
    wire = asking.wire
    body = {"stop_price": asking.below(STOP_PCT, cents=1), "client_order_id": asking.new_id()}
    sent = wire.patch(str(leg["id"]), body)
    asking.ask("patch-leg", lambda: refused_as(sent, RefusalKind.NOT_REPLACEABLE))
    if not sent.is_success:
        asking.leave_out("the PATCH was refused", "patched-leg-id", "patched-leg-client-id", "patched-leg-by-id")
        return leg
    new = sent.order()
    asking.ask("patched-leg-id", lambda: id_word(new, leg))
    asking.ask("patched-leg-client-id", lambda: whose_id(new, str(body["client_order_id"])))
    asking.wait_status(str(new["id"]), "new")
    asking.ask(
        "patched-leg-by-id", lambda: yes_no(str(new["id"]) in ids_of([wire.order(order_id, nested=True).order()]))
    )
    return new


def _plain_stop(asking: Asking) -> Json:
    """Place a plain stop in the place of the leg; return what is then at the broker."""
    wire = asking.wire
    sent = wire.post(asking.sell(type="stop", time_in_force="gtc", stop_price=asking.below(STOP_PCT)))
    asking.ask("plain-stop", lambda: taken(sent))
    stop = sent.order()
    asking.ask("stop-expires", lambda: days_until_expiry(wire.order(str(stop["id"])).order()))
    beside = wire.post(asking.far_buy())
    asking.ask("buy-beside-stop", lambda: refused_as(beside, RefusalKind.WASH_TRADE))
    if beside.is_success:
        cancel(asking, str(beside.order()["id"]))
    asking.wait_status(str(stop["id"]), "new")
    body = {"stop_price": asking.below(STOP_PCT, cents=1), "client_order_id": asking.new_id()}
    patched = wire.patch(str(stop["id"]), body)
    asking.ask("patch-plain-stop", lambda: refused_as(patched, RefusalKind.NOT_REPLACEABLE))
    if not patched.is_success:
        return stop
    asking.wait(lambda: wire.order(str(stop["id"])).order(), is_over)
    return patched.order()


def _fills_listed(asking: Asking, after: str, order_ids: set[str]) -> Reading:
    def read() -> set[object]:
        query = {"after": after, "direction": "asc", "page_size": "100"}
        return {row.get("order_id") for row in asking.wire.get("/v2/account/activities/FILL", **query).rows()}

    seen = asking.wait(read, lambda found: order_ids <= found)
    return seen.word, seen.seconds
