"""The sections of a tear sheet that are words, numbers and plain tables."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.measures.drawdowns import Drawdown
from backtest.money import UNITS_PER_USD
from backtest.pages.html import Child, Html, join, tag
from backtest.pages.parts import UNKNOWN, Column, none, percent, section, signed_percent, table
from backtest.tear_sheet.curve import Year, years
from backtest.tear_sheet.sheet_values import Sheet, SheetRun
from backtest.text import how_many

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LEAST_SCALE = 2.0
"""No heat map has its full colour below this, in percent a month."""


def beside(sheet: Sheet, parts: Sequence[Html]) -> Html:
    """Return one part a run beside each other, each below its run's name; of one run its part alone."""
    if sheet.is_one:
        return parts[0]
    pairs = zip(sheet.runs, parts, strict=True)
    return tag("div", *(tag("div", tag("h3", name_of(sheet, one)), part) for one, part in pairs), class_="runs")


def name_of(sheet: Sheet, one: SheetRun) -> Html:
    """Return a run's name with its mark in the charts."""
    place = list(sheet.runs).index(one)
    return join([tag("span", class_=f"mark s{place % 6 + 1}"), one.name], " ")


def episodes_section(sheet: Sheet) -> Html:
    """Return the deepest falls of each run."""
    note = "from the highest equity to its lowest before it is reached again; numbered in the chart above"
    parts = [_episodes(one.worst) for one in sheet.runs]
    return section("Deepest falls", beside(sheet, parts), note=note if sheet.is_one else note.split(";")[0])


def _episodes(worst: Sequence[Drawdown]) -> Html:
    if not worst:
        return none("The equity never lay below an earlier one.")
    columns = [
        Column("", "key"), Column("depth %", "n head-right", "depth %"), Column("USD", "n", "USD"),
        Column("peak", "n", "peak"),
        Column("deepest", "n", "deepest"), Column("recovered", "n", "recovered"), Column("sessions", "n", "sessions"),
    ]  # fmt: skip
    rows: list[list[Child]] = [
        [
            str(number),
            signed_percent(-100 * one.depth),
            f"{one.fall / UNITS_PER_USD:,.0f}",
            "before the first session" if one.peak is None else one.peak.isoformat(),
            one.trough.isoformat(),
            "not yet" if one.recovered is None else one.recovered.isoformat(),
            f"{one.sessions:,}",
        ]
        for number, one in enumerate(worst, 1)
    ]
    return table(columns, rows, kind="dense")


def calendar_section(sheet: Sheet) -> Html:
    """Return the returns by month and year of each run, beside them the benchmark's years."""
    found = {one.name: years(one.curve) for one in sheet.runs}
    sizes = sorted(abs(value) for some in found.values() for year in some for value in year.months.values())
    scale = max(LEAST_SCALE, sizes[int(0.9 * (len(sizes) - 1))])
    parts = [_calendar(sheet, one, found[one.name], scale) for one in sheet.runs]
    note = f"%, of the equity at the close before; strongest colour from ±{scale:.1f} % a month"
    return section("Monthly and yearly returns", beside(sheet, parts), note=note)


def _calendar(sheet: Sheet, one: SheetRun, found: Sequence[Year], scale: float) -> Html:
    held = {} if one.benchmark is None else {year.year: year.whole for year in years(one.benchmark)}
    heads = [("", ""), *((name, "n") for name in MONTHS), ("year", "n whole")]
    heads += [(sheet.benchmark, "n held")] if held else []
    head = tag("tr", *(tag("th", name, scope="col", class_=kind or None) for name, kind in heads))
    rows = [_year(year, held, scale) for year in reversed(found)]
    return tag("table", tag("thead", head), tag("tbody", *rows), class_="heat plain")


def _year(year: Year, held: dict[int, float], scale: float) -> Html:
    cells = [tag("th", str(year.year), scope="row")]
    for number, name in enumerate(MONTHS, 1):
        value = year.months.get(number)
        cells.append(tag("td", class_="n") if value is None else _heat(value, name, scale))
    cells.append(tag("td", signed_percent(year.whole), class_="n whole", data_label="year"))
    if held:
        value = held.get(year.year)
        cells.append(
            tag("td", percent(value) if value is not None else UNKNOWN, class_="n held", data_label="benchmark")
        )
    return tag("tr", *cells)


def _heat(value: float, month: str, scale: float) -> Html:
    """Return a month: the further from 0, the stronger its colour; the number says it too."""
    strength = min(abs(value) / scale, 1.0)
    kind = "up" if value >= 0 else "down"
    style = f"--heat:{round(7 + 45 * strength)}%"
    return tag("td", percent(value), class_=f"n {kind}", style=style, data_label=month)


def slots_words(one: SheetRun) -> str:
    """Return how far the slots were used."""
    used = [point.positions for point in one.run.equity]
    mean = sum(used) / len(used)
    if one.slots is None:
        return f"every candidate alone: {mean:.1f} positions on average, {max(used)} at most"
    full = sum(count >= one.slots for count in used)
    share = 100 * full / len(used)
    return (
        f"{mean:.1f} of {how_many(one.slots, 'slot')} used on average; all of them in {full:,} of "
        f"{how_many(len(used), 'session')} ({share:.0f} %)"
    )
