"""`admin probe`: it asks an embedded exchange as it would ask the broker, and leaves nothing behind."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from threading import Thread

import pytest

from live.administer.probe.questions import QUESTIONS, Asked
from live.alpaca.client import AlpacaClient
from live.run.runtime import Runtime
from live.sim.faults import OrderFault, OrderFaultKind, RequestFault, SimRequest
from live.sim.server import SimServer
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.probing import ORDER, ORDERS, answers, assert_nothing_left, make_account, probe
from tests.fault_actions import answer, change_answer
from tests.live.alpaca.orders import KEYS


@pytest.fixture
def account(tmp_path: Path) -> TradingAccount:
    return make_account(tmp_path)


# what is asked


@pytest.mark.parametrize(
    ("clock", "asked"), [("11:00", {Asked.ALWAYS, Asked.OPEN}), ("08:00", {Asked.ALWAYS, Asked.CLOSED})]
)
def test_every_question_that_fits_the_hour_is_answered_as_the_embedded_exchange_is_said_to(
    tmp_path: Path, clock: str, asked: set[Asked]
) -> None:
    account = TradingAccount(tmp_path, bars("F", "12.34"))
    account.go(day(0), clock)
    done = probe(account, "--json")
    assert done.code == 0, done.stderr
    assert answers(done) == {one.id: one.simulated for one in QUESTIONS if one.asked in asked}
    left_out = {one["id"]: one["why"] for one in done.json["probe"]["questions"] if one["state"] == "not_asked"}
    market = "the market is open" if Asked.OPEN in asked else "the market is closed"
    assert left_out == {one.id: market for one in QUESTIONS if one.asked not in asked}
    assert_nothing_left(account)


def test_between_the_hours_only_what_is_asked_at_any_time_is_asked(account: TradingAccount) -> None:
    account.go(day(0), "15:44")
    done = probe(account, "--json")
    assert (done.code, set(answers(done))) == (0, {one.id for one in QUESTIONS if one.asked is Asked.ALWAYS})
    assert done.json["probe"]["market"] == "the market closes in less than 20 minutes"
    assert "the timetable has protect at 15:45 New York; while a probe is running it would end 10" in done.stderr


def test_what_differs_from_the_page_is_told_beside_the_table(account: TradingAccount) -> None:
    said = probe(account).stdout
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if " B" in line}
    assert rows["patch-leg"] == ["B19", "accepted", "-", "yes", "same"]
    assert rows["leg-becomes-live"] == ["B30", "at", "once", "0.0", "yes", "same"]
    told = "held-leg-in-list (B17): Is a held leg in the list of open orders? yes, not no; the code works either way"
    assert told in said
    assert "not asked (the market is open): order-status-closed, patch-before-open," in said
    assert f"46 answers, 43 as docs/broker.md states\nwritten: {account.folder}" in said
    table = said[said.index("question ") : said.index("rate-limit-headers (")].splitlines()
    assert max(map(len, table)) <= 80


def test_another_answer_than_the_page_states_is_no_failure(account: TradingAccount) -> None:
    refused = answer(422, {"code": 42210000, "message": "cannot replace order"})
    account.exchange.faults.add(RequestFault("PATCH", ORDER, refused, times=None))
    done = probe(account, "--json")
    assert done.code == 0, done.stderr
    found = {one["id"]: one for one in done.json["probe"]["questions"]}
    plain, leg = found["patch-plain-stop"], found["patch-leg"]
    assert (plain["answer"], plain["as_stated"], plain["as_embedded_exchange"]) == ("refused", False, False)
    assert (leg["answer"], leg["as_stated"], leg["code_works_either_way"]) == ("refused", True, True)
    assert (found["patched-leg-id"]["state"], found["patched-leg-id"]["why"]) == ("not_asked", "the PATCH was refused")
    assert "patch-plain-stop (B10): Is PATCH of a plain stop taken? refused, not accepted;" in done.stderr
    assert_nothing_left(account)


def test_a_refusal_whose_words_the_code_does_not_know_is_told(account: TradingAccount) -> None:
    other = answer(422, {"code": 42210000, "message": "this order has been used"})
    account.exchange.faults.add(RequestFault("POST", ORDERS, other, skip=1))
    done = probe(account, "--json")
    assert (done.code, answers(done)["duplicate-while-open"]) == (0, "refused otherwise")
    assert "Is the id of an open order refused? refused otherwise, not refused; THE CODE RELIES ON IT" in done.stderr


def test_refused_keys_answer_nothing(account: TradingAccount) -> None:
    unauthorized = answer(401, {"message": "unauthorized."})
    account.exchange.faults.add(RequestFault("POST", ORDERS, unauthorized, skip=1))
    done = probe(account, "--json")
    (one,) = [one for one in done.json["probe"]["questions"] if one["id"] == "duplicate-while-open"]
    assert (done.code, one["state"], "refuses the keys (401)" in one["why"]) == (9, "unanswered", True)
    assert_nothing_left(account)


def test_what_takes_time_is_waited_for_and_measured(account: TradingAccount) -> None:
    faults = account.exchange.faults
    faults.add(OrderFault(OrderFaultKind.CANCEL_SLOW, symbol="F", side="buy", seconds=1.2, times=1))
    faults.add(RequestFault("GET", "/v2/orders:by_client_order_id", answer(404, {"message": "not found"}), times=2))
    done = probe(account, "--json")
    found = {one["id"]: (one["answer"], one["seconds"]) for one in done.json["probe"]["questions"]}
    assert found["found-by-client-id"] == ("delayed", 1.0)
    assert found["cancel-in-session"] == ("delayed", 1.5)


def test_a_leg_that_stays_held_too_long_is_an_answer(account: TradingAccount) -> None:
    """After 30 s a run takes a held leg for no protection."""
    account.exchange.faults.add(OrderFault(OrderFaultKind.LEG_HELD, symbol="F"))
    done = probe(account, "--json")
    found = {one["id"]: one for one in done.json["probe"]["questions"]}
    held = found["leg-becomes-live"]
    assert (held["answer"], held["seconds"], held["as_stated"]) == ("never", 60.0, False)
    assert_nothing_left(account)


def test_a_leg_that_is_held_for_40_seconds_is_late(account: TradingAccount) -> None:
    began = account.broker.clock.now()
    still = change_answer(lambda one: {**one, "legs": [{**leg, "status": "held"} for leg in one["legs"]]})

    def is_early(request: SimRequest) -> bool:
        passed = (account.broker.clock.now() - began).total_seconds()
        return request.query.get("nested") == "true" and passed < 40

    account.exchange.faults.add(RequestFault("GET", ORDER, still, times=None, when=is_early))
    done = probe(account, "--json")
    found = {one["id"]: one for one in done.json["probe"]["questions"]}
    assert (found["leg-becomes-live"]["answer"], found["leg-becomes-live"]["as_stated"]) == ("late", False)


# what is written


def test_the_file_names_facts_and_holds_every_request_and_no_account(account: TradingAccount) -> None:
    done = probe(account, "--json")
    path = account.folder / f"probe-{day(0)}.json"
    assert done.json["file"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    found = json.loads(text)
    assert (found["format"], found["page"], found["ticker"], found["mode"]) == (1, "docs/broker.md", "F", "simulated")
    (one,) = [question for question in found["questions"] if question["id"] == "patch-leg"]
    assert (one["fact"], one["answer"], one["stated"]) == ("B19", "accepted", ["accepted", "refused"])
    (sent,) = one["requests"]
    assert (sent["method"], sent["status"], sent["answer"]["replaces"] in sent["path"]) == ("PATCH", 200, True)
    (refused,) = [question for question in found["questions"] if question["id"] == "sell-beside-stop"]
    assert [(one["status"], one["read_as"]) for one in refused["requests"]] == [(403, "held_shares")]
    held = account.broker.get_account()
    assert [one for one in (held.id, held.number) if one in text] == []
    assert {**found, "questions": [{**q, "requests": []} for q in found["questions"]]} == {
        **done.json["probe"],
        "questions": [{**q, "requests": []} for q in done.json["probe"]["questions"]],
    }


def test_a_second_file_of_a_day_leaves_the_first(account: TradingAccount, tmp_path: Path) -> None:
    out = tmp_path / "probes"
    for _ in range(2):
        assert probe(account, "--out", str(out)).code == 0
    assert sorted(path.name for path in out.iterdir()) == [f"probe-{day(0)}-2.json", f"probe-{day(0)}.json"]


def test_a_place_that_cannot_be_written_is_7_before_anything_is_sent(account: TradingAccount, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert probe(account, "--out", str(tmp_path / "file")).code == 7
    assert account.broker.requests_sent().mutating == 0


def test_a_dry_run_says_what_would_be_asked_and_sends_no_order(account: TradingAccount) -> None:
    before = account.tree()
    done = probe(account, "--dry-run")
    assert done.code == 0
    assert f"46 questions of {len(QUESTIONS)}: the market is open\none share of F is bought and sold" in done.stdout
    plan = probe(account, "--dry-run", "--json").json["plan"]
    assert plan == {"ticker": "F", "price": "12.2539", "market": "the market is open", "questions": 46}
    assert (account.tree(), account.broker.requests_sent().mutating) == (before, 0)


def test_the_strategys_day_goes_on_as_without_it(account: TradingAccount) -> None:
    account.go(day(1), "09:00")
    assert account.generate("--report-file", account.report(day(1), offer("AAA", day(1)))).code == 0
    assert probe(account).code == 0
    assert account.go(day(1), "09:20").execute("place").code == 0
    assert account.go(day(1), "09:31").execute("poll").code == 0
    account.go(day(1), "15:00")
    assert probe(account).code == 0
    assert account.go(day(1), "15:45").execute("protect").code == 0
    assert (account.held(), account.admin("reconcile").code) == ({"AAA": 100}, 0)


# a served exchange, through the adapter of the real broker


def test_a_served_exchange_is_asked_over_the_network(account: TradingAccount) -> None:
    server = SimServer(account.exchange, speed=0)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        client = AlpacaClient(server.address, server.address, KEYS, broker_id="sim")
        account.runtime = Runtime(client)
        done = probe(account, "--json")
    finally:
        server.shutdown()
        server.server_close()
    assert done.code == 0, done.stderr
    assert answers(done) == {one.id: one.simulated for one in QUESTIONS if one.asked is not Asked.CLOSED}
    assert (done.json["probe"]["mode"], done.json["probe"]["host"]) == ("local", server.address.removeprefix("http://"))
    text = Path(done.json["file"]).read_text()
    assert [one for one in (KEYS.key_id, KEYS.secret) if one.reveal() in text] == []
    assert_nothing_left(account)
