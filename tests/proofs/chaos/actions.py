"""What each kind of event does to the world; names and numbers are drawn in `schedule.py`."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import requests

from backtest.errors import DriftError
from live.sim.faults import Action, OrderFault, OrderFaultKind, Proceed, RequestFault, SimAnswer, SimRequest
from live.state_db.connection import Connection
from live.state_db.db import StateDB
from live.state_db.sqlite_file import refuse
from tests.fault_actions import accept_late, answer, answer_after, change_answer, lose_answer, lose_request
from tests.proofs.chaos.kinds import KINDS
from tests.proofs.chaos.schedule import Event
from tests.proofs.chaos.world import KEYS, World
from tests.proofs.dying import dying_at_commit, dying_at_request

PLACES: dict[str, tuple[str, str]] = {
    "POST": ("POST", "/v2/orders"),
    "DELETE": ("DELETE", "/v2/orders.*"),
    "PATCH": ("PATCH", "/v2/orders.*"),
    "orders": ("GET", "/v2/orders"),
    "order": ("GET", "/v2/orders[/:].+"),
    "positions": ("GET", "/v2/positions"),
    "account": ("GET", "/v2/account"),
    "clock": ("GET", "/v2/clock"),
    "calendar": ("GET", "/v2/calendar"),
    "activities": ("GET", "/v2/account/activities.*"),
    "data": ("GET", "/v2/stocks/.*|/v1/corporate-actions"),
    "assets": ("GET", "/v2/assets.*"),
}
"""Name of a place → method and path of its requests."""
WRONG = (b"", b"<html>bad gateway</html>", b"{}", b"null", b'"ok"', b"[]")
REFUSALS = (
    (403, 40310000, "insufficient qty available for order (requested: 10, available: 0)"),
    (403, 40310000, "insufficient buying power"),
    (422, 40010001, "invalid order"),
    (403, 40310000, "potential wash trade detected"),
    (422, 42210000, f"the account of {KEYS[0]} with {KEYS[1]} may not do this"),
)
Act = Callable[[World, Event], None]


def break_world(world: World, events: tuple[Event, ...]) -> None:
    """Let the events of a run take effect; `World.mend` ends them. What kills the run comes last."""
    for event in sorted(events, key=lambda one: one.kind.startswith("killed")):
        kind = KINDS[event.kind]
        world.watch.is_lied_to |= kind.lies
        ACTIONS.get(event.kind, _order_fault)(world, event)


def _order_fault(world: World, event: Event) -> None:
    kind = OrderFaultKind(event.kind)
    fault = OrderFault(kind, symbol=event.ticker, shares=event.amount, seconds=float(event.amount), times=event.times)
    world.account.exchange.faults.add(fault)


# -- requests ------------------------------------------------------------------------------------------------------


def _on_requests(make: Callable[[World, Event], Action]) -> Act:
    def act(world: World, event: Event) -> None:
        method, path = PLACES[event.where]
        fault = RequestFault(method, path, make(world, event), skip=event.skip, times=event.times)
        world.account.exchange.faults.add(fault)

    return act


def _hang(world: World, event: Event, *, carried_out: bool) -> Action:
    def act(_request: SimRequest, proceed: Proceed) -> SimAnswer:
        if carried_out:
            proceed()
        world.account.exchange.advance(event.amount)
        raise requests.exceptions.ReadTimeout("no byte came")

    return act


def _limited(world: World, event: Event) -> Action:
    def act(_request: SimRequest, _proceed: Proceed) -> SimAnswer:
        reset = str(int(world.account.exchange.now().timestamp()) + event.amount)
        body = json.dumps({"code": 42910000, "message": "rate limit exceeded"}).encode()
        return SimAnswer(429, body, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})

    return act


def _cut(_world: World, _event: Event) -> Action:
    def act(_request: SimRequest, proceed: Proceed) -> SimAnswer:
        real = proceed()
        return SimAnswer(real.status, real.body[: len(real.body) // 2], real.headers)

    return act


def _refused(_world: World, event: Event) -> Action:
    status, code, message = REFUSALS[event.amount % len(REFUSALS)]
    return answer(status, {"code": code, "message": message})


def _keys_refused(_world: World, event: Event) -> Action:
    return answer(event.amount, {"message": f"forbidden: {KEYS[0]} {KEYS[1]}"})


def _accepted_late(world: World, event: Event) -> Action:
    return accept_late(world.account.exchange.faults, event.amount)


def _visible_late(world: World, event: Event) -> Action:
    """The order is taken and its answer lost; for some look-ups and listings it is not there yet."""

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        taken = proceed()
        name = request.json().get("client_order_id")
        if taken.status == 200:
            order_id = json.loads(taken.body)["id"]
            unseen = answer(404, {"code": 40410000, "message": "order not found"})
            faults = world.account.exchange.faults
            faults.requests.insert(
                0,
                RequestFault(
                    "GET",
                    "/v2/orders:by_client_order_id",
                    unseen,
                    times=event.amount,
                    when=lambda asked: asked.query.get("client_order_id") == name,
                ),
            )
            without = change_answer(lambda rows: [row for row in rows if row.get("id") != order_id])
            faults.requests.insert(0, RequestFault("GET", "/v2/orders", without, times=event.amount))
        raise requests.exceptions.ReadTimeout("visible late")

    return act


def _lagging(world: World, event: Event) -> Action:
    """What has changed in the last seconds is not in the list yet."""
    since = world.account.exchange.now

    def is_old(row: Any) -> bool:
        text = row.get("submitted_at") if isinstance(row, dict) else None
        return text is None or datetime.fromisoformat(text) <= since() - timedelta(seconds=event.amount)

    def rows(content: Any) -> Any:
        if not isinstance(content, list):
            return content
        return [row for row in content if is_old(row)] if event.where == "orders" else content[:-1]

    return change_answer(rows)


FIELDS: tuple[tuple[str, Any], ...] = (
    ("status", "a_new_word"),
    ("filled_avg_price", None),
    ("filled_qty", "-1"),
    ("qty", "many"),
    ("symbol", None),
    ("equity", "NaN"),
    ("id", ""),
    ("client_order_id", "x" * 200),
)


def _field(_world: World, event: Event) -> Action:
    name, value = FIELDS[event.amount % len(FIELDS)]

    def spoil(content: Any) -> Any:
        if isinstance(content, list):
            return [*content[:-1], spoil(content[-1])] if content else content
        return {**content, name: value} if isinstance(content, dict) and name in content else content

    return change_answer(spoil)


def _unknown_word(_world: World, _event: Event) -> Action:
    def spoil(content: Any) -> Any:
        if isinstance(content, list):
            return [spoil(row) for row in content]
        if not isinstance(content, dict) or "status" not in content:
            return content
        return {**content, "status": "resting"} if content["status"] in ("new", "accepted") else content

    return change_answer(spoil)


# -- a person's hands, the account ---------------------------------------------------------------------------------


def _by_hand(what: Callable[[World, Event], None]) -> Act:
    def act(world: World, event: Event) -> None:
        def later() -> None:
            world.watch.hand_traded.add(event.ticker)
            what(world, event)

        world.after_requests(event.skip, later)

    return act


def _hand_order(world: World, ticker: str, side: str, qty: int, **more: str) -> None:
    usual = {"symbol": ticker, "side": side, "qty": str(qty), "type": "market", "time_in_force": "day"}
    world.hand("POST", "/v2/orders", {**usual, **more})


def _held(world: World, ticker: str) -> int:
    return world.account.exchange.inspect(lambda state: state.held(ticker))


def _mark(world: World, ticker: str) -> float:
    return world.account.exchange.inspect(lambda state: state.mark(ticker)) / 10_000


def _hand_buys(world: World, event: Event) -> None:
    _hand_order(world, event.ticker, "buy", event.amount)


def _hand_sells(world: World, event: Event) -> None:
    held = _held(world, event.ticker)
    if held:
        world.cancel_by_hand(event.ticker)
        _hand_order(world, event.ticker, "sell", min(held, event.amount))


def _hand_stop(world: World, event: Event) -> None:
    held = _held(world, event.ticker)
    if held:
        world.cancel_by_hand(event.ticker)
        price = f"{_mark(world, event.ticker) * event.amount / 100:.2f}"
        _hand_order(world, event.ticker, "sell", held, type="stop", stop_price=price, time_in_force="gtc")


def _hand_limit(world: World, event: Event) -> None:
    held = _held(world, event.ticker)
    if held:
        world.cancel_by_hand(event.ticker)
        price = f"{_mark(world, event.ticker) * 1.3:.2f}"
        qty = min(held, event.amount)
        _hand_order(world, event.ticker, "sell", qty, type="limit", limit_price=price, time_in_force="gtc")


def _hand_cancels(world: World, event: Event) -> None:
    world.cancel_by_hand(event.ticker)


def _blocked(world: World, event: Event) -> None:
    world.after_requests(event.skip, lambda: world.account.exchange.set_account(trading_blocked=True))


def _suspended(world: World, event: Event) -> None:
    world.after_requests(event.skip, lambda: world.account.exchange.set_account(suspend_trade=True))


def _untradable(world: World, event: Event) -> None:
    world.after_requests(event.skip, lambda: world.account.exchange.set_asset(event.ticker, tradable=False))


def _clock_down(world: World, event: Event) -> None:
    down = answer(503, {"message": "the clock is away"})
    world.account.exchange.faults.add(RequestFault("GET", "/v2/clock", down, times=event.times))


# -- machine and process -------------------------------------------------------------------------------------------


def _killed_at_request(world: World, event: Event) -> None:
    world.stack.enter_context(dying_at_request(world.account.exchange, event.skip, carried_out=bool(event.amount)))


def _killed_at_commit(world: World, event: Event) -> None:
    world.stack.enter_context(dying_at_commit(event.skip, committed=bool(event.amount)))


def _terminated(world: World, event: Event) -> None:
    def send() -> None:
        handler = signal.getsignal(signal.SIGTERM)
        interrupt = getattr(handler, "__self__", None)
        if interrupt is not None and interrupt.signal_number is None:  # a second one would end this process
            signal.raise_signal(signal.SIGTERM)

    world.after_requests(max(1, event.skip), send)


@contextmanager
def _failing_db(world: World, event: Event, statements: tuple[str, ...], words: str) -> Iterator[None]:
    """Let statements of the state DB fail: after some that pass, as often as the event says."""
    real = Connection._execute
    passed = failed = 0

    def execute(self: Connection, sql: str, params: Any = ()) -> sqlite3.Cursor:
        nonlocal passed, failed
        if self.path == world.account.state_db and sql.startswith(statements):
            passed += 1
            if passed > event.skip and (event.times is None or failed < event.times):
                failed += 1
                refuse(sqlite3.OperationalError(words), self.path)
        return real(self, sql, params)

    Connection._execute = execute  # type: ignore[method-assign]
    world.watch.db_fails = True
    try:
        yield
    finally:
        Connection._execute = real  # type: ignore[method-assign]


def _disk_full(world: World, event: Event) -> None:
    writes = ("INSERT", "UPDATE", "COMMIT")
    world.stack.enter_context(_failing_db(world, event, writes, "database or disk is full"))


def _db_busy(world: World, event: Event) -> None:
    world.stack.enter_context(_failing_db(world, event, ("BEGIN",), "database is locked"))


@contextmanager
def _failing_files(event: Event) -> Iterator[None]:
    """Let files that are written in one step fail, as on a full disk."""
    real = os.fsync
    passed = failed = 0

    def fsync(handle: int) -> None:
        nonlocal passed, failed
        passed += 1
        if passed > event.skip and (event.times is None or failed < event.times):
            failed += 1
            raise OSError(28, "No space left on device")
        real(handle)

    os.fsync = fsync  # type: ignore[assignment]
    try:
        yield
    finally:
        os.fsync = real


def _folder_full(world: World, event: Event) -> None:
    world.stack.enter_context(_failing_files(event))


def _switched_on(world: World, event: Event) -> None:
    def switch() -> None:
        world.is_joined = True
        if world.account.state_db.exists():
            with suppress(DriftError), StateDB.open(world.account.state_db, world.account.broker.clock) as db:
                db.system_config.turn_kill_switch_on("enough", "a person")

    world.after_requests(event.skip, switch)


def _kill_file(world: World, event: Event) -> None:
    world.after_requests(event.skip, lambda: (world.account.folder / "KILL").touch(0o600))


def _second_run(world: World, event: Event) -> None:
    from tests.proofs.chaos.programs import start_second

    def start() -> None:
        world.is_joined = True
        start_second(world)

    world.after_requests(max(1, event.skip), start)


def _prices_down(world: World, event: Event) -> None:
    for ticker, _ in world.schedule.market[: 2 if event.times else None]:
        world.account.prices.failed[ticker] = "the source did not answer"


ACTIONS: dict[str, Act] = {
    "error": _on_requests(lambda _, event: answer(event.amount, {"message": "try again"})),
    "error_after": _on_requests(lambda _, event: answer_after(event.amount, {"message": "gateway"})),
    "lost": _on_requests(lambda _w, _e: lose_request()),
    "lost_answer": _on_requests(lambda _w, _e: lose_answer()),
    "hang": _on_requests(lambda world, event: _hang(world, event, carried_out=False)),
    "hang_after": _on_requests(lambda world, event: _hang(world, event, carried_out=True)),
    "limited": _on_requests(_limited),
    "cut": _on_requests(_cut),
    "wrong": _on_requests(lambda _, event: answer_after(200, WRONG[event.amount % len(WRONG)])),
    "refused": _on_requests(_refused),
    "keys_refused": _on_requests(_keys_refused),
    "accepted_late": _on_requests(_accepted_late),
    "visible_late": _on_requests(_visible_late),
    "lagging": _on_requests(_lagging),
    "field": _on_requests(_field),
    "unknown_word": _on_requests(_unknown_word),
    "hand_buys": _by_hand(_hand_buys),
    "hand_sells": _by_hand(_hand_sells),
    "hand_stop": _by_hand(_hand_stop),
    "hand_limit": _by_hand(_hand_limit),
    "hand_cancels": _by_hand(_hand_cancels),
    "blocked": _blocked,
    "suspended": _suspended,
    "untradable": _untradable,
    "clock_down": _clock_down,
    "killed_at_request": _killed_at_request,
    "killed_at_commit": _killed_at_commit,
    "terminated": _terminated,
    "disk_full": _disk_full,
    "db_busy": _db_busy,
    "folder_full": _folder_full,
    "switched_on": _switched_on,
    "kill_file": _kill_file,
    "second_run": _second_run,
    "prices_down": _prices_down,
}
