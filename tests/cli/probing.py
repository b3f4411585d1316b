"""An account that is probed, and how probes are started on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live.sim.faults import SimRequest
from tests.cli.account import TradingAccount, bars, day
from tests.cli.done import Done

ORDERS = "/v2/orders"
ORDER = "/v2/orders/.*"


def make_account(folder: Path, **more: Any) -> TradingAccount:
    """Return an account at 11:00 of a session; F costs 12.34 and is traded by nobody."""
    account = TradingAccount(folder, bars("AAA"), bars("F", "12.34"), **more)
    account.go(day(0), "11:00")
    return account


def probe(account: TradingAccount, *args: str, typed: str = "") -> Done:
    """Start the command. typed: what a person answers; without it nobody is asked."""
    return account.admin("probe", *args, *([] if typed else ["--yes"]), typed=typed)


def answers(done: Done) -> dict[str, str]:
    """Return the word of each question that has one."""
    return {one["id"]: one["answer"] for one in done.json["probe"]["questions"] if one["state"] == "answered"}


def is_stop(request: SimRequest) -> bool:
    """The plain stop: the share is bought, its leg is canceled."""
    return request.json().get("type") == "stop"


def assert_nothing_left(account: TradingAccount) -> None:
    """The account holds no share of F, and no order of it works."""
    assert account.broker.list_orders(status="open", tickers=("F",)) == ()
    assert [one.ticker for one in account.broker.get_positions() if one.ticker == "F"] == []


def by_hand(**order: str) -> Callable[[TradingAccount], None]:
    """Return what sends an order of nobody's: three shares of F at the market, or otherwise."""

    def do(account: TradingAccount) -> None:
        body = {"symbol": "F", "qty": "3", "side": "buy", "type": "market", "time_in_force": "day", **order}
        assert account.exchange.handle(SimRequest("POST", ORDERS, {}, json.dumps(body).encode())).status == 200

    return do
