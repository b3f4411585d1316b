"""What was decided for the day and why: entries, exits, what was skipped, and the candidates in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backtest.model import ExitReason, SkipReason
from backtest.money import to_price
from backtest.pages.html import Child, Html, cut, join, tag
from backtest.pages.parts import (
    UNKNOWN,
    Column,
    badge,
    groups,
    none,
    percent,
    price,
    section,
    signed_percent,
    spaced,
    table,
)
from backtest.text import how_many
from live.page.page_values import DayPage
from live.page.parts import Frame, first_of, named
from live.signals.file import SignalFile
from live.signals.lines import EntryLine, ExitLine, SkipLine

ENTRIES = (
    Column("entry", "key"), Column("shares", "n", "shares"), Column("reference", "n", "reference"),
    Column("stop", "n", "stop"), Column("score", "n", "score"), Column("grade", "n", "grade"),
    Column("gap %", "n", "gap %"), Column("", "text"),
)  # fmt: skip
EXITS = (
    Column("exit", "key"), Column("reason", "head-right"), Column("shares", "n", "shares"),
    Column("entry", "n", "entry"),
    Column("judged close", "n", "close"), Column("indicator", "n", "indicator"),
    Column("distance %", "n", "distance %"), Column("", "text"),
)  # fmt: skip
DOUBTFUL = (Column("candidate", "key"), Column("score", "n", "score"), Column("what speaks against it", "text"))
MOST_OF_A_TICKER = 24
_CLOSES, _INDICATOR = ("week_close", "close"), "indicator"
"""What of a trailing exit's numbers has a column."""


def decided_section(page: DayPage, frame: Frame) -> Html:
    """Return the decisions of the executed strategy for the trade date."""
    signal = page.signal
    title = f"Decided for {page.day:%A}, {page.executed}"
    if signal is None:
        return section(title, none("No signal file was issued for this day."))
    note = (
        f"on the close of {signal.as_of_session}: {how_many(len(signal.exits), 'exit')}, "
        f"{how_many(len(signal.entries), 'entry')}, {len(signal.skipped)} skipped"
    )
    parts: list[Child] = []
    if signal.entries:
        parts.append(table(ENTRIES, [_entry_cells(page, line, frame) for line in signal.entries[: frame.rows]]))
        parts.append(_in_the_file(len(signal.entries) - frame.rows))
    if signal.exits:
        parts.append(table(EXITS, [_exit_cells(page, line, frame) for line in signal.exits[: frame.rows]]))
        parts.append(_in_the_file(len(signal.exits) - frame.rows))
    if not signal.entries and not signal.exits:
        parts.append(none("Nothing to sell, nothing to buy."))
    return section(title, *parts, *_rest(signal, frame), note=note)


def _in_the_file(count: int) -> Html | None:
    return none(f"and {count} more, in the signal file") if count > 0 else None


def _rest(signal: SignalFile, frame: Frame) -> list[Child]:
    """Return what was not judged, not touched and not bought."""
    of_report = [line for line in signal.skipped if line.reason == SkipReason.PROBLEM_IN_REPORT]
    skips = _skip_groups([line for line in signal.skipped if line.reason != SkipReason.PROBLEM_IN_REPORT], frame)
    parts: list[Child] = []
    if signal.unresolved:
        parts += [tag("h3", "Exits not judged, for lack of prices"), tag("p", first_of(signal.unresolved, frame))]
    if signal.frozen:
        parts += [tag("h3", "Frozen, left alone"), tag("p", first_of(signal.frozen, frame))]
    if skips:
        parts += [tag("h3", "Skipped"), groups(skips)]
    return [*parts, *_doubtful(of_report, frame)]


def _entry_cells(page: DayPage, line: EntryLine, frame: Frame) -> Sequence[Child]:
    tags = [badge("vetoed", "due")] if line.ticker in page.vetoes else []
    words = [f"replaces {line.replaces}"] if line.replaces else []
    return (
        named(f"buy {line.ticker}", line.company_name, *tags),
        f"{line.shares:,}",
        price(line.reference_price),
        price(line.stop_price),
        _score(line.score),
        line.grade.value,
        percent(line.gap_size),
        cut(", ".join([*words, *filter(None, (_why(line.why),))]), frame.signs),
    )


def _exit_cells(page: DayPage, line: ExitLine, frame: Frame) -> Sequence[Child]:
    closes = (_price_of(line.why, name) for name in _CLOSES)
    close, indicator = next((one for one in closes if one is not None), None), _price_of(line.why, _INDICATOR)
    in_columns = (*_CLOSES, _INDICATOR)
    is_judged = line.reason is ExitReason.TREND_BREAK
    distance = None if close is None or not indicator else 100 * (close - indicator) / indicator
    return (
        named(f"sell {line.ticker}", page.names.get(line.position_id)),
        badge(spaced(line.reason.value)),
        f"{line.shares:,}",
        price(line.entry_price),
        price(close) if is_judged else "",
        price(indicator) if is_judged else "",
        signed_percent(distance, 2) if is_judged else "",
        cut(_why({name: value for name, value in line.why.items() if name not in in_columns}), frame.signs),
    )


def _price_of(why: Mapping[str, str | int], name: str) -> int | None:
    try:
        return to_price(why[name])
    except (KeyError, ArithmeticError):
        return None


def _why(why: Mapping[str, str | int]) -> str:
    return ", ".join(f"{spaced(name)} {value}" for name, value in why.items())


def _score(score: float | None) -> str:
    return UNKNOWN if score is None else f"{score:g}"


def _skip_groups(skipped: Sequence[SkipLine], frame: Frame) -> list[tuple[Child, Child]]:
    """Return the skipped candidates by reason, the commonest reason first."""
    by_reason: dict[str, list[SkipLine]] = {}
    for line in skipped:
        by_reason.setdefault(line.reason, []).append(line)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        (f"{spaced(reason)}, {len(lines)}", first_of([_candidate(line) for line in lines], frame))
        for reason, lines in ordered
    ]


def _candidate(line: SkipLine) -> Html:
    ticker = tag("span", cut(line.ticker, MOST_OF_A_TICKER), class_="strong")
    return join([ticker, tag("span", _score(line.score), class_="soft")], " ")


def _doubtful(lines: Sequence[SkipLine], frame: Frame) -> list[Child]:
    """Return the candidates that their verdicts keep out, with what speaks against each."""
    if not lines:
        return []
    rows = [
        (
            cut(line.ticker, MOST_OF_A_TICKER),
            _score(line.score),
            cut(str(line.why.get("problem") or _why(line.why) or UNKNOWN), frame.signs),
        )
        for line in lines[: frame.rows]
    ]
    return [
        tag("h3", f"Doubtful candidates, not bought: {len(lines)}"),
        table(DOUBTFUL, rows),
        _in_the_file(len(lines) - len(rows)),
    ]
