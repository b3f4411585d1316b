"""The contract with the shell: every exit code of both programs, who tests it, and the order of start-up refusals."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path

import pytest

from live.run.lock import db_lock_path, hold_lock
from live.run.outcome import PRECEDENCE, Outcome
from live.sim.faults import RequestFault, SimAnswer, SimRequest
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.bad_input import PROGRAMS, ready, refused, start, written
from tests.paths import ROOT

GENERATOR = "tests.cli.test_signal_generator"
GENERATOR_CODES = "tests.cli.test_signal_generator_codes"
REFUSALS = "tests.cli.test_executor_refusals"
STOPS = "tests.cli.test_executor_stops"
HERE = __name__

TABLE: dict[int, dict[str, tuple[str, str]]] = {
    0: {
        "signal_generator": (GENERATOR, "test_a_report_becomes_two_signal_files_that_say_what_to_buy_and_why"),
        "executor": ("tests.cli.test_executor_day", "test_all_before_the_open_places_and_says_when_to_come_back"),
    },
    1: {
        "signal_generator": (HERE, "test_1_a_bug_is_told_as_one"),
        "executor": (REFUSALS, "test_f78_a_bug_in_the_middle_is_1_after_one_attempt_to_protect"),
    },
    2: {
        "signal_generator": (GENERATOR_CODES, "test_f106_wrong_flags_are_2"),
        "executor": (REFUSALS, "test_a_usage_error_is_2"),
    },
    3: {
        "signal_generator": (GENERATOR_CODES, "test_a_kill_switch_that_is_on_is_3_and_nothing_is_decided"),
        "executor": (REFUSALS, "test_kill_switch_on_without_positions_ends_3_at_once"),
    },
    4: {
        "signal_generator": (GENERATOR_CODES, "test_f58_a_position_the_broker_does_not_hold_is_4"),
        "executor": (REFUSALS, "test_f59_a_foreign_position_stops_trading_but_not_protection"),
    },
    5: {
        "signal_generator": (GENERATOR_CODES, "test_without_a_manifest_it_is_5_and_the_command_is_named"),
        "executor": (REFUSALS, "test_a_manifest_of_other_parameters_is_5"),
    },
    6: {
        "signal_generator": (GENERATOR_CODES, "test_a_configuration_that_is_not_there_is_6"),
        "executor": (REFUSALS, "test_a_state_db_of_another_account_is_6"),
    },
    7: {
        "signal_generator": (GENERATOR_CODES, "test_f93_a_report_that_is_not_there_is_7"),
        "executor": (REFUSALS, "test_an_altered_signal_file_is_5_and_one_that_is_none_is_7"),
    },
    8: {
        "signal_generator": (GENERATOR_CODES, "test_f07_a_broker_that_keeps_failing_is_8"),
        "executor": (HERE, "test_8_a_broker_that_does_not_answer_sends_nothing_and_asks_for_the_same_command"),
    },
    9: {
        "signal_generator": (GENERATOR_CODES, "test_f59_force_freezes_the_differing_tickers_and_goes_on_with_9"),
        "executor": ("tests.cli.test_executor_day", "test_all_before_the_open_places_and_says_when_to_come_back"),
    },
    10: {
        "signal_generator": (HERE, "test_10_a_second_run_at_once_does_nothing"),
        "executor": (REFUSALS, "test_a_second_run_is_10"),
    },
    11: {
        "signal_generator": (
            "tests.cli.test_broker_answers",
            "test_f119_an_account_that_is_refused_ends_every_program_with_6_or_11",
        ),
        "executor": (REFUSALS, "test_f50_a_restricted_account_sends_nothing"),
    },
    12: {
        "executor": (HERE, "test_12_a_share_that_cannot_be_protected_turns_the_kill_switch_on"),
    },
    13: {
        "signal_generator": (GENERATOR_CODES, "test_f71_a_state_db_that_is_none_is_13_and_stays_as_it_is"),
        "executor": (REFUSALS, "test_a_damaged_state_db_is_13"),
    },
}  # fmt: skip
NOT_OF_THE_GENERATOR = {12}
"""It sends nothing: no position can lose its stop by it."""


def test_every_code_of_the_contract_has_its_test_in_both_programs() -> None:
    assert set(TABLE) == {0, *PRECEDENCE}
    for code, tests in TABLE.items():
        assert set(tests) == ({"executor"} if code in NOT_OF_THE_GENERATOR else set(PROGRAMS)), code
        for module, name in tests.values():
            found = getattr(importlib.import_module(module), name, None)
            assert found is not None, f"{module}.{name}"
            assert code == 0 or str(code) in inspect.getsource(found), f"{name} does not look for {code}"


def test_the_readme_and_both_helps_name_every_code() -> None:
    from click.testing import CliRunner

    from live.executor import main as executor
    from live.signal_generator import main as generator

    rows = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    listed = {int(row.split("|")[1]) for row in rows if row.startswith("|") and row.split("|")[1].strip().isdigit()}
    assert listed == set(TABLE)
    for command, program in ((executor, "executor"), (generator, "signal_generator")):
        text = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
        text = text[text.index("Exit codes") :]
        for code in TABLE.keys() - {1}:
            assert (f" {code} " in text) == (program in TABLE[code]), (program, code)


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    return ready(tmp_path)


def test_1_a_bug_is_told_as_one(calm: TradingAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    import live.generate.decisions as decisions

    def bug(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(decisions, "decide_primary", bug)
    before = written(calm)
    refused(start(calm, "signal_generator"), 1, "unexpected error", "ZeroDivisionError", "run again with -v")
    assert written(calm) == before


@pytest.mark.parametrize("program", PROGRAMS)
def test_8_a_broker_that_does_not_answer_sends_nothing_and_asks_for_the_same_command(
    calm: TradingAccount, program: str
) -> None:
    calm.exchange.faults.add(RequestFault("GET", ".*", lambda *_: SimAnswer(503, b"{}", {}), times=None))
    done = start(calm, program)
    calm.exchange.faults.clear()
    refused(done, 8, "run the same command again")
    assert written(calm)["orders"] == ""
    assert start(calm, program).code == 0


@pytest.mark.parametrize("program", PROGRAMS)
def test_10_a_second_run_at_once_does_nothing(calm: TradingAccount, program: str) -> None:
    before = written(calm)
    with hold_lock(db_lock_path(calm.state_db)):
        refused(start(calm, program), 10, "lock")
    assert written(calm) == before


def test_12_a_share_that_cannot_be_protected_turns_the_kill_switch_on(tmp_path: Path) -> None:
    calm = TradingAccount(tmp_path, bars("AAA"), bars("BBB"))
    calm.trade(day(0), offer("AAA", day(0)))
    calm.go(day(1), "10:00")
    (stop,) = calm.broker.list_orders(status="open")
    calm.broker.cancel_order(stop.id)
    refuse = SimAnswer(403, b'{"code": 40310000, "message": "no stops today"}', {})
    calm.exchange.faults.add(RequestFault("POST", "/v2/orders", lambda *_: refuse, times=None))
    refused(calm.execute("protect"), 12, "AAA")
    with calm.look() as db:
        assert db.system_config.kill_switch().on
    calm.exchange.faults.clear()
    assert calm.execute("protect").code == 0
    refused(calm.execute("poll"), 3)


# the order of the refusals at the start


def mend_and_attempt(calm: TradingAccount, program: str, *, broken: bytes) -> list[int]:
    """Everything is wrong at once; mend one thing after the other in the contract's order and note each code."""
    calm.manifest.rename(calm.folder / "away.json")
    with calm.db() as db:
        db.system_config.turn_kill_switch_on("a test", "tester")
    on = _whole(calm.state_db)
    codes: list[int] = []

    def attempt(*more: str | Path) -> None:
        codes.append(start(calm, program, *more).code)

    calm.exchange.faults.add(RequestFault("GET", ".*", lambda *_: SimAnswer(503, b"{}", {}), times=None))
    calm.state_db.write_bytes(broken)
    with hold_lock(db_lock_path(calm.state_db)):
        attempt("--set", "strategy.nonsense=1", "--nonsense")
        attempt("--set", "strategy.nonsense=1")
        attempt()
        calm.state_db.write_bytes(on)
        attempt()
    attempt()
    with calm.db() as db:
        db.system_config.turn_kill_switch_off("tester")
    attempt()
    (calm.folder / "away.json").rename(calm.manifest)
    attempt()
    calm.exchange.faults.clear()
    attempt()
    return codes


def _whole(path: Path) -> bytes:
    """Return the file with what its -wal holds, and leave no -wal behind."""
    import sqlite3

    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    return path.read_bytes()


@pytest.mark.parametrize("program", PROGRAMS)
def test_refusals_at_the_start_come_in_the_order_of_the_contract(calm: TradingAccount, program: str) -> None:
    assert mend_and_attempt(calm, program, broken=b"no database at all" * 50) == [2, 6, 13, 10, 3, 5, 8, 0]


def test_the_executor_refuses_another_account_before_a_bad_signal_file_and_that_before_a_difference(
    calm: TradingAccount, tmp_path: Path
) -> None:
    """6 (account), 7, 5 (identity), 4."""
    buy = {"symbol": "BBB", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    calm.exchange.handle(SimRequest("POST", "/v2/orders", body=json.dumps(buy).encode()))
    calm.go(day(0), "09:31")
    path = calm.signals / f"trade_signals_{day(0)}_ema_p10.json"
    good, mine = path.read_text(), calm.runtime
    path.write_text("{")
    stranger = ready(tmp_path / "other", cash="400000").go(day(0), "09:31")
    calm.runtime = stranger.runtime
    codes = [calm.execute("place", "--signals-file", str(path)).code]
    calm.runtime = mine
    codes.append(calm.execute("place", "--signals-file", str(path)).code)
    path.write_text(good.replace('"rank": 1', '"rank": 1 '))
    codes.append(calm.execute("place", "--signals-file", str(path)).code)
    path.write_text(good)
    codes.append(calm.execute("place", "--signals-file", str(path)).code)
    assert codes == [6, 7, 5, 4]


ENDINGS = [
    ((9, 8, 3, 11, 4, 1, 13, 12), 12),
    ((9, 8, 3, 11, 4, 1, 13), 13),
    ((9, 8, 3, 11, 4, 1), 1),
    ((9, 8, 3, 11, 4), 4),
    ((9, 8, 3, 11), 11),
    ((9, 8, 3), 3),
    ((9, 8), 8),
    ((9,), 9),
    ((), 0),
]


@pytest.mark.parametrize(("met", "code"), ENDINGS)
def test_of_several_endings_the_first_of_the_contract_decides(met: tuple[int, ...], code: int) -> None:
    outcome = Outcome()
    for one in met:
        outcome.add_problem(one, f"ending {one}", "Look.")
    assert outcome.exit_code == code
    endings = outcome.as_json()["endings"]
    assert isinstance(endings, list)
    assert len(endings) == len(met)
