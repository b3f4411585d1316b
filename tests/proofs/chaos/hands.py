"""Events at the account: what a person does with its shares and orders, and what the broker forbids it."""

from __future__ import annotations

from collections.abc import Callable

from live.sim.faults import RequestFault
from tests.fault_actions import answer
from tests.proofs.chaos.schedule import Event
from tests.proofs.chaos.world import World

Act = Callable[[World, Event], None]


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


ACTIONS: dict[str, Act] = {
    "hand_buys": _by_hand(_hand_buys),
    "hand_sells": _by_hand(_hand_sells),
    "hand_stop": _by_hand(_hand_stop),
    "hand_limit": _by_hand(_hand_limit),
    "hand_cancels": _by_hand(_hand_cancels),
    "blocked": _blocked,
    "suspended": _suspended,
    "untradable": _untradable,
    "clock_down": _clock_down,
}
