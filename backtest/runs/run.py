"""`python -m backtest run`: candidates and prices in, ledger, metrics and manifest out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backtest.manifest import RunFacts, manifest_bytes
from backtest.measures.whole import compute_metrics
from backtest.params import Params
from backtest.portfolio_simulator import Ledger
from backtest.runs.files import (
    EQUITY,
    MANIFEST,
    METRICS,
    SKIPPED,
    TRADES,
    equity_csv,
    json_bytes,
    publish,
    require_folder,
    skipped_csv,
    trades_csv,
)
from backtest.runs.inputs import Inputs, Source, load_inputs, simulate
from backtest.runs.recorded import recorded


@dataclass(frozen=True, slots=True)
class RunDone:
    """What a finished run returns: the ledger, its metrics, and notes for the user."""

    ledger: Ledger
    metrics: dict[str, object]
    notes: tuple[str, ...]


def run(source: Source, params: Params, out: Path, mode: str = "portfolio") -> RunDone:
    """Run the backtest and write its files into `out`; nothing is written when it does not finish.

    Raises DriftError subclasses: 2 usage, 6 configuration, 7 unreadable or unusable input, 8 price source.
    """
    require_folder(out)
    inputs = load_inputs(source, params)
    ledger = simulate(inputs, params, mode)
    trades = recorded(ledger.trades, inputs, params)
    metrics = compute_metrics(trades, ledger.skipped, ledger.equity, params.capital_units)
    facts = RunFacts(inputs.data, _counts(ledger, inputs), metrics, mode, _places(source))
    files = {
        TRADES: trades_csv(trades),
        SKIPPED: skipped_csv(ledger.skipped),
        EQUITY: equity_csv(ledger.equity),
        METRICS: json_bytes(metrics),
        MANIFEST: manifest_bytes(params, facts),
    }
    publish(out, files)
    refused = (f"{inputs.refused_bars} bars refused by the price check",) if inputs.refused_bars else ()
    return RunDone(ledger, metrics, (*inputs.notes, *refused))


def _counts(ledger: Ledger, inputs: Inputs) -> dict[str, int]:
    return {
        "sessions": ledger.sessions,
        "candidates": ledger.candidates,
        "trades": len(ledger.trades),
        "skipped": len(ledger.skipped),
        "refused_bars": inputs.refused_bars,
    }


def _places(source: Source) -> dict[str, str]:
    """Return where a run's inputs lay, as they were named."""
    named = {"prices": source.prices, "reports": source.reports, "candidates": source.candidates}
    return {what: str(path) for what, path in (named | {"assets": source.assets}).items() if path is not None}
