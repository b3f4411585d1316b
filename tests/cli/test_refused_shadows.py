"""A refused generator steps the shadows all the same, where report and prices can be read; its code stays (F150)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from demo.market import SyntheticMarket
from live.clock import SystemClock
from live.run.lock import account_lock_path, db_lock_path, hold_lock
from live.run.runtime import Runtime
from live.sim.faults import RequestFault, SimAnswer, SimRequest
from live.state_db.rows import ShadowStatus
from tests.cli.account import TradingAccount, at, bars, day, offer
from tests.cli.done import Done
from tests.fault_actions import answer, change_answer
from tests.faults.ending import Rerun, State, begins, fault_ends

FOREIGN = {"asset_id": "x", "symbol": "ZZZ", "qty": "5", "side": "long", "avg_entry_price": "10"}
SHADOW = "nwl_p4"


@pytest.fixture(scope="module")
def morning_before(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    account = TradingAccount(tmp_path_factory.mktemp("morning"), bars("AAA"), bars("BBB"))
    account.trade(day(0), offer("AAA", day(0)))
    account.go(day(1), "09:00")
    account.report(day(1), offer("BBB", day(1)))
    return account


@pytest.fixture
def morning(morning_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    """Tuesday at nine: both strategies bought AAA on Monday, the day's report offers BBB."""
    return morning_before.copy_to(tmp_path)


def start(account: TradingAccount, *args: str | Path) -> Done:
    return account.generate("--report-dir", account.reports, *args)


def shadow_of(account: TradingAccount) -> tuple[date | None, set[str], set[str]]:
    """Return through which session the shadow was stepped, what it holds, and what it decided to buy on Tuesday."""
    with account.look() as db:
        rows = db.shadow.active(SHADOW)
        held = {row.ticker for row in rows if row.status is ShadowStatus.OPEN}
        decided = {row.ticker for row in rows if row.status is ShadowStatus.PENDING and row.trade_date == day(1)}
        return db.shadow.stepped_through(SHADOW), held, decided


STEPPED = (day(0), {"AAA"}, {"BBB"})
AS_BEFORE: tuple[date, set[str], set[str]] = (day(-1), set(), set())


def require_stepped(account: TradingAccount, done: Done, code: int) -> None:
    assert done.code == code, (done.stdout, done.stderr)
    assert f"the shadows decided for {day(1)} all the same: {SHADOW}" in done.stdout
    assert shadow_of(account) == STEPPED
    require_no_plan(account)


def require_no_plan(account: TradingAccount) -> None:
    """Nothing of the executed strategy was decided for Tuesday."""
    assert not list(account.signals.glob(f"*{day(1)}*"))
    with account.look() as db:
        assert db.signal_files.latest("ema_p10", day(1)) is None
        assert db.signal_files.latest(SHADOW, day(1)) is None


Fault = Callable[[TradingAccount], AbstractContextManager[Sequence[str]]]


@contextmanager
def kill_file(account: TradingAccount) -> Iterator[Sequence[str]]:
    (account.folder / "KILL").touch()
    yield ()
    (account.folder / "KILL").unlink()


def on_request(path: str, do: Callable[[SimRequest, Callable[[], SimAnswer]], SimAnswer]) -> Fault:
    @contextmanager
    def fault(account: TradingAccount) -> Iterator[Sequence[str]]:
        account.exchange.faults.add(RequestFault("GET", path, do, times=None))
        yield ()
        account.exchange.faults.clear()

    return fault


def says(status: int, message: str) -> Callable[[SimRequest, Callable[[], SimAnswer]], SimAnswer]:
    body = json.dumps({"code": 40310000, "message": message}).encode()
    return lambda request, proceed: SimAnswer(status, body)


REFUSALS: dict[str, tuple[int, Fault]] = {
    "kill switch": (3, kill_file),
    "positions differ": (4, on_request("/v2/positions", change_answer(lambda rows: [*rows, FOREIGN]))),
    "keys refused": (6, on_request("/v2/account", says(403, "invalid api key"))),
    "another account": (6, on_request("/v2/account", change_answer(lambda account: account | {"id": "another"}))),
    "account down": (8, on_request("/v2/account", answer(503))),
    "clock down": (8, on_request("/v2/clock", answer(503))),
    "asset list down": (8, on_request("/v2/assets", answer(503))),
    "orders down": (8, on_request("/v2/orders", answer(503))),
    "account restricted": (11, on_request("/v2/account", says(422, "account is closed"))),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_f150_the_shadows_are_stepped_when_the_executed_strategy_is_refused(morning: TradingAccount, name: str) -> None:
    code, fault = REFUSALS[name]

    def mend() -> None:
        with morning.look() as db:
            row = db.runs.last()[0]
        assert (row.exit_code, row.trade_date) == (code, day(1))
        require_stepped(morning, ended[0], code)
        passing.close()

    ended: list[Done] = []
    held = {"AAA": "100 at 100.00, stop 90.00"}

    def run() -> Done:
        ended.append(start(morning))
        return ended[-1]

    with ExitStack() as passing:
        passing.enter_context(fault(morning))
        fault_ends(
            "F150",
            morning,
            run,
            exit_code=code,
            last_line=begins(f"error[{code}] "),
            received=[],
            state=State(held, kill_switch=name == "kill switch"),
            rerun=Rerun(0, state=State(held), mend=mend),
        )


def test_f150_json_has_the_decisions_of_the_shadows(morning: TradingAccount) -> None:
    with kill_file(morning):
        found = start(morning, "--json").json
    assert (found["exit_code"], found["trade_date"]) == (3, str(day(1)))
    (shadow,) = found["shadows"]
    assert (shadow["strategy"], [one["ticker"] for one in shadow["entries"]]) == (SHADOW, ["BBB"])
    assert "decisions" not in found


def test_f150_a_later_run_of_the_morning_decides_as_if_nothing_had_been(
    morning: TradingAccount, tmp_path: Path
) -> None:
    calm = TradingAccount(tmp_path / "calm", bars("AAA"), bars("BBB"))
    calm.trade(day(0), offer("AAA", day(0)))
    calm.go(day(1), "09:10")
    calm.report(day(1), offer("BBB", day(1)))
    with kill_file(morning):
        assert start(morning).code == 3
    assert start(morning.go(day(1), "09:10")).code == 0
    assert start(calm).code == 0
    for strategy in ("ema_p10", SHADOW):
        ours, theirs = morning.signal(day(1), strategy), calm.signal(day(1), strategy)
        for part in ("exits", "entries", "skipped", "candidates"):
            assert ours[part] == theirs[part]
        assert [one["ticker"] for one in ours["holdings"]] == [one["ticker"] for one in theirs["holdings"]] == ["AAA"]
    assert shadow_of(morning) == STEPPED


def test_f150_where_the_day_ends_without_a_plan_its_candidates_are_told_as_missed(morning: TradingAccount) -> None:
    with kill_file(morning):
        assert start(morning).code == 3
    morning.go(day(2), "09:00").report(day(2))
    done = start(morning)
    assert done.code == 0, done.stderr
    assert f"no run on 1 session ({day(1)} to {day(1)}); their closes are judged now" in done.stdout
    assert f"missed report earnings_trade_analysis_{day(1)}.html" in done.stdout
    with morning.look() as db:
        assert {row.ticker for row in db.shadow.active(SHADOW)} == {"AAA", "BBB"}  # the shadow bought it on Tuesday
    assert [one["ticker"] for one in morning.signal(day(2))["holdings"]] == ["AAA"]


def test_f150_a_day_that_was_decided_is_not_decided_again_for_the_shadows(morning: TradingAccount) -> None:
    assert start(morning).code == 0
    before = shadow_of(morning)
    morning.report(day(1), offer("BBB", day(1)), offer("AAA", day(1)))
    with kill_file(morning):
        done = start(morning)
    assert done.code == 3
    assert "the shadows" not in done.stdout
    assert shadow_of(morning) == before == STEPPED


# what steps nothing


@contextmanager
def unreadable(account: TradingAccount) -> Iterator[Sequence[str]]:
    path = next(account.reports.glob(f"*{day(1)}*"))
    before = path.read_bytes()
    path.write_bytes(b"<html><body>nothing of a report</body></html>")
    yield ()
    path.write_bytes(before)


@contextmanager
def no_prices(account: TradingAccount) -> Iterator[Sequence[str]]:
    account.prices.failed = {"AAA": "down", "BBB": "down"}
    yield ()
    account.prices.failed = {}


@contextmanager
def other_manifest(account: TradingAccount) -> Iterator[Sequence[str]]:
    yield ("--set", "strategy.max_positions=19")


@contextmanager
def held_account(account: TradingAccount) -> Iterator[Sequence[str]]:
    with hold_lock(account_lock_path("sim", account.broker.get_account().id)):
        yield ()


@contextmanager
def held_db(account: TradingAccount) -> Iterator[Sequence[str]]:
    with hold_lock(db_lock_path(account.state_db)):
        yield ()


@contextmanager
def wrong_date(account: TradingAccount) -> Iterator[Sequence[str]]:
    yield ("--trade-date", str(day(2)))


@contextmanager
def wrong_setting(account: TradingAccount) -> Iterator[Sequence[str]]:
    yield ("--set", "strategy.nonsense=1")


@contextmanager
def dry(account: TradingAccount) -> Iterator[Sequence[str]]:
    yield ("--dry-run",)


NOT_STEPPED = {
    "date": (2, wrong_date),
    "manifest": (5, other_manifest),
    "setting": (6, wrong_setting),
    "report": (7, unreadable),
    "prices": (8, no_prices),
    "state DB held": (10, held_db),
    "account held": (10, held_account),
}


def test_f150_nothing_else_steps_the_shadows(morning: TradingAccount) -> None:
    for name, (code, fault) in NOT_STEPPED.items():
        with fault(morning) as args:
            done = start(morning, *args)
        assert done.code == code, name
        assert ("the shadows were not stepped: " in done.stdout) is (name == "prices"), name
        assert shadow_of(morning) == AS_BEFORE, name
    require_no_plan(morning)


def test_f150_under_the_kill_switch_neither_does_what_would_refuse_the_run_without_it(morning: TradingAccount) -> None:
    for name, (code, fault) in {**NOT_STEPPED, "dry run": (3, dry)}.items():
        with kill_file(morning), fault(morning) as args:
            done = start(morning, *args)
        assert done.code == (code if name in ("setting", "state DB held") else 3), name
        is_told = name not in ("setting", "state DB held", "dry run")
        assert ("the shadows were not stepped: " in done.stdout) is is_told, name
        assert shadow_of(morning) == AS_BEFORE, name


# without keys


TUESDAY_AT_NINE = at(day(1), "09:00")


def bars_until(account: TradingAccount, last: date) -> Path:
    """Write the account's bars up to a session's close as a folder, and return it."""
    cut = np.datetime64(last, "D")
    series = {ticker: one.part(0, int((one.days <= cut).sum())) for ticker, one in account.prices.series.items()}
    return SyntheticMarket(series, ()).write(account.folder / "prices")


def without_keys(account: TradingAccount, *args: str | Path, now: datetime = TUESDAY_AT_NINE) -> Done:
    """Start the generator as from the shell: the broker is Alpaca, and nobody has its keys. now: by the local clock."""
    account.runtime = None  # type: ignore[assignment]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda clock: now)
        return start(account, "--broker", "alpaca", "--set", "broker.id=alpaca", *args)


def with_keys(account: TradingAccount, right: Runtime) -> Done:
    account.runtime = right
    return start(account)


def test_f150_without_keys_the_shadows_go_by_a_folder_the_local_clock_and_the_last_asset_list(
    morning: TradingAccount,
) -> None:
    right, prices = morning.runtime, bars_until(morning, day(0))
    done = fault_ends(
        "F150",
        morning,
        lambda: without_keys(morning, "--prices", prices),
        exit_code=6,
        last_line=begins("error[6] broker keys missing "),
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(0, run=lambda: with_keys(morning, right)),
    )
    assert shadow_of(morning) == STEPPED
    assert f"the shadows decided for {day(1)} all the same: {SHADOW}" in done.stdout
    assert f"the broker's asset list of {day(0)} is used, for it cannot be asked" in done.stdout


def test_f150_without_any_asset_list_the_printed_prices_decide(morning: TradingAccount) -> None:
    for path in (morning.folder / "state-assets").iterdir():
        path.unlink()
    morning.report(day(1), offer("BBB", day(1)), offer("AAA", day(1), price="140"))
    done = without_keys(morning, "--prices", bars_until(morning, day(0)))
    require_stepped(morning, done, 6)
    assert "no asset list was kept: the candidates of the shadows are judged by their prices alone" in done.stdout


def test_f150_prices_that_are_the_brokers_cannot_be_read_without_keys(morning: TradingAccount) -> None:
    for source in ("broker", "alpaca"):
        done = without_keys(morning, "--prices", source)
        assert done.code == 6
        assert "the shadows were not stepped: the prices" in done.stdout
    assert shadow_of(morning) == AS_BEFORE


def test_f150_where_no_bar_is_asked_for_nothing_confirms_the_local_clock(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA")).go(day(0), "09:00")
    assert account.generate("--no-report").code == 0
    account.runtime = None  # type: ignore[assignment]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda clock: TUESDAY_AT_NINE)
        prices = bars_until(account, day(0))
        done = account.generate("--no-report", "--broker", "alpaca", "--set", "broker.id=alpaca", "--prices", prices)
    assert done.code == 6
    assert f"no bar of {day(0)} confirms the trade date {day(1)}" in done.stdout
    with account.look() as db:
        assert db.shadow.stepped_through(SHADOW) == day(-1)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (at(day(0), "09:00"), "the local one says 2026-02-02 09:00:00-05:00, before the last run"),
        (at(day(2), "09:00"), f"no bar of {day(1)} confirms the trade date {day(2)}"),
    ],
)
def test_f150_a_local_clock_that_is_wrong_steps_nothing(morning: TradingAccount, now: datetime, words: str) -> None:
    morning.report(day(2), offer("BBB", day(2)))
    done = without_keys(morning, "--prices", bars_until(morning, day(0)), now=now)
    assert done.code == 6
    assert words in done.stdout
    assert shadow_of(morning) == AS_BEFORE
