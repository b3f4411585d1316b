"""The study of announcements as lines for a terminal; pure."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.studies.events import HORIZONS
from backtest.studies.events_statistics import DECILES, MIN_GAP, MIN_OPEN, MIN_VOLUME_RATIO, by_year
from backtest.studies.events_study import EventStudy
from backtest.studies.events_words import (
    SHOWN_HORIZON,
    TITLES,
    interval_text,
    left_out_text,
    limits,
    percent,
    sentence,
)
from backtest.tables import Column, table_lines, wrapped
from backtest.text import how_many

OWN_EVENT = f"gap at least {100 * MIN_GAP:g} %, volume at least {MIN_VOLUME_RATIO:g} ×, open at least ${MIN_OPEN:g}"


def report_lines(study: EventStudy, width: int) -> list[str]:
    """Return the whole report in lines of at most `width` columns."""
    first, last = study.span
    head = (
        f"{len(study.events):,} of {study.announcements:,} announcements, {how_many(study.event_symbols, 'symbol')}, "
        f"{first} to {last}; market: {study.symbols:,} symbols"
    )
    lines = wrapped(head, width)
    if (left_out := left_out_text(study)) is not None:
        lines += wrapped(f"left out: {left_out}", width)
    if study.refused_bars:
        lines += wrapped(f"{how_many(study.refused_bars, 'bar')} refused by the price check, counted as missing", width)
    lines += ["", "Drift in %, market taken off: top less bottom decile", *_spreads(study, width)]
    lines += ["", f"Mean drift by decile over {SHOWN_HORIZON} sessions, %", *_deciles(study, width)]
    lines += ["", *wrapped(f"The strategy's own event ({OWN_EVENT}), drift in %", width), *_own(study, width)]
    lines += ["", f"By year over {SHOWN_HORIZON} sessions, %", *_years(study, width)]
    lines += ["", "To keep in mind"]
    for text in limits(study):
        lines += _item(text, width)
    return [*lines, "", *wrapped(sentence(study), width)]


def _spreads(study: EventStudy, width: int) -> list[str]:
    columns = [Column(name) for name in ("sorted by", "sessions", "spread", "t", "quarters", "95 % interval")]
    rows = [
        (
            TITLES[one.name],
            str(spread.horizon),
            percent(spread.mean),
            "-" if spread.t is None else f"{spread.t:.2f}",
            str(len(spread.by_quarter)),
            interval_text(spread.interval),
        )
        for one in study.sortings
        for spread in one.spreads
    ]
    return table_lines(columns, rows, width=width)


def _deciles(study: EventStudy, width: int) -> list[str]:
    columns = [Column("decile"), *(Column(TITLES[one.name]) for one in study.sortings)]
    rows = [
        (_decile_name(place), *(percent(one.deciles[SHOWN_HORIZON][place]) for one in study.sortings))
        for place in range(DECILES)
    ]
    return table_lines(columns, rows, width=width)


def _own(study: EventStudy, width: int) -> list[str]:
    columns = [Column(name) for name in ("sessions", "events", "mean", "median", "above 0 %", "95 % interval")]
    rows = [
        (
            str(one.horizon),
            f"{one.n:,}",
            percent(one.mean),
            percent(one.median),
            "-" if one.above_zero is None else f"{100 * one.above_zero:.0f}",
            interval_text(one.interval),
        )
        for one in study.own
    ]
    return table_lines(columns, rows, width=width)


def _years(study: EventStudy, width: int) -> list[str]:
    place = HORIZONS.index(SHOWN_HORIZON)
    spreads = [by_year(one.spreads[place]) for one in study.sortings]
    own = study.own[place].by_year
    names = ("year", "events", *(TITLES[one.name] for one in study.sortings), "own events", "own mean")
    rows: list[Sequence[str]] = []
    for year, count in study.events_by_year.items():
        n, mean = own.get(year, (0, None))
        rows.append((str(year), f"{count:,}", *(percent(one.get(year)) for one in spreads), f"{n:,}", percent(mean)))
    return table_lines([Column(name) for name in names], rows, width=width)


def _decile_name(place: int) -> str:
    return {0: "1 (lowest)", DECILES - 1: f"{DECILES} (highest)"}.get(place, str(place + 1))


def _item(text: str, width: int) -> list[str]:
    lines = wrapped(text, width - 2)
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]
