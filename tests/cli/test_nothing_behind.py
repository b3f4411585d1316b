"""A run that is refused leaves nothing behind, in no folder (F137); the first run that is not makes the state DB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from live.admin import main as admin
from live.broker import Broker
from live.orders import OrderRequest, OrderType, Side, TimeInForce
from live.sim.exchange import Exchange
from live.sim.faults import RequestFault
from live.state_db.db import StateDB
from tests.cli.account import CONFIG, TradingAccount, bars, day, offer
from tests.cli.done import Done, run_command
from tests.fault_actions import answer, change_answer
from tests.faults.ending import UNTOUCHED, Rerun, begins, fault_ends

Prepare = Callable[[TradingAccount], Sequence[str | Path]]


@pytest.fixture(autouse=True)
def empty_cache(own_folders: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the sessions are known, so that what is written there is seen too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def fresh(tmp_path: Path) -> TradingAccount:
    """An account that was never traded; `place` is a folder that does not exist yet."""
    made = TradingAccount(tmp_path / "project", bars("AAA"), bars("BBB"))
    made.report(day(0), offer("AAA", day(0)))
    return made.go(day(0), "09:00")


def in_place(fresh: TradingAccount) -> list[str | Path]:
    place = fresh.folder / "deep" / "place"
    return ["--state-db", place / "state.db", "--output-dir", place / "signals"]


def tree(fresh: TradingAccount) -> list[str]:
    """Return every file and folder below the test's own folder: project, home and cache."""
    root = fresh.folder.parent
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def broken(fresh: TradingAccount, path: str) -> None:
    fresh.exchange.faults.add(RequestFault("GET", path, answer(503), times=None))


def report_of(fresh: TradingAccount) -> list[str | Path]:
    return ["--report-file", next(fresh.reports.iterdir())]


# what stops the generator, and after which steps


def kill_file(fresh: TradingAccount) -> Sequence[str | Path]:
    (fresh.folder / "deep" / "place").mkdir(parents=True)
    (fresh.folder / "deep" / "place" / "KILL").touch()
    return report_of(fresh)


def unreadable_report(fresh: TradingAccount) -> Sequence[str | Path]:
    path = fresh.reports / "earnings_trade_analysis_2026-02-02.html"
    path.write_text("<p>nothing of the kind</p>")
    return ["--report-file", path]


def foreign_holding(fresh: TradingAccount) -> Sequence[str | Path]:
    foreign = {"asset_id": "x", "symbol": "ZZZ", "qty": "5", "side": "long", "avg_entry_price": "10"}
    add = change_answer(lambda rows: [*rows, foreign])
    fresh.exchange.faults.add(RequestFault("GET", "/v2/positions", add, times=None))
    return report_of(fresh)


def without(path: str) -> Prepare:
    def prepare(fresh: TradingAccount) -> Sequence[str | Path]:
        broken(fresh, path)
        return report_of(fresh)

    return prepare


def no_prices(fresh: TradingAccount) -> Sequence[str | Path]:
    fresh.prices.failed = {"AAA": "down", "BBB": "down"}
    return report_of(fresh)


def file_in_the_way(fresh: TradingAccount) -> Sequence[str | Path]:
    (fresh.folder / "file").touch()
    return [*report_of(fresh), "--output-dir", fresh.folder / "file" / "signals"]


def db_below_a_file(fresh: TradingAccount) -> Sequence[str | Path]:
    (fresh.folder / "file").touch()
    return [*report_of(fresh), "--state-db", fresh.folder / "file" / "state.db"]


@pytest.mark.parametrize(
    ("code", "prepare"),
    [
        (2, lambda fresh: [*report_of(fresh), "--trade-date", "2026-02-03"]),
        (3, kill_file),
        (4, foreign_holding),
        (5, lambda fresh: [*report_of(fresh), "--manifest", fresh.folder / "none.json"]),
        (6, lambda fresh: [*report_of(fresh), "--set", "strategy.nonsense=1"]),
        (7, unreadable_report),
        (7, file_in_the_way),
        (8, without("/v2/account")),
        (8, without("/v2/clock")),
        (8, without("/v2/assets")),
        (8, without("/v2/orders")),
        (8, no_prices),
        (13, db_below_a_file),
    ],
)
def test_f137_a_refused_generator_leaves_nothing_behind(fresh: TradingAccount, code: int, prepare: Prepare) -> None:
    args = [*in_place(fresh), *prepare(fresh)]
    before = tree(fresh)
    refusal = begins(f"error[{code}] ")
    fault_ends(
        "F137",
        Place(fresh.exchange, fresh.broker, Path(in_place(fresh)[1])),
        lambda: fresh.generate(*args),
        exit_code=code,
        last_line=refusal,
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(code, refusal),
    )
    assert tree(fresh) == before


# the executor and the administrator's commands


@dataclass(frozen=True)
class Place:
    """The account, whose state DB is to lie in a folder that does not exist yet."""

    exchange: Exchange
    broker: Broker
    state_db: Path


def lost(fresh: TradingAccount) -> None:
    """The broker has an order of ours, of which nothing here knows."""
    fresh.broker.place_order(
        OrderRequest("20260202_AAA_entry_buy", "AAA", Side.BUY, 5, OrderType.MARKET, TimeInForce.GTC)
    )


def restricted(fresh: TradingAccount) -> None:
    block = change_answer(lambda account: account | {"trading_blocked": True})
    fresh.exchange.faults.add(RequestFault("GET", "/v2/account", block, times=None))


def nothing_wrong(fresh: TradingAccount) -> None:
    """What refuses the run is that there is no signal file, or no difference to repair."""


@pytest.mark.parametrize(
    ("phase", "code", "prepare"),
    [
        ("place", 5, nothing_wrong),
        ("all", 8, lambda fresh: broken(fresh, "/v2/calendar")),
        ("protect", 8, lambda fresh: broken(fresh, "/v2/account")),
        ("protect", 8, lambda fresh: broken(fresh, "/v2/orders")),
        ("protect", 11, restricted),
        ("protect", 4, lost),
    ],
)
def test_f137_a_refused_executor_leaves_nothing_behind(
    fresh: TradingAccount, phase: str, code: int, prepare: Callable[[TradingAccount], None]
) -> None:
    prepare(fresh)
    before = tree(fresh)
    there = Place(fresh.exchange, fresh.broker, Path(in_place(fresh)[1]))
    fault_ends(
        "F137",
        there,
        lambda: fresh.execute(phase, *map(str, in_place(fresh)[:2])),
        exit_code=code,
        last_line=begins(f"error[{code}] "),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(code, begins(f"error[{code}] ")),
    )
    assert tree(fresh) == before


def administer(fresh: TradingAccount, *command: str | Path) -> Done:
    args = [*command, "--config", CONFIG, *in_place(fresh)[:2], "--set", "broker.id=sim"]
    return run_command(admin, list(map(str, args)), fresh.runtime)


@pytest.mark.parametrize(
    ("code", "command"),
    [
        (0, ["status"]),
        (0, ["doctor"]),
        (0, ["reconcile"]),
        (0, ["kill-switch", "status"]),
        (0, ["kill-switch", "off"]),
        (0, ["flatten", "--yes"]),
        (13, ["backup"]),
        (0, ["restore", "--list"]),
        (13, ["restore", "nowhere.db", "--yes"]),
        (4, ["rebuild", "--yes"]),
        (2, ["repair", "NO-TICKER", "--adopt", "--reason", "x"]),
    ],
)
def test_f137_a_command_that_changes_nothing_makes_nothing(
    fresh: TradingAccount, code: int, command: list[str]
) -> None:
    before = tree(fresh)
    done = administer(fresh, *command)
    assert done.code in (code, 5), done.stderr  # `check` finds that there is no manifest in the usual place
    assert tree(fresh) == before


def test_f137_the_first_run_that_is_not_refused_makes_the_state_db_whole(fresh: TradingAccount) -> None:
    done = fresh.generate(*in_place(fresh), *report_of(fresh))
    assert done.code == 0, done.stderr
    place = fresh.folder / "deep" / "place"
    assert {path.name for path in place.iterdir()} == {
        "backups", "logs", "signals", "state-assets", "state.db", "state.db.lock"
    }  # fmt: skip
    with StateDB.open(place / "state.db", fresh.broker.clock) as db:
        (run,) = db.runs.last()
        assert (run.program, run.exit_code) == ("signal_generator", 0)
        assert db.system_config.bound_account() is not None


def test_f137_protect_of_an_account_without_positions_is_a_first_run_too(fresh: TradingAccount) -> None:
    assert fresh.execute("protect", *map(str, in_place(fresh)[:2])).code == 0
    assert (fresh.folder / "deep" / "place" / "state.db").exists()
