"""The sections of a tear sheet that compare groups: of trades by exit reason and grade, of skips by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backtest.measures.bootstrap import Interval
from backtest.measures.group_pnl import pnl_intervals
from backtest.measures.group_table import Group, group_table
from backtest.measures.groups import SCORE_BANDS, GroupBy, grouped
from backtest.pages.html import Child, Html, tag
from backtest.pages.parts import UNKNOWN, Column, none, percent, section, signed_percent, signed_usd, spaced, table
from backtest.runs.grouped import left_out
from backtest.runs.measured import closed
from backtest.tear_sheet.chart_trades import Band
from backtest.tear_sheet.sections import beside
from backtest.tear_sheet.sheet_values import Sheet, SheetRun


def groups_section(sheet: Sheet, by: GroupBy) -> Html:
    """Return the trades that the rules closed, by grade or another property: P&L, mean return and its interval."""
    title = f"By {spaced(by.value)}"
    measured = "P&L and mean return with their 95 % intervals" if sheet.is_one else "mean return with its 95 % interval"
    note = f"of the trades that the rules closed; {measured}"
    return section(title, beside(sheet, [_groups(one, by) for one in sheet.runs]), note=note)


def score_bands(one: SheetRun) -> list[Band]:
    """Return the bands of scores that have trades, as the chart of scores shows them."""
    found = {group.name: group for group in group_table(closed(one.run), GroupBy.SCORE).groups}
    scores = [trade.score for trade in one.run.trades if trade.score is not None]
    tops = [100, *(lowest for lowest, _ in SCORE_BANDS)]
    bands = [(float(low), float(top), name) for (low, name), top in zip(SCORE_BANDS, tops[:-1], strict=True)]
    bands.append((min([*scores, tops[-1]]), float(tops[-1]), f"below {tops[-1]}"))
    return [Band(low, top, _mean(found[name]), found[name].mean) for low, top, name in bands if name in found]


def skips_section(sheet: Sheet) -> Html:
    """Return how many candidates were not bought, by the first reason that refused them."""
    note = "by the first reason that refused a candidate"
    return section("Skipped candidates", beside(sheet, [_skips(one) for one in sheet.runs]), note=note)


def _groups(one: SheetRun, by: GroupBy) -> Html:
    found = group_table(closed(one.run), by)
    sentences = [tag("p", words, class_="note") for words in (*found.sentences, *left_out(one.run))]
    if not found.groups:
        return tag("div", *sentences)
    columns = [
        Column("", "key"), Column("trades", "n", "trades"), Column("won %", "n", "won %"),
        Column("P&L, USD", "n head-right", "P&L"), Column("95 %", "n reach", "P&L 95 %"),
        Column("mean %", "n", "mean %"), Column("95 %", "n", "95 %"), Column("", "bar"),
    ]  # fmt: skip
    ends = [end for group in found.groups for end in (_mean(group), *(group.mean or ()))]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    members = grouped(closed(one.run), by)
    reach = pnl_intervals(members) | pnl_intervals({found.total.name: closed(one.run)})
    rows = [_row(group, reach[group.name], _whisker(group, low, high)) for group in found.groups]
    made = table(columns, rows, kind="dense", total=_row(found.total, reach[found.total.name], ""))
    return tag("div", made, *sentences)


def _row(group: Group, reach: Interval | None, drawn: Child) -> list[Child]:
    count, won = group.numbers["count"], group.numbers["win_rate_pct"]
    return [
        spaced(group.name),
        f"{count:,}",
        percent(float(won or 0), 0),
        signed_usd(group.pnl),
        UNKNOWN if reach is None else f"{percent(reach[0], 0)} to {percent(reach[1], 0)}",
        signed_percent(_mean(group), 2),
        UNKNOWN if group.mean is None else f"{percent(group.mean[0])} to {percent(group.mean[1])}",
        drawn,
    ]


def _mean(group: Group) -> float:
    return float(group.numbers["average_return_pct"] or 0)


def _whisker(group: Group, low: float, high: float) -> Html:
    """Return a mean with its interval on the scale that all groups of a table share."""
    margin = 0.04 * (high - low) or 1.0

    def at(value: float) -> str:
        return f"{100 * (value - low + margin) / (high - low + 2 * margin):.2f}%"

    mean = _mean(group)
    kind = "up" if mean >= 0 else "down"
    shapes = [tag("line", x1=at(0), x2=at(0), y1=0, y2=16, class_="zero")]
    said = f"mean {mean:.2f} %"
    if group.mean is not None:
        first, last = group.mean
        shapes.append(tag("line", x1=at(first), x2=at(last), y1=8, y2=8, class_=f"reach {kind}"))
        said += f", from {first:.2f} to {last:.2f} %"
    shapes.append(tag("circle", cx=at(mean), cy=8, r=4, class_=kind))
    return tag("svg", *shapes, role="img", aria_label=said)


def _skips(one: SheetRun) -> Html:
    counts: Sequence[tuple[str, int]] = Counter(skip.reason.value for skip in one.run.skipped).most_common()
    if not counts:
        return none("No candidate was skipped.")
    most, total = counts[0][1], sum(count for _, count in counts)
    columns = [Column("", "key"), Column("candidates", "n head-right"), Column("%", "n", "%"), Column("", "bar")]
    rows: list[list[Child]] = [
        [spaced(name), f"{count:,}", percent(100 * count / total), _bar(100 * count / most)] for name, count in counts
    ]
    return table(columns, rows, kind="dense", total=["all", f"{total:,}", "", ""])


def _bar(share: float) -> Html:
    return tag("svg", tag("rect", x=0, y=4, width=f"{share:.1f}%", height=8, class_="amount"), aria_hidden="true")
