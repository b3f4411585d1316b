"""Reads what a replay works on, and fills its folder: configuration, manifest, reports, exchange."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from backtest.candidates_file import read_candidates
from backtest.errors import InputError, UsageError
from backtest.files import write_file
from backtest.history_start import history_start
from backtest.manifest import write_manifest
from backtest.market import PriceHistory
from backtest.market_filter import filters_of, read_filter
from backtest.model import TICKER_PATTERN, Candidate, Price
from backtest.params import Accept, Params
from backtest.prices.coverage import require_cover
from backtest.prices.folder import open_folder
from backtest.reports.directory import directory_csv, parse_directory
from backtest.sessions import Sessions, load_sessions
from backtest.settings import params_to_plain, require_live_modes
from backtest.typed_settings import nested
from backtest.user_folders import default_cache_dir
from live.clock import NEW_YORK
from live.parity.folder import ReplayFolder
from live.parity.inputs import ReplayInputs, group_by_trade_date
from live.parity.report_page import write_report_page
from live.parity.scanned import scans_of, strategy_folders
from live.sim.exchange import Exchange
from live.sim.names import find_listings
from live.timetable import GENERATOR_TIME

_PLAIN_WORD = re.compile(r"[\w.-]+", re.ASCII)
"""What YAML reads as it stands; anything else is quoted, as in JSON."""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What the user asked for. params: with complete sources.

    One of reports (a folder) and candidates (a CSV file) is given when a strategy takes its candidates from reports.

    assets: the names that the exchange serves; None takes `assets.csv` beside the prices, when it is there.
    """

    first: date
    last: date
    prices: Path
    params: Params
    reports: Path | None = None
    candidates: Path | None = None
    skip_sessions: tuple[date, ...] = ()
    assets: Path | None = None
    refuse_sessions: tuple[date, ...] = ()


def read_inputs(request: ReplayRequest, folder: ReplayFolder) -> ReplayInputs:
    """Read candidates and prices; write report pages for candidates that come from a CSV file.

    Candidates of reports have no verdict by name or price yet: `judge_as_listed`.
    Raises UsageError (2) for dates that are no sessions, ConfigError (6), InputError and PriceDataError (7).
    """
    require_live_modes(request.params, "--set")
    # rows of a file are not questioned: its pages may pair any letter with any total
    params = request.params if request.candidates is None else _accepting_all(request.params)
    sessions = load_sessions(request.last)
    days = _days(request, sessions)
    scans = scans_of(params)
    if request.candidates is None and request.reports is None:
        grouped, reports = {}, {}
    elif request.candidates is not None:
        grouped = group_by_trade_date(read_candidates(request.candidates).candidates, days, sessions, request.params)
        reports = _write_pages(folder, grouped)
    else:
        grouped, reports = _from_reports(request, days, sessions)
    candidates = tuple(candidate for day in days for candidate in grouped.get(day, ()))
    if not candidates and not scans:
        raise InputError(
            f"no candidate of {request.candidates or request.reports} belongs to a session "
            f"from {request.first} to {request.last} (expected at least one)"
        )
    prices = open_folder(request.prices)
    tickers = {one.ticker for one in candidates if TICKER_PATTERN.fullmatch(one.ticker)}
    tickers |= {ticker for scan in scans.values() for ticker in scan.symbols}
    data = prices.fetch(sorted(tickers), history_start(days[0], request.params), request.last)
    require_cover(data.series.values(), sessions, days[0], days[-1], request.prices)
    return ReplayInputs(
        days=days,
        sessions=sessions,
        params=params,
        candidates=candidates,
        reports=reports,
        prices=prices,
        data=data,
        history=PriceHistory(data.series, sessions, data.splits, data.failed, filters_of(params, read_filter(params))),
        skipped_days=frozenset(request.skip_sessions),
        refused_days=frozenset(request.refuse_sessions),
        listings=find_listings(request.assets, request.prices),
        are_from_reports=request.candidates is None,
    )


def _accepting_all(params: Params) -> Params:
    """Return parameters under which every strategy takes doubtful readings too."""
    shadows = (
        replace(one, overrides=tuple((name, value) for name, value in one.overrides if name != "accept"))
        for one in params.shadows
    )
    return replace(params, accept=Accept.DOUBTFUL, shadows=tuple(shadows))


def judge_as_listed(inputs: ReplayInputs, exchange: Exchange) -> ReplayInputs:
    """Return the inputs with the verdicts that the programs must come to, by the same readers.

    Judged by what the exchange lists when the generator starts on each trade date, and by the last close before it.
    Rows of a candidates file are not questioned.
    """
    if not inputs.are_from_reports:
        return inputs
    judged = [one for day in inputs.days for one in _judged_on(day, inputs, exchange)]
    return replace(inputs, candidates=tuple(judged))


def _judged_on(day: date, inputs: ReplayInputs, exchange: Exchange) -> Iterator[Candidate]:
    from backtest.reports.read import read_reports

    paths = inputs.reports.get(day, ())
    if not paths:
        return
    market = inputs.history.market(day)

    def market_price(one: Candidate) -> Price | None:
        reference = market.reference(one.ticker)
        return None if reference is None else reference.price

    content = directory_csv(exchange.listed_at(datetime.combine(day, GENERATOR_TIME, NEW_YORK)))
    directory = parse_directory(content, f"assets_{day}.csv")
    cache = default_cache_dir() / "reports"
    for reading in read_reports(paths, inputs.params, directory, market_price, cache_dir=cache):
        yield from reading.candidates


def prepare_exchange(inputs: ReplayInputs, folder: ReplayFolder) -> Exchange:
    """Write configuration, manifest and exchange of a new replay; open the exchange of one that is to go on.

    Raises UsageError when the folder holds a replay of other parameters.
    """
    text = config_text(inputs)
    if folder.workspace.config.exists() and folder.workspace.config.read_text(encoding="utf-8") != text:
        raise UsageError(
            f"{folder.root} holds a replay with other parameters or dates", next_step="Name another --out folder."
        )
    if folder.exchange.exists():
        return Exchange.open(folder.exchange)
    write_manifest(folder.workspace.manifest, inputs.params)
    exchange = Exchange.create(
        folder.exchange,
        inputs.data.series,
        splits=inputs.data.splits,
        sessions=inputs.sessions,
        cash=inputs.params.capital_units,
        now=datetime.combine(inputs.first, time(8), NEW_YORK),
        params=inputs.params,
        listings=inputs.listings,
    )
    write_file(folder.workspace.config, text.encode())
    return exchange


def _days(request: ReplayRequest, sessions: Sessions) -> tuple[date, ...]:
    if request.first > request.last:
        raise UsageError(f"--from {request.first} is after --to {request.last} (expected the earlier session first)")
    for flag, day in (
        ("--from", request.first),
        ("--to", request.last),
        *_left_out(request),
    ):
        if not sessions.first < day < sessions.last or not sessions.is_session(day):
            raise UsageError(f"{flag} {day} is no session of the exchange (expected a trading day)")
    for flag, day in _left_out(request):
        if not request.first < day <= request.last:
            raise UsageError(f"{flag} {day} is not inside the replay (expected a session after --from)")
    for day in sorted({*request.skip_sessions} & {*request.refuse_sessions}):
        raise UsageError(f"--refuse-session {day} is a --skip-session too (expected one of them)")
    return sessions.between(request.first, request.last)


def _left_out(request: ReplayRequest) -> Iterator[tuple[str, date]]:
    """Yield the sessions in which the executed strategy does nothing, each with its flag."""
    yield from (("--skip-session", day) for day in request.skip_sessions)
    yield from (("--refuse-session", day) for day in request.refuse_sessions)


def _write_pages(folder: ReplayFolder, grouped: Mapping[date, Sequence[Candidate]]) -> dict[date, list[Path]]:
    pages: dict[date, list[Path]] = {}
    for day, candidates in grouped.items():
        for report_date in sorted({one.report_date for one in candidates}):
            printed = [one for one in candidates if one.report_date == report_date]
            pages.setdefault(day, []).append(write_report_page(folder.reports, report_date, printed))
    return pages


def _from_reports(
    request: ReplayRequest, days: Sequence[date], sessions: Sessions
) -> tuple[dict[date, list[Candidate]], dict[date, list[Path]]]:
    from backtest.reports.find import date_in_name, reports_in
    from backtest.reports.read import read_report

    if request.reports is None:
        raise UsageError("give either --reports DIR or --candidates FILE")
    cache = default_cache_dir() / "reports"
    paths = {day: path for path in reports_in(request.reports) if (day := date_in_name(path)) is not None}
    candidates = [one for _, path in sorted(paths.items()) for one in read_report(path, cache_dir=cache).candidates]
    grouped = group_by_trade_date(candidates, days, sessions, request.params)
    reports = {
        day: [paths[report_date] for report_date in sorted({one.report_date for one in grouped[day]})]
        for day in grouped
    }
    return grouped, reports


def config_text(inputs: ReplayInputs) -> str:
    """The configuration of the replay: the strategy as asked for, no safety limits, everything else as by default."""
    lines = [f"# replay of {inputs.first} to {inputs.last}, skipped {sorted(map(str, inputs.skipped_days))}"]
    if inputs.refused_days:
        lines.append(f"# refused {sorted(map(str, inputs.refused_days))}")
    lines += _yaml_lines({"strategy": nested(params_to_plain(inputs.params))})
    for folder in strategy_folders(inputs.params):
        lines += _yaml_lines({"strategies": {"dir": folder}})
    return "\n".join(lines) + "\n"


def _yaml_lines(section: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from _yaml_lines(value, indent + "  ")
        else:
            yield f"{indent}{name}: {_yaml_word(value)}"


def _yaml_word(plain: object) -> str:
    if plain is None:
        return "none"
    if isinstance(plain, bool):
        return str(plain).lower()
    text = str(plain)
    return text if _PLAIN_WORD.fullmatch(text) else json.dumps(text)
