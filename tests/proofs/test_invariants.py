"""Each question about an invariant says no when it does not hold, and nothing when it does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from live.alpaca.hosts import PAPER_URL
from live.state_db.kill_switch import turn_kill_switch_on
from tests.cli.done import Done
from tests.cli.lab import Lab, make_lab
from tests.proofs.invariants import secret_violations
from tests.proofs.run_ends import end_violations, start_of
from tests.proofs.watching import Limits, Watch

OK = Done(0, "", "")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab that holds AAA and BBB, each with its stop."""
    return make_lab(tmp_path_factory.mktemp("held")).hold("AAA", "BBB")


@pytest.fixture
def lab(held: Lab, tmp_path: Path) -> Lab:
    return held.copy_to(tmp_path / "lab")


@pytest.fixture
def watch(lab: Lab) -> Iterator[Watch]:
    found = Watch(lab.market.exchange, lab.state_db, Limits.of(lab.config))
    with found.installed():
        yield found


def order(name: str, ticker: str = "CCC", **fields: Any) -> dict[str, Any]:
    usual = {"symbol": ticker, "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"}
    return {**usual, "client_order_id": name, **fields}


def send(lab: Lab, method: str, path: str, body: dict[str, Any] | None = None, base: str = PAPER_URL) -> None:
    """Send a request through the programs' own transport."""
    lab.broker._http.send(method, base, path, None, body)


def said(watch: Watch) -> set[str]:
    return {one.invariant for one in watch.found.values()}


def write(lab: Lab, sql: str) -> None:
    with sqlite3.connect(lab.state_db) as raw:
        raw.execute(sql)


def ended(lab: Lab, done: Done = OK, *, is_quiet: bool = True) -> set[str]:
    """Return the invariants that do not hold for a run that ended so and left no trace of its own."""
    started = replace(start_of(lab.market.exchange, lab.state_db), rows=0)
    found = end_violations(lab.market.exchange, lab.state_db, started, done, is_quiet=is_quiet)
    return {one.invariant for one in found}


def test_a_day_without_a_fault_has_nothing_to_say(lab: Lab, watch: Watch) -> None:
    lab.issue(1, buy=["CCC"], sell=["AAA"])
    for clock, phase in (("09:20", "place"), ("09:31", "poll"), ("15:45", "protect")):
        lab.go(1, clock)
        assert watch.run(phase, lambda phase=phase: lab.run(phase)).code == 0
    assert watch.found == {}
    assert watch.requests > 20 < watch.commits


def test_i1_an_entry_has_our_id_and_no_second_generation(lab: Lab, watch: Watch) -> None:
    send(lab, "POST", "/v2/orders", order("by-hand"))
    send(lab, "POST", "/v2/orders", order("20260105_CCC_entry_buy_2"))
    assert len([one for one in watch.found.values() if one.invariant == "I1"]) == 2


def test_i3_i17_a_sell_is_of_free_shares_of_ours(lab: Lab, watch: Watch) -> None:
    send(lab, "POST", "/v2/orders", order("20260105_AAA_exit_sell", "AAA", side="sell"))  # its stop holds them
    assert "I3" in said(watch)
    assert "I17" not in said(watch)
    send(lab, "POST", "/v2/orders", order("20260105_CCC_exit_sell", side="sell"))
    assert "I17" in said(watch)


def test_i5_only_a_stop_goes_out_while_the_kill_switch_is_on(lab: Lab, watch: Watch) -> None:
    turn_kill_switch_on(lab.state_db, "a test", "a person", lab.broker.clock)
    stop = {"type": "stop", "stop_price": "90.00", "side": "sell"}
    send(lab, "POST", "/v2/orders", order("20260105_AAA_stop_sell_2", "AAA", **stop))
    assert "I5" not in said(watch)
    send(lab, "POST", "/v2/orders", order("20260105_CCC_entry_buy"))
    assert "I5" in said(watch)


def test_i6_every_host_is_one_of_the_list(lab: Lab, watch: Watch) -> None:
    send(lab, "GET", "/v2/clock")
    assert watch.found == {}
    send(lab, "GET", "/v2/clock", base="https://api.alpaca.markets")
    assert said(watch) == {"I6"}


def test_i9_i14_an_order_has_its_row_and_prices_on_the_grid(lab: Lab, watch: Watch) -> None:
    stop = {"type": "stop", "stop_price": "90.001", "side": "sell"}
    send(lab, "POST", "/v2/orders", order("20260105_AAA_stop_sell_2", "AAA", **stop))
    assert {"I9", "I14"} <= said(watch)


@pytest.mark.parametrize("acts", ["before it", "after it", "not at all"])
def test_i10_of_two_runs_at_most_one_acts(lab: Lab, watch: Watch, acts: str) -> None:
    def act() -> None:
        turn_kill_switch_on(lab.state_db, "a test", "a person", lab.broker.clock)

    def second() -> Done:
        send(lab, "POST", "/v2/orders", order("20260105_CCC_entry_buy"))
        return OK

    def first() -> Done:
        if acts == "before it":
            act()
        watch.run("second", second)
        if acts == "after it":
            act()
        return Done(10, "", "error[10] x. y")

    watch.run("first", first)
    assert ("I10" in said(watch)) is (acts != "not at all")


def test_i10_what_a_person_does_meanwhile_is_no_run_s_doing(lab: Lab, watch: Watch) -> None:
    def second() -> Done:
        send(lab, "POST", "/v2/orders", order("20260105_CCC_entry_buy"))
        return OK

    def first() -> Done:
        watch.run("second", second)
        with watch.by_hand():
            turn_kill_switch_on(lab.state_db, "a test", "a person", lab.broker.clock)
        return Done(10, "", "error[10] x. y")

    watch.run("first", first)
    assert "I10" not in said(watch)
    assert watch.commits == 0


def test_i16_an_entry_has_a_slot_and_an_order_of_the_day(lab: Lab, watch: Watch) -> None:
    watch.limits = replace(watch.limits, max_positions=2, max_trade_orders=2)
    send(lab, "POST", "/v2/orders", order("20260105_CCC_entry_buy"))
    assert len([one for one in watch.found.values() if one.invariant == "I16"]) == 2


def test_i17_what_is_not_ours_is_not_canceled(lab: Lab, watch: Watch) -> None:
    foreign = lab.market.buy(symbol="DDD", client_order_id="by-hand", type="limit", limit_price="50")
    send(lab, "DELETE", f"/v2/orders/{foreign['id']}")
    assert said(watch) == {"I17"}


def test_i22_at_most_so_many_requests_leave_in_a_minute(lab: Lab, watch: Watch) -> None:
    watch.limits = replace(watch.limits, per_minute=2)
    for _ in range(3):
        send(lab, "GET", "/v2/clock")
    assert said(watch) == {"I22"}


def test_what_ended_well_has_nothing_to_say(lab: Lab) -> None:
    assert ended(lab) == set()


def test_i2_i4_a_share_without_its_stop_is_seen(lab: Lab) -> None:
    (stop,) = (one for one in lab.market.get("/v2/orders", status="open") if one["symbol"] == "AAA")
    lab.market.cancel(stop)
    assert ended(lab) == {"I2", "I4"}
    told = Done(9, "needs a hand: AAA", "error[9] x. y")
    assert "I2" in ended(lab, told)
    assert "I2" not in ended(lab, told, is_quiet=False)
    assert {"I2", "I4"} <= ended(lab, Done(9, "", "error[9] x. y"), is_quiet=False)


def test_i3_more_shares_offered_than_held_are_seen(lab: Lab) -> None:
    lab.market.exchange._change(lambda state: state.set_position("AAA", 4, 4_000_000))
    assert {"I3", "I4"} <= ended(lab)


@pytest.mark.parametrize(
    ("sql", "invariant"),
    [
        ("UPDATE positions SET actual_shares = 9 WHERE ticker = 'AAA'", "I4"),
        ("UPDATE positions SET stop_price = stop_price - 100 WHERE ticker = 'AAA'", "I4"),
        ("UPDATE positions SET stop_order_id = 'another' WHERE ticker = 'AAA'", "I4"),
        ("UPDATE positions SET invested = invested + 1 WHERE ticker = 'AAA'", "I9"),
        ("UPDATE orders SET fill_price = '100.0001' WHERE client_order_id = '20260105_AAA_entry_buy'", "I9"),
        ("UPDATE orders SET status = 'canceled' WHERE ticker = 'AAA' AND intent = 'stop'", "I15"),
        ("UPDATE orders SET status = 'abandoned' WHERE client_order_id = '20260105_AAA_entry_buy'", "I15"),
    ],
)
def test_a_row_that_is_not_the_exchanges_is_seen(lab: Lab, sql: str, invariant: str) -> None:
    lab.market.exchange.advance(1)
    write(lab, sql)
    assert invariant in ended(lab)


def test_i8_a_secret_in_a_file_or_a_text_is_seen(lab: Lab) -> None:
    now = lab.market.exchange.now()
    assert secret_violations(lab.folder, ["nothing"], ["KEY-OF-THE-EMBEDDED-EXCHANGE"], now) == []
    (lab.folder / "note").write_text("KEY-OF-THE-EMBEDDED-EXCHANGE")
    assert (
        len(secret_violations(lab.folder, ["the KEY-OF-THE-EMBEDDED-EXCHANGE"], ["KEY-OF-THE-EMBEDDED-EXCHANGE"], now))
        == 2
    )


def test_i20_an_end_that_is_not_told_or_not_recorded_is_seen(lab: Lab) -> None:
    assert "I20" in ended(lab, Done(9, "", ""))
    assert "I20" in {
        one.invariant
        for one in end_violations(
            lab.market.exchange,
            lab.state_db,
            start_of(lab.market.exchange, lab.state_db),
            Done(8, "", "error[8] x. y"),
            is_quiet=True,
        )
    }  # no row
    assert "I20" in ended(lab, Done(8, "", "error[8] x. y"))  # the run log has another code
    found = end_violations(
        lab.market.exchange, lab.state_db, start_of(lab.market.exchange, lab.state_db), OK, is_quiet=True
    )
    assert {one.invariant for one in found} == set()  # what did nothing need not say so


def test_i20_an_end_without_an_event_of_its_own_is_seen(lab: Lab) -> None:
    with sqlite3.connect(lab.state_db) as raw:
        raw.execute("DROP TRIGGER events_never_go")
        raw.execute("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events WHERE type = 'finished')")
        left = raw.execute("SELECT count(*) FROM events WHERE type = 'finished'").fetchone()[0]
    assert left  # of the runs before
    assert ended(lab) == {"I20"}


def test_i21_a_file_for_others_or_one_left_behind_is_seen(lab: Lab) -> None:
    (lab.folder / "open.txt").touch(0o644)
    (lab.folder / ".half").touch(0o600)
    started = replace(start_of(lab.market.exchange, lab.state_db), rows=0)
    found = end_violations(lab.market.exchange, lab.state_db, started, OK, is_quiet=True)
    assert [one.invariant for one in found] == ["I21", "I21"]


def test_i22_a_run_that_takes_too_long_is_seen(lab: Lab) -> None:
    started = replace(start_of(lab.market.exchange, lab.state_db), rows=0)
    lab.market.exchange.advance(3600)
    found = end_violations(lab.market.exchange, lab.state_db, started, OK, is_quiet=True)
    assert "I22" in {one.invariant for one in found}
