"""How a request to the broker can end other than accepted: refused for good, for one of these reasons, or unknown."""

from __future__ import annotations

from enum import StrEnum

from backtest.errors import DriftError
from live.errors import BrokerUnavailableError


class RefusalKind(StrEnum):
    """Why the broker said no."""

    DUPLICATE_ID = "duplicate_id"
    """The client_order_id was used before: look it up."""
    ORDER_FORM = "order_form"
    """The broker does not take this order class here: the fallback (buy, then a stop) may go out."""
    BASE_PRICE = "base_price"
    """The market is already at or below the OTO's stop: `below_stop`."""
    STOP_ABOVE_MARKET = "stop_above_market"
    """A stop at or above the market: it is breached."""
    SUB_PENNY = "sub_penny"
    """A price off the tick grid: a bug of ours."""
    HELD_SHARES = "held_shares"
    """The shares are reserved by another order (`related_orders`)."""
    FUNDS = "funds"
    """Buying power or margin does not cover the order."""
    WASH_TRADE = "wash_trade"
    """An opposite order of the same ticker is open (`existing_order_id`)."""
    ASSET = "asset"
    """The instrument is unknown, inactive, not tradable or not shortable."""
    ACCOUNT = "account"
    """The account may not do this: not allowed to short, not eligible."""
    RESTRICTED = "restricted"
    """The account takes no orders at present: blocked, restricted, suspended by the broker or by its own setting."""
    NOT_CANCELABLE = "not_cancelable"
    """Too late or too early to cancel: read the order back."""
    NOT_REPLACEABLE = "not_replaceable"
    """The order is in no state to be replaced: read it back."""
    NOT_FOUND = "not_found"
    """The broker does not know the order or the position."""
    MALFORMED = "malformed"
    """A field is missing or wrong: a bug of ours."""
    UNKNOWN = "unknown"
    """Nothing matched: fail closed."""


class BrokerRefusedError(DriftError):
    """The broker answered a request with a final no.

    kind: what it means, as the adapter classifies it. status: HTTP status. code: the broker's code or
    None. message: its words, cut at 500 characters and stripped of control characters. related: the
    broker's ids of the orders that are in the way, as far as it names them.
    """

    exit_code = 9

    def __init__(
        self,
        status: int,
        code: int | None,
        message: str,
        kind: RefusalKind = RefusalKind.UNKNOWN,
        related: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"the broker refused ({status}, {code}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.kind = kind
        self.related = related


class OutcomeUnknownError(BrokerUnavailableError):
    """A mutating request left and its outcome could not be found out: it may or may not have worked."""
