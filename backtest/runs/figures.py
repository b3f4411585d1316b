"""The numbers of runs side by side, as rows for people: a column a run, or a part of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backtest.measures.registry import MEASURES
from backtest.tables import Column

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A column: its title, and metrics in the form of metrics.json."""

    title: str
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, where its numbers stand in the metrics, and which are shown. has_intervals: they have some."""

    heading: str
    key: str
    names: tuple[str, ...]
    has_intervals: bool = False


CLOSED, OPEN, ACCOUNT = "trades_without_end_of_data", "open_at_end", "account"
_OF_TRADES = (
    "count", "winners", "losers", "win_rate_pct", "profit_factor", "expectancy_usd", "average_return_pct",
    "median_return_pct", "best_return_pct", "worst_return_pct", "average_mae_pct", "average_mfe_pct",
    "average_holding_days", "gains_usd", "losses_usd", "pnl_usd",
)  # fmt: skip
SUMMARY = (
    Section(
        "closed by the rules",
        CLOSED,
        ("count", "win_rate_pct", "profit_factor", "average_return_pct", "pnl_usd"),
        has_intervals=True,
    ),
    Section("open at the end", OPEN, ("count", "pnl_usd")),
    Section(
        "account",
        ACCOUNT,
        ("cagr_pct", "sharpe", "max_drawdown_pct", "max_drawdown_usd", "max_drawdown_sessions", "exposure_pct",
         "peak_positions"),
        has_intervals=True,
    ),
)  # fmt: skip
"""What a person decides by."""
EVERYTHING = (
    Section("closed by the rules", CLOSED, _OF_TRADES, has_intervals=True),
    Section("open at the end", OPEN, ("count", "average_return_pct", "average_holding_days", "pnl_usd")),
    Section(
        "account",
        ACCOUNT,
        ("sessions", "start_usd", "end_usd", "total_return_pct", "cagr_pct", "volatility_pct", "sharpe", "sortino",
         "calmar", "max_drawdown_pct", "max_drawdown_usd", "max_drawdown_sessions", "longest_drawdown_sessions",
         "exposure_pct", "turnover", "average_positions", "peak_positions"),
        has_intervals=True,
    ),
)  # fmt: skip


def figure_table(parts: Sequence[Part], sections: Sequence[Section]) -> tuple[list[Column], list[Row]]:
    """Return columns and rows: figures below each other with their 95 % intervals, parts side by side."""
    rows = [("", *(part.title for part in parts)), *_rows(parts, sections)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    aligned = [(row[0].ljust(widths[0]), *(row[at].rjust(widths[at]) for at in range(1, len(row)))) for row in rows]
    return [Column(text) for text in aligned[0]], list(aligned[1:])


def names_of(sections: Sequence[Section]) -> list[str]:
    """Return the names of all figures shown, each once."""
    return list(dict.fromkeys(name for section in sections for name in section.names))


def figure_text(name: str, value: object) -> str:
    """Return a figure for people, without its unit; a dash where it has no value."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return f"{float(value):,.2f}"
    return f"{value:,d}" if isinstance(value, int) else f"{value:,.2f}"


def interval_text(interval: Sequence[float] | None) -> str:
    """Return an interval for people."""
    return "-" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def _rows(parts: Sequence[Part], sections: Sequence[Section]) -> Iterator[Row]:
    for section in sections:
        yield (section.heading, *("" for _ in parts))
        found = [part.metrics.get(section.key, {}) for part in parts]
        for name in section.names:
            yield (f"  {MEASURES[name].heading}", *(figure_text(name, one.get(name)) for one in found))
            if name == "max_drawdown_sessions":
                yield ("    recovered", *(_is_recovered(one) for one in found))
            intervals = [part.metrics.get("intervals", {}) for part in parts]
            if section.has_intervals and any(name in one for one in intervals):
                yield ("    95 %", *(interval_text(one.get(name)) for one in intervals))


def _is_recovered(account: Mapping[str, Any]) -> str:
    recovered = account.get("max_drawdown_recovered")
    return "-" if recovered is None else "yes" if recovered else "no"
