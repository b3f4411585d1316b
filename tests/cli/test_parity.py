"""`admin parity`: the account's trades against the portfolio simulator's, each difference with its cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtest.bars import BarSeries
from backtest.model import Candidate
from backtest.money import to_price
from live.sim.faults import OrderFault, OrderFaultKind
from tests.cli.account import HISTORY, SESSIONS, TradingAccount, bars, day, offer


def parity(account: TradingAccount, *args: str | Path) -> Any:
    return account.admin("parity", "--report-dir", account.reports, *args)


def found_in(account: TradingAccount, *args: str | Path) -> dict[str, Any]:
    """Return the JSON, its amounts added up."""
    done = parity(account, "--json", *args)
    assert done.code == 0, done.stderr
    found = done.json
    difference = Decimal(found["account"]["pnl_usd"]) - Decimal(found["simulator"]["pnl_usd"])
    assert sum(Decimal(one["amount_usd"]) for one in found["differences"]) == difference
    assert sum(Decimal(one["amount_usd"]) for one in found["causes"]) == difference
    return dict(found)


def causes_of(found: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return by ticker and what differs: the cause, and what it brought."""
    return {(one["ticker"], one["what"]): (one["cause"], one["amount_usd"]) for one in found["differences"]}


def with_open(series: BarSeries, n: int, price: str) -> BarSeries:
    """Return bars of which one session opens at another price."""
    at = series.days == np.datetime64(day(n))
    opens = np.where(at, to_price(price), series.open)
    high, low = np.maximum(series.high, opens), np.minimum(series.low, opens)
    return replace(series, open=opens, high=high, low=low)


def with_close(series: BarSeries, n: int, price: str) -> BarSeries:
    """Return bars of which one session closes at another price."""
    at = series.days == np.datetime64(day(n))
    closes = np.where(at, to_price(price), series.close)
    return replace(series, close=closes, high=np.maximum(series.high, closes), low=np.minimum(series.low, closes))


@contextmanager
def prices_of(account: TradingAccount, *changed: BarSeries) -> Iterator[None]:
    """Let the comparison see other bars than the account's exchange."""
    before = account.prices.series
    account.prices.series = {**before, **{one.ticker: one for one in changed}}
    try:
        yield
    finally:
        account.prices.series = before


def nothing() -> None:
    """Do nothing."""


def play(
    account: TradingAccount,
    n: int,
    *offered: Candidate,
    before_place: Callable[[], object] = nothing,
    at_noon: Callable[[], object] = nothing,
) -> None:
    """Trade a session, whatever its runs end with. before_place, at_noon: what a person does then."""
    account.go(day(n), "09:00")
    account.generate(*(["--report-file", account.report(day(n), *offered)] if offered else ["--no-report"]))
    before_place()
    account.go(day(n), "09:20").execute("place")
    account.go(day(n), "09:31").execute("poll")
    account.go(day(n), "12:00")
    at_noon()
    for clock in ("15:45", "16:05"):
        account.go(day(n), clock).execute("protect")


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """Something came between on every day, and AAA fell through its stop at the end.

    The funds sufficed for three of four entries, no run was started, BBB was sold by hand, 40 of 100 shares of FFF
    filled, GGG was vetoed.
    """
    account = TradingAccount(
        tmp_path_factory.mktemp("eventful"),
        bars("AAA", {HISTORY: "100", day(5): "85"}),
        bars("BBB"),
        bars("CCC", {HISTORY: "100", day(3): "95"}),
        bars("DDD"),
        bars("EEE", {HISTORY: "100", day(3): "110"}),
        bars("FFF", {HISTORY: "100", day(5): "105"}),
        bars("GGG"),
        cash="40000",
    )
    scores = {"AAA": 90, "BBB": 80, "DDD": 70, "CCC": 60}
    play(account, 0, *(offer(ticker, day(0), score) for ticker, score in scores.items()))
    account.report(day(1), offer("EEE", day(1)))
    play(account, 2, at_noon=lambda: account.admin("close", "BBB", "--yes"))
    account.exchange.faults.add(OrderFault(OrderFaultKind.PARTIAL, symbol="FFF", side="buy", shares=40))
    play(account, 3, offer("FFF", day(3)))
    play(account, 4, offer("GGG", day(4)), before_place=lambda: account.admin("skip", "GGG", "--reason", "no trust"))
    play(account, 5)
    return account


def test_each_difference_has_its_cause_and_what_it_brought(eventful: TradingAccount) -> None:
    found = found_in(eventful)
    assert causes_of(found) == {
        ("CCC", "trade"): ("funds", "500.00"),
        ("EEE", "trade"): ("missed_run", "-1000.00"),
        ("BBB", "exit"): ("hand", "-124.00"),
        ("FFF", "shares"): ("fill", "-300.00"),
        ("GGG", "trade"): ("hand", "0.00"),
    }
    assert (found["unexplained"], found["equal_trades"]) == (0, 2)
    assert found["causes"][0] == {"cause": "fill", "differences": 1, "amount_usd": "-300.00"}
    (first, *_) = found["differences"]
    assert first == {
        "entry_date": str(day(0)),
        "ticker": "BBB",
        "what": "exit",
        "account": f"manual {day(2)} at 98.76",
        "simulator": "held",
        "cause": "hand",
        "why": "sold by hand",
        "amount_usd": "-124.00",
    }


def test_the_page_says_every_difference_what_each_cause_came_to_and_what_is_left(
    eventful: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = parity(eventful)
    assert done.code == 0, done.stderr
    said = done.stdout.splitlines()
    assert max(map(len, said)) <= 80
    words = [" ".join(line.split()) for line in said]
    at = words.index(f"{day(1)} EEE trade missed_run -1,000.00")
    assert words[at + 1 : at + 3] == [
        "account none; simulator 100 at 100.00, held",
        "why nothing was decided for that session",
    ]
    assert "funds 1 +500.00" in words
    assert "total 5 -924.00" in words
    assert words[-3:] == [
        "trades: account 4, simulator 7, equal in everything 2",
        "P&L: account -1,467.00, simulator -543.00",
        "unexplained: none",
    ]


def test_from_and_to_choose_the_entries_that_are_shown(eventful: TradingAccount) -> None:
    found = found_in(eventful, "--from", str(day(1)), "--to", str(day(3)))
    assert [one["ticker"] for one in found["differences"]] == ["EEE", "FFF"]
    assert (found["account"]["trades"], found["simulator"]["trades"]) == (1, 2)
    assert parity(eventful, "--from", str(day(3)), "--to", str(day(1))).code == 2


def test_it_changes_no_byte(eventful: TradingAccount) -> None:
    before = eventful.tree()
    assert parity(eventful).code == 0
    assert eventful.tree() == before


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """AAA was stopped out on day 2, BBB is held."""
    account = TradingAccount(
        tmp_path_factory.mktemp("calm"), bars("AAA", {HISTORY: "100", day(2): "80"}), bars("BBB"), bars("CCC")
    )
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    for n in (1, 2, 3):
        account.trade(day(n))
    return account


def test_an_account_that_nothing_came_between_has_no_difference(calm: TradingAccount) -> None:
    done = parity(calm)
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"ema_p10, the account against the simulator, {day(0)} to {day(3)}, 4 sessions",
        f"shadow nwl_p4, {day(0)} to {day(2)}: 2 trades, its simulation 2, equal in everything",
        "trades: account 2, simulator 2, equal in everything 2",
        "P&L: account -2,040.00, simulator -2,040.00",
        "unexplained: none",
    ]


@pytest.mark.parametrize(
    ("ticker", "n", "price", "expected"),
    [
        ("BBB", 0, "101", {("BBB", "entry"): ("fill", "100.00")}),
        ("AAA", 2, "82", {("AAA", "exit"): ("slippage", "-199.00")}),
    ],
)
def test_a_fill_at_another_price_is_told_from_a_sell_at_another_one(
    calm: TradingAccount, ticker: str, n: int, price: str, expected: dict[tuple[str, str], tuple[str, str]]
) -> None:
    """The bars of the comparison open at another price than the orders of the account found."""
    with prices_of(calm, with_open(calm.prices.series[ticker], n, price)):
        found = found_in(calm)
    assert (causes_of(found), found["unexplained"]) == (expected, 0)


def test_an_entry_sized_at_another_price_than_the_last_close_is_named(calm: TradingAccount) -> None:
    with prices_of(calm, with_close(calm.prices.series["BBB"], -1, "104")):
        found = found_in(calm)
    assert causes_of(found) == {("BBB", "shares"): ("reference_price", "0.00")}
    assert found["differences"][0]["why"] == "sized at 100.00, the last close was 104.00"


def test_what_no_fact_on_record_leads_to_is_unexplained(calm: TradingAccount) -> None:
    """By these bars nothing reached the stop of AAA."""
    with prices_of(calm, bars("AAA")):
        found, said = found_in(calm), parity(calm).stdout
    assert causes_of(found) == {("AAA", "exit"): ("unexplained", "-2040.00")}
    assert found["unexplained"] == 1
    assert said.splitlines()[-1] == "unexplained: 1 difference (-2,040.00)"


def test_reports_that_the_account_did_not_read_or_that_changed_since_are_said(calm: TradingAccount) -> None:
    more = calm.report(day(1), offer("CCC", day(1)))
    page = calm.reports / f"earnings_trade_analysis_{day(0)}.html"
    before = page.read_bytes()
    page.write_bytes(before + b"<!-- -->")
    try:
        found = found_in(calm)
    finally:
        page.write_bytes(before)
        more.unlink()
    assert causes_of(found) == {("CCC", "trade"): ("report", "0.00")}
    changed, unread = found["notes"]
    assert changed == (
        f"1 report that the account read is not in {calm.reports}, or changed since: {page.name}; "
        "the signal files stand in for them"
    )
    assert unread == f"1 report in {calm.reports} not read by the account: {more.name}"


def test_signal_files_stand_in_for_reports_that_are_gone(calm: TradingAccount, tmp_path: Path) -> None:
    found = calm.admin("parity", "--report-dir", tmp_path, "--json").json
    assert (found["differences"], found["equal_trades"]) == ([], 2)
    assert found["notes"][0].startswith("1 report that the account read is not in")


def test_a_folder_or_prices_that_are_not_there_are_refused(calm: TradingAccount, tmp_path: Path) -> None:
    assert calm.admin("parity", "--report-dir", tmp_path / "none").code == 7
    assert parity(calm, "--prices", tmp_path / "none").code == 7


def test_a_slot_that_a_missed_run_left_free_explains_what_took_it_later(tmp_path: Path) -> None:
    account = TradingAccount(
        tmp_path, bars("AAA"), bars("BBB", {HISTORY: "100", day(3): "103"}), settings=["strategy.max_positions=1"]
    )
    account.report(day(1), offer("AAA", day(1)))
    account.trade(day(0))
    account.trade(day(2), offer("BBB", day(2)))
    account.trade(day(3))
    assert causes_of(found_in(account)) == {
        ("AAA", "trade"): ("missed_run", "0.00"),
        ("BBB", "trade"): ("earlier", "300.00"),
    }


def test_before_the_first_plan_is_over_there_is_nothing_to_compare(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    done = parity(account)
    assert (done.code, account.state_db.exists()) == (0, False)
    assert "ema_p10: no plan is over yet, nothing to compare" in done.stdout
    assert parity(account, "--json").json["unexplained"] == 0


def test_before_the_first_session_has_closed_there_is_nothing_to_compare(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    account.trade(day(0), offer("AAA", day(0)))
    lines = [f"AAA,{one},100,101,99,100,1000" for one in SESSIONS.between(HISTORY, day(-1))]
    prices = tmp_path / "yesterday.csv"
    prices.write_text("\n".join(["symbol,date,open,high,low,close,volume", *lines]) + "\n")
    done = parity(account, "--prices", prices)
    assert done.code == 0, done.stderr
    assert f"ema_p10: no session since {day(0)} has closed, nothing to compare" in done.stdout


def test_an_entry_above_its_limit_that_was_bought_while_a_run_polled_is_of_its_fill(tmp_path: Path) -> None:
    """The open of AAA is above the limit and BBB's is not; AAA comes down to its limit before the poll ends."""
    settings = ("strategy.entry_limit_pct=1", "execution.poll_timeout_s=600")
    market = (with_open(bars("AAA"), 0, "101.02"), with_open(bars("BBB"), 0, "100.5"), with_open(bars("CCC"), 0, "103"))
    account = TradingAccount(tmp_path, *market, settings=settings)
    account.go(day(0), "09:00")
    account.generate("--report-file", account.report(day(0), *(offer(one.ticker, day(0)) for one in market)))
    account.go(day(0), "09:20").execute("place")
    account.go(day(0), "09:34").execute("poll")
    account.go(day(0), "16:05").execute("protect")
    play(account, 1)
    found = found_in(account)
    assert {(ticker, cause) for (ticker, _), (cause, _) in causes_of(found).items()} == {("AAA", "fill")}
    assert found["unexplained"] == 0
