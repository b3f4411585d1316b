"""May this account trade, may this instrument be bought: pure questions about the broker's own flags."""

from __future__ import annotations

from live.broker import Account, Asset

_LIMIT_ORDERS_ONLY = "ipo"
_BLOCKED_PARTNERSHIP = "ptp_no_exception"


def account_problem(account: Account) -> str | None:
    """Return why the broker does not let this account trade, or None (F50)."""
    if not account.blocked_reasons:
        return None
    return f"the broker restricts the account {account.number or account.id}: {', '.join(account.blocked_reasons)}"


def asset_problem(asset: Asset | None) -> str | None:
    """Return why a market buy of this instrument would not be taken, or None (F54)."""
    if asset is None:
        return "unknown to the broker"
    if not asset.tradable:
        return f"not tradable (status {asset.status})"
    if _LIMIT_ORDERS_ONLY in asset.attributes:
        return "limit orders only (ipo)"
    if _BLOCKED_PARTNERSHIP in asset.attributes:
        return "blocked by default (ptp_no_exception)"
    return None
