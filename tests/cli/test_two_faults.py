"""The order of the refusals at the start, with two faults at a time: the earlier one of the contract is told.

docs/faults.md#start-up-order-and-precedence. Each fault stands alone; every pair of them is tried. One account serves
all pairs of a program: what is refused changes nothing.
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
from tests.cli.account import CONFIG, TradingAccount, day
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
def difference(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    """The broker holds 60 of our 100 shares of AAA, or where nothing is held a stock that is not ours."""
    foreign = {"asset_id": "x", "symbol": "ZZZ", "qty": "5", "side": "long", "avg_entry_price": "10"}
    less = change_answer(lambda rows: [row | {"qty": "60"} for row in rows] or [foreign])
    calm.exchange.faults.add(RequestFault("GET", "/v2/positions", less, times=None))
    yield ()
    calm.exchange.faults.clear()


@contextmanager
def lost_db(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    yield ("--state-db", str(calm.folder / "elsewhere" / "state.db"))


@contextmanager
def damaged_backup(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    good, broken_ = calm.folder / "copy.db", calm.folder / "copy.good"
    good.replace(broken_)
    good.write_bytes(b"no database at all" * 50)
    yield ()
    broken_.replace(good)


@contextmanager
def no_signal_files(calm: TradingAccount) -> Iterator[tuple[str, ...]]:
    yield ("--signals-dir", str(calm.folder / "nowhere"))


OPENING: dict[str, tuple[int, Fault]] = {
    "flags": (2, told("--nonsense")),
    "configuration": (6, told("--set", "strategy.nonsense=1")),
    "state DB": (13, damaged_db),
}
LOCK: dict[str, tuple[int, Fault]] = {"other run": (10, other_run)}
SWITCH: dict[str, tuple[int, Fault]] = {"kill switch": (3, kill_file)}
ACCOUNT: dict[str, tuple[int, Fault]] = {
    "broker": (6, no_such_broker),
    "other run on the account": (10, other_run_on_the_account),
}
CALENDAR: dict[str, tuple[int, Fault]] = {"calendar": (8, broken("/v2/calendar"))}
LISTS: dict[str, tuple[int, Fault]] = {"lists": (8, broken("/v2/positions"))}
DIFFERENCE: dict[str, tuple[int, Fault]] = {"difference": (4, difference)}
LOST: dict[str, tuple[int, Fault]] = {"lost state DB": (4, lost_db)}
BLOCKED: dict[str, tuple[int, Fault]] = {
    "restricted": (11, broken("/v2/account", lambda account: account | {"trading_blocked": True}))
}
TRADING = OPENING | LOCK | SWITCH | {"manifest": (5, no_manifest)} | ACCOUNT
PROGRAMS: Mapping[str, Mapping[str, tuple[int, Fault]]] = {
    "signal_generator": TRADING | {"report": (7, no_report)} | LISTS,
    "executor place": TRADING | CALENDAR | {"signal file": (7, unreadable_signals)} | DIFFERENCE | BLOCKED,
    "executor protect": OPENING | LOCK | ACCOUNT | CALENDAR | LISTS | LOST | BLOCKED,
    "admin reconcile": OPENING | {"broker": ACCOUNT["broker"]} | LISTS,
    "admin close AAA --yes": OPENING | LOCK | SWITCH | ACCOUNT | CALENDAR | LISTS | DIFFERENCE | BLOCKED,
    "admin flatten --yes": OPENING | LOCK | SWITCH | ACCOUNT | CALENDAR | LISTS | BLOCKED,
    "admin probe --ticker BBB --max-price 200 --yes": OPENING | LOCK | SWITCH | ACCOUNT | LISTS | BLOCKED,
    "admin repair DDD --adopt --reason why": OPENING | LOCK | ACCOUNT | CALENDAR | LISTS | LOST,
    "admin doctor --manifest run_manifest.json": TRADING | CALENDAR | LISTS | DIFFERENCE | BLOCKED,
    "admin backup": OPENING,
    "admin restore copy.db --yes": {name: OPENING[name] for name in ("flags", "configuration")}
    | LOCK
    | {"backup": (13, damaged_backup)},
    "admin rebuild --yes": {name: OPENING[name] for name in ("flags", "configuration")}
    | LOCK
    | {"broker": ACCOUNT["broker"]}
    | LISTS
    | {"no signal files": (4, no_signal_files)},
    "admin entries off --reason why": OPENING,
    "admin skip BBB --reason why": OPENING,
}
CANNOT_MEET = {
    frozenset({"broker", name})
    for name in (
        "other run on the account", "calendar", "lists", "difference", "restricted", "lost state DB", "no signal files"
    )
} | {frozenset({"state DB", name}) for name in ("other run on the account", "lost state DB")} | {
    frozenset({"lists", "difference"}), frozenset({"lost state DB", "other run"}),
}  # fmt: skip
"""Pairs of which the second cannot be seen, or cannot be made, while the first stands: nothing to compare."""


def start(calm: TradingAccount, program: str, args: tuple[str, ...]) -> int:
    name, *words = program.split()
    if name == "executor":
        return calm.execute(words[0], *args).code
    if name == "signal_generator":
        return calm.generate(*(args if "--report-file" in args else ("--no-report", *args))).code
    common = ("--config", str(CONFIG), "--state-db", str(calm.state_db), "--set", "broker.id=sim", "--broker", "sim")
    given = [str(calm.folder / word) if word.endswith((".db", ".json")) else word for word in words]
    return run_command(admin, [*given, *common, *args], calm.runtime).code


def ended(calm: TradingAccount, program: str, *names: str) -> int:
    """Start a program with these faults, the earliest named first and made last."""
    with ExitStack() as faults:
        args = [one for name in reversed(names) for one in faults.enter_context(PROGRAMS[program][name][1](calm))]
        return start(calm, program, tuple(args))


NOTHING_HELD = ("executor place",)
"""With something held a run under the kill switch protects first, and what it meets there counts as in any run."""


@pytest.fixture(scope="module")
def held_before(ready_before: TradingAccount, tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    """9:40, AAA is held with its stop, and a copy of the state DB is kept; to be copied."""
    folder = tmp_path_factory.mktemp("held")
    calm = ready_before.copy_to(folder)
    assert calm.execute("place").code == 0
    assert calm.go(day(0), "09:40").execute("poll").code == 0
    assert calm.admin("backup", folder / "copy.db").code == 0
    return calm


LONG = ("admin doctor --manifest run_manifest.json",)
"""It only reads, and has the most pairs."""


@pytest.mark.parametrize(
    "program", [pytest.param(one, marks=[pytest.mark.slow] if one in LONG else []) for one in PROGRAMS]
)
def test_of_two_faults_the_earlier_one_of_the_contract_is_told(
    ready_before: TradingAccount, held_before: TradingAccount, tmp_path: Path, program: str
) -> None:
    calm = (ready_before if program in NOTHING_HELD else held_before).copy_to(tmp_path)
    faults = PROGRAMS[program]
    sent = calm.broker.requests_sent().mutating
    alone = {name: ended(calm, program, name) for name in faults}
    assert alone == {name: code for name, (code, _) in faults.items()}
    pairs = [pair for pair in combinations(faults, 2) if frozenset(pair) not in CANNOT_MEET]
    told = {pair: ended(calm, program, *pair) for pair in pairs}
    assert told == {(first, second): faults[first][0] for first, second in pairs}
    assert calm.broker.requests_sent().mutating == sent
