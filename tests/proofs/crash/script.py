"""What goes wrong at the exchange on the day: rules that stand, so that every process meets the same."""

from __future__ import annotations

from live.sim.exchange import Exchange
from live.sim.faults import OrderFault, OrderFaultKind, RequestFault
from tests.fault_actions import answer

SETTINGS = (
    "broker.id=sim",
    "broker.sim_file=exchange.db",
    "strategy.max_positions=24",
    "strategy.trailing_transition_weeks=0",
    "execution.poll_timeout_s=20",
    "execution.poll_interval_s=5",
    "execution.max_daily_trade_orders=100",
    "execution.max_workers=1",
    "paths.signals_dir=signals",
    "paths.logs=none",
    "paths.pages_dir=none",
)
"""Of every program. One order at a time: requests have numbers."""
FILLS_IN_CANCEL, FILLS_PARTLY_IN_CANCEL = "SQB", "SQV"
FILLS_PARTLY, REJECTED, REFUSED, NOT_TRADABLE, HALTED = "EQB", "EQC", "EQD", "EQE", "EQG"
BY_HAND = "SQT"
"""Its own stop was canceled by hand, and another one set."""


def script(exchange: Exchange) -> None:
    """Add the rules to an exchange that was just opened."""
    exchange.faults.add(
        OrderFault(OrderFaultKind.CANCEL_FILLS, symbol=FILLS_IN_CANCEL, side="sell"),
        OrderFault(OrderFaultKind.PARTIAL, "*_entry_buy", symbol=FILLS_PARTLY_IN_CANCEL, side="sell", shares=30),
        OrderFault(OrderFaultKind.CANCEL_FILLS, symbol=FILLS_PARTLY_IN_CANCEL, side="sell"),
        OrderFault(OrderFaultKind.PARTIAL, symbol=FILLS_PARTLY, side="buy", shares=40),
        OrderFault(OrderFaultKind.NO_FILL, symbol=HALTED, side="buy"),
        OrderFault(OrderFaultKind.REJECT, symbol=REJECTED, side="buy"),
        RequestFault(
            "POST",
            "/v2/orders",
            answer(422, {"code": 42210000, "message": f"asset {REFUSED} is not tradable"}),
            times=None,
            when=lambda request: request.json().get("symbol") == REFUSED,
        ),
    )
