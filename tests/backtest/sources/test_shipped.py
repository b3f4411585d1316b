"""The shipped sources propose when their rule says so, and at no other close."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from backtest.daily_indicators import rsi, sma
from backtest.history_start import history_start
from backtest.market import PriceHistory
from backtest.params import EntryMode, Params
from backtest.sources.proposing import scan_of
from backtest.sources.scanning import scan_sessions, scan_start
from tests.backtest.sources.worlds import SESSIONS, history, params_with, series, sessions_from, strategy_file

DAYS = sessions_from(300)


def walk(seed: int, count: int = 300) -> list[float]:
    rng = np.random.default_rng(seed)
    return [round(float(one), 2) for one in 50 * np.exp(np.cumsum(rng.normal(0, 0.02, count)))]


def scanned(source: str, prices: PriceHistory, folder: Path, **parameters: int) -> list[tuple[int, str]]:
    """Return the proposals of the last 40 sessions as index of the as-of session and ticker."""
    scan = scan_of(params_with(source, ["AAA", "BBB", "CCC"], folder, **parameters))
    assert scan is not None
    found = scan_sessions(scan, prices, DAYS[260], DAYS[299], EntryMode.REPORT_OPEN)
    return [(DAYS.index(one.report_date) - 1, one.ticker) for one in found.candidates]


def test_rsi_reversion_proposes_the_fall_below_the_level(tmp_path: Path) -> None:
    closes = {name: walk(seed) for seed, name in enumerate(("AAA", "BBB", "CCC"))}
    expected = []
    for last in range(259, 299):
        for name, some in closes.items():
            window = some[last - 249 : last + 1]
            now, before = rsi(window, 14), rsi(window[:-1], 14)
            assert now is not None
            assert before is not None
            if now < 35 <= before:
                expected.append((last, name))
    assert expected
    assert scanned("rsi_reversion", history(closes), tmp_path, oversold=35) == expected


def test_sma_cross_proposes_the_crossing_from_below(tmp_path: Path) -> None:
    closes = {name: walk(seed) for seed, name in enumerate(("AAA", "BBB", "CCC"))}
    expected = []
    for last in range(259, 299):
        for name, some in closes.items():
            now, before = some[: last + 1], some[:last]
            if sma(now, 5) > sma(now, 20) and sma(before, 5) <= sma(before, 20):  # type: ignore[operator]
                expected.append((last, name))
    assert expected
    assert scanned("sma_cross", history(closes), tmp_path, fast=5, slow=20) == expected


def test_a_young_stock_is_proposed_once_its_indicator_has_bars_enough(tmp_path: Path) -> None:
    falling = [50.0 + (n % 2) for n in range(10)] + [50.0 - n for n in range(1, 31)]  # 31.1 then 29.0 on the 17th bar
    bars = {"AAA": series("AAA", falling, DAYS[260:])}
    assert scanned("rsi_reversion", PriceHistory(bars, SESSIONS), tmp_path) == [(276, "AAA")]


def test_later_bars_change_nothing_that_was_proposed_before(tmp_path: Path) -> None:
    """The bar of the trade date, and everything after it, is planted far away."""
    closes = {name: walk(seed) for seed, name in enumerate(("AAA", "BBB", "CCC"))}
    for source, parameters in (("rsi_reversion", {"oversold": 40}), ("sma_cross", {"fast": 3, "slow": 10})):
        scan = scan_of(params_with(source, list(closes), tmp_path, **parameters))
        assert scan is not None
        whole = scan_sessions(scan, history(closes), DAYS[260], DAYS[299], EntryMode.REPORT_OPEN).candidates
        assert whole
        for trade_date in {one.report_date for one in whole}:
            at = DAYS.index(trade_date)
            planted = {name: [*some[:at], *(900.0 for _ in some[at:])] for name, some in closes.items()}
            again = scan_sessions(scan, history(planted), DAYS[260], trade_date, EntryMode.REPORT_OPEN).candidates
            assert again == tuple(one for one in whole if one.report_date <= trade_date)


def test_the_scan_begins_with_the_first_session_that_it_sees(tmp_path: Path) -> None:
    scan = scan_of(params_with("rsi_reversion", ["AAA"], tmp_path))
    assert scan is not None
    assert scan_start(scan, DAYS[260], SESSIONS) == DAYS[10]


def test_bars_are_asked_for_from_where_every_source_begins_to_see(tmp_path: Path) -> None:
    folder = strategy_file(tmp_path / "mine", warm_up=600)
    params = params_with("own", ["AAA"], tmp_path, folder)
    scan = scan_of(params)
    assert scan is not None
    days = SESSIONS.between(date(2010, 1, 4), date(2016, 12, 29))
    assert all(history_start(day, params) <= scan_start(scan, day, SESSIONS) for day in days)
    shadow = replace(params.primary, id="scanned")
    reports = Params(shadows=(shadow,))
    assert history_start(days[-1], reports) == history_start(days[-1], params) < history_start(days[-1], Params())


def test_symbols_without_any_bar_are_told(tmp_path: Path) -> None:
    scan = scan_of(params_with("sma_cross", ["AAA", "NONE"], tmp_path))
    assert scan is not None
    found = scan_sessions(scan, history({"AAA": walk(1)}), DAYS[260], DAYS[261], EntryMode.REPORT_OPEN)
    assert found.notes == ("1 symbol (NONE) without any bar",)
