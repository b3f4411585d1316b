"""Gathers what a replay is about, and lays out its folder: configuration, manifest, reports, exchange."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from backtest.candidates_file import read_candidates
from backtest.errors import InputError, UsageError
from backtest.files import write_file
from backtest.manifest import write_manifest
from backtest.market import PriceHistory, history_start
from backtest.model import TICKER_PATTERN, Candidate
from backtest.params import Params
from backtest.prices.coverage import require_cover
from backtest.prices.folder import open_folder
from backtest.sessions import Sessions, default_cache_dir, load_sessions
from backtest.settings import params_to_plain, require_live_modes
from live.clock import NEW_YORK
from live.parity.days import Folder
from live.parity.page import write_page
from live.parity.stretch import Stretch, belonging
from live.sim.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for. Exactly one of reports (a folder) and candidates (a CSV file) is given."""

    first: date
    last: date
    prices: Path
    params: Params
    reports: Path | None = None
    candidates: Path | None = None
    skip_sessions: tuple[date, ...] = ()


def gather(asked: Asked, folder: Folder) -> Stretch:
    """Read candidates and prices; write report pages for candidates that come from a CSV file.

    Raises UsageError (2) for dates that are no sessions, ConfigError (6), InputError and PriceDataError (7).
    """
    require_live_modes(asked.params, "--set")
    sessions = load_sessions(asked.last)
    days = _days(asked, sessions)
    if asked.candidates is not None:
        grouped = belonging(read_candidates(asked.candidates).candidates, days, sessions, asked.params)
        reports = _pages(folder, grouped)
    else:
        grouped, reports = _from_reports(asked, days, sessions)
    candidates = tuple(candidate for day in days for candidate in grouped.get(day, ()))
    if not candidates:
        raise InputError(
            f"no candidate of {asked.candidates or asked.reports} belongs to a session "
            f"from {asked.first} to {asked.last} (expected at least one)"
        )
    prices = open_folder(asked.prices)
    tickers = sorted({one.ticker for one in candidates if TICKER_PATTERN.fullmatch(one.ticker)})
    data = prices.fetch(tickers, history_start(days[0], asked.params), asked.last)
    require_cover(data.series.values(), sessions, days[0], days[-1], asked.prices)
    return Stretch(
        days=days,
        sessions=sessions,
        params=asked.params,
        candidates=candidates,
        reports=reports,
        prices=prices,
        data=data,
        history=PriceHistory(data.series, sessions, data.splits, data.failed),
        skipped_days=frozenset(asked.skip_sessions),
    )


def lay_out(stretch: Stretch, folder: Folder) -> Exchange:
    """Write configuration, manifest and exchange of a new replay; open the exchange of one that is to go on.

    Raises UsageError when the folder holds a replay of other parameters.
    """
    text = _config_text(stretch)
    if folder.workspace.config.exists() and folder.workspace.config.read_text(encoding="utf-8") != text:
        raise UsageError(
            f"{folder.root} holds a replay with other parameters or dates", next_step="Name another --out folder."
        )
    if folder.exchange.exists():
        return Exchange.open(folder.exchange)
    write_manifest(folder.workspace.manifest, stretch.params)
    exchange = Exchange.create(
        folder.exchange,
        stretch.data.series,
        splits=stretch.data.splits,
        sessions=stretch.sessions,
        cash=stretch.params.capital_units,
        now=datetime.combine(stretch.first, time(8), NEW_YORK),
        params=stretch.params,
    )
    write_file(folder.workspace.config, text.encode())
    return exchange


def clear(folder: Folder) -> None:
    """Remove the state of a replay that is done."""
    shutil.rmtree(folder.root, ignore_errors=True)


def _days(asked: Asked, sessions: Sessions) -> tuple[date, ...]:
    if asked.first > asked.last:
        raise UsageError(f"--from {asked.first} is after --to {asked.last} (expected the earlier session first)")
    for flag, day in (
        ("--from", asked.first),
        ("--to", asked.last),
        *(("--skip-session", d) for d in asked.skip_sessions),
    ):
        if not sessions.first < day < sessions.last or not sessions.is_session(day):
            raise UsageError(f"{flag} {day} is no session of the exchange (expected a trading day)")
    for day in asked.skip_sessions:
        if not asked.first < day <= asked.last:
            raise UsageError(f"--skip-session {day} is not inside the stretch (expected a session after --from)")
    return sessions.between(asked.first, asked.last)


def _pages(folder: Folder, grouped: Mapping[date, Sequence[Candidate]]) -> dict[date, list[Path]]:
    pages: dict[date, list[Path]] = {}
    for day, candidates in grouped.items():
        for report_date in sorted({one.report_date for one in candidates}):
            printed = [one for one in candidates if one.report_date == report_date]
            pages.setdefault(day, []).append(write_page(folder.reports, report_date, printed))
    return pages


def _from_reports(
    asked: Asked, days: Sequence[date], sessions: Sessions
) -> tuple[dict[date, list[Candidate]], dict[date, list[Path]]]:
    from backtest.reports.find import date_in_name, reports_in
    from backtest.reports.read import read_report

    if asked.reports is None:
        raise UsageError("give either --reports DIR or --candidates FILE")
    cache = default_cache_dir() / "reports"
    paths = {day: path for path in reports_in(asked.reports) if (day := date_in_name(path)) is not None}
    candidates = [one for _, path in sorted(paths.items()) for one in read_report(path, cache_dir=cache).candidates]
    grouped = belonging(candidates, days, sessions, asked.params)
    reports = {
        day: [paths[report_date] for report_date in sorted({one.report_date for one in grouped[day]})]
        for day in grouped
    }
    return grouped, reports


def _config_text(stretch: Stretch) -> str:
    """The configuration of the replay: the strategy as asked, no safety limits, everything else as by default."""
    lines = [f"# replay of {stretch.first} to {stretch.last}, skipped {sorted(map(str, stretch.skipped_days))}"]
    lines.append("strategy:")
    group = ""
    for name, value in params_to_plain(stretch.params).items():
        head, _, tail = name.rpartition(".")
        if head and head != group:
            lines.append(f"  {head}:")
        group = head
        word = _yaml_word(value)
        lines.append(f"    {tail}: {word}" if head else f"  {name}: {word}")
    return "\n".join(lines) + "\n"


def _yaml_word(plain: object) -> str:
    if plain is None:
        return "none"
    return str(plain).lower() if isinstance(plain, bool) else str(plain)
