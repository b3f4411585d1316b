"""Whatever is asked in whatever order: money and shares are conserved, nothing is ever sold twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.live.sim.market import RestTrader, bars, open_rest_trader

PRICES = (
    (100.0, 104.0, 96.0, 101.0),
    (92.0, 97.0, 90.0, 95.0),
    None,
    (110.0, 112.0, 99.0, 100.0),
    (85.0, 88.0, 70.0, 75.0),
    (75.0, 90.0, 74.0, 89.0),
)
SYMBOLS = ("AAA", "BBB")
LOW = st.sampled_from(["74.50", "84.00", "90.00", "95.50"])
HIGH = st.sampled_from(["98.00", "101.00", "105.00", "111.00"])
LEVELS = LOW | HIGH
FEW = st.integers(1, 12)
CASH = 20_000


class Trading(RuleBasedStateMachine):
    """Random orders, cancels, replacements and time on two tickers with gaps and halts."""

    def __init__(self) -> None:
        super().__init__()
        aaa = bars("AAA", [PRICES[n % 6] for n in range(60)])
        bbb = bars("BBB", [PRICES[(n + 3) % 6] for n in range(60)])
        self.trader: RestTrader = open_rest_trader(aaa, bbb, cash=CASH, slippage_pct=Decimal("0.5"))
        for symbol in SYMBOLS:
            self.trader.buy(symbol=symbol, qty="12")
        self.trader.go(0, "09:31")

    @rule(
        symbol=st.sampled_from(SYMBOLS), side=st.sampled_from(["buy", "sell"]), qty=FEW,
        kind=st.sampled_from(["market", "limit", "stop"]), level=LEVELS, tif=st.sampled_from(["day", "gtc"]),
    )  # fmt: skip
    def place(self, symbol: str, side: str, qty: int, kind: str, level: str, tif: str) -> None:
        price: dict[str, Any] = {} if kind == "market" else {f"{kind}_price": level}
        self.trader.post(symbol=symbol, side=side, qty=str(qty), type=kind, time_in_force=tif, **price)

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        qty=FEW,
        low=LOW,
        high=HIGH,
        group=st.sampled_from(["oto", "bracket", "oco"]),
    )
    def place_group(self, symbol: str, qty: int, low: str, high: str, group: str) -> None:
        legs: dict[str, Any] = {"stop_loss": {"stop_price": low}}
        if group != "oto":
            legs["take_profit"] = {"limit_price": high}
        side, kind = ("sell", "limit") if group == "oco" else ("buy", "market")
        self.trader.post(
            symbol=symbol, qty=str(qty), side=side, type=kind, order_class=group, time_in_force="gtc", **legs
        )

    @rule(pick=st.integers(0, 50))
    def cancel(self, pick: int) -> None:
        rows = self.trader.get("/v2/orders")
        if rows:
            self.trader.cancel(rows[pick % len(rows)])

    @rule(pick=st.integers(0, 50), level=LEVELS, qty=FEW)
    def replace(self, pick: int, level: str, qty: int) -> None:
        rows = self.trader.get("/v2/orders")
        if rows:
            row = rows[pick % len(rows)]
            change = {"qty": str(qty)} if row["type"] == "market" else {f"{row['type']}_price": level}
            self.trader.ask("PATCH", f"/v2/orders/{row['id']}", change)

    @rule(minutes=st.sampled_from([10, 120, 400, 1440]))
    def wait(self, minutes: float) -> None:
        if self.trader.exchange.now().month < 3:
            self.trader.exchange.advance(minutes * 60)

    @rule()
    def reload(self) -> None:
        self.trader.exchange._load()

    @invariant()
    def money_and_shares_are_conserved(self) -> None:
        cash = Decimal(CASH)
        shares = dict.fromkeys(SYMBOLS, 0)
        token: dict[str, str] = {}
        while True:
            rows = self.trader.get("/v2/account/activities/FILL", direction="asc", **token)
            for row in rows:
                sign = 1 if row["side"] == "buy" else -1
                cash -= sign * int(row["qty"]) * Decimal(row["price"])
                shares[row["symbol"]] += sign * int(row["qty"])
            if len(rows) < 100:
                break
            token = {"page_token": rows[-1]["id"]}
        assert Decimal(self.trader.cash()) == cash
        assert self.trader.holdings() == {symbol: str(qty) for symbol, qty in shares.items() if qty}
        assert min(shares.values()) >= 0

    @invariant()
    def open_sells_never_exceed_what_is_held(self) -> None:
        promised = dict.fromkeys(SYMBOLS, 0)
        for row in self.trader.get("/v2/orders", side="sell", limit="500"):
            if row["status"] != "held":  # the stop beside a live take-profit, or a leg without shares yet
                promised[row["symbol"]] += int(row["qty"]) - int(row["filled_qty"])
        for row in self.trader.get("/v2/positions"):
            promised[row["symbol"]] -= int(row["qty"])
            assert 0 <= int(row["qty_available"]) <= int(row["qty"])
        assert max(promised.values()) <= 0

    @invariant()
    def every_order_is_consistent(self) -> None:
        for row in self.trader.get("/v2/orders", status="all", limit="500"):
            qty, filled = int(row["qty"]), int(row["filled_qty"])
            assert 0 <= filled <= qty
            assert (row["status"] == "filled") == (filled == qty)
            assert (row["replaced_by"] is not None) == (row["status"] == "replaced")


Trading.TestCase.settings = settings(derandomize=True, max_examples=30, stateful_step_count=50, deadline=None)
TestTrading = Trading.TestCase
