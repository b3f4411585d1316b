"""The files of a study of announcements: every figure, every event, the picture, and study.json."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from backtest.drawing import Panel, bar_panel, picture
from backtest.manifest import git_sha
from backtest.studies.events import HORIZONS
from backtest.studies.events_inputs import EventInputs
from backtest.studies.events_json import as_json, quarter_name, rounded
from backtest.studies.events_statistics import DECILES, deciles, is_own_event
from backtest.studies.events_study import EventStudy
from backtest.studies.events_words import SHOWN_HORIZON, TITLES, limits, sentence
from backtest.studies.files import Cell, StudyFiles, csv_bytes, write_study

EVENTS, PICTURE = "events.csv", "events.svg"
RESULT_COLUMNS = ("figure", "sorted_by", "sessions", "group", "n", "mean_pct", "t", "low_pct", "high_pct")
EVENT_COLUMNS = (
    "symbol",
    "date",
    "release",
    "reaction_session",
    "surprise_pct",
    "announcement_return_pct",
    "gap_pct",
    "volume_ratio",
    "open",
    *(f"drift_{horizon}_pct" for horizon in HORIZONS),
    "surprise_decile",
    "announcement_return_decile",
    "gap_decile",
    "is_own_event",
)


def asked_of(inputs: EventInputs, until: date | None, seed: int) -> dict[str, object]:
    """Return what a study is bound to, as plain JSON values."""
    return {
        "study": "events",
        "announcements_sha256": inputs.sha256,
        "prices_fingerprint": inputs.data.fingerprint,
        "until": None if until is None else until.isoformat(),
        "seed": seed,
        "git_sha": git_sha(),
    }


def write_events(study: EventStudy, asked: Mapping[str, object], out: Path) -> Path:
    """Write the study's files, together or not at all; return the picture's path. Raises InputError (7)."""
    found = {"asked": dict(asked), **as_json(study)}
    tables = {EVENTS: csv_bytes(EVENT_COLUMNS, _events(study))}
    (path,) = write_study(out, StudyFiles(RESULT_COLUMNS, list(_results(study)), found, {PICTURE: draw(study)}, tables))
    return path


def draw(study: EventStudy) -> bytes:
    """Return the picture: drift by decile, and the spread of each quarter, for each of the three sortings."""
    place = HORIZONS.index(SHOWN_HORIZON)
    names = [str(one) for one in range(1, DECILES + 1)]
    above: list[Panel] = []
    below: list[Panel] = []
    for one in study.sortings:
        title = TITLES[one.name]
        by_quarter = one.spreads[place].by_quarter
        means = [rounded(value) for value in one.deciles[SHOWN_HORIZON]]
        above.append(bar_panel(f"Drift by decile of {title}", names, means, unit=" %"))
        quarters = [quarter_name(quarter) for quarter in by_quarter]
        spreads = [rounded(value) for value in by_quarter.values()]
        below.append(bar_panel(f"Top less bottom by quarter, {title}", quarters, spreads, unit=" %"))
    title = f"Drift over {SHOWN_HORIZON} sessions after {len(study.events):,} announcements, market taken off"
    return picture(title, [*above, *below], columns=len(above), notes=[sentence(study), *limits(study)[:2]])


def _results(study: EventStudy) -> Iterator[Sequence[Cell]]:
    for one in study.sortings:
        for spread in one.spreads:
            low, high = spread.interval or (None, None)
            n, t = len(spread.by_quarter), None if spread.t is None else round(spread.t, 4)
            figures = (n, rounded(spread.mean), t, rounded(low), rounded(high))
            yield ("spread", one.name, spread.horizon, "all", *figures)
            for quarter, value in spread.by_quarter.items():
                yield "spread", one.name, spread.horizon, quarter_name(quarter), None, rounded(value), None, None, None
        for horizon, means in one.deciles.items():
            for decile, mean in enumerate(means, start=1):
                yield "decile", one.name, horizon, str(decile), None, rounded(mean), None, None, None
    for own in study.own:
        low, high = own.interval or (None, None)
        yield "own_event", None, own.horizon, "all", own.n, rounded(own.mean), None, rounded(low), rounded(high)
        for year, (count, mean) in own.by_year.items():
            yield "own_event", None, own.horizon, str(year), count, rounded(mean), None, None, None


def _events(study: EventStudy) -> Iterator[Sequence[Cell]]:
    events, quarters = study.events, study.events.quarters
    places = [deciles(getattr(events, one.name), quarters) for one in study.sortings]
    own = is_own_event(events)
    for i, one in enumerate(events.announcements):
        shares = (events.surprise[i], events.announcement_return[i], events.gap[i])
        yield (
            one.symbol,
            one.day.isoformat(),
            "post" if one.is_after_close else "pre",
            str(study.days[events.reaction[i]]),
            *(_pct(value) for value in shares),
            _plain(events.volume_ratio[i]),
            _plain(events.open[i]),
            *(_pct(value) for value in events.drift[i]),
            *(int(place[i]) or None for place in places),
            "true" if own[i] else "false",
        )


def _pct(value: float) -> str | None:
    return _plain(100 * float(value))


def _plain(value: float) -> str | None:
    return f"{value:.4f}" if math.isfinite(value) else None
