"""The order of the refusals at the start, with two faults at a time: the earlier one of the contract is the one told.

docs/faults.md#start-up-order-and-precedence. Each fault stands alone; every pair of them is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import combinations
from pathlib import Path

import pytest

from live.admin import main as admin
from live.run.lock import account_lock_path, db_lock_path, hold_lock
from live.sim.faults import RequestFault
from tests.cli.account import CONFIG, TradingAccount
from tests.cli.bad_input import ready
from tests.cli.done import run_command
from tests.fault_actions import answer, change_answer

Fault = Callable[[TradingAccount], AbstractContextManager[tuple[str, ...]]]


def told(*args: str) -> Fault:
    """A fault of the command line."""

    @contextmanager
    def fault(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
        yield args

    return fault


@contextmanager
def damaged_db(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    path = calm.folder / "damaged.db"
    path.write_bytes(b"no database at all" * 50)
    yield ("--state-db", str(path))


@contextmanager
def other_run(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    with hold_lock(db_lock_path(calm.state_db)), hold_lock(db_lock_path(calm.folder / "damaged.db")):
        yield ()


@contextmanager
def kill_file(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    path = calm.folder / "KILL"
    path.touch()
    yield ()
    path.unlink()


@contextmanager
def no_manifest(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    yield ("--manifest", str(calm.folder / "none.json"))


@contextmanager
def no_such_broker(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    mine = calm.runtime
    calm.runtime = None  # type: ignore[assignment]  # as from the shell: the program opens the broker
    yield ("--broker", "nobody")
    calm.runtime = mine


@contextmanager
def other_run_on_the_account(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    with hold_lock(account_lock_path("sim", calm.broker.get_account().id)):
        yield ()


def broken(path: str, change: Callable[[dict[str, object]], dict[str, object]] | None = None) -> Fault:
    """A fault of the broker: it fails on a path, or says something else there."""

    @contextmanager
    def fault(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
        do = answer(503) if change is None else change_answer(change)
        calm.exchange.faults.add(RequestFault("GET", path, do, times=None))
        yield ()
        calm.exchange.faults.clear()

    return fault


@contextmanager
def no_report(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    yield ("--report-file", str(calm.folder / "earnings_trade_analysis_2026-02-02.html"))


@contextmanager
def unreadable_signals(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    path = calm.folder / "signals.json"
    path.write_text("{")
    yield ("--signals-file", str(path))


@contextmanager
def foreign_position(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    foreign = {"asset_id": "x", "symbol": "ZZZ", "qty": "5", "side": "long", "avg_entry_price": "10"}
    add = change_answer(lambda rows: [*rows, foreign])
    calm.exchange.faults.add(RequestFault("GET", "/v2/positions", add, times=None))
    yield ()
    calm.exchange.faults.clear()


FIRST: dict[str, tuple[int, Fault]] = {
    "flags": (2, told("--nonsense")),
    "configuration": (6, told("--set", "strategy.nonsense=1")),
    "state DB": (13, damaged_db),
    "other run": (10, other_run),
    "kill switch": (3, kill_file),
    "manifest": (5, no_manifest),
    "broker": (6, no_such_broker),
    "other run on the account": (10, other_run_on_the_account),
}
BLOCKED: Fault = broken("/v2/account", lambda account: account | {"trading_blocked": True})
PROGRAMS: Mapping[str, Mapping[str, tuple[int, Fault]]] = {
    "signal_generator": FIRST | {"report": (7, no_report), "lists": (8, broken("/v2/positions"))},
    "executor": FIRST
    | {
        "calendar": (8, broken("/v2/calendar")),
        "signal file": (7, unreadable_signals),
        "difference": (4, foreign_position),
        "restricted": (11, BLOCKED),
    },
    "admin reconcile": {
        "flags": FIRST["flags"],
        "configuration": FIRST["configuration"],
        "state DB": FIRST["state DB"],
        "broker": FIRST["broker"],
        "lists": (8, broken("/v2/positions")),
    },
}
CANNOT_MEET = {
    frozenset({"broker", name})
    for name in ("other run on the account", "calendar", "lists", "difference", "restricted")
} | {frozenset({"state DB", "other run on the account"})}
"""Pairs of which the second cannot be seen, or cannot be made, while the first stands: nothing to compare."""


def start(calm: TradingAccount, program: str, args: tuple[str, ...]) -> int:
    if program == "executor":
        return calm.execute("place", *args).code
    if program == "signal_generator":
        return calm.generate(*(args if "--report-file" in args else ("--no-report", *args))).code
    common = ("--config", str(CONFIG), "--state-db", str(calm.state_db), "--broker", "sim", "--set", "broker.id=sim")
    return run_command(admin, [*program.split()[1:], *common, *args], calm.runtime).code


def pairs() -> Iterator[tuple[str, str, str]]:
    for program, faults in PROGRAMS.items():
        for first, second in combinations(faults, 2):
            if frozenset({first, second}) not in CANNOT_MEET:
                yield program, first, second


@pytest.mark.parametrize(("program", "name"), [(program, name) for program in PROGRAMS for name in PROGRAMS[program]])
def test_each_fault_alone_ends_with_its_code(tmp_path: Path, program: str, name: str) -> None:
    calm = ready(tmp_path)
    code, fault = PROGRAMS[program][name]
    with fault(calm) as args:
        assert start(calm, program, args) == code


@pytest.mark.parametrize(("program", "first", "second"), list(pairs()))
def test_of_two_faults_the_earlier_one_of_the_contract_is_told(
    tmp_path: Path, program: str, first: str, second: str
) -> None:
    calm = ready(tmp_path)
    code, _ = PROGRAMS[program][first]
    with ExitStack() as both:
        args = [one for name in (second, first) for one in both.enter_context(PROGRAMS[program][name][1](calm))]
        assert start(calm, program, tuple(args)) == code
