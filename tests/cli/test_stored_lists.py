"""`admin orders` and `admin runs`: what the state DB holds, without a broker and without a change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.cli.printed import follow

ENTRY = f"{day(0):%Y%m%d}_AAA_entry_buy"
STOP = f"{day(0):%Y%m%d}_AAA_stop_sell"


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingAccount]:
    """Two sessions: AAA and BBB were bought, on the second one AAA was stopped out; eight runs, all of them ended 0."""
    falling = bars("AAA", {HISTORY: "100", day(0): "102", day(1): "80"})
    account = TradingAccount(tmp_path_factory.mktemp("traded"), falling, bars("BBB"))
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    account.trade(day(1))
    return account


def run_ids(account: TradingAccount, *words: str) -> list[str]:
    return [one["run_id"] for one in account.admin("runs", "list", "--json", *words).json["runs"]]


def ids(account: TradingAccount, *words: str) -> list[str]:
    return [one["client_order_id"] for one in account.admin("orders", "list", "--json", *words).json["orders"]]


# orders


def test_orders_are_listed_the_newest_last_with_a_legs_own_id_beside_it(traded: TradingAccount) -> None:
    done = traded.admin("orders", "list", "--ticker", "aaa")
    assert done.code == 0, done.stderr
    heading, _, *rows = done.stdout.splitlines()
    assert heading == "orders: 3"
    assert [row.split()[0] for row in rows] == [ENTRY, "AAA", STOP]
    found = traded.admin("orders", "list", "--ticker", "aaa", "--json").json
    entry, leg, stop = found["orders"]
    assert found["total"] == 3
    assert (entry["status"], entry["fill_price"], entry["entry"]["reference_price"]) == ("filled", "102.00", "100.00")
    assert (leg["via"], leg["status"], leg["parent_client_order_id"]) == ("leg", "replaced", ENTRY)
    assert leg["client_order_id"] in rows[1]
    assert (stop["via"], stop["status"], stop["planned_stop_price"]) == ("patch", "filled", "91.80")


def test_each_filter_keeps_what_fits_and_all_of_them_together(traded: TradingAccount) -> None:
    everything = ids(traded)
    assert ids(traded, "--date", str(day(0))) == everything
    assert ids(traded, "--date", str(day(1))) == []
    (stop,) = traded.admin("orders", "list", "--status", "open", "--json").json["orders"]
    assert (stop["ticker"], stop["intent"], stop["status"]) == ("BBB", "stop", "new")
    assert ids(traded, "--status", "filled") == [ENTRY, ENTRY.replace("AAA", "BBB"), STOP]
    assert ids(traded, "--status", "filled", "--ticker", "AAA", "--date", str(day(0))) == [ENTRY, STOP]
    assert ids(traded, "--limit", "2") == everything[-2:]
    assert f"orders: {len(everything)}, the newest 2" in traded.admin("orders", "list", "--limit", "2").stdout


def test_orders_of_a_run_are_those_it_planned_or_sent(traded: TradingAccount) -> None:
    place = run_ids(traded, "--program", "executor")[0]
    found = ids(traded, "--run", place)
    assert found[:2] == [ENTRY, ENTRY.replace("AAA", "BBB")]
    assert STOP not in found
    refused = traded.admin("orders", "list", "--run", "nobody")
    assert (refused.code, "no run nobody in the state DB" in refused.last_line) == (2, True)
    assert [done.code for done in follow(traded, refused.last_line)] == [0]


def test_an_order_is_shown_with_its_events_and_what_the_broker_made_of_it(traded: TradingAccount) -> None:
    done = traded.admin("orders", "show", ENTRY)
    assert done.code == 0, done.stderr
    assert f"{ENTRY}: buy 100 AAA, 100 filled at 102.00" in done.stdout
    assert (
        "decided       rank 1, report of 2026-02-02, reference 100.00, grade B, score 80, Aaa Holdings" in done.stdout
    )
    events = [line.split()[3] for line in done.stdout.splitlines() if " order." in line]
    assert events == ["order.planned", "order.sent", "order.updated", "order.fill"]
    assert "legs and successors: 1" in done.stdout
    found = traded.admin("orders", "show", ENTRY, "--json").json
    assert [f"{one['kind']}.{one['type']}" for one in found["events"]] == events
    (leg,) = found["legs_and_successors"]
    by_broker = traded.admin("orders", "show", found["order"]["alpaca_order_id"], "--json").json
    assert by_broker["order"] == found["order"]
    made = traded.admin("orders", "show", leg["client_order_id"], "--json").json["legs_and_successors"]
    assert [one["client_order_id"] for one in made] == [STOP]


def test_an_order_or_a_run_that_is_not_there_is_refused_with_the_list(traded: TradingAccount) -> None:
    for group in ("orders", "runs"):
        done = traded.admin(group, "show", "20260202_ZZZ_entry_buy")
        assert (done.code, f"python -m live.admin {group} list" in done.last_line) == (2, True)
        assert [one.code for one in follow(traded, done.last_line)] == [0]


@pytest.mark.parametrize("words", [("--ticker", "no ticker"), ("--status", "done"), ("--limit", "0"), ("--date", "x")])
def test_a_filter_that_can_fit_nothing_is_a_usage_error(traded: TradingAccount, words: tuple[str, str]) -> None:
    assert traded.admin("orders", "list", *words).code == 2


# runs


def test_runs_are_listed_the_newest_last_by_program_and_code(traded: TradingAccount) -> None:
    done = traded.admin("runs", "list")
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines()[0] == "runs: 8"
    programs = [one["program"] for one in traded.admin("runs", "list", "--json").json["runs"]]
    assert programs == ["signal_generator", "executor", "executor", "executor"] * 2
    assert run_ids(traded, "--program", "executor", "--limit", "1") == run_ids(traded)[-1:]
    assert run_ids(traded, "--code", "0") == run_ids(traded)
    assert run_ids(traded, "--code", "9") == []


def test_a_program_without_a_run_is_named_with_those_that_have_some(traded: TradingAccount) -> None:
    done = traded.admin("runs", "list", "--program", "exector")
    assert "runs: none" in done.stdout
    assert "no run of 'exector' is on record (there are runs of executor, signal_generator)" in done.stdout


def test_a_run_is_shown_with_its_end_its_settings_its_orders_and_its_events(traded: TradingAccount) -> None:
    run_id = run_ids(traded, "--program", "executor")[1]
    done = traded.admin("runs", "show", run_id)
    assert done.code == 0, done.stderr
    said = done.stdout
    assert f"{run_id}: executor poll, exit code 0" in said
    assert "entries:      2 bought: AAA, BBB" in said
    assert "on_trip kill_switch" in said
    assert f"order.fill {ENTRY}" in " ".join(said.split())
    found = traded.admin("runs", "show", run_id, "--json").json
    assert found["run"]["settings"]["strategy"]["primary.period"] == 10
    assert found["run"]["summary"]["closing"]["entries"] == "2 bought: AAA, BBB"
    assert {one["run_id"] for one in found["events"]} == {run_id}
    assert [one["client_order_id"] for one in found["orders"]] == ids(traded, "--run", run_id)


def test_a_run_without_an_end_says_so_and_invents_no_code(traded: TradingAccount) -> None:
    with traded.db() as db:
        run_id = db.runs.start("executor", phase="poll")
    done = traded.admin("runs", "show", run_id)
    assert f"{run_id}: executor poll, exit code running or killed" in done.stdout
    assert "ended         not yet" in done.stdout
    assert "settings: not recorded" in done.stdout
    with traded.db() as db:
        db.runs.end_copied()


# all of them


@pytest.mark.parametrize("words", [("orders", "list"), ("runs", "list"), ("orders", "show", ENTRY)])
def test_nothing_is_changed(traded: TradingAccount, words: tuple[str, ...]) -> None:
    before = traded.tree()
    assert traded.admin(*words).code == 0
    assert traded.tree() == before


def test_before_the_first_run_there_is_nothing_to_list(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    for words, said in ((("orders", "list"), "orders: none"), (("runs", "list"), "runs: none")):
        done = account.admin(*words)
        assert (done.code, account.state_db.exists()) == (0, False)
        assert "there is no state DB at" in done.stdout
        assert said in done.stdout
    assert account.admin("orders", "show", ENTRY).code == 2
