"""The admin's commands: look, stop everything, sell by hand."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from backtest.model import ExitReason
from live.admin import main
from live.errors import StateDBError
from live.sim.faults import OrderFault, OrderFaultKind, Proceed, RequestFault, SimAnswer, SimRequest
from live.state_db.connection import Connection
from tests.cli.account import CONFIG, SESSIONS, TradingAccount, bars, day, offer
from tests.cli.done import Done, run_command
from tests.faults.ending import Rerun, State, fault_ends

TYPED = "\n"


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    return TradingAccount(tmp_path, bars("AAA"), bars("BBB"), bars("CCC"))


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    account = TradingAccount(tmp_path_factory.mktemp("held"), bars("AAA"), bars("BBB"), bars("CCC"))
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    return account.go(day(1), "11:00")


@pytest.fixture
def holding(held_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    """AAA and BBB are held with their stops; it is eleven o'clock on the next session."""
    return held_before.copy_to(tmp_path)


def admin(market: TradingAccount, *args: str, typed: str = "", runtime: bool = True) -> Done:
    """Start an admin command as the shell would."""
    common = ["--config", str(CONFIG), "--state-db", str(market.state_db)]
    for setting in market.settings:
        common += ["--set", setting]
    obj = market.runtime if runtime else None
    return run_command(main, [*args, *common], obj, typed)


def stops(market: TradingAccount) -> dict[str, int]:
    """Live stops at the broker: shares by ticker."""
    orders = market.broker.list_orders(status="open")
    return {order.ticker: int(order.qty or 0) for order in orders if order.type == "stop"}


def mutating(market: TradingAccount) -> int:
    return market.broker.requests_sent().mutating


# status


def test_status_shows_the_book_with_prices_stops_and_result(holding: TradingAccount) -> None:
    done = admin(holding, "status")
    assert done.code == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("AAA"))
    assert row.split()[:3] == ["AAA", "100", "100.00"]
    assert row.split()[6] == "90.00"
    assert row.endswith("Aaa Holdings")
    assert "2 open positions, every share protected" in done.stdout
    assert "kill switch is off" in done.stdout
    assert "executor protect" in done.stdout


def test_status_json_has_positions_orders_runs_and_pnl(holding: TradingAccount) -> None:
    printed = admin(holding, "status", "--json").json
    assert [(one["ticker"], one["shares"], one["naked_shares"]) for one in printed["positions"]] == [
        ("AAA", 100, 0),
        ("BBB", 100, 0),
    ]
    assert printed["kill_switch"]["on"] is False
    assert printed["runs"][0]["program"] == "executor"
    assert printed["pnl"]["closed_ever"] == "0.00"
    assert printed["account"]["status"] == "ACTIVE"


def test_status_changes_no_byte_and_takes_no_lock(holding: TradingAccount) -> None:
    from live.run.lock import db_lock_path, hold_lock

    before, sent = holding.tree(), mutating(holding)
    with hold_lock(db_lock_path(holding.state_db)):
        assert admin(holding, "status").code == 0
    assert holding.tree() == before
    assert mutating(holding) == sent


def test_status_works_without_the_broker_and_says_so(holding: TradingAccount) -> None:
    holding.exchange.faults.add(RequestFault("GET", ".*", lambda *_: SimAnswer(503, b"{}", {}), times=None))
    done = admin(holding, "status")
    assert done.code == 0, done.stderr
    assert "this is what the state DB says" in done.stdout
    assert "AAA" in done.stdout
    assert admin(holding, "status", "--offline").code == 0


def test_status_before_the_first_run_says_that_there_is_nothing(calm: TradingAccount) -> None:
    done = admin(calm, "status")
    assert done.code == 0, done.stderr
    assert "there is no state DB" in done.stdout
    assert "0 open positions" in done.stdout
    assert "last runs: none" in done.stdout
    assert not calm.state_db.exists()


@freeze_time("2026-02-03 02:00:00")
def test_without_a_broker_today_is_the_day_in_new_york(calm: TradingAccount) -> None:
    done = admin(calm, "status", "--offline", runtime=False)
    assert done.code == 0, done.stderr
    assert "orders of 2026-02-02" in done.stdout


def test_status_names_a_share_without_a_stop_in_a_line_of_its_own(holding: TradingAccount) -> None:
    cancel_stop(holding, "AAA")
    done = admin(holding, "status")
    assert "NEEDS A HAND  AAA: 100 shares without a live stop" in done.stdout


def test_status_shows_what_was_closed_this_week_with_reason_and_name(holding: TradingAccount) -> None:
    assert admin(holding, "close", "AAA", "--yes").code == 0
    holding.go(day(2), "11:00")
    assert admin(holding, "close", "BBB", "--yes").code == 0
    done = admin(holding, "status")
    assert "closed this week: 2, today: 1" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("AAA") and "manual" in line)
    assert row.split()[:5] == ["AAA", str(day(1)), "manual", "100", "100.00"]
    assert row.endswith("Aaa Holdings")
    printed = admin(holding, "status", "--json").json
    assert [one["ticker"] for one in printed["closed_this_week"]] == ["AAA", "BBB"]
    assert [(one["ticker"], one["company_name"]) for one in printed["closed_today"]] == [("BBB", "Bbb Holdings")]


def test_offline_a_queued_sell_protects_its_shares(holding: TradingAccount) -> None:
    holding.go(day(2), "09:00")
    admin(holding, "close", "AAA", "--yes")
    (first, second) = admin(holding, "status", "--offline", "--json").json["positions"]
    assert (first["ticker"], first["naked_shares"], second["naked_shares"]) == ("AAA", 0, 0)


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.sessions.load_sessions", lambda *_, **__: SESSIONS)


@pytest.mark.usefixtures("calendar")
def test_status_check_prints_one_line_and_ends_with_what_is_wrong(holding: TradingAccount) -> None:
    done = admin(holding, "status", "--check")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == (
        "ok 2 open positions, every share protected, 0 closed today, kill switch off, "
        f"last good run {day(0)} 15:45 New York\n"
    )
    done = admin(holding, "status", "--check", "--offline")
    assert (done.code, "by the state DB alone" in done.stdout) == (0, True)
    holding.go(day(1), "16:30")
    done = admin(holding, "status", "--check")
    assert (done.code, done.stderr, len(done.stdout.splitlines())) == (8, "", 1)
    assert admin(holding, "kill-switch", "on", "--reason", "news").code == 0
    done = admin(holding, "status", "--check")
    assert (done.code, done.stderr, len(done.stdout.splitlines())) == (3, "", 1)
    cancel_stop(holding, "AAA")
    done = admin(holding, "status", "--check", "--json")
    assert (done.code, [one["code"] for one in done.json["check"]["problems"]]) == (12, [12, 3, 8])
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("calendar")
def test_status_check_before_the_first_run_is_not_well(calm: TradingAccount) -> None:
    done = admin(calm, "status", "--check")
    assert (done.code, "has no good run on record" in done.stdout) == (8, True)


def cancel_stop(market: TradingAccount, ticker: str) -> None:
    """Somebody cancels our stop at the broker's desk."""
    stop = next(one for one in market.broker.list_orders(status="open") if one.ticker == ticker and one.type == "stop")
    market.broker.cancel_order(stop.id)


# reconcile


def test_reconcile_ends_0_when_every_share_and_stop_agrees(holding: TradingAccount) -> None:
    before = holding.tree()
    done = admin(holding, "reconcile")
    assert done.code == 0, done.stderr
    assert "2 positions agree, every share is protected" in done.stdout
    assert holding.tree() == before


def test_reconcile_ends_4_and_names_what_differs(holding: TradingAccount) -> None:
    with holding.db() as db, db.transaction():
        db.connection.write("UPDATE positions SET actual_shares = 99 WHERE ticker = 'AAA'")
    done = admin(holding, "reconcile", "--json")
    assert done.code == 4
    (mismatch,) = done.json["mismatches"]
    assert (mismatch["ticker"], mismatch["state_db"], mismatch["broker"]) == ("AAA", 99, "100")
    assert "AAA" in done.last_line


def test_f117_reconcile_calls_a_position_the_broker_does_not_hold_a_mismatch_and_never_naked(
    holding: TradingAccount,
) -> None:
    def without(request: SimRequest, proceed: Proceed) -> SimAnswer:
        rows = [row for row in json.loads(proceed().body) if row["symbol"] != "AAA"]
        return SimAnswer(200, json.dumps(rows).encode(), {})

    holding.exchange.faults.add(RequestFault("GET", "/v2/positions", without, times=None))
    cancel_stop(holding, "AAA")
    done = admin(holding, "reconcile", "--json")
    assert done.code == 4
    assert [ending["code"] for ending in done.json["endings"]] == [4]
    assert done.last_line.startswith("error[4] AAA: state DB has 100 shares, broker none")


def test_reconcile_ends_12_when_shares_are_naked_and_names_the_remedy(holding: TradingAccount) -> None:
    cancel_stop(holding, "BBB")
    done = admin(holding, "reconcile")
    assert done.code == 12
    assert "BBB 100" in done.last_line
    assert "--phase protect" in done.last_line


def test_reconcile_tells_what_the_next_run_would_book_by_itself(tmp_path: Path) -> None:
    market = TradingAccount(tmp_path, bars("AAA", {date(2025, 6, 2): "100", day(1): "80"}))
    market.trade(day(0), offer("AAA", day(0)))
    done = admin(market.go(day(1), "16:05"), "reconcile")
    assert done.code == 0, done.stderr
    assert "the next run books: AAA stopped out" in done.stdout


# close and flatten


def test_close_cancels_the_stop_sells_and_books_the_result(holding: TradingAccount) -> None:
    done = admin(holding, "close", "AAA", "--yes")
    assert done.code == 0, done.stderr
    assert holding.held() == {"BBB": 100}
    assert stops(holding) == {"BBB": 100}
    with holding.look() as db:
        row = next(one for one in db.positions.ledger() if one.ticker == "AAA")
    assert row.exit_reason is ExitReason.MANUAL
    assert row.pnl is not None
    assert f"AAA 100 at {row.exit_price / 10_000:.2f}" in done.stdout  # type: ignore[operator]


def test_close_twice_sells_once(holding: TradingAccount) -> None:
    admin(holding, "close", "AAA", "--yes")
    sent = mutating(holding)
    done = admin(holding, "close", "AAA", "--yes")
    assert done.code == 0
    assert "nothing to do" in done.stdout
    assert mutating(holding) == sent


def test_close_asks_for_the_ticker_typed_out(holding: TradingAccount) -> None:
    sent = mutating(holding)
    refused = admin(holding, "close", "AAA", typed="yes\n")
    assert refused.code == 2
    assert mutating(holding) == sent
    assert admin(holding, "close", "AAA", typed="AAA\n").code == 0
    assert "AAA" not in holding.held()


@pytest.mark.parametrize("piped", ["", "AAA\n"])
def test_a_word_in_a_pipe_is_nobodys_yes_and_nothing_is_asked(holding: TradingAccount, piped: str) -> None:
    sent = mutating(holding)
    result = CliRunner().invoke(main, ["close", "AAA", *holding.admin_flags()], obj=holding.runtime, input=piped)
    assert result.exit_code == 2
    assert result.stderr == (
        "error[2] no terminal on which to ask for the word AAA, to sell 1 position at the market. "
        "Nothing was done; --yes asks nothing.\n"
    )
    assert mutating(holding) == sent
    assert holding.held() == {"AAA": 100, "BBB": 100}


def test_close_spells_the_ticker_large(holding: TradingAccount) -> None:
    assert admin(holding, "close", "aaa", "--yes").code == 0
    assert "AAA" not in holding.held()


def test_a_dry_close_changes_no_byte(holding: TradingAccount) -> None:
    before, sent = holding.tree(), mutating(holding)
    done = admin(holding, "close", "AAA", "--dry-run")
    assert done.code == 0, done.stderr
    assert "sell AAA 100 shares" in done.stdout
    assert holding.tree() == before
    assert mutating(holding) == sent


def test_i5_while_the_kill_switch_is_on_nothing_is_sold(holding: TradingAccount) -> None:
    admin(holding, "kill-switch", "on", "--reason", "a storm")
    sent = mutating(holding)
    assert admin(holding, "close", "AAA", "--yes").code == 3
    assert mutating(holding) == sent


def test_when_the_market_is_closed_nothing_is_sold_and_the_stop_stays(holding: TradingAccount) -> None:
    holding.go(day(1), "17:00")
    done = admin(holding, "close", "AAA", "--yes")
    assert done.code == 9
    assert f"opens {day(2)} 09:30" in done.last_line
    assert stops(holding) == {"AAA": 100, "BBB": 100}


def test_before_the_open_the_sell_waits_for_it_and_the_next_poll_books_it(holding: TradingAccount) -> None:
    holding.go(day(2), "09:00")
    done = admin(holding, "close", "AAA", "--yes")
    assert done.code == 9
    assert "queued for the open" in done.last_line
    assert admin(holding, "close", "AAA", "--yes").code == 9  # and is not sent again
    holding.generate("--no-report")
    holding.go(day(2), "09:31")
    assert holding.execute("poll").code == 0
    assert holding.held() == {"BBB": 100}
    with holding.look() as db:
        sells = [one for one in db.orders.of_trade_date(day(2)) if one.intent == "exit"]
    assert [(one.ticker, one.filled_qty) for one in sells] == [("AAA", 100)]


def test_f31_a_stop_that_fills_while_it_is_canceled_is_booked_and_nothing_is_sold(holding: TradingAccount) -> None:
    holding.exchange.faults.add(OrderFault(OrderFaultKind.CANCEL_FILLS, symbol="AAA"))
    bbb = "100 at 100.00, stop 90.00"
    done = fault_ends(
        "F31",
        holding,
        lambda: admin(holding, "close", "AAA", "--yes"),
        exit_code=0,
        last_line="",
        received=["DELETE stop sell AAA"],
        state=State({"BBB": bbb}, closed={"AAA": "100 stop_loss at 89.55"}),
        rerun=Rerun(0),
    )
    assert "STOPPED OUT" in done.stdout


def test_close_of_a_ticker_on_which_db_and_broker_differ_is_4(holding: TradingAccount) -> None:
    with holding.db() as db, db.transaction():
        db.connection.write("UPDATE positions SET actual_shares = 99 WHERE ticker = 'AAA'")
    sent = mutating(holding)
    assert admin(holding, "close", "AAA", "--yes").code == 4
    assert mutating(holding) == sent


def test_close_leaves_the_exits_and_entries_of_the_plan_to_the_executor(holding: TradingAccount) -> None:
    report = holding.go(day(2), "09:00").report(day(2), offer("CCC", day(2)))
    holding.generate("--report-file", report)
    holding.execute("place")
    holding.go(day(2), "09:25")
    assert admin(holding, "close", "AAA", "--yes").code == 9
    holding.go(day(2), "09:31")
    assert holding.execute("poll").code == 0
    assert holding.held() == {"BBB": 100, "CCC": 100}


def test_flatten_sells_everything_and_drops_what_was_to_be_bought(holding: TradingAccount) -> None:
    report = holding.go(day(2), "09:00").report(day(2), offer("CCC", day(2)))
    holding.generate("--report-file", report)
    holding.execute("place")
    holding.go(day(2), "09:25")
    assert admin(holding, "flatten", typed="FLATTEN\n").code == 9  # the sells wait for the open
    holding.go(day(2), "09:31")
    done = admin(holding, "flatten", "--yes")
    assert done.code == 0, done.stderr
    assert holding.held() == {}
    assert holding.broker.get_positions() == ()
    assert holding.broker.list_orders(status="open") == ()


def test_flatten_with_nothing_held_has_nothing_to_do(calm: TradingAccount) -> None:
    assert admin(calm, "flatten", "--yes").code == 0


def test_every_command_explains_itself() -> None:
    for command in ("status", "reconcile", "close", "flatten", "doctor", "check", "kill-switch"):
        text = CliRunner().invoke(main, [command, "--help"]).output
        assert "Usage" in text
        assert len(text.splitlines()) > 5


def test_f73_a_state_db_that_fails_while_selling_by_hand_still_gets_the_stop_back(
    holding: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Connection.transaction
    broken = []

    def transaction(self: Connection) -> AbstractContextManager[None]:
        if broken:
            raise StateDBError("state DB: database or disk is full", next_step="Free space.")
        return real(self)

    def full(request: SimRequest, proceed: Proceed) -> SimAnswer:
        broken.append(True)
        return proceed()

    monkeypatch.setattr(Connection, "transaction", transaction)
    holding.exchange.faults.add(RequestFault("DELETE", "/v2/orders/.*", full))

    def there_is_space_again() -> None:
        assert set(stops(holding)) == {"AAA", "BBB"}
        broken.clear()

    two = dict.fromkeys(("AAA", "BBB"), "100 at 100.00, stop 90.00")
    fault_ends(
        "F73",
        holding,
        lambda: admin(holding, "close", "AAA", "--yes"),
        exit_code=13,
        last_line="error[13] state DB: database or disk is full. Free space.",
        received=["DELETE stop sell AAA", "POST 20260202_AAA_stop_sell"],
        state=State(two, {"20260203_AAA_exit_sell": "planned 0/100"}),
        rerun=Rerun(
            0,
            received=["DELETE 20260202_AAA_stop_sell", "POST 20260203_AAA_exit_sell"],
            state=State({"BBB": two["BBB"]}, closed={"AAA": "100 manual at 98.84"}),
            mend=there_is_space_again,
        ),
    )
