"""`python -m backtest run`: candidates and prices in, ledger, metrics and manifest out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backtest.manifest import RunFacts, manifest_bytes
from backtest.metrics import compute_metrics
from backtest.params import Params
from backtest.portfolio_simulator import Ledger
from backtest.runs.files import equity_csv, json_bytes, publish, require_folder, skipped_csv, trades_csv
from backtest.runs.inputs import Inputs, Source, load_inputs, simulate


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
    metrics = compute_metrics(ledger, params.capital_units)
    facts = RunFacts(inputs.data, _counts(ledger, inputs), metrics)
    files = {
        "trades.csv": trades_csv(ledger.trades),
        "skipped.csv": skipped_csv(ledger.skipped),
        "equity.csv": equity_csv(ledger.equity),
        "metrics.json": json_bytes(metrics),
        "run_manifest.json": manifest_bytes(params, facts),
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
