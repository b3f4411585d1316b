"""The comparison as plain values for `--json`: prices and amounts are text in USD."""

from __future__ import annotations

from dataclasses import asdict

from live.inspect.json_values import amount_json
from live.inspect.parity_values import Explained, Parity, amount_of


def parity_json(page: Parity) -> dict[str, object]:
    """Return everything the page shows."""
    return {
        "strategy": page.strategy,
        "first": page.first,
        "last": page.last,
        "sessions": page.sessions,
        "from": page.shown_from,
        "to": page.shown_to,
        "account": {"trades": page.account_trades, "pnl_usd": amount_json(page.account_pnl)},
        "simulator": {"trades": page.simulator_trades, "pnl_usd": amount_json(page.simulator_pnl)},
        "equal_trades": page.equal,
        "differences": [_difference_json(one) for one in page.differences],
        "causes": [
            {"cause": cause, "differences": len(ones), "amount_usd": amount_json(amount_of(ones))}
            for cause, ones in page.by_cause.items()
        ],
        "unexplained": page.unexplained,
        "shadows": [asdict(one) for one in page.shadows],
        "nothing": None,
    }


def nothing_json(strategy: str, why: str) -> dict[str, object]:
    """Return that there is nothing to compare."""
    return {
        "strategy": strategy,
        "first": None,
        "last": None,
        "differences": [],
        "unexplained": 0,
        "shadows": [],
        "nothing": why,
    }


def _difference_json(one: Explained) -> dict[str, object]:
    return {
        "entry_date": one.day,
        "ticker": one.ticker,
        "what": one.what,
        "account": one.account,
        "simulator": one.simulator,
        "cause": one.cause,
        "why": one.why,
        "amount_usd": amount_json(one.amount),
    }
