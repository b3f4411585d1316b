"""One hash over everything a price source answered: the same bars give the same one, whatever file they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from backtest.bars import BarSeries
from backtest.model import RefusedBar, Split


def fingerprint_of(
    series: Mapping[str, BarSeries],
    splits: Iterable[Split] = (),
    refused: Iterable[RefusedBar] = (),
    failed: Mapping[str, str] | None = None,
) -> str:
    """Return the sha256 (hex) of bars, splits, refused bars and failures, independent of their order."""
    digest = hashlib.sha256(b"earnings-drift prices 1\n")
    for ticker in sorted(series):
        one = series[ticker]
        digest.update(f"{ticker} {len(one)}\n".encode())
        for column in (one.days, one.open, one.high, one.low, one.close, one.volume, one.adj_factor):
            digest.update(np.ascontiguousarray(column).view(np.uint8).data)
    lines = [f"split {s.ticker} {s.ex_date} {s.ratio}" for s in splits]
    lines += [f"refused {r.ticker} {r.day} {r.why}" for r in refused]
    lines += [f"failed {ticker} {why}" for ticker, why in (failed or {}).items()]
    digest.update("\n".join(sorted(lines)).encode())
    return digest.hexdigest()
