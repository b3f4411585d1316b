"""Which function answers which request."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from live.sim import account_rest, data_rest, orders_rest
from live.sim.faults import SimAnswer, SimRequest
from live.sim.json_forms import dump
from live.sim.refusals import Refusal, not_found
from live.sim.state import ExchangeState

Handler = Callable[[ExchangeState, SimRequest], SimAnswer]
NamedHandler = Callable[[ExchangeState, SimRequest, str], SimAnswer]

_EXACT: dict[tuple[str, str], Handler] = {
    ("GET", "/v2/account"): account_rest.get_account,
    ("GET", "/v2/account/configurations"): account_rest.get_configuration,
    ("PATCH", "/v2/account/configurations"): account_rest.patch_configuration,
    ("GET", "/v2/account/activities"): account_rest.list_activities,
    ("GET", "/v2/account/portfolio/history"): account_rest.get_portfolio_history,
    ("GET", "/v2/clock"): account_rest.get_clock,
    ("GET", "/v2/calendar"): account_rest.get_calendar,
    ("GET", "/v2/assets"): account_rest.list_assets,
    ("GET", "/v2/orders"): orders_rest.list_orders,
    ("POST", "/v2/orders"): orders_rest.post_order,
    ("DELETE", "/v2/orders"): orders_rest.delete_orders,
    ("GET", "/v2/orders:by_client_order_id"): orders_rest.get_order_by_client_id,
    ("GET", "/v2/positions"): orders_rest.list_positions,
    ("DELETE", "/v2/positions"): orders_rest.delete_positions,
    ("GET", "/v2/stocks/bars"): data_rest.multi_bars,
    ("GET", "/v2/stocks/trades/latest"): data_rest.latest_trades,
    ("GET", "/v2/stocks/quotes/latest"): data_rest.latest_quotes,
    ("GET", "/v1/corporate-actions"): data_rest.corporate_actions,
}
_NAMED: dict[tuple[str, str, str], NamedHandler] = {
    ("GET", "/v2/orders/", ""): orders_rest.get_order,
    ("PATCH", "/v2/orders/", ""): orders_rest.patch_order,
    ("DELETE", "/v2/orders/", ""): orders_rest.delete_order,
    ("GET", "/v2/positions/", ""): orders_rest.get_position,
    ("DELETE", "/v2/positions/", ""): orders_rest.delete_position,
    ("GET", "/v2/assets/", ""): account_rest.get_asset,
    ("GET", "/v2/account/activities/", ""): account_rest.list_activities,
    ("GET", "/v2/stocks/", "/bars"): data_rest.single_bars,
    ("GET", "/v2/stocks/", "/trades/latest"): data_rest.latest_trade,
    ("GET", "/v2/stocks/", "/quotes/latest"): data_rest.latest_quote,
}


def respond(state: ExchangeState, request: SimRequest) -> SimAnswer:
    """Answer one request. A refusal has changed nothing."""
    try:
        handler = _EXACT.get((request.method, request.path))
        if handler is not None:
            return handler(state, request)
        for (method, prefix, suffix), named in _NAMED.items():
            path = request.path
            if method == request.method and path.startswith(prefix) and path.endswith(suffix):
                name = unquote(path[len(prefix) : len(path) - len(suffix)])
                if name and "/" not in name:
                    return named(state, request, name)
        raise not_found("endpoint not found")
    except Refusal as refusal:
        return SimAnswer(refusal.status, dump(refusal.body).encode())
