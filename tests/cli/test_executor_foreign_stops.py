"""A foreign stop on our shares: it counts, it is reported, it is never touched, and the day goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import RequestFault
from tests.cli.account import TradingAccount, day, offer
from tests.cli.account import bars as steady_bars
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import change_answer
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.live.sim.market import RestTrader

HELD = dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return make_lab(tmp_path_factory.mktemp("held"), settings=["execution.poll_timeout_s=10"]).hold("AAA", "BBB")


@pytest.fixture
def held(held_before: Lab, tmp_path: Path) -> Lab:
    """AAA and BBB are held since session 0, 10 shares each at 100.00 with stops at 90.00."""
    return held_before.copy_to(tmp_path)


def own_stop(lab: Lab, ticker: str = "AAA") -> dict[str, Any]:
    (order,) = [one for one in lab.market.get("/v2/orders", status="open") if one["symbol"] == ticker]
    return dict(order)


def by_hand(lab: Lab, shares: int = 10, **more: str | None) -> dict[str, Any]:
    """Cancel our stop of AAA and place another sell order, as somebody does in the broker's own window."""
    lab.market.cancel(own_stop(lab))
    return lab.market.sell(**{"qty": str(shares), "time_in_force": "gtc", "type": "stop", "stop_price": "92"} | more)


def is_open(lab: Lab, order: dict[str, Any]) -> bool:
    return order["id"] in {one["id"] for one in lab.market.get("/v2/orders", status="open")}


def switch_is_on(lab: Lab) -> bool:
    with lab.look() as db:
        return db.system_config.kill_switch().on


@pytest.mark.parametrize("kind", ["stop", "stop_limit", "trailing_stop"])
def test_f115_a_live_foreign_stop_covers_its_shares_and_is_reported(held: Lab, kind: str) -> None:
    theirs = by_hand(held.go(0, "11:00"))

    def of_that_kind(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "type": kind} if row["id"] == theirs["id"] else row for row in rows]

    held.break_requests(RequestFault("GET", "/v2/orders", change_answer(of_that_kind), times=None))
    held.go(0, "15:45")
    order = f"a {kind} sell of 10 shares at 92.00 (order {theirs['id']})"
    fault_ends(
        "F115",
        held,
        lambda: held.run("protect"),
        exit_code=9,
        last_line=begins(f"error[9] AAA: {order}", "that is not ours covers its shares"),
        received=[],
        state=State(HELD),
        rerun=Rerun(0, foreign=["AAA"]),
    )
    again = held.run("protect")
    assert f"needs a hand: AAA: a {kind} sell of 10 shares" in again.stdout
    assert is_open(held, theirs)
    assert not switch_is_on(held)


def test_f115_a_price_below_ours_is_reported(held: Lab) -> None:
    by_hand(held.go(0, "11:00"), stop_price="85")
    fault_ends(
        "F115",
        held,
        lambda: held.run("protect"),
        exit_code=9,
        last_line=begins("error[9] AAA: ", "at 85.00", "that is not ours covers its shares, below our stop at 90.00"),
        received=[],
        state=State(HELD),
        rerun=Rerun(0, foreign=["AAA"]),
    )


def test_f115_a_dry_run_reports_it_and_counts_nothing(held: Lab) -> None:
    by_hand(held.go(0, "11:00"))
    done = held.run("protect", "--dry-run")
    assert (done.code, held.writes) == (0, [])
    assert "needs a hand: AAA: a stop sell of 10 shares" in done.stdout
    assert held.run("protect").code == 9


def test_f115_shares_that_it_does_not_cover_get_a_stop_of_ours(held: Lab) -> None:
    theirs = by_hand(held.go(0, "11:00"), shares=4)
    fault_ends(
        "F115",
        held,
        lambda: held.run("protect"),
        exit_code=9,
        last_line=begins("error[9] AAA: a stop sell of 4 shares at 92.00", "that is not ours covers its shares"),
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(HELD),
        rerun=Rerun(0),
    )
    assert sorted(shares for shares, _, _ in held.stops()["AAA"]) == ["4", "6"]
    assert is_open(held, theirs)


def test_f115_the_exit_of_that_ticker_waits_and_the_rest_of_the_day_goes_on(held: Lab) -> None:
    held.go(0, "16:30").issue(1, buy=["CCC"], sell=["AAA", "BBB"])
    theirs = by_hand(held.go(1, "08:00"))
    held.go(1, "09:20")
    fault_ends(
        "F115",
        held,
        lambda: held.run("place"),
        exit_code=9,
        last_line=begins("error[9] AAA: a stop sell of 10 shares at 92.00"),
        received=["DELETE 20260105_BBB_stop_sell", "POST 20260106_BBB_exit_sell", "POST 20260106_CCC_entry_buy"],
        state=State(
            HELD,
            {"20260106_BBB_exit_sell": "accepted 0/10", "20260106_CCC_entry_buy": "accepted 0/10"}
            | {"20260106_AAA_exit_sell": "planned 0/10"},
        ),
        rerun=Rerun(0, foreign=["AAA"]),
    )
    assert held.go(1, "09:31").run("poll").code == 0
    assert held.market.holdings() == {"AAA": "10", "CCC": "10"}
    assert held.positions()["AAA"].pending_exit_reason == "trend_break"
    assert is_open(held, theirs)
    held.market.cancel(theirs)
    assert held.go(1, "09:40").run("poll").code == 0
    assert held.market.holdings() == {"CCC": "10"}


def test_f115_when_the_foreign_stop_goes_ours_comes_back(held: Lab) -> None:
    theirs = by_hand(held.go(0, "11:00"))
    fault_ends(
        "F115",
        held,
        lambda: held.run("protect"),
        exit_code=9,
        last_line=begins("error[9] AAA: a stop sell of 10 shares at 92.00", "that is not ours covers its shares"),
        received=[],
        state=State(HELD),
        rerun=Rerun(
            0,
            received=["POST 20260105_AAA_stop_sell_2"],
            state=State(HELD),
            mend=lambda: held.market.cancel(theirs),
        ),
    )
    assert held.agrees()


def test_f115_shares_held_by_an_order_that_is_no_stop_are_12_and_the_order_is_named(held: Lab) -> None:
    theirs = by_hand(held.go(0, "11:00"), type="limit", stop_price=None, limit_price="150")
    fault_ends(
        "F115",
        held,
        lambda: held.run("protect"),
        exit_code=12,
        last_line=begins(
            "error[12] no live stop could be placed for AAA; AAA: a limit sell of 10 shares",
            theirs["id"],
            "kill switch on",
        ),
        received=[f"POST 20260105_AAA_stop_sell_{n}" for n in range(2, 11)],
        state=State(HELD, kill_switch=True),
        rerun=Rerun(
            0,
            received=["POST 20260105_AAA_stop_sell_11"],
            state=State(HELD, kill_switch=True),
            mend=lambda: held.market.cancel(theirs),
        ),
    )
    assert set(held.stops()) == {"AAA", "BBB"}


@pytest.mark.parametrize("phase", ["protect", "all"])
def test_f115_a_stop_that_no_listing_shows_is_looked_up_where_the_broker_names_it(held: Lab, phase: str) -> None:
    """A leg that no answer ever shows: the refusal's `related_orders` leads to it."""
    theirs = by_hand(held.go(0, "11:00"))

    def without(content: Any) -> Any:
        return [row for row in content if row["id"] != theirs["id"]] if isinstance(content, list) else content

    held.break_requests(RequestFault("GET", "/v2/orders", change_answer(without), times=None))
    held.issue(1)
    held.go(1, "09:31")
    fault_ends(
        "F115",
        held,
        lambda: held.run(phase),
        exit_code=9,
        last_line=begins("error[9] AAA: ", "that is not ours covers its shares"),
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State(HELD),
        rerun=Rerun(0, received=["POST 20260105_AAA_stop_sell_3"], state=State(HELD), foreign=["AAA"]),
    )


def test_f115_the_generator_reports_it_too(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, steady_bars("AAA"))
    account.trade(day(0), offer("AAA", day(0)))
    (stop,) = account.broker.list_orders(status="open")
    account.broker.cancel_order(stop.id)
    RestTrader(account.exchange).stop("95", qty="100")
    account.go(day(1), "09:00")
    fault_ends(
        "F115",
        account,
        lambda: account.generate("--no-report"),
        exit_code=9,
        last_line=begins("error[9] AAA: a stop sell of 100 shares at 95.00"),
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(0, foreign=["AAA"]),
    )
    again = account.generate("--no-report")
    assert "needs a hand: AAA: a stop sell of 100 shares at 95.00" in again.stdout
    placed = account.go(day(1), "09:20").execute("place")
    assert placed.code == 0
    assert "needs a hand: AAA: a stop sell of 100 shares at 95.00" in placed.stdout
