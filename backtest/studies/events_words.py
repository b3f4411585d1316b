"""What the study of announcements says in words: its result in one sentence, and what must be known beside it; pure."""

from __future__ import annotations

from backtest.measures.bootstrap import LEVEL, Interval, student_quantile
from backtest.studies.events import HORIZONS
from backtest.studies.events_statistics import LEAST_QUARTERS, OwnDrift, Spread
from backtest.studies.events_study import EventStudy
from backtest.text import how_many

SHOWN_HORIZON = 20
"""The horizon of what is shown for one horizon only."""
TITLES = {"surprise": "surprise", "announcement_return": "announcement return", "gap": "gap"}
LITERATURE = (
    (
        "Chordia, Goyal, Sadka, Sadka and Shivakumar (2009), Liquidity and the Post-Earnings-Announcement Drift, "
        "Financial Analysts Journal 65(4), 18-32",
        "a long-short strategy on surprises brought 0.04 % a month in the most liquid stocks and 2.43 % in the most "
        "illiquid ones; costs of trading are 70 to 100 % of its paper profits",
    ),
    (
        "Martineau (2022), Rest in Peace Post-Earnings Announcement Drift, Critical Finance Review 11(3-4), 613-646",
        "no drift in large stocks since 2006, and lately none in microcaps either",
    ),
)
"""Source, and what it found, from its abstract."""


def percent(value: float | None) -> str:
    """Return a drift as percent with its sign; a dash where there is none."""
    return "-" if value is None else f"{100 * value:+.2f}"


def interval_text(interval: Interval | None) -> str:
    """Return both ends as percent; a dash where there is none."""
    return "-" if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"


def sentence(study: EventStudy) -> str:
    """Return the result in one sentence, with its uncertainty."""
    one = next(one for one in study.sortings[0].spreads if one.horizon == SHOWN_HORIZON)
    return f"{_spread_words(one)}; {_own_words(study.own)}. Costs are not in."


def limits(study: EventStudy) -> list[str]:
    """Return what a reader who doubts the figures must know, one sentence or two each."""
    market = [] if study.has_whole_market else ["The market is the mean of the announcements' symbols alone."]
    return [_survivors(study), _costs(), *market, _looks(study), _years(study), _dependence(study), *_published()]


def left_out_text(study: EventStudy) -> str | None:
    """Return which announcements are no events, and why; None when all are."""
    left, parts = study.left_out, []
    if left.unknown:
        shown = ", ".join(left.unknown_symbols[:8]) + (", …" if len(left.unknown_symbols) > 8 else "")
        symbols = how_many(len(left.unknown_symbols), "symbol")
        parts.append(f"{left.unknown:,} of {symbols} without bars ({shown})")
    if left.later:
        parts.append(f"{left.later:,} after {study.until}")
    if left.early:
        parts.append(f"{left.early:,} too near to the first bar")
    if left.no_reaction:
        parts.append(f"{left.no_reaction:,} after the last bar")
    return "; ".join(parts) or None


def _spread_words(one: Spread) -> str:
    if one.mean is None:
        return "No quarter has enough announcements with a surprise for deciles"
    sure = "" if one.t is None else f", t {one.t:.2f}"
    ends = "" if one.interval is None else f", 95 % interval {interval_text(one.interval)}"
    return (
        f"Over {one.horizon} sessions the top tenth by surprise drifted {percent(one.mean)} % against the bottom tenth "
        f"({how_many(len(one.by_quarter), 'quarter')}{sure}{ends})"
    )


def _own_words(own: tuple[OwnDrift, ...]) -> str:
    known = [one for one in own if one.mean is not None]
    if not known:
        return "the strategy's own event did not happen"
    parts = []
    for one in known:
        verdict = ""
        if one.interval is not None and one.interval[0] <= 0 <= one.interval[1]:
            verdict = ", not distinguishable from 0"
        ends = "no interval" if one.interval is None else interval_text(one.interval)
        parts.append(f"{percent(one.mean)} % over {one.horizon} ({ends}{verdict})")
    return f"the strategy's own event drifted {', '.join(parts)}"


def _survivors(study: EventStudy) -> str:
    if study.ended == 0:
        return (
            f"Survivors only: every one of the {study.symbols:,} symbols trades to {study.days[-1]}. No stock that "
            "failed or was bought is among them, so the figures are too good."
        )
    return (
        f"{study.ended:,} of the {study.symbols:,} symbols stop trading before {study.days[-1]}; of stocks that are "
        "not among the bars at all nothing can be said."
    )


def _costs() -> str:
    return (
        "Costs are not in: no spread, commission or slippage. The bottom decile would have to be sold short. The "
        "drift counts from the close of the reaction session; the strategy buys at a later open."
    )


def _looks(study: EventStudy) -> str:
    """Say how large a t must be when so many are looked at (Bonferroni, two-sided, Student)."""
    looked = [(TITLES[one.name], spread) for one in study.sortings for spread in one.spreads if spread.interval]
    if not looked:
        return f"No spread has {LEAST_QUARTERS} quarters: a t of so few says nothing."
    share = 1 - (1 - LEVEL) / 2 / len(looked)
    found = [
        f"{title} {spread.horizon} ({spread.t:.2f})"
        for title, spread in looked
        if spread.t is not None and abs(spread.t) >= student_quantile(share, len(spread.by_quarter) - 1)
    ]
    quarters = max(len(spread.by_quarter) for _, spread in looked)
    return (
        f"{how_many(len(looked), 'spread')} looked at: with {quarters} quarters only a t beyond "
        f"{student_quantile(share, quarters - 1):.2f} is news at the 5 % level: {', '.join(found) or 'none'}."
    )


def _years(study: EventStudy) -> str:
    own = next(one for one in study.own if one.horizon == SHOWN_HORIZON)
    means = {year: mean for year, (_, mean) in own.by_year.items()}
    if not means:
        return f"The strategy's own event did not happen once with {SHOWN_HORIZON} sessions after it."
    if len(means) == 1:
        return f"The strategy's own events are all of {min(means)}: nothing shows how years differ."
    low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    above = sum(mean > 0 for mean in means.values())
    return (
        f"The strategy's own event drifted up over {SHOWN_HORIZON} sessions in {above} of {len(means)} years, from "
        f"{percent(means[low])} % ({low}) to {percent(means[high])} % ({high})."
    )


def _dependence(study: EventStudy) -> str:
    return (
        f"t and interval take the quarters as independent; a drift of {HORIZONS[-1]} sessions reaches into the next "
        f"quarter, so that those are surer on paper than in truth. Intervals are drawn anew with --seed {study.seed}."
    )


def _published() -> list[str]:
    return [f"Published: {source}: {found}." for source, found in LITERATURE]
