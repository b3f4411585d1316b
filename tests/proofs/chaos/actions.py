"""What each kind of event does to the world; names and numbers are drawn in `schedule.py`."""

from __future__ import annotations

from collections.abc import Callable

from live.sim.faults import OrderFault, OrderFaultKind
from tests.proofs.chaos import broken_requests, hands, machine
from tests.proofs.chaos.kinds import KINDS
from tests.proofs.chaos.schedule import Event
from tests.proofs.chaos.world import World

ACTIONS: dict[str, Callable[[World, Event], None]] = {
    **broken_requests.ACTIONS,
    **hands.ACTIONS,
    **machine.ACTIONS,
}
"""What each kind does; those of orders have the exchange's own names."""


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
