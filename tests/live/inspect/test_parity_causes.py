"""Which cause a difference between account and simulator has, and that the amounts add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from backtest.model import ExitReason, Price, SkipReason
from backtest.params import Params
from live.inspect.parity_causes import explain
from live.inspect.parity_values import Cause, DayOnRecord, EntryOnRecord, Explained, OnRecord, Side, Traded
from live.parity.compare import LedgerRow
from live.signals.file import AccountRef, Inputs, PricesRef, SignalFile, SkipLine

D, LATER, LATEST = date(2026, 2, 17), date(2026, 2, 24), date(2026, 2, 25)
KEY = (D, "NVDA")
SIGNAL = SignalFile(
    "ema_p10", D, date(2026, 2, 13), "run", datetime(2026, 2, 17, 14, tzinfo=UTC), AccountRef("sim", "0", False),
    Inputs((), "0", "0", PricesRef("sim", None, "0")),
)  # fmt: skip
RUN = DayOnRecord(SIGNAL, True, Params())
FILLED = EntryOnRecord(100, 100, 1_000_000, 1_000_000, "filled")
NOTHING = Side.of(())


def traded(
    exit_day: date | None = None,
    reason: ExitReason = ExitReason.TREND_BREAK,
    price: Price = 1_100_000,
    **changes: object,
) -> Traded:
    """Return 100 shares bought at 100; held and worth 110, or sold on a day."""
    row = LedgerRow("NVDA", D, D, 100, 1_000_000, 900_000, None, None, None, None)
    row = replace(row, **changes)
    pnl = (price - row.entry_price) * row.shares
    if exit_day is not None:
        row = replace(row, exit_date=exit_day, exit_price=price, exit_reason=reason, pnl=pnl)
    return Traded(row, price, pnl, 1_000_000)


def record(
    entry: EntryOnRecord | None = FILLED, days: Mapping[date, DayOnRecord] | None = None, **more: object
) -> OnRecord:
    known = {D: RUN, LATER: RUN, LATEST: RUN, **(days or {})}
    return replace(OnRecord(known, {} if entry is None else {KEY: entry}, {}, {}), **more)


def differences(
    ours: Traded | None, theirs: Traded | None, on_record: OnRecord, told: Traded | None, skip: SkipReason | None = None
) -> list[Explained]:
    """Explain one trade, and see that the amounts are the difference of both P&L. told: what the facts lead to."""
    sides = [Side.of([] if one is None else [one]) for one in (ours, theirs, told)]
    simulator = replace(sides[1], skips={} if skip is None else {KEY: skip})
    found = list(explain("ema_p10", sides[0], simulator, sides[2], on_record))
    pnl = [0 if one is None else one.pnl for one in (ours, theirs)]
    assert sum(one.amount for one in found) == pnl[0] - pnl[1]
    return found


def causes(*args: object) -> list[tuple[str, Cause]]:
    return [(one.what, one.cause) for one in differences(*args)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("insufficient_funds", Cause.FUNDS),
        ("after_cutoff", Cause.MISSED_RUN),
        ("entries_off", Cause.HAND),
        ("vetoed", Cause.HAND),
        ("refused", Cause.TRADABILITY),
        ("max_daily_loss", Cause.LIMIT),
        ("no_price_data", Cause.FILL),
        ("expired", Cause.FILL),
    ],
)
def test_an_entry_that_came_to_nothing_has_the_cause_of_its_orders_end(reason: str, cause: Cause) -> None:
    on_record = record(EntryOnRecord(100, 0, None, 1_000_000, reason))
    assert causes(None, traded(), on_record, None) == [("trade", cause)]


@pytest.mark.parametrize(
    ("reason", "told", "cause"),
    [
        (SkipReason.NOT_TRADABLE, None, Cause.TRADABILITY),
        (SkipReason.FROZEN, None, Cause.HAND),
        (SkipReason.PROBLEM_IN_REPORT, None, Cause.REPORT),
        (SkipReason.STALE_PRICE, None, Cause.PRICES),
        (SkipReason.CAPACITY_FULL, None, Cause.EARLIER),
        (SkipReason.CAPACITY_FULL, traded(), Cause.UNEXPLAINED),
    ],
)
def test_a_skip_of_the_signal_file_is_looked_up_and_one_for_want_of_a_slot_is_checked(
    reason: SkipReason, told: Traded | None, cause: Cause
) -> None:
    day = replace(RUN, signal=replace(SIGNAL, skipped=(SkipLine("NVDA", reason),)))
    assert causes(None, traded(), record(None, {D: day}), told) == [("trade", cause)]


def test_a_session_without_a_run_or_without_its_executor_is_a_missed_run() -> None:
    for day in (DayOnRecord(None, False, Params()), replace(RUN, is_carried_out=False)):
        assert causes(None, traded(), record(None, {D: day}), None) == [("trade", Cause.MISSED_RUN)]


def test_what_only_the_account_bought_is_led_to_or_unexplained() -> None:
    assert causes(traded(), None, record(), traded(), SkipReason.CAPACITY_FULL) == [("trade", Cause.EARLIER)]
    assert causes(traded(), None, record(), traded(), SkipReason.PRICE_MISMATCH) == [("trade", Cause.REFERENCE_PRICE)]
    assert causes(traded(), None, record(), None, SkipReason.CAPACITY_FULL) == [("trade", Cause.UNEXPLAINED)]
    assert causes(traded(), None, record(adopted=frozenset({KEY})), None) == [("trade", Cause.HAND)]
    assert causes(traded(), None, record(without_prices=frozenset({"NVDA"})), None) == [("trade", Cause.PRICES)]


def test_shares_entry_and_exit_of_one_trade_have_a_cause_each() -> None:
    ours = traded(LATER, price=1_190_000, shares=99, entry_price=1_010_000, stop_price=909_000)
    theirs = traded(LATER, price=1_200_000)
    on_record = record(EntryOnRecord(99, 99, 1_010_000, 1_010_000, "filled"))
    found = differences(ours, theirs, on_record, ours)
    assert [(one.what, one.cause, one.amount) for one in found] == [
        ("shares", Cause.REFERENCE_PRICE, -200_000),
        ("entry", Cause.FILL, -990_000),
        ("exit", Cause.SLIPPAGE, -990_000),
    ]


def test_an_exit_of_another_day_is_traced_to_the_day_of_the_simulators() -> None:
    ours, theirs = traded(LATEST), traded(LATER)
    missed = record(days={LATER: replace(RUN, is_carried_out=False)})
    assert causes(ours, theirs, missed, ours) == [("exit", Cause.MISSED_RUN)]
    halted = record(unsold={(LATER, "NVDA"): "after_close"})
    assert causes(ours, theirs, halted, ours) == [("exit", Cause.FILL)]
    unresolved = record(days={LATER: replace(RUN, signal=replace(SIGNAL, unresolved=("NVDA",)))})
    assert causes(ours, theirs, unresolved, ours) == [("exit", Cause.PRICES)]
    assert causes(ours, theirs, record(), ours) == [("exit", Cause.EARLIER)]
    assert causes(ours, theirs, record(), theirs) == [("exit", Cause.UNEXPLAINED)]


def test_a_stop_that_lies_elsewhere_by_the_fill_explains_that_it_fired() -> None:
    ours = traded(LATER, ExitReason.STOP_LOSS, 909_000, entry_price=1_010_000, stop_price=909_000)
    found = causes(ours, traded(), record(replace(FILLED, price=1_010_000)), ours)
    assert found == [("entry", Cause.FILL), ("exit", Cause.FILL)]


def test_what_is_led_to_and_was_decided_with_other_parameters_is_of_the_settings() -> None:
    on_record = record(days={D: replace(RUN, has_other_params=True)})
    ours = traded(LATER)
    assert causes(ours, traded(), on_record, ours) == [("exit", Cause.SETTINGS)]
