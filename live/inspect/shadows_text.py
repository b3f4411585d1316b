"""The comparison with the shadows for people: the criteria, what was lost, the recommendation, how to follow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backtest.measures.trades import LEAST_WEEKS
from backtest.money import format_usd
from backtest.tables import Column
from backtest.text import how_many
from live.inspect.bootstrap import Interval
from live.inspect.following import Following
from live.inspect.shadow_settings import otherwise_text
from live.inspect.shadows_values import (
    LEAST_DAYS,
    LEAST_TRADES,
    PNL,
    PROFIT_FACTOR,
    Comparison,
    Criterion,
    Shadows,
    advise,
)
from live.inspect.status_text import UNKNOWN, signed_usd
from live.run.program import Run

CRITERIA = (
    Column("criterion"), Column("executed"), Column("shadow"), Column("difference"), Column("needed", 1),
    Column("met", 1),
)  # fmt: skip
OVERVIEW = (
    Column("shadow"), Column("since"), Column("days"), Column("closed"), Column("executed closed", 1),
    Column("P&L more", is_signed=True), Column("profit factor more", 1, is_signed=True), Column("advice"),
)  # fmt: skip
ADVICE = {"follow": "follow", "keep": "keep", "too_early": "too early"}


def print_shadows(run: Run, page: Shadows) -> None:
    """Print the page."""
    _print_overview(run, page)
    for one, following in page.comparisons:
        _print_comparison(run, one, following)
    for strategy in page.not_begun:
        run.console.say(f"{strategy} (shadow) has not played a session yet: nothing to compare", "bold")
    if page.former:
        run.console.prose(f"kept, not configured any more and not compared: {', '.join(page.former)}")
    if not page.comparisons and not page.not_begun:
        run.console.say(f"no shadow is configured beside {page.executed}", "bold")
    factor = page.factor
    backed = f"the manifest's run {_number(factor.manifest)}" if factor.why is None else factor.why
    count = how_many(factor.trades, "closed trade")
    run.console.prose(f"profit factor live, of {count}: {_number(factor.live)}; {backed}")


def _print_overview(run: Run, page: Shadows) -> None:
    """Print each of several shadows on a line, and what to make of the best of them."""
    count = len(page.comparisons)
    if count < 2:
        return
    run.console.say(f"{count} shadows beside {page.executed} (executed)", "bold")
    run.console.table(OVERVIEW, [_overview_cells(one) for one, _ in page.comparisons])
    level = page.comparisons[0][0].level_text
    run.console.prose(
        f"The more shadows are compared, the likelier one of them leads by chance alone. So each interval below is a "
        f"{level} one: all {count} hold together at 95 % (Bonferroni). The largest number alone is no reason to follow "
        "a shadow."
    )
    if len(page.followed) > 1:
        run.console.prose(
            f"{', '.join(page.followed)} meet every criterion. Each was compared with {page.executed} only: which of "
            "them is better these numbers do not say."
        )


def _overview_cells(one: Comparison) -> Sequence[str]:
    factor, pnl = (next(found for found in one.criteria if found.name == name) for name in (PROFIT_FACTOR, PNL))
    return (
        one.shadow.strategy,
        str(one.first),
        str(one.days),
        str(len(one.shadow.results)),
        str(len(one.executed.results)),
        _number(pnl.difference, sign="+"),
        _number(factor.difference, sign="+"),
        ADVICE[advise(one).word],
    )


def _print_comparison(run: Run, one: Comparison, following: Following) -> None:
    console, advice = run.console, advise(one)
    console.say(
        f"{one.executed.strategy} (executed) against {one.shadow.strategy} (shadow), {one.first} to {one.last}", "bold"
    )
    criteria = [_cells(found, one.interval_of(found)) for found in one.criteria]
    columns = (*CRITERIA, Column(f"{one.level_text} interval", 2))
    if one.otherwise:
        console.prose(f"the shadow has {otherwise_text(one.otherwise)}")
    console.table(columns, [_length_cells(one), *criteria, _mean_cells(one)])
    for line in _remarks(one):
        console.prose(line)
    console.prose(advice.sentence, {"follow": "green", "keep": None, "too_early": "yellow"}[advice.word])
    show = console.say if advice.word == "follow" else console.detail
    for line in _how_to_follow(one, following):
        show(line)


def _length_cells(one: Comparison) -> Sequence[str]:
    counts = [len(side.results) for side in (one.executed, one.shadow)]
    needed = f"{LEAST_TRADES}, or {LEAST_DAYS} days (now {one.days})"
    met = "no" if one.is_early else "yes"
    return ("closed trades", *map(str, counts), f"{counts[1] - counts[0]:+d}", needed, met, "")


def _cells(one: Criterion, interval: Interval | None) -> Sequence[str]:
    numbers = (_number(one.executed), _number(one.shadow), _number(one.difference, sign="+"))
    return (one.name, *numbers, one.needed, "yes" if one.is_met else "no", _interval(interval))


def _mean_cells(one: Comparison) -> Sequence[str]:
    means = [side.numbers["expectancy_usd"] for side in (one.executed, one.shadow)]
    ours, theirs = (None if mean is None else float(mean) for mean in means)
    difference = None if ours is None or theirs is None else theirs - ours
    cells = (_number(ours), _number(theirs), _number(difference, sign="+"))
    return ("P&L a trade", *cells, "", "", _interval(one.intervals.mean_pnl))


def _remarks(one: Comparison) -> Iterator[str]:
    """Yield what the numbers leave out, and what they rest on."""
    yield (
        f"counted: entries for {one.first} or later that were closed by {one.last}; drawdown of closed trades by exit "
        f"date, on {format_usd(one.capital)}"
    )
    ours, theirs = one.executed.open_count, one.shadow.open_count
    if ours or theirs:
        yield f"still open, in none of these numbers: executed {ours}, shadow {theirs}"
    if one.intervals.pnl is None:
        weeks = one.intervals.weeks
        yield f"no {one.level_text} interval: it takes {LEAST_WEEKS} weeks with entries, there are {weeks}"
    if one.lost:
        reasons = "; ".join(
            f"{lost.reason} {lost.count} ({signed_usd(lost.pnl)} of {lost.closed} closed)" for lost in one.losses
        )
        yield f"entries that only the shadow could take: {reasons}"
        rest = one.without_lost
        numbers = ", ".join(f"{found.name} {_number(found.shadow)}" for found in rest.criteria)
        yield f"the shadow without them: {numbers}"


def _how_to_follow(one: Comparison, following: Following) -> Iterator[str]:
    executed, shadow = one.executed.strategy, one.shadow.strategy
    yield f"To execute {shadow} with {executed} as its shadow, once the day is over, set in {following.file}:"
    if following.settings:
        for name, value in following.settings.items():
            yield f"  {name}: {value}"
    else:
        yield "(in place of primary, shadow or shadows, and of lines with the same names; the others stay)"
        yield from following.lines
    yield f"Then a new manifest is needed. {following.manifest}"
    yield (
        "The state DB stays: open positions keep their entries and stops and are judged by the new rules from the next "
        "trade date on. The comparison begins anew then."
    )


def _number(value: float | None, *, sign: str = "") -> str:
    return UNKNOWN if value is None else f"{value:{sign},.2f}"


def _interval(found: Interval | None) -> str:
    return "" if found is None else f"{found[0]:+,.2f} to {found[1]:+,.2f}"
