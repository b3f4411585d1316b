"""Strategies that scan symbols: the generator proposes day by day what the source proposes over the stretch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from backtest.model import SkipReason
from backtest.params import Params
from backtest.sessions import Sessions
from backtest.settings import params_from_mapping
from backtest.sources.resolve import resolve
from demo.market import SyntheticMarket
from live.parity.compare import Ledger
from live.parity.replay import compare_ledgers
from tests.parity.markets import Roughness, rough_market
from tests.parity.replayed import Replayed, replay_market

FIRST, LAST = date(2024, 3, 4), date(2024, 4, 12)
ROUGH = Roughness(daily_sigma=0.035, report=0.2, missing_bar=0.02, missing_at_week_end=0.05, split=0.004)
SETTINGS = ("max_positions=4", "trailing_transition_weeks=1", "initial_capital=1000000")
NEVER_LISTED = "NOPE"


@pytest.fixture(scope="module")
def market(sessions: Sessions) -> SyntheticMarket:
    before = sessions.between(date(2023, 10, 2), sessions.previous(FIRST))
    return rough_market(sessions, before, sessions.between(FIRST, LAST), seed=5, tickers=12, roughness=ROUGH)


@pytest.fixture(scope="module")
def symbols(market: SyntheticMarket, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("symbols") / "symbols.txt"
    path.write_text("\n".join([NEVER_LISTED, *market.series]) + "\n")
    return path


def scanning(symbols: Path, source: str, parameters: Mapping[str, int], **more: object) -> dict[str, object]:
    return {"source": source, "symbols_file": str(symbols), "source_parameters": dict(parameters), **more}


def params_of(section: Mapping[str, object]) -> Params:
    return resolve(params_from_mapping(section, "a test"), None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mixed(market: SyntheticMarket, symbols: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """An oversold stock is bought; one shadow takes the reports, the other another scan."""
    cross = scanning(symbols, "sma_cross", {"fast": 5, "slow": 20}, id="cross", trailing_stop="sma_cross")
    cross |= {"fast": 5, "slow": 20}
    primary = scanning(symbols, "rsi_reversion", {"rsi_period": 5, "oversold": 35}, trailing_stop="rsi_overbought")
    primary |= {"period": 5, "level": 65}
    params = params_of({"primary": primary, "shadows": [cross, {"id": "reports", "source": "reports"}]})
    return replay_market(tmp_path_factory.mktemp("mixed"), market, FIRST, LAST, SETTINGS, reference=params)


def test_every_strategy_trades_what_its_source_proposes(mixed: Replayed) -> None:
    assert mixed.differences() == []
    compared = compare_ledgers(mixed.inputs, mixed.ledgers)
    assert [one.strategy for one in compared] == ["rsi_reversion_rsi_5_65", "cross", "reports"]
    assert all(one.trades_compared > 3 for one in compared)


def test_the_book_is_full_and_slots_are_shared_as_with_reports(mixed: Replayed) -> None:
    reasons = {skip.reason for skip in mixed.executed.skips}
    assert SkipReason.CAPACITY_FULL in reasons
    assert SkipReason.DUPLICATE_TICKER in reasons


def test_the_files_name_the_scan_in_place_of_reports(mixed: Replayed) -> None:
    files = {path.name: path.read_text() for path in mixed.state.workspace.signals.glob("*.json")}
    executed = [text for name, text in files.items() if "rsi_reversion" in name]
    assert executed
    assert all('"scan"' in text and '"reports": []' in text for text in executed)
    assert not any('"scan"' in text for name, text in files.items() if name.endswith("_reports.json"))


def test_a_session_without_a_run_offers_what_was_proposed_to_nobody_and_a_refused_one_to_shadows(
    market: SyntheticMarket, symbols: Path, sessions: Sessions, tmp_path: Path
) -> None:
    primary = scanning(symbols, "rsi_reversion", {"rsi_period": 5, "oversold": 45})
    params = params_of({"primary": primary, "shadow": {"period": 3}})
    days = sessions.between(FIRST, LAST)[:12]
    skipped, refused = days[4:6], days[8:10]
    replayed = replay_market(tmp_path, market, days[0], days[-1], SETTINGS, skipped, refused, reference=params)
    assert replayed.differences() == []

    def late(ledger: Ledger) -> set[date]:
        return {skip.trade_date for skip in ledger.skips if skip.reason is SkipReason.AFTER_CUTOFF}

    of_executed, of_shadow = late(replayed.executed), late(replayed.shadow)
    assert of_executed <= {*skipped, *refused}
    assert of_executed & {*refused}
    assert of_shadow <= {*skipped}, "a refused run asks the source for the shadows all the same"
    assert of_shadow
