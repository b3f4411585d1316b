"""What a market of any size costs: `python -m tests.bench.whole_market --symbols 5000 --years 20` (docs/scaling.md).

It takes minutes, 6 GB of memory and 600 MB of disk at that size, so `make bench` leaves it out. Prices are random
walks, candidates are drawn at random sessions: nothing can be learned from what the rules make of them but its cost.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from typing import TypeVar

import click
import numpy as np

from backtest.engine.prepared import Prepared, prepare
from backtest.model import Candidate
from backtest.params import Params
from backtest.runs.inputs import Source, load_inputs
from backtest.sessions import load_sessions
from backtest.settings import apply_settings

LAST = date(2024, 12, 31)
OFFERED = 0.63
"""Candidates a symbol and year: as many as of 688 real stocks in eight years (3,493)."""
HISTORY = 300
"""Sessions before the first candidate."""
Value = TypeVar("Value")
STOPS = (5.0, 6.5, 8.0, 9.5, 11.0)


@click.command()
@click.option("--symbols", type=int, default=688, show_default=True)
@click.option("--years", type=int, default=8, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="For its files.")
def main(symbols: int, years: int, folder: Path) -> None:
    """Make the market unless it is there, read it, and run configurations of several kinds on one core."""
    place = folder / f"{symbols}x{years}"
    if not (place / "candidates.csv").exists():
        make(symbols, years, place)
    for line in measure(place, years):
        click.echo(line)


def make(symbols: int, years: int, place: Path) -> None:
    """Write bars.parquet and candidates.csv."""
    import pyarrow as pa
    from pyarrow import parquet

    place.mkdir(parents=True, exist_ok=True)
    days = np.array(load_sessions(LAST).between(_first(years), LAST), dtype="datetime64[D]")
    rng = np.random.default_rng(1)
    rows = ["report_date,ticker,grade,score,price,gap_size"]
    writer = None
    for number in range(symbols):
        table = pa.table({"symbol": pa.array([_name(number)] * len(days)).dictionary_encode(), **_bars(days, rng)})
        writer = writer or parquet.ParquetWriter(place / "bars.parquet", table.schema)
        writer.write_table(table)
        for at in rng.integers(HISTORY, len(days) - 5, rng.poisson(OFFERED * years)):
            rows.append(f"{days[at]},{_name(number)},{'ABCD'[rng.integers(4)]},{rng.integers(40, 100)},,")
    assert writer is not None
    writer.close()
    (place / "candidates.csv").write_text("\n".join(rows) + "\n", encoding="ascii")


def measure(place: Path, years: int) -> Iterator[str]:
    """Yield what each step costs in CPU seconds, and the memory so far."""
    first = load_sessions(LAST).between(_first(years), LAST)[HISTORY]
    source = Source(str(place / "bars.parquet"), first, LAST, candidates=place / "candidates.csv")
    inputs, spent = _timed(lambda: load_inputs(source, Params()))
    bars = sum(len(one) for one in (inputs.history.series(name) for name in _tickers(inputs.candidates)) if one)
    yield f"read {bars:,} bars, {len(inputs.candidates):,} candidates: {spent:.1f} s, peak {_peak():,.0f} MB"
    prepared, spent = _timed(lambda: prepare(inputs))
    yield f"prepared: {spent:.1f} s"
    _, spent = _timed(lambda: prepared.result(Params()))
    yield f"first configuration: {spent:.2f} s, peak {_peak():,.0f} MB"
    yield _rate("another stop and period each", prepared, zip(STOPS, (5, 7, 9, 13, 17), strict=True))
    yield _rate("a grid of stops by periods", prepared, product(STOPS, (6, 12)))
    slots = [apply_settings(Params(), (f"max_positions={count}",)) for count in (8, 12, 16, 24, 28)]
    yield _per_second("another number of slots each", prepared, slots)
    yield f"peak {_peak():,.0f} MB"


def _rate(what: str, prepared: Prepared, pairs: Iterator[tuple[float, int]] | product[tuple[float, int]]) -> str:
    ordered = sorted(pairs, key=lambda pair: pair[1])
    chosen = [apply_settings(Params(), (f"stop_loss_pct={s}", f"primary.period={n}")) for s, n in ordered]
    return _per_second(what, prepared, chosen)


def _per_second(what: str, prepared: Prepared, chosen: Sequence[Params]) -> str:
    _, spent = _timed(lambda: [prepared.result(params) for params in chosen])
    return f"{what}: {spent / len(chosen):.3f} s a configuration, {len(chosen) / spent:.1f} a second"


def _timed(action: Callable[[], Value]) -> tuple[Value, float]:
    began = time.process_time()
    return action(), time.process_time() - began


def _bars(days: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    close = np.clip(20 * np.exp(np.cumsum(rng.normal(0.0001, 0.012, len(days)))), 2, 4000)
    opened = np.concatenate([close[:1], close[:-1]]) * (1 + rng.normal(0, 0.01, len(days)))
    high, low = np.maximum(opened, close) * 1.005 + 0.01, np.minimum(opened, close) * 0.995 - 0.01
    prices = {"open": opened, "high": high, "low": low, "close": close}
    return {"date": days, **{name: column.round(2) for name, column in prices.items()},
            "volume": rng.integers(100_000, 10_000_000, len(days))}  # fmt: skip


def _first(years: int) -> date:
    return date(LAST.year + 1 - years, 1, 1)


def _name(number: int) -> str:
    letters = ""
    for _ in range(4):
        number, letter = divmod(number, 26)
        letters = chr(ord("A") + letter) + letters
    return f"Q{letters}"


def _tickers(candidates: Sequence[Candidate]) -> set[str]:
    return {one.ticker for one in candidates}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
