"""Makes the signal files of a run out of its decisions and their inputs. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from backtest.history_start import history_start
from backtest.model import Decisions
from backtest.params import Params
from backtest.prices.fingerprint import fingerprint_of
from backtest.reports.model import ReportSource
from live.book.sync import SyncReport
from live.generate.decisions import RunDecisions
from live.generate.holdings import holding_lines
from live.generate.market import LiveMarket
from live.generate.needs import eligible_tickers
from live.generate.preparation import PreparedRun
from live.generate.scans import Offered
from live.signals.build import candidate_line, from_decisions
from live.signals.file import Inputs, PricesRef, SignalFile
from live.signals.lines import CandidateLine, HoldingLine

if TYPE_CHECKING:
    from backtest.prices.provider import PriceProvider


def build_signal_files(
    prepared: PreparedRun, synced: SyncReport, prices: PriceProvider, decided: RunDecisions
) -> list[SignalFile]:
    """Return the executed strategy's file, and after it one for each shadow."""
    offered = decided.offered
    held = {row.ticker for row in synced.positions}
    params, market = prepared.config.strategy, decided.market.market
    primary = _Strategy(
        prepared.primary_id,
        params,
        decided.primary,
        held | _seen(prepared, offered, prepared.primary_id, params),
        holding_lines(decided.book, decided.primary, market, params, synced.frozen),
        tuple(synced.frozen),
        tuple(_candidate_lines(prepared, decided)),
    )
    shadows = (
        _Strategy(
            shadow.strategy,
            shadow.params,
            shadow.decisions,
            {one.ticker for one in shadow.book.holdings} | _seen(prepared, offered, shadow.strategy, shadow.params),
            holding_lines(shadow.book, shadow.decisions, market, shadow.params),
        )
        for shadow in decided.shadows
    )
    return [_build(prepared, prices, decided, one) for one in (primary, *shadows)]


@dataclass(frozen=True, slots=True)
class _Strategy:
    """What one strategy's file is made of.

    params: under which it is the executed strategy. tickers: those whose bars its decisions rest on.
    """

    id: str
    params: Params
    decisions: Decisions
    tickers: Collection[str]
    holdings: tuple[HoldingLine, ...]
    frozen: tuple[str, ...] = ()
    candidates: tuple[CandidateLine, ...] = ()


def _build(prepared: PreparedRun, prices: PriceProvider, decided: RunDecisions, strategy: _Strategy) -> SignalFile:
    decisions, is_scan = strategy.decisions, prepared.scans.is_scan(strategy.id)
    assets = decided.reports.assets if is_scan or decided.reports.readings else None
    start = history_start(prepared.as_of, strategy.params)
    inputs = Inputs(
        reports=() if is_scan else decided.reports.refs,
        config_sha256=prepared.config.config_sha256,
        manifest_sha256=prepared.manifest_sha256,
        prices=prices_ref(prices, decided.market, strategy.tickers, prepared.trade_date, start),
        assets=assets.ref if assets is not None else None,
        market_filter=decided.market_filter.ref,
        scan=prepared.scans.refs.get(strategy.id),
    )
    counts = {"exits": decisions.exits, "entries": decisions.entries, "skipped": decisions.skipped}
    return from_decisions(
        decisions,
        strategy=strategy.id,
        run_id=prepared.run.run_id,
        generated_at=prepared.broker.clock.now(),
        account=prepared.account,
        inputs=inputs,
        frozen=strategy.frozen,
        holdings=strategy.holdings,
        candidates=strategy.candidates,
        summary={name: len(lines) for name, lines in counts.items()},
    )


def _seen(prepared: PreparedRun, offered: Offered, strategy: str, params: Params) -> set[str]:
    """Return whose bars a strategy's candidates rest on.

    Those of a candidate that is out by its grade or verdict are fetched only now and then, for another day's sake.
    """
    scan = prepared.scans.by_strategy.get(strategy)
    if scan is not None:
        return set(scan.symbols)
    candidates = offered.to(strategy)
    asked = {one.ticker for one in candidates if one.ticker in prepared.reports.without_name}
    return asked | eligible_tickers(candidates, params)


def _candidate_lines(prepared: PreparedRun, decided: RunDecisions) -> Iterator[CandidateLine]:
    """Yield every candidate of the executed strategy with its verdict."""
    if prepared.scans.is_scan(prepared.primary_id):
        for one in decided.offered.to(prepared.primary_id):
            yield candidate_line(one, prepared.config.strategy.source.id, confirmed_by=None)
        return
    for reading in decided.reports.readings:
        for one in reading.candidates:
            by = "price" if one.ticker in prepared.reports.without_name else "name"
            yield candidate_line(
                one, reading.file.name, confirmed_by=by if reading.source is ReportSource.HTML else None
            )


def prices_ref(
    prices: PriceProvider, market: LiveMarket, tickers: Collection[str], trade_date: date, start: date
) -> PricesRef:
    """Return the fingerprint of the bars behind one strategy's decisions for D.

    Only what a decision on the as-of close can see goes in: bars from `start` on of the tickers named. What else
    was fetched (a catch-up, another strategy) differs from run to run and would change the file for nothing.
    """
    bars = {
        ticker: one.part(int(one.days.searchsorted(np.datetime64(start, "D"))), len(one))
        for ticker, one in market.data.series.items()
        if ticker in tickers
    }
    splits = (split for split in market.data.splits if split.ticker in tickers and start <= split.ex_date <= trade_date)
    failed = {ticker: "failed" for ticker in market.data.failed if ticker in tickers}
    return PricesRef(prices.source, prices.feed, fingerprint_of(bars, splits, failed=failed))
