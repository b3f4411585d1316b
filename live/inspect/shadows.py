"""`shadows`: the executed strategy against each shadow by fixed criteria, and what to change to follow one.

Works on the state DB and the manifest alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from backtest.errors import DriftError
from backtest.measures.trades import trade_metrics
from backtest.params import Variant
from backtest.settings import params_to_plain
from live.config import LiveConfig
from live.inspect.following import Following, lines_to_follow, names_of, settings_to_follow
from live.inspect.lost_entries import by_the_rules, lost_entries
from live.inspect.opened import open_stored
from live.inspect.shadow_settings import otherwise
from live.inspect.shadows_json import shadows_json
from live.inspect.shadows_text import print_shadows
from live.inspect.shadows_values import Comparison, LiveFactor, Result, Shadows, Side
from live.inspect.status_values import Role, strategy_lines
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.state_db.books import shadow_books
from live.state_db.db import StateDB
from live.state_db.entry_ends import entry_ends
from live.state_db.rows import PositionRow, PositionStatus, ShadowRow, ShadowStatus


def show_shadows(run: Run, options: RunOptions, runtime: Runtime | None) -> None:
    """Print the comparison with each shadow. Raises ConfigError (6) and StateDBError (13)."""
    opened = open_stored(run, options, runtime)
    page = read_shadows(opened.db, opened.config, options)
    run.report |= shadows_json(page)
    print_shadows(run, page)


def read_shadows(db: StateDB, config: LiveConfig, options: RunOptions) -> Shadows:
    """Read the page from the state DB and the manifest."""
    params = config.strategy
    positions = db.positions.ledger()
    stretches = {one: stretch_of(db, config, positions, one) for one in params.watched}
    begun = {one: stretch for one, stretch in stretches.items() if stretch is not None}
    lines = strategy_lines(params, (), shadow_books(db.connection))
    return Shadows(
        params.primary.strategy_id,
        tuple(
            (_with_lost(db, config, one, stretch, len(begun)), _following(config, options, one))
            for one, stretch in begun.items()
        ),
        tuple(one.strategy_id for one in stretches if one not in begun),
        tuple(one.strategy for one in lines if one.role is Role.FORMER_SHADOW),
        _factor(positions, config, options),
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """What both sides entered between two trade dates, `last` being the last session that the shadow has played."""

    first: date
    last: date
    ours: Sequence[PositionRow]
    theirs: Sequence[ShadowRow]


def stretch_of(
    db: StateDB, config: LiveConfig, positions: Sequence[PositionRow], shadow: Variant, through: date | None = None
) -> Stretch | None:
    """Return what is compared with one shadow; None before it has played a session from its beginning on.

    positions: of the executed strategy, ever. through: leave out what came after this day.
    """
    executed, strategy = config.strategy.primary.strategy_id, shadow.strategy_id
    first, last = db.shadow.first_trade_date(strategy), db.shadow.stepped_through(strategy)
    before = [row.trade_date for row in positions if row.strategy != executed]
    if first is None or last is None:
        return None
    first, last = max([first, *(day + timedelta(days=1) for day in before)]), min(last, through or last)
    if first > last:
        return None
    ours = [row for row in positions if first <= row.trade_date <= last]
    theirs = [row for row in db.shadow.ledger(strategy) if first <= row.trade_date <= last]
    theirs = [row for row in theirs if row.status in (ShadowStatus.OPEN, ShadowStatus.CLOSED)]
    return Stretch(first, last, ours, theirs)


def compare_stretch(config: LiveConfig, shadow: Variant, stretch: Stretch, compared: int) -> Comparison:
    """Return the comparison of a stretch, without a word on what the account could not take.

    compared: how many shadows are compared.
    """
    capital = config.strategy.max_positions * config.strategy.position_units
    sides = (
        _side(config.strategy.primary.strategy_id, stretch.ours, stretch.last),
        _side(shadow.strategy_id, stretch.theirs, stretch.last),
    )
    return Comparison(
        *sides,
        stretch.first,
        stretch.last,
        capital,
        otherwise=otherwise(params_to_plain(config.strategy), shadow.strategy_id),
        compared=compared,
    )


def _with_lost(db: StateDB, config: LiveConfig, shadow: Variant, stretch: Stretch, compared: int) -> Comparison:
    def file_of(day: date) -> str | None:
        file = db.signal_files.latest(config.strategy.primary.strategy_id, day)
        return None if file is None else file.text

    lost = lost_entries(
        [(row.trade_date, row.ticker) for row in stretch.theirs],
        frozenset((row.trade_date, row.ticker) for row in stretch.ours),
        entry_ends(db.connection, stretch.first, stretch.last),
        file_of,
        by_the_rules(shadow),
        has_own_source=shadow.source is not None,
    )
    return replace(compare_stretch(config, shadow, stretch, compared), lost=lost)


def _side(strategy: str, rows: Sequence[PositionRow | ShadowRow], last: date) -> Side:
    results = _results(row for row in rows if row.exit_date is not None and row.exit_date <= last)
    return Side(strategy, results, len(rows) - len(results))


def _results(rows: Iterable[PositionRow | ShadowRow]) -> tuple[Result, ...]:
    """Return closed positions as trades, by the exit date."""
    found = (
        Result(
            row.trade_date,
            row.ticker,
            row.entry_date,
            row.exit_date,
            row.pnl,
            row.closed_return_pct,
        )
        for row in rows
        if row.exit_date is not None and row.pnl is not None
    )
    return tuple(sorted(found, key=lambda one: (one.exit_date, one.ticker)))


def _following(config: LiveConfig, options: RunOptions, shadow: Variant) -> Following:
    from backtest.manifest import how_to_make  # late, like every use of the manifest: it needs YAML

    lines = lines_to_follow(config.strategy, shadow)
    replaced = {*names_of(lines), "shadow", "shadows"}
    settings = (one.removeprefix("strategy.") for one in options.settings if one.startswith("strategy."))
    others = tuple(one for one in settings if one.partition("=")[0].partition(".")[0].strip() not in replaced)
    manifest = how_to_make(options.manifest or config.paths.manifest, config.file, others)
    simple = settings_to_follow(config.strategy, shadow)
    return Following(str(config.file or options.config), simple, lines, manifest)


def _factor(positions: Sequence[PositionRow], config: LiveConfig, options: RunOptions) -> LiveFactor:
    """Return the profit factor of every trade that the executed strategy has closed, and of the manifest's run."""
    executed = config.strategy.primary.strategy_id
    closed = [row for row in positions if row.status is PositionStatus.CLOSED and row.strategy == executed]
    live = trade_metrics(_results(closed))["profit_factor"]
    manifest, why = _manifest_factor(config, options)
    return LiveFactor(len(closed), None if live is None else float(live), manifest, why)


def _manifest_factor(config: LiveConfig, options: RunOptions) -> tuple[float | None, str | None]:
    """Return the profit factor of the run behind the manifest, else None and why there is none."""
    from backtest.manifest import differences, load_manifest

    try:
        manifest = load_manifest(options.manifest or config.paths.manifest)
    except DriftError as error:
        return None, error.what
    if not manifest.backed_by_run:
        return None, "the manifest was made without a run"
    if differences(manifest, config.strategy):
        return None, "the manifest's run had other parameters"
    trades = manifest.metrics.get("trades_without_end_of_data")
    factor = trades.get("profit_factor") if isinstance(trades, dict) else None
    if isinstance(factor, int | float | Decimal):
        return float(factor), None
    return None, "the manifest's run closed no trade with a loss"
