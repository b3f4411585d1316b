"""The commands that a page names; each shows what the page leaves out."""

from __future__ import annotations

from live.inspect.status_check import SHOW as STATUS

SHADOWS = "python -m live.admin shadows"
ORDERS = "python -m live.admin orders list"
SLIPPAGE = "python -m live.admin slippage"

__all__ = ["ORDERS", "SHADOWS", "SLIPPAGE", "STATUS"]
