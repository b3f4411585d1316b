"""The measured fills as plain values for `--json` and CSV: prices and amounts are text in USD, percentages numbers."""

from __future__ import annotations

from backtest.money import format_price
from live.inspect.json_values import amount_json
from live.inspect.slippage_values import FillKind, Measured, Slippage, SlippageSum

FILL_COLUMNS = (
    "date", "ticker", "kind", "reason", "shares", "price", "benchmark", "benchmark_price", "slippage_pct",
    "assumed_price", "against_assumed_usd",
)  # fmt: skip
"""Of the CSV: fields of `fill_json`."""


def slippage_json(page: Slippage) -> dict[str, object]:
    """Return everything the page shows."""
    return {
        "from": page.first,
        "to": page.last,
        "slippage_pct": float(page.params.slippage_pct),
        "entry_slippage_pct": float(page.params.entry_slippage_pct),
        "fills": [fill_json(one) for one in page.fills],
        "sums": [_sum_json(one) for one in page.sums],
        "without_benchmark": {kind.value: page.unmeasured.get(kind, 0) for kind in FillKind},
        "foreign_fills": page.foreign,
    }


def fill_json(one: Measured) -> dict[str, object]:
    """Return one fill."""
    return {
        "date": one.day,
        "ticker": one.ticker,
        "kind": one.kind,
        "reason": one.reason,
        "shares": one.shares,
        "price": f"{one.price:f}",
        "benchmark": one.benchmark,
        "benchmark_price": format_price(one.benchmark_price),
        "slippage_pct": float(one.slippage_pct),
        "assumed_price": format_price(one.assumed),
        "against_assumed_usd": amount_json(one.against_assumed),
    }


def _sum_json(found: SlippageSum) -> dict[str, object]:
    return {
        "kind": found.kind,
        "benchmark": found.benchmark,
        "fills": len(found.fills),
        "mean_pct": found.mean_pct,
        "median_pct": found.median_pct,
        "worst_pct": found.worst_pct,
        "assumed_pct": float(found.assumed_pct),
        "against_assumed_usd": amount_json(found.against_assumed),
        "sentence": found.sentence,
    }
