"""What a fill is measured by, how far it lies from it, and the sums in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from backtest.model import ExitReason, Price
from backtest.money import buy_fill, sell_fill, to_price
from backtest.params import Params
from live.inspect.slippage import read_slippage
from live.inspect.slippage_values import (
    Benchmark,
    FillKind,
    Measured,
    OnRecord,
    Slippage,
    SlippageSum,
    kind_of,
    measure,
)
from live.orders import Intent
from live.state_db.fills import DecidedExit, OwnFill, SimulatedEntry, SimulatedSale
from live.state_db.records import ForeignFill
from tests.live.state_db.builders import AS_OF, LATER, OPEN, D, a_db, hold

USUAL = Params()
KEY = (D, "NVDA")
SHADOW = "nwl_p4"
NOTHING = OnRecord({}, {}, {}, {SHADOW: USUAL})


def fill(intent: Intent = Intent.ENTRY, price: str = "140.20", **changes: Any) -> OwnFill:
    """Return ten shares filled at the open of D."""
    return replace(OwnFill(1, "NVDA", intent, D, OPEN, 10, Decimal(price)), **changes)


def sale(price: str, reason: ExitReason, stop: str = "126.18") -> OnRecord:
    """The shadow sold on D."""
    return replace(NOTHING, sold={KEY: (SimulatedSale(D, "NVDA", to_price(price), reason, to_price(stop), SHADOW),)})


def paid_at(price: Price, *strategies: str) -> OnRecord:
    """Shadows bought on D."""
    return replace(NOTHING, paid={KEY: tuple(SimulatedEntry(D, "NVDA", price, one) for one in strategies)})


def measured(one: OwnFill, record: OnRecord = NOTHING, params: Params = USUAL) -> Measured:
    found = measure(one, record, params)
    assert found is not None
    return found


def benchmark_of(one: OwnFill, record: OnRecord = NOTHING, params: Params = USUAL) -> tuple[Benchmark, Price] | None:
    found = measure(one, record, params)
    return None if found is None else (found.benchmark, found.benchmark_price)


def test_a_buy_above_and_a_sell_below_are_worse() -> None:
    bought = measured(fill(price="141.40", reference=1_400_000))
    assert (bought.slippage_pct, bought.against_assumed) == (Decimal("1.0000"), -14 * 10_000)
    sold = measured(fill(Intent.STOP, "99.00", stop=1_000_000))
    assert (sold.slippage_pct, sold.assumed, sold.against_assumed) == (Decimal("1.0000"), 995_000, -5 * 10_000)
    better = measured(fill(Intent.STOP, "100.25", stop=1_000_000))
    assert (better.slippage_pct, better.against_assumed) == (Decimal("-0.2500"), 75_000)


def test_an_average_price_counts_with_every_decimal() -> None:
    one = measured(fill(price="140.201234567", reference=1_402_000, shares=100))
    assert one.against_assumed == -1_235  # 0.1234567 USD, half-even


@pytest.mark.parametrize("paid", ["100.00", "100.07", "0.7513", "249.99"])
def test_an_entry_is_measured_by_the_open_at_which_the_shadow_bought(paid: str) -> None:
    params = replace(USUAL, entry_slippage_pct=Decimal("0.3"))
    open_ = to_price(paid)
    price = buy_fill(open_, params.entry_slippage_bp)
    one = measured(fill(reference=1_390_000), replace(paid_at(price, SHADOW), assumed={SHADOW: params}), params)
    assert (one.benchmark, one.assumed) == (Benchmark.OPEN, price)
    assert abs(one.benchmark_price - open_) <= 100
    assert benchmark_of(fill(), paid_at(open_, SHADOW)) == (Benchmark.OPEN, open_)


def test_each_shadows_price_is_read_by_its_own_slippage_and_of_an_unknown_one_by_none() -> None:
    costly = replace(USUAL, entry_slippage_pct=Decimal(1), slippage_pct=Decimal(2))
    record = replace(paid_at(1_010_000, "gone", "costly"), assumed={SHADOW: USUAL, "costly": costly})
    assert benchmark_of(fill(), record) == (Benchmark.OPEN, 1_000_000)
    assert benchmark_of(fill(reference=1_390_000), paid_at(1_010_000, "gone")) == (
        Benchmark.REFERENCE_PRICE,
        1_390_000,
    )
    sold = {KEY: (SimulatedSale(D, "NVDA", 980_000, ExitReason.TREND_BREAK, 0, "costly"),)}
    exit_ = fill(Intent.EXIT, reason=ExitReason.TREND_BREAK)
    assert benchmark_of(exit_, replace(record, sold=sold)) == (Benchmark.OPEN, 1_000_000)


def test_an_open_between_a_tighter_stop_and_ours_measures_no_stop() -> None:
    stopped = fill(Intent.STOP, "119.00", stop=1_261_800)
    tight = sale("129.35", ExitReason.STOP_LOSS, stop="133.00")
    assert benchmark_of(stopped, tight) == (Benchmark.STOP, 1_261_800)


def test_else_by_the_price_it_was_sized_at_else_by_nothing() -> None:
    before = SimulatedEntry(date(2026, 2, 18), "NVDA", 1_400_000, SHADOW)
    other_day = replace(NOTHING, paid={(before.day, "NVDA"): (before,)})
    assert benchmark_of(fill(reference=1_390_000), other_day) == (Benchmark.REFERENCE_PRICE, 1_390_000)
    assert benchmark_of(fill(), other_day) is None


@pytest.mark.parametrize("open_", ["97.43", "100.00", "0.7001"])
def test_a_sell_is_measured_by_the_open_at_which_the_shadow_sold(open_: str) -> None:
    price = sell_fill(to_price(open_), USUAL.slippage_bp)
    record = replace(NOTHING, sold={KEY: (SimulatedSale(D, "NVDA", price, ExitReason.TREND_BREAK, 0, SHADOW),)})
    one = measured(fill(Intent.EXIT, reason=ExitReason.TREND_BREAK), record)
    assert (one.kind, one.benchmark, one.assumed) == (FillKind.EXIT, Benchmark.OPEN, price)
    assert abs(one.benchmark_price - to_price(open_)) <= 100


def test_a_stop_is_measured_by_an_open_below_it_else_by_itself() -> None:
    stopped = fill(Intent.STOP, "119.00", stop=1_261_800)
    assert benchmark_of(stopped, sale("119.40", ExitReason.STOP_LOSS)) == (Benchmark.OPEN, 1_200_000)
    assert benchmark_of(stopped, sale("125.54", ExitReason.STOP_LOSS)) == (Benchmark.STOP, 1_261_800)
    assert benchmark_of(stopped, sale("119.40", ExitReason.TREND_BREAK)) == (Benchmark.STOP, 1_261_800)
    assert benchmark_of(fill(Intent.STOP)) is None


@pytest.mark.parametrize("reason", [ExitReason.STOP_LOSS, ExitReason.DELISTED, ExitReason.END_OF_DATA])
def test_what_the_shadow_did_not_sell_at_the_open_measures_no_exit(reason: ExitReason) -> None:
    assert benchmark_of(fill(Intent.EXIT, reason=ExitReason.TREND_BREAK), sale("119.40", reason)) is None


def test_the_market_sell_of_a_passed_stop_is_one_of_a_stop() -> None:
    sold = fill(Intent.EXIT, "125.00", stop=1_261_800, reason=ExitReason.STOP_LOSS)
    assert kind_of(sold) is FillKind.STOP
    assert benchmark_of(sold) == (Benchmark.STOP, 1_261_800)


def test_a_stop_order_sold_for_its_own_reason_whatever_closed_the_position() -> None:
    assert measured(fill(Intent.STOP, stop=1_261_800, reason=ExitReason.TREND_BREAK)).reason is ExitReason.STOP_LOSS


def test_the_last_close_is_a_rotations_or_the_weeks_of_an_exit_that_was_decided_then() -> None:
    def decided(last: str | None, week: str | None, since: date = AS_OF) -> tuple[Benchmark, Price] | None:
        said = DecidedExit(D, "NVDA", AS_OF, last and Decimal(last), week and Decimal(week))  # type: ignore[arg-type]
        one = fill(Intent.EXIT, reason=ExitReason.TREND_BREAK, exit_since=since)
        return benchmark_of(one, replace(NOTHING, said={KEY: said}))

    assert decided("139.50", None) == (Benchmark.LAST_CLOSE, 1_395_000)
    assert decided(None, "139.50") == (Benchmark.LAST_CLOSE, 1_395_000)
    assert decided(None, "139.50", date(2026, 2, 6)) is None
    assert decided(None, None) is None
    assert benchmark_of(fill(Intent.EXIT, reason=ExitReason.MAX_HOLDING)) is None


def test_a_sale_by_hand_is_measured_by_nothing() -> None:
    by_hand = fill(Intent.EXIT, reason=ExitReason.MANUAL)
    assert benchmark_of(by_hand, sale("119.40", ExitReason.TREND_BREAK)) is None


def sum_of(kind: FillKind, benchmark: Benchmark, *prices: str) -> SlippageSum:
    """Fills of ten shares whose benchmark is 100."""
    fills = (Measured(D, "NVDA", kind, benchmark, 10, Decimal(one), 1_000_000, 995_000) for one in prices)
    return SlippageSum(kind, benchmark, tuple(fills), Decimal("0.5"))


def test_a_sum_has_mean_median_worst_and_what_the_assumption_was_off() -> None:
    found = sum_of(FillKind.STOP, Benchmark.STOP, "99.9", "98", "99.7")
    assert (found.mean_pct, found.median_pct, found.worst_pct) == (0.8, 0.3, 2.0)
    assert found.against_assumed == (4 - 15 + 2) * 10_000


@pytest.mark.parametrize(
    ("kind", "benchmark", "price", "words"),
    [
        (FillKind.STOP, Benchmark.STOP, "99.79", "stops filled 0.21 % below the stop"),
        (FillKind.EXIT, Benchmark.LAST_CLOSE, "100.30", "exits filled 0.30 % above the last close"),
        (FillKind.ENTRY, Benchmark.OPEN, "100.30", "entries filled 0.30 % above the open"),
        (FillKind.ENTRY, Benchmark.REFERENCE_PRICE, "99.70", "entries filled 0.30 % below the reference price"),
        (FillKind.ENTRY, Benchmark.OPEN, "100.004", "entries filled at the open"),
    ],
)
def test_the_sentence_says_on_which_side(kind: FillKind, benchmark: Benchmark, price: str, words: str) -> None:
    assert sum_of(kind, benchmark, price).sentence == f"{words} on average; the backtest assumes 0.50 %"


def test_sums_are_told_apart_by_kind_and_benchmark() -> None:
    fills = [
        *sum_of(FillKind.STOP, Benchmark.STOP, "99", "98").fills,
        *sum_of(FillKind.ENTRY, Benchmark.REFERENCE_PRICE, "99").fills,
        *sum_of(FillKind.ENTRY, Benchmark.OPEN, "99").fills,
    ]
    sums = Slippage(None, None, tuple(fills), {}, 0, USUAL).sums
    assert [(one.kind, one.benchmark, len(one.fills), one.assumed_pct) for one in sums] == [
        (FillKind.ENTRY, Benchmark.OPEN, 1, Decimal(0)),
        (FillKind.ENTRY, Benchmark.REFERENCE_PRICE, 1, Decimal(0)),
        (FillKind.STOP, Benchmark.STOP, 2, Decimal("0.5")),
    ]


def test_fills_of_foreign_orders_are_counted_only() -> None:
    db = a_db()
    position = hold(db)
    sold = ForeignFill("a1", "o1", "NVDA", "sell", 71, Decimal(150), LATER)
    db.positions.book_by_hand(position.position_id, [sold])
    page = read_slippage(db, USUAL)
    assert (len(page.fills), page.foreign, dict(page.unmeasured)) == (1, 1, {})
    assert read_slippage(db, USUAL, D, D).foreign == 0
