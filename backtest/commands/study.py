"""`python -m backtest study`: studies of the world rather than of the rules."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from backtest.command_line import JSON, SessionDate, print_result
from backtest.commands.options import PATH, price_options, price_settings_of
from backtest.home import with_home
from backtest.terminal import USUAL_WIDTH, say, terminal_width


@click.group()
def study() -> None:
    """Study what happens in the market, whatever the rules make of it."""


@study.command()
@click.option("--announcements", required=True, type=PATH, help="CSV symbol,date,release,eps_estimate,eps.")
@price_options
@click.option(
    "--until",
    type=SessionDate(),
    help="Last date of announcement.  [default: the last one with 5 sessions after every reaction]",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the intervals' drawing.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes that share the work.")
@click.option("--out", type=PATH, help="Folder for results.csv, events.csv, events.svg and study.json.")
@click.option("--force", is_flag=True, help="Write over another study or run in --out.")
@JSON
@with_home
def events(
    announcements: Path,
    prices: str,
    feed: str | None,
    cache: Path | None,
    until: date | None,
    seed: int,
    workers: int,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Measure the drift after earnings announcements.

    By decile of surprise, of the announcement's return and of the gap, and of
    the strategy's own event, with intervals, by year, and with what must be
    known beside the figures (docs/research.md, section Announcements).

    \b
    Example: python -m backtest study events --announcements announcements.csv \\
                 --prices bars/ --out studies/drift
    Exit codes: 0 done, 2 usage, 6 configuration, 7 input unreadable, empty or
    unusable, 8 price source.
    """
    from backtest.studies.events_files import asked_of, write_events  # late: --help must not wait
    from backtest.studies.events_inputs import load_events
    from backtest.studies.events_json import as_json as json_of
    from backtest.studies.events_study import study_events
    from backtest.studies.events_text import report_lines
    from backtest.studies.files import places_of, require_place
    from backtest.workers.choice import Choice

    inputs = load_events(announcements, prices, price_settings_of(feed, cache))
    asked = asked_of(inputs, until, seed)
    if out is not None:
        require_place(out, asked, force=force)
    found = study_events(
        inputs.announcements,
        inputs.data,
        until=until,
        seed=seed,
        has_whole_market=inputs.has_whole_market,
        choice=Choice(workers),
    )
    picture = None if out is None else write_events(found, asked, out)
    if as_json:
        print_result(json_of(found) | {"asked": asked} | places_of(out, picture))
        return
    say("\n".join(report_lines(found, terminal_width(sys.stdout) or USUAL_WIDTH)))
    say("picture: none without --out" if picture is None else f"picture: {picture}")
