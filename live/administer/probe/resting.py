"""The questions that orders answer which rest below the market or wait for the open: nothing is bought."""

from __future__ import annotations

import uuid

from live.administer.probe.asking import Asking, Reading
from live.administer.probe.questions import Asked
from live.administer.probe.readings import (
    id_word,
    ids_of,
    is_over,
    legs_of,
    refused_as,
    status_of,
    taken,
    whose_id,
    yes_no,
)
from live.administer.probe.wire import Json, UnclearError
from live.refusals import RefusalKind

NOT_REPLACEABLE = RefusalKind.NOT_REPLACEABLE
_AFTER_PATCH = ("patched-order-id", "patched-order-names-successor", "patched-order-client-id")


def resting_order(asking: Asking) -> None:
    """A limit buy far below the market: found, duplicated, patched, canceled."""
    wire = asking.wire
    body = asking.far_buy()
    name = str(body["client_order_id"])
    sent = wire.post(body)
    order = sent.order()
    asking.ask("found-by-client-id", lambda: _found(asking, name))
    asking.ask("found-in-list", lambda: _listed(asking, str(order["id"])))
    asking.ask("rate-limit-headers", lambda: yes_no("X-RateLimit-Reset" in sent.headers))
    asking.ask("duplicate-while-open", lambda: refused_as(wire.post(body), RefusalKind.DUPLICATE_ID))
    if asking.fits(Asked.CLOSED):
        asking.ask("order-status-closed", lambda: status_of(wire.order(str(order["id"])).order()))
        asking.ask(
            "patch-before-open", lambda: refused_as(wire.patch(str(order["id"]), _lower(asking)), NOT_REPLACEABLE)
        )
    if asking.fits(Asked.OPEN):
        seen = asking.wait_status(str(order["id"]), "new")
        asking.ask("order-status-open", lambda: status_of(seen.value))
        order = _patch_live(asking, order)
    if asking.is_open is None:
        cancel(asking, str(order["id"]))
    else:
        asking.ask(
            "cancel-in-session" if asking.is_open else "cancel-before-open", lambda: cancel(asking, str(order["id"]))
        )
    asking.ask("cancel-again", lambda: refused_as(wire.delete(str(order["id"])), RefusalKind.NOT_CANCELABLE))
    asking.ask("duplicate-after-cancel", lambda: refused_as(wire.post(body), RefusalKind.DUPLICATE_ID))


def _found(asking: Asking, name: str) -> Reading:
    seen = asking.wait(lambda: by_client_id(asking, name), lambda sent: sent is not None)
    return seen.word, seen.seconds


def by_client_id(asking: Asking, name: str) -> Json | None:
    """Return an order by our id, None while the broker does not know it. Raises UnclearError."""
    sent = asking.wire.get("/v2/orders:by_client_order_id", client_order_id=name)
    return None if sent.kind is RefusalKind.NOT_FOUND else sent.order()


def _listed(asking: Asking, order_id: str) -> Reading:
    seen = asking.wait(asking.listed, lambda rows: order_id in ids_of(rows))
    return seen.word, seen.seconds


def _lower(asking: Asking) -> Json:
    return {"limit_price": asking.below(20, cents=1), "client_order_id": asking.new_id()}


def _patch_live(asking: Asking, order: Json) -> Json:
    """Replace a live order, and return what is then at the broker."""
    wire = asking.wire
    body = _lower(asking)
    sent = wire.patch(str(order["id"]), body)
    asking.ask("patch-plain-order", lambda: refused_as(sent, NOT_REPLACEABLE))
    if not sent.is_success:
        asking.leave_out("the PATCH was refused", *_AFTER_PATCH)
        return order
    new = sent.order()
    asking.ask("patched-order-id", lambda: id_word(new, order))
    asking.ask("patched-order-names-successor", lambda: _names_successor(asking, order, new))
    asking.ask(
        "patched-order-client-id", lambda: yes_no(by_client_id(asking, str(body["client_order_id"])) is not None)
    )
    asking.wait_status(str(new["id"]), "new")
    return new


def _names_successor(asking: Asking, old: Json, new: Json) -> str:
    seen = asking.wait(lambda: asking.wire.order(str(old["id"])).order(), is_over)
    return yes_no(seen.value.get("replaced_by") == new["id"])


def cancel(asking: Asking, order_id: str) -> Reading:
    """Ask for a cancel and wait until the order is over. Raises UnclearError when it is refused."""
    sent = asking.wire.delete(order_id)
    if not sent.is_success:
        raise UnclearError(f"the cancel was refused: {sent.status} {sent.message}")
    return asking.wait_over(order_id)


def refusals(asking: Asking) -> None:
    """What the broker does not know, what it refuses, and the id of a refused order used again."""
    wire = asking.wire
    asking.ask("unknown-order", lambda: yes_no(wire.order(str(uuid.uuid4())).kind is RefusalKind.NOT_FOUND))
    bracket = asking.far_buy(**{**asking.with_stop(30), "order_class": "bracket"})
    refused = wire.post(bracket)
    asking.ask("bracket-without-target", lambda: refused_as(refused, RefusalKind.ORDER_FORM))
    if refused.is_success:
        asking.leave_out("the bracket was taken", "id-after-refusal")
        cancel(asking, str(refused.order()["id"]))
        return
    again = wire.post(asking.far_buy(client_order_id=bracket["client_order_id"]))
    asking.ask("id-after-refusal", lambda: taken(again))
    if again.is_success:
        cancel(asking, str(again.order()["id"]))


def resting_oto(asking: Asking) -> None:
    """A limit buy far below the market with its stop leg, which stays held."""
    wire = asking.wire
    body = asking.far_buy(**asking.with_stop(30))
    parent = wire.post(body).order()
    order_id = str(parent["id"])
    asking.ask("leg-in-answer", lambda: yes_no(len(legs_of(parent)) == 1))
    read = wire.order(order_id, nested=True).order()
    asking.ask("leg-by-id", lambda: yes_no(len(legs_of(read)) == 1))
    legs = legs_of(read) or legs_of(parent)
    if not legs:
        raise UnclearError("no answer shows the leg")
    leg = legs[0]
    leg_id = str(leg["id"])
    asking.ask("leg-status", lambda: status_of(leg))
    asking.ask("leg-client-id", lambda: whose_id(leg, str(body["client_order_id"])))
    asking.ask("leg-by-client-id", lambda: _leg_by_client_id(asking, str(body["client_order_id"])))
    asking.ask("held-leg-in-list", lambda: yes_no(leg_id in ids_of(asking.listed())))
    patch = {"stop_price": asking.below(30, cents=1), "client_order_id": asking.new_id()}
    asking.ask("patch-held-leg", lambda: refused_as(wire.patch(leg_id, patch), NOT_REPLACEABLE))
    cancel(asking, order_id)
    asking.ask("cancel-ends-leg", lambda: asking.wait_over(leg_id))


def _leg_by_client_id(asking: Asking, name: str) -> str:
    order = by_client_id(asking, name)
    if order is None:
        raise UnclearError(f"order {name} is not found")
    return yes_no(bool(legs_of(order)))


def queued_oto(asking: Asking) -> None:
    """The entry of a usual morning: a market buy with its stop leg, sent before the open and taken back."""
    sent = asking.wire.post(asking.buy(**asking.with_stop()))
    asking.ask("queued-oto", lambda: taken(sent))
    order_id = str(sent.order()["id"])
    asking.ask("cancel-queued-oto", lambda: cancel(asking, order_id))
