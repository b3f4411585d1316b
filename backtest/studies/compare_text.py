"""What a comparison says: its tables, its sentence, its JSON, its rows, its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from backtest.drawing import bar_panel, line_panel, picture
from backtest.ledger import Trade
from backtest.measures.intervals import LEAST_SESSIONS
from backtest.measures.yearly import SESSIONS_A_YEAR
from backtest.money import UNITS_PER_USD, format_price
from backtest.studies.compare import BOTH, DRAWDOWN, PNL, RETURN, SHARPE, Measure, Part, Verdict, Year
from backtest.studies.comparison import AFTER, BEFORE, WHOLE, Comparison
from backtest.studies.files import Cell
from backtest.studies.pairs import Kind, Pair
from backtest.tables import Column
from backtest.text import how_many

LABELS = {
    PNL: "P&L USD",
    RETURN: "return % a year",
    SHARPE: "Sharpe",
    DRAWDOWN: "max drawdown %",
    BOTH: "% a trade, both took",
}
MOST_YEARS = 1_000
POINTS = 400
"""A line of the picture has about so many points at most."""
PAIR_COLUMNS = (
    "ticker", "report_date", "kind", "first_entry_date", "first_exit_date", "first_exit_reason", "first_return_pct",
    "first_pnl", "second_entry_date", "second_exit_date", "second_exit_reason", "second_return_pct", "second_pnl",
    "difference", "skipped",
)  # fmt: skip


def title_of(key: str, split: date | None) -> str:
    """Return what stands above a part."""
    return {WHOLE: "Whole stretch", BEFORE: f"Before {split}", AFTER: f"From {split} on"}[key]


def measure_columns(names: tuple[str, str]) -> tuple[Column, ...]:
    return (Column(""), *(Column(name) for name in names), Column("difference"), Column("95 % interval"))


def measure_rows(part: Part) -> list[list[str]]:
    """Return a row a figure."""
    return [[LABELS[one.name], *_three(one), _span(one)] for one in part.measures]


def kind_columns(names: tuple[str, str]) -> tuple[Column, ...]:
    return (Column("candidates"), Column("count"), *(Column(f"{name} USD") for name in names), Column("difference"))


def kind_rows(part: Part, names: tuple[str, str]) -> list[list[str]]:
    """Return a row for each way the two stand to a candidate, and their sum; P&L in whole USD."""
    rows = [[_named(kind, names), *_sums(part.of_kind(kind))] for kind in Kind if part.of_kind(kind)]
    return [*rows, ["all", *_sums(part.pairs)]]


def year_columns(names: tuple[str, str]) -> tuple[Column, ...]:
    trades = (Column(f"{name} trades", rank=1) for name in names)
    return (Column("year"), *trades, *(Column(f"{name} USD") for name in names), Column("difference"))


def year_rows(years: Sequence[Year]) -> list[list[str]]:
    """Return a row a calendar year: trades entered, change of both accounts in whole USD."""
    return [
        [str(one.year), *map(str, one.trades), *(_usd(pnl) for pnl in one.pnl), _usd(one.pnl[0] - one.pnl[1], "+")]
        for one in years
    ]


def heading(title: str, part: Part) -> str:
    return f"{title}: {part.first} to {part.last}, {how_many(part.sessions, 'session')}"


def sentence(one: Comparison) -> str:
    """Return the answer in one or two sentences, with its uncertainty."""
    key, part = one.judged
    first, second = one.names
    where = (
        f"{title_of(key, one.split)} ({part.first} to {part.last})"
        if len(one.parts) > 1
        else f"From {part.first} to {part.last}"
    )
    if part.verdict is Verdict.SAME:
        return f"{where} {first} and {second} gave the same."
    returns = part.measure(RETURN)
    if returns.interval is None:
        return (
            f"{where} it is undecidable whether {first} is better than {second}: {how_many(part.sessions, 'session')} "
            f"are too few (expected {LEAST_SESSIONS} at least)."
        )
    low, high = returns.interval
    brought = (
        f"{first} returned {abs(returns.difference or 0):.1f} % a year "
        f"{'more' if (returns.difference or 0) >= 0 else 'less'} (95 % interval {low:+.1f} to {high:+.1f} %)"
    )
    if part.verdict is not Verdict.UNDECIDABLE:
        return f"{where} {first} was {part.verdict.value} than {second}: {brought}."
    return f"{where} it is undecidable whether {first} is better than {second}: {brought}{_needed(part)}."


def as_json(one: Comparison, asked: Mapping[str, object]) -> dict[str, object]:
    """Return the comparison as plain JSON values; money as strings, interval as two numbers or null."""
    judged, part = one.judged
    return {
        "asked": dict(asked),
        "first": one.names[0],
        "second": one.names[1],
        "parts": {name: _part_json(some) for name, some in one.parts.items()},
        "years": [
            {
                "year": year.year,
                "first_trades": year.trades[0],
                "second_trades": year.trades[1],
                "first_pnl": format_price(year.pnl[0]),
                "second_pnl": format_price(year.pnl[1]),
                "difference": format_price(year.pnl[0] - year.pnl[1]),
            }
            for year in one.years
        ],
        "judged": judged,
        "verdict": part.verdict.value,
        "needed_years": part.needed_years,
        "notes": list(one.notes),
        "sentence": sentence(one),
    }


def pair_rows(pairs: Sequence[Pair], names: tuple[str, str]) -> list[list[Cell]]:
    """Return a row a candidate, as PAIR_COLUMNS name them."""
    return [
        [
            pair.trade.ticker, pair.trade.report_date, _named(pair.kind, names), _entry(pair.first),
            *_end(pair.first), _entry(pair.second), *_end(pair.second), format_price(pair.difference), pair.skipped,
        ]
        for pair in pairs
    ]  # fmt: skip


def draw(one: Comparison) -> bytes:
    """Return the picture: both accounts, the difference as it grew, and by year."""
    step = max(1, -(-len(one.curves.days) // POINTS))
    labels = [day.isoformat() for day in one.curves.days][step - 1 :: step]
    worth = [(curve[1:][step - 1 :: step] / UNITS_PER_USD).tolist() for curve in one.curves.worth]
    gained = [np.cumsum(np.diff(curve))[step - 1 :: step] / UNITS_PER_USD for curve in one.curves.worth]
    first, second = one.names
    shown = [part.measure(RETURN) for part in one.parts.values()]
    panels = [
        line_panel("Equity, USD", labels, {first: worth[0], second: worth[1]}),
        line_panel(f"P&L of {first} less {second}, USD", labels, {"difference": (gained[0] - gained[1]).tolist()}),
        bar_panel(
            "Difference by year, USD",
            [str(year.year) for year in one.years],
            [(year.pnl[0] - year.pnl[1]) / UNITS_PER_USD for year in one.years],
        ),
        bar_panel(
            "Difference of the return, % a year, 95 %",
            ["whole", "before", "after"][: len(shown)],
            [measure.difference for measure in shown],
            intervals=[measure.interval for measure in shown],
        ),
    ]
    return picture(f"{first} against {second}", panels, notes=[sentence(one)])


def _part_json(part: Part) -> dict[str, object]:
    return {
        "from": part.first.isoformat(),
        "to": part.last.isoformat(),
        "sessions": part.sessions,
        "measures": {
            one.name: {
                "first": _plain(one, one.first),
                "second": _plain(one, one.second),
                "difference": _plain(one, one.difference),
                "interval": None if one.interval is None else [_plain(one, end) for end in one.interval],
            }
            for one in part.measures
        },
        "candidates": {
            kind.name.lower(): {
                "count": len(part.of_kind(kind)),
                "difference": format_price(sum(pair.difference for pair in part.of_kind(kind))),
            }
            for kind in Kind
        },
        "verdict": part.verdict.value,
        "needed_years": part.needed_years,
    }


def _plain(one: Measure, value: float | None) -> float | str | None:
    return f"{value:.2f}" if one.name == PNL and value is not None else value


def _needed(part: Part) -> str:
    if part.needed_years is None:
        return ""
    has = part.sessions / SESSIONS_A_YEAR
    years = f"about {part.needed_years:,.0f}" if part.needed_years <= MOST_YEARS else f"more than {MOST_YEARS:,}"
    return f"; a difference of this size would take {years} years of such data to show (there are {has:.1f})"


def _named(kind: Kind, names: tuple[str, str]) -> str:
    return {Kind.ONLY_FIRST: f"only {names[0]}", Kind.ONLY_SECOND: f"only {names[1]}"}.get(kind, kind.value)


def _three(one: Measure) -> list[str]:
    form = ",.0f" if one.name == PNL else ".2f"
    values = ["-" if value is None else f"{value:{form}}" for value in (one.first, one.second)]
    return [*values, "-" if one.difference is None else f"{one.difference:+{form}}"]


def _span(one: Measure) -> str:
    if one.interval is None:
        return "-"
    form = "+,.0f" if one.name == PNL else "+.2f"
    return f"{one.interval[0]:{form}} to {one.interval[1]:{form}}"


def _sums(pairs: Sequence[Pair]) -> list[str]:
    ours = [pair.first.pnl for pair in pairs if pair.first is not None]
    theirs = [pair.second.pnl for pair in pairs if pair.second is not None]
    told = [_usd(sum(some)) if some else "-" for some in (ours, theirs)]
    return [str(len(pairs)), *told, _usd(sum(pair.difference for pair in pairs), "+")]


def _usd(amount: int, sign: str = "") -> str:
    return f"{amount / UNITS_PER_USD:{sign},.0f}"


def _entry(trade: Trade | None) -> date | None:
    return None if trade is None else trade.entry_date


def _end(trade: Trade | None) -> list[Cell]:
    if trade is None:
        return [None] * 4
    return [trade.exit_date, trade.exit_reason.value, str(trade.return_pct), format_price(trade.pnl)]
