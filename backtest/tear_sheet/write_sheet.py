"""`python -m backtest report`: the folders of runs in, one HTML file out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backtest.errors import DriftError, InputError, UsageError
from backtest.files import require_place, write_file
from backtest.prices.named import open_named
from backtest.prices.settings import PriceSettings
from backtest.runs.read import StoredRun, read_run
from backtest.sessions import Sessions, load_sessions
from backtest.tear_sheet.benchmark import Benchmark, benchmark_curve, read_benchmark
from backtest.tear_sheet.figures import require_bokeh
from backtest.tear_sheet.lives import Life, Lives, load_history
from backtest.tear_sheet.sheet_values import Sheet, SheetRun, curve_of, names_of, worst_of


@dataclass(frozen=True, slots=True)
class Prices:
    """Where the charts of trades take their bars: a `--prices`; None: where the run took them, if that still works."""

    named: str | None = None
    settings: PriceSettings = field(default_factory=PriceSettings)


@dataclass(frozen=True, slots=True)
class SheetDone:
    """What a finished sheet returns. charts: trades that have a chart of their life. notes: for the user."""

    runs: int
    trades: int
    charts: int
    bytes: int
    notes: tuple[str, ...]


def write_sheet(folders: Sequence[Path], out: Path, prices: Prices, benchmark: Path | None = None) -> SheetDone:
    """Write the tear sheet of some runs.

    Raises DriftError subclasses: 2 a run twice, 6 without Bokeh, 7 unreadable input or output, 8 price source.
    """
    require_bokeh()
    require_place(out)
    if out.is_dir():
        raise InputError(f"tear sheet not possible in {out}: it is a folder (expected the name of a file)")
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise UsageError("a run is named twice (expected each once)")
    runs = [read_run(folder) for folder in folders]
    held = None if benchmark is None else read_benchmark(benchmark)
    sessions = load_sessions(max(run.last for run in runs))
    made = [_sheet_run(name, run, prices, held, sessions) for name, run in zip(names_of(folders), runs, strict=True)]
    sheet = _sheet(made, held, sessions)
    from backtest.tear_sheet.document import sheet_html

    content = sheet_html(sheet).encode("utf-8")
    write_file(out, content)
    notes = tuple(dict.fromkeys(one.no_lives for one in made if one.no_lives))
    charts = sum(life is not None for one in made for life in one.lives)
    return SheetDone(len(made), sum(len(run.trades) for run in runs), charts, len(content), notes)


def _sheet_run(name: str, run: StoredRun, prices: Prices, held: Benchmark | None, sessions: Sessions) -> SheetRun:
    curve = curve_of(run)
    money = None if held is None else benchmark_curve(held, curve.days, curve.start)
    if held is not None and money is None:
        raise InputError(f"benchmark {held.name} has no close from {run.first} to {run.last} (expected some)")
    lives, why = _lives(run, prices, sessions)
    return SheetRun(name, run, curve, worst_of(curve), lives, why, money)


def _lives(run: StoredRun, prices: Prices, sessions: Sessions) -> tuple[Sequence[Life | None], str]:
    """Return the lives of the trades; or why there are none. What was asked for by name must be readable."""
    if not run.trades:
        return (), ""
    spec = prices.named or run.manifest.get("inputs", {}).get("prices")
    if not isinstance(spec, str):
        return (
            (),
            "No chart of a trade's life: the manifest does not say where the prices lie (name them: --prices PATH).",
        )
    try:
        params = run.params()
        history = load_history(open_named(spec, prices.settings), run, params, sessions)
    except DriftError as error:
        if prices.named is not None:
            raise
        return (), f"No chart of a trade's life: {error.what}."
    lives = Lives(history, run.first, run.last, params)
    made = [lives.of(trade) for trade in run.trades]
    if not any(made):
        return (), f"No chart of a trade's life: {spec} holds no bar that fits an entry."
    return made, ""


def _sheet(made: Sequence[SheetRun], held: Benchmark | None, sessions: Sessions) -> Sheet:
    lives = [life for one in made for life in one.lives if life is not None]
    first = min((life.first for life in lives), default=0)
    end = max((life.first + len(life.close) for life in lives), default=0)
    return Sheet(made, "" if held is None else held.name, sessions.days[first:end], first)
