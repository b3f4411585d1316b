"""What `admin probe` is refused for: nothing is sent then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from live.run.lock import account_lock_path, db_lock_path, hold_lock
from live.run.runtime import Runtime
from tests.cli.account import TradingAccount, day, offer
from tests.cli.probing import by_hand, make_account, probe


@pytest.fixture
def account(tmp_path: Path) -> TradingAccount:
    return make_account(tmp_path)


def held(account: TradingAccount) -> None:
    account.go(day(1), "09:00")
    assert account.generate("--report-file", account.report(day(1), offer("F", day(1), price="12.34"))).code == 0
    assert account.go(day(1), "09:20").execute("place").code == 0
    assert account.go(day(1), "11:00").execute("poll").code == 0


def ordered(account: TradingAccount) -> None:
    account.go(day(1), "09:00")
    assert account.generate("--report-file", account.report(day(1), offer("F", day(1), price="12.34"))).code == 0
    assert account.go(day(1), "09:20").execute("place").code == 0


def decided(account: TradingAccount) -> None:
    account.go(day(1), "09:00")
    assert account.generate("--report-file", account.report(day(1), offer("F", day(1), price="12.34"))).code == 0


def not_tradable(account: TradingAccount) -> None:
    account.exchange.set_asset("F", tradable=False)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (held, "F is held by the strategy"),
        (ordered, "F has an order of the strategy"),
        (decided, f"F is to be bought by the signal file of {day(1)}"),
        (by_hand(), "F is held at the broker"),
        (by_hand(type="limit", limit_price="5"), "F has an open order at the broker"),
        (not_tradable, "F cannot be bought"),
    ],
)
def test_a_stock_in_use_is_refused(
    account: TradingAccount, fault: Callable[[TradingAccount], None], words: str
) -> None:
    fault(account)
    sent = account.broker.requests_sent().mutating
    done = probe(account)
    assert (done.code, words in done.last_line) == (2, True), done.last_line
    assert account.broker.requests_sent().mutating == sent


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--ticker", "ZZZ"), 2, "ZZZ is not known to the broker"),
        (("--ticker", "AAA"), 2, "AAA costs "),
        (("--ticker", "no ticker"), 2, "is no ticker"),
        (("--max-price", "0"), 2, "--max-price"),
        (("--enable-live",), 6, "a probe trades on a paper account only"),
        (("--undo", "--ticker", "F"), 2, "leave out --ticker"),
        (("--undo", "--max-price", "9"), 2, "leave out --max-price"),
        (("--undo", "--enable-live"), 6, "a probe trades on a paper account only"),
    ],
)
def test_what_cannot_be_probed_is_refused(
    account: TradingAccount, args: tuple[str, ...], code: int, words: str
) -> None:
    done = probe(account, *args)
    assert (done.code, words in done.stderr) == (code, True), done.stderr
    assert account.broker.requests_sent().mutating == 0


def test_i6_a_live_account_is_6_whatever_enables_it(account: TradingAccount) -> None:
    account.broker.is_live = True
    done = probe(account)
    assert (done.code, "a paper account only" in done.last_line) == (6, True)
    assert account.broker.requests_sent().mutating == 0


def test_an_adapter_that_sends_no_single_requests_is_6(account: TradingAccount) -> None:
    class Other:
        """A broker of somebody else's adapter."""

        def __getattr__(self, name: str) -> Any:
            if name == "ask_once":
                raise AttributeError(name)
            return getattr(account.broker, name)

    account.runtime = Runtime(Other())  # type: ignore[arg-type]
    done = probe(account)
    assert (done.code, "has no ask_once" in done.last_line) == (6, True)


def test_it_is_confirmed_by_its_word(account: TradingAccount) -> None:
    refused = probe(account, typed="YES\n")
    assert (refused.code, "expected PROBE" in refused.last_line) == (2, True)
    assert "Type PROBE to send these orders to the simulated account: " in refused.stdout + refused.stderr
    assert account.broker.requests_sent().mutating == 0
    assert not account.state_db.exists()
    assert probe(account, typed="PROBE\n").code == 0


def test_the_kill_switch_a_restricted_account_and_another_run_refuse_it(account: TradingAccount) -> None:
    assert account.admin("reconcile").code == 0
    with hold_lock(db_lock_path(account.state_db)):
        assert probe(account).code == 10
    with hold_lock(account_lock_path("sim", account.broker.get_account().id)):
        assert probe(account).code == 10
    account.exchange.set_account(trading_blocked=True)
    assert probe(account).code == 11
    (account.folder / "KILL").touch()
    assert (probe(account).code, probe(account, "--undo").code) == (3, 3)
    assert account.broker.requests_sent().mutating == 0
