"""Whatever breaks, and however often: the invariants hold after every run, and a quiet run ends in order.

Random faults (lost requests and answers, server errors, rejected, partial and halted orders, slow
cancels), a random death in the middle, four days; after each run the exchange is asked what I1 and I3
say, and after a last undisturbed run every position has its one stop.
"""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import OrderFaultKind, RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer, answer_after, lose_answer, lose_request
from tests.live.sim.market import QUIET, bars, quiet_bars

TICKERS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
DAYS = 4


class Killed(BaseException):
    """The process is gone."""


def kill(_request: object, _proceed: object) -> Any:
    raise Killed


def break_something(lab: Lab, rng: random.Random) -> None:
    """Script one to three faults for the next run."""
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.6:
            method = rng.choice(["POST", "DELETE", "PATCH", "GET"])
            action = rng.choice(
                [lose_request(), lose_answer(), answer(500), answer_after(504), answer_after(200, b"{"), kill]
            )
            lab.break_requests(
                RequestFault(
                    method, "/v2/(orders|positions|account).*", action, skip=rng.randint(0, 6), times=rng.randint(1, 3)
                )
            )
        else:
            kind = rng.choice(list(OrderFaultKind))
            lab.break_orders(
                kind,
                rng.choice(TICKERS),
                shares=rng.randint(1, 9),
                seconds=rng.choice([1.0, 30.0, 600.0]),
                times=rng.choice([1, None]),
            )


def check_invariants(lab: Lab) -> None:
    orders = lab.market.get("/v2/orders", status="all", limit="500")
    held = {ticker: int(shares) for ticker, shares in lab.market.holdings().items()}
    assert all(shares > 0 for shares in held.values()), f"short: {held}"
    selling: dict[str, int] = {}
    for order in orders:
        open_ = order["status"] not in ("filled", "canceled", "expired", "rejected", "replaced", "held")
        if order["side"] == "sell" and open_:
            left = int(order["qty"]) - int(order["filled_qty"])
            selling[order["symbol"]] = selling.get(order["symbol"], 0) + left
    for ticker, shares in selling.items():
        assert shares <= held.get(ticker, 0), f"{ticker}: {shares} offered, {held.get(ticker, 0)} held"
    entries = [order["client_order_id"] for order in orders if order["side"] == "buy"]
    assert len(entries) == len(set(entries)), "an entry twice"
    assert all(name.endswith("_entry_buy") for name in entries), "an entry with a second generation"


def a_day(lab: Lab, n: int, rng: random.Random) -> None:
    """Issue a random plan and run the day's phases with faults in between."""
    held = sorted(lab.positions())
    sell = [ticker for ticker in held if rng.random() < 0.4]
    buy = [ticker for ticker in TICKERS if ticker not in held and rng.random() < 0.5]
    lab.issue(n, sell=sell, buy=buy)
    for clock, phase in (("09:20", "place"), ("09:31", "poll"), ("09:34", "all"), ("15:45", "protect")):
        lab.go(n, clock)
        if rng.random() < 0.6:
            break_something(lab, rng)
        with suppress(Killed):
            done = lab.run(phase)
            assert done.code in (0, 4, 8, 9, 12, 3), done.stderr
        lab.market.exchange.faults.requests.clear()
        check_invariants(lab)
        lab.mend()


def switch_off(lab: Lab) -> None:
    with lab.db() as db:
        db.system_config.turn_kill_switch_off("a person")


SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 60))]


@pytest.mark.parametrize("seed", SEEDS)
def test_invariants_hold_through_random_faults_and_a_quiet_run_puts_things_in_order(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    dropping = bars("FFF", [QUIET, QUIET, (95.0, 96.0, 80.0, 85.0), *[QUIET] * 10])
    halted = bars("EEE", [QUIET, QUIET, None, QUIET, None, *[QUIET] * 10])
    quiet = [quiet_bars(ticker) for ticker in TICKERS[:4]]
    lab = make_lab(tmp_path, *quiet, halted, dropping, settings=["execution.poll_timeout_s=10"])
    for n in range(DAYS):
        a_day(lab, n, rng)
        switch_off(lab)
    lab.issue(DAYS)
    lab.go(DAYS, "09:40")
    codes = [lab.run("all").code for _ in range(2)]
    assert codes[-1] == 0, codes
    assert lab.agrees()
