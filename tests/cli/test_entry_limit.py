"""Entries with a limit, through the real programs: bought at the open, or not above what was decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.sim.faults import RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer
from tests.faults.ending import Rerun, State, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars

LATEST = "/v2/stocks/trades/latest"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Every session opens at 100.00, stays there for five minutes, falls to 98 and rises to 102."""
    return make_lab(tmp_path)


def orders_of(lab: Lab, ticker: str) -> list[tuple[str, str, str, str]]:
    """Return class, type, limit and duration of every buy of a ticker at the broker."""
    found = lab.market.get("/v2/orders", status="all", nested="true")
    rows = [one for one in found if one["symbol"] == ticker and one["side"] == "buy"]
    return [(one["order_class"], one["type"], one["limit_price"], one["time_in_force"]) for one in rows]


def test_an_entry_goes_out_as_a_limit_buy_with_its_stop_and_is_filled_at_an_open_below_the_limit(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"], limit="100.50")
    assert lab.go(0, "09:20").run("place").code == 0
    assert orders_of(lab, "AAA") == [("oto", "limit", "100.50", "gtc")]
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 0, done.stderr
    position = lab.positions()["AAA"]
    assert (position.entry_price, position.actual_shares) == (1_000_000, 10)
    assert lab.agrees()


def test_an_open_above_the_limit_buys_nothing_and_is_no_trouble(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "BBB"], limit="99.99")
    assert lab.go(0, "09:20").run("place").code == 0
    done = lab.go(0, "09:31").run("poll")
    assert (done.code, lab.positions()) == (0, {})
    assert "AAA above_limit, BBB above_limit" in done.stdout
    assert lab.order("20260105_AAA_entry_buy").reject_reason == "above_limit"
    assert (lab.run("poll").code, lab.positions()) == (0, {})
    assert lab.agrees()


def test_f22_a_stock_that_does_not_trade_has_no_price_whatever_its_limit(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, bars("AAA", [QUIET, None, None]), quiet_bars("BBB"))
    lab.issue(0, buy=["AAA", "BBB"], limit="99.99")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    fault_ends(
        "F22",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: not bought (no_price_data). Nothing to do: the entry is over.",
        received=["DELETE 20260105_AAA_entry_buy", "DELETE 20260105_BBB_entry_buy"],
        state=State({}, {"20260105_AAA_entry_buy": "canceled 0/10", "20260105_BBB_entry_buy": "canceled 0/10"}),
        rerun=Rerun(0),
    )
    assert lab.order("20260105_BBB_entry_buy").reject_reason == "above_limit"


def test_f22_an_entry_whose_stock_opens_above_its_limit_ends_as_decided(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"], limit="99.99")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    fault_ends(
        "F22",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=["DELETE 20260105_AAA_entry_buy"],
        state=State({}, {"20260105_AAA_entry_buy": "canceled 0/10"}),
        rerun=Rerun(0),
    )
    assert lab.order("20260105_AAA_entry_buy").reject_reason == "above_limit"


def test_a_limit_reached_while_the_run_polls_is_bought_there(tmp_path: Path) -> None:
    """docs/decisions/0009: a simulator, which knows the open only, says `above_limit`."""
    lab = make_lab(tmp_path, settings=["execution.poll_timeout_s=600"])
    lab.issue(0, buy=["AAA"], limit="99.99")
    assert lab.go(0, "09:20").run("place").code == 0
    done = lab.go(0, "09:34").run("poll")
    assert done.code == 0, done.stderr
    assert lab.positions()["AAA"].entry_price == 999_900
    assert lab.agrees()


def test_f25_a_refused_order_form_is_bought_plainly_with_the_same_limit(lab: Lab) -> None:
    lab.issue(0, buy=["AAA", "BBB"], limit="100.00")
    refusal = answer(422, {"code": 40010001, "message": "oto orders are not supported"})
    lab.break_requests(
        RequestFault("POST", "/v2/orders", refusal, times=None, when=lambda r: r.json().get("order_class") == "oto")
    )
    assert lab.go(0, "09:20").run("place").code == 9
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 0, done.stderr
    assert orders_of(lab, "AAA") == [("simple", "limit", "100.00", "day")]
    assert set(lab.positions()) == {"AAA", "BBB"}
    assert lab.agrees()


def test_where_nobody_says_whether_it_traded_the_entry_has_no_price_and_what_was_bought_has_its_stop(
    tmp_path: Path,
) -> None:
    low = bars("BBB", [QUIET, (99.0, 102.0, 98.0, 101.0), QUIET])
    lab = make_lab(tmp_path, quiet_bars("AAA"), low)
    lab.issue(0, buy=["AAA", "BBB"], limit="99.50")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.break_requests(RequestFault("GET", LATEST, answer(500), times=None))
    done = lab.go(0, "09:31").run("poll")
    assert done.code == 8
    assert lab.order("20260105_AAA_entry_buy").reject_reason == "no_price_data"
    assert set(lab.positions()) == {"BBB"}
    assert lab.agrees()


def test_an_entry_that_no_run_polled_ends_the_next_day_by_what_its_session_was(tmp_path: Path) -> None:
    above = bars("AAA", [QUIET, (100.0, 102.0, 99.8, 101.0), QUIET])
    lab = make_lab(tmp_path, above, bars("BBB", [QUIET, None, None]))
    lab.issue(0, buy=["AAA", "BBB"], limit="99.00")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.issue(1)
    lab.go(1, "09:20").run("place")
    ends = {ticker: lab.order(f"20260105_{ticker}_entry_buy").reject_reason for ticker in ("AAA", "BBB")}
    assert ends == {"AAA": "above_limit", "BBB": "no_price_data"}


def test_a_dry_run_and_the_order_say_what_an_entry_may_cost_at_most(lab: Lab) -> None:
    lab.issue(0, buy=["AAA"], limit="100.50")
    done = lab.go(0, "09:20").run("place", "--dry-run")
    assert "AAA 10, at most 100.50, stop 90.90" in done.stdout


@pytest.mark.parametrize(("cash", "bought"), [(1005, True), (1004, False)])
def test_f51_an_entry_needs_its_limit_in_funds_and_no_more(tmp_path: Path, cash: int, bought: bool) -> None:
    lab = make_lab(tmp_path, cash=cash, settings=["execution.min_buying_power=0", "execution.funds=cash"])
    lab.issue(0, buy=["AAA"], limit="100.50")
    lab.go(0, "09:20").run("place")
    assert lab.order("20260105_AAA_entry_buy").is_working is bought
