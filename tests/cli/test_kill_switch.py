"""The kill switch by hand: it goes on whatever is broken, and what is queued at the broker is canceled (F108)."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from live.admin import main
from live.administer import queued_orders
from live.broker import Broker
from live.errors import LockedError, StateDBError
from live.notify.job import Job
from live.run.lock import db_lock_path, hold_lock
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from live.sim.faults import OrderFaultKind, Proceed, RequestFault, SimAnswer, SimRequest
from live.state_db.connection import Connection
from live.state_db.kill_switch import kill_file_of
from tests.cli.account import CONFIG, TradingAccount, bars, day, offer
from tests.cli.done import Done, run_command
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer
from tests.faults.ending import UNCHANGED, UNTOUCHED, Rerun, State, begins, fault_ends

AAA, BBB = "20260105_AAA_entry_buy", "20260105_BBB_entry_buy"
BUYS = ("20260106_BBB_entry_buy", "20260106_CCC_entry_buy")
SALE = "20260106_AAA_exit_sell"
HELD = {"AAA": "10 at 100.00, stop 90.00"}
QUEUED = {SALE: "accepted 0/10"} | dict.fromkeys(BUYS, "accepted 0/10")
CANCELED = {SALE: "accepted 0/10"} | dict.fromkeys(BUYS, "canceled 0/10")


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    return TradingAccount(tmp_path, bars("AAA"), bars("BBB"))


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    account = TradingAccount(tmp_path_factory.mktemp("held"), bars("AAA"), bars("BBB"))
    account.trade(day(0), offer("AAA", day(0)))
    return account.go(day(1), "11:00")


@pytest.fixture
def holding(held_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    """AAA is held with its stop; it is eleven o'clock on the next session."""
    return held_before.copy_to(tmp_path)


@pytest.fixture(scope="module")
def queued_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("queued")).hold("AAA")
    lab.issue(1, buy=("BBB", "CCC"), sell=("AAA",))
    assert lab.go(1, "09:20").run("place").code == 0
    return lab


@pytest.fixture
def queued(queued_before: Lab, tmp_path: Path) -> Lab:
    """AAA is held; before the open of session 1 its exit and two entries are queued at the broker."""
    return queued_before.copy_to(tmp_path)


def switch(lab: Lab, *words: str, runtime: bool = True) -> Done:
    """Start `kill-switch` as the shell would."""
    args = ["kill-switch", *words, "--config", str(CONFIG), "--state-db", str(lab.state_db)]
    for setting in lab.settings if runtime else ():
        args += ["--set", setting]
    return run_command(main, args, Runtime(lab.broker) if runtime else None)


def admin(market: TradingAccount, *args: str, runtime: bool = True) -> Done:
    """Start an admin command as the shell would."""
    common = ["--config", str(CONFIG), "--state-db", str(market.state_db)]
    for setting in market.settings:
        common += ["--set", setting]
    return run_command(main, [*args, *common], market.runtime if runtime else None)


def is_on(lab: Lab) -> bool:
    with lab.look() as db:
        return db.system_config.kill_switch().on


def open_entries(lab: Lab) -> set[str]:
    return {name for name in lab.open_ids() if "_entry_" in name}


# what is queued


def test_f108_on_cancels_queued_entries_confirms_them_and_says_what_is_left(queued: Lab) -> None:
    done = fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on", "--reason", "a storm"),
        exit_code=0,
        last_line="",
        received=[f"DELETE {one}" for one in BUYS],
        state=State(HELD, CANCELED, kill_switch=True),
        rerun=Rerun(0),
    )
    assert "canceled at the broker: 2 entries (BBB, CCC)" in done.stdout
    assert "left working at the broker: 1 exit (AAA)" in done.stdout
    assert "--exits takes them back" in done.stdout
    assert open_entries(queued) == set()
    for ticker in ("BBB", "CCC"):
        row = queued.order(f"20260106_{ticker}_entry_buy")
        assert (row.status, row.reject_reason) == ("canceled", "kill_switch")
    again = switch(queued, "on")
    assert (again.code, "canceled" in again.stdout) == (0, False)
    queued.go(1, "09:31")
    assert queued.run("poll").code == 3
    assert set(queued.positions()) == set()  # the exit sold at the open; nothing was bought


def test_f108_exits_are_taken_back_and_their_stops_restored_in_the_same_command(queued: Lab) -> None:
    done = fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on", "--exits"),
        exit_code=0,
        last_line="",
        received=[*(f"DELETE {one}" for one in (SALE, *BUYS)), "POST 20260105_AAA_stop_sell_2"],
        state=State(HELD, dict.fromkeys((SALE, *BUYS), "canceled 0/10"), kill_switch=True),
        rerun=Rerun(0),
    )
    assert "canceled at the broker: 1 exit (AAA)" in done.stdout
    assert "left working at the broker: 1 stop (AAA)" in done.stdout
    assert queued.positions()["AAA"].pending_exit_reason == "trend_break"


def test_f108_a_stop_that_cannot_be_restored_is_12(queued: Lab) -> None:
    refused = answer(403, {"code": 40310000, "message": "no"})
    queued.break_requests(RequestFault("POST", "/v2/orders", refused, times=None))
    fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on", "--exits"),
        exit_code=12,
        last_line=begins(
            "error[12] no live stop could be placed for AAA; kill switch on. Place the stop or sell by hand, then: ",
            "live.admin kill-switch off",
        ),
        received=[f"DELETE {one}" for one in (SALE, *BUYS)] + [f"POST 20260105_AAA_stop_sell_{n}" for n in (2, 3, 4)],
        state=State(HELD, dict.fromkeys((SALE, *BUYS), "canceled 0/10"), kill_switch=True),
        rerun=Rerun(
            9,  # its exit did not sell today
            "error[9] AAA: not sold today (canceled). The next signal file lists it again.",
            received=["POST 20260105_AAA_stop_sell_5"],
            state=State(HELD, dict.fromkeys((SALE, *BUYS), "canceled 0/10"), kill_switch=True),
            mend=queued.mend,
            run=lambda: queued.run("protect"),
        ),
    )
    assert queued.agrees()


def test_f108_what_was_bought_before_its_cancel_gets_its_stop(queued: Lab) -> None:
    queued.break_orders(OrderFaultKind.PARTIAL, symbol="BBB", shares=4)
    queued.go(1, "09:31")
    done = fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on"),
        exit_code=0,
        last_line="",
        received=[*(f"DELETE {one}" for one in BUYS), "POST 20260106_BBB_stop_sell", "PATCH 20260106_CCC_stop_sell"],
        state=State(
            {"BBB": "4 at 100.00, stop 90.00", "CCC": HELD["AAA"]},
            {BUYS[0]: "canceled 4/10", BUYS[1]: "filled 10/10"},
            {"AAA": "10 trend_break at 100.00"},
            kill_switch=True,
        ),
        rerun=Rerun(0),
    )
    assert "bought before that: shares of BBB 4" in done.stdout


def test_f108_a_cancel_that_is_not_confirmed_is_8_and_the_same_command_finishes_it(queued: Lab) -> None:
    queued.break_orders(OrderFaultKind.CANCEL_SLOW, symbol="BBB", seconds=90)
    fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on"),
        exit_code=8,
        last_line=begins(
            "error[8] ", "the cancel of 1 entry (BBB) is not confirmed", "Again: python -m live.admin kill-switch on"
        ),
        received=[f"DELETE {one}" for one in BUYS],
        state=State(HELD, CANCELED | {BUYS[0]: "pending_cancel 0/10"}, kill_switch=True),
        rerun=Rerun(0, received=[f"DELETE {BUYS[0]}"], state=State(HELD, CANCELED, kill_switch=True)),
    )
    assert open_entries(queued) == set()


def test_f108_a_broker_that_does_not_answer_is_8_with_the_count_and_the_command(queued: Lab) -> None:
    queued.break_requests(RequestFault("GET", "/v2/account", answer(503, {}), times=None))
    fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on"),
        exit_code=8,
        last_line=begins(
            "error[8] ",
            "2 entries (BBB, CCC) are queued at the broker, as far as the state DB knows",
            "live.admin kill-switch on --config",
        ),
        received=[],
        state=State(HELD, QUEUED, kill_switch=True),
        rerun=Rerun(
            0,
            received=[f"DELETE {one}" for one in BUYS],
            state=State(HELD, CANCELED, kill_switch=True),
            mend=queued.mend,
        ),
    )


def test_f108_without_keys_the_queued_entries_are_counted_and_it_is_6(queued: Lab) -> None:
    fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on", runtime=False),
        exit_code=6,
        last_line=begins(
            "error[6] ", "2 entries (BBB, CCC) are queued", "with the keys: python -m live.admin kill-switch on"
        ),
        received=[],
        state=State(HELD, QUEUED, kill_switch=True),
        rerun=Rerun(
            0,
            received=[f"DELETE {one}" for one in BUYS],
            state=State(HELD, CANCELED, kill_switch=True),
            run=lambda: switch(queued, "on"),
        ),
    )
    assert switch(queued, "on", runtime=False).code == 0  # none is queued any more


@pytest.mark.parametrize("path", ["/v2/calendar", "/v2/clock"])
def test_f108_what_a_cancel_does_not_need_does_not_hold_it_up(queued: Lab, path: str) -> None:
    queued.break_requests(RequestFault("GET", path, answer(503, {}), times=None))
    done = switch(queued, "on")
    assert done.code == 0, done.stderr
    assert open_entries(queued) == set()


def test_f108_entries_that_the_state_db_forgot_are_named_and_never_touched(queued: Lab) -> None:
    queued.state_db.unlink()
    forgotten = begins("error[8] ", "2 entries (BBB, CCC) of our form", "restore --list")
    fault_ends(
        "F108",
        queued,
        lambda: switch(queued, "on"),
        exit_code=8,
        last_line=forgotten,
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(8, forgotten),
    )
    assert len(open_entries(queued)) == 2
    assert kill_file_of(queued.state_db).exists()


def test_f108_where_another_run_is_active_its_end_is_waited_for(queued: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = [LockedError("busy"), LockedError("busy")]

    def taken_twice(path: Path, *, wait_s: float) -> AbstractContextManager[None]:
        if busy:
            raise busy.pop()
        return hold_lock(path, wait_s=wait_s)

    monkeypatch.setattr(queued_orders, "hold_lock", taken_twice)
    done = switch(queued, "on")
    assert (done.code, busy) == (0, [])
    assert done.stdout.count("another run is active") == 1
    assert open_entries(queued) == set()


def test_f108_a_run_that_never_ends_leaves_the_cancels_unconfirmed(
    queued: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queued_orders, "LOCK_TRY_S", 0.01)
    monkeypatch.setattr(queued_orders, "WAIT_S", 0.0)
    with hold_lock(db_lock_path(queued.state_db)):
        done = switch(queued, "on")
    assert done.code == 8
    assert "2 entries (BBB, CCC) are queued" in done.last_line
    assert is_on(queued)


@pytest.mark.parametrize("clock", ["09:20", "09:31"])
def test_f108_a_run_that_meets_the_switch_cancels_its_entries_at_once(tmp_path: Path, clock: str) -> None:
    lab = make_lab(tmp_path, settings=["execution.max_workers=1"])
    lab.issue(0, buy=("AAA", "BBB"))
    lab.go(0, clock).break_orders(OrderFaultKind.NO_FILL)

    def turn_on(_: SimRequest, proceed: Proceed) -> SimAnswer:
        assert switch(lab, "on", runtime=False).code == 6  # counted, and nothing is waited for without keys
        return proceed()

    lab.break_requests(RequestFault("POST", "/v2/orders", turn_on, skip=1))
    before = lab.broker.clock.now()
    fault_ends(
        "F79 F108",
        lab,
        lambda: lab.run("poll" if clock == "09:31" else "place"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since "),
        received=[f"POST {AAA}", f"POST {BBB}", f"DELETE {AAA}", f"DELETE {BBB}"],
        state=State({}, {AAA: "canceled 0/10", BBB: "canceled 0/10"}, kill_switch=True),
        rerun=Rerun(3, begins("error[3] kill switch is ON since ")),
    )
    assert (lab.broker.clock.now() - before).total_seconds() < 10  # not the poll timeout of 60 s


def test_f108_a_run_that_meets_the_switch_at_its_very_end_cancels_too(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=("AAA", "BBB"))
    lab.go(0, "09:20")

    def turn_on(_: SimRequest, proceed: Proceed) -> SimAnswer:
        if len(open_entries(lab)) == 2 and not is_on(lab):  # the comparison with the broker after the last order
            switch(lab, "on", runtime=False)
        return proceed()

    lab.break_requests(RequestFault("GET", "/v2/positions", turn_on, times=None))
    fault_ends(
        "F108",
        lab,
        lambda: lab.run("place"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since "),
        received=[f"POST {AAA}", f"POST {BBB}", f"DELETE {AAA}", f"DELETE {BBB}"],
        state=State({}, {AAA: "canceled 0/10", BBB: "canceled 0/10"}, kill_switch=True),
        rerun=Rerun(3, begins("error[3] kill switch is ON since ")),
    )


# it goes on whatever is broken


def test_f127_without_a_reason_it_goes_on(calm: TradingAccount) -> None:
    calm.db().close()
    for words in ((), ("--reason", "  ")):
        done = fault_ends(
            "F127",
            calm,
            lambda words=words: admin(calm, "kill-switch", "on", *words),
            exit_code=0,
            last_line="",
            received=[],
            state=State({}, kill_switch=True),
            rerun=Rerun(0),
        )
        assert "why: no reason given" in done.stdout


@pytest.mark.parametrize("has_db", [True, False])
def test_f127_a_reason_and_a_name_that_are_no_utf_8_are_readable(
    calm: TradingAccount, monkeypatch: pytest.MonkeyPatch, has_db: bool
) -> None:
    if has_db:
        calm.db().close()
    monkeypatch.setenv("LOGNAME", os.fsdecode(b"ren\xe9"))
    words = ("--reason", os.fsdecode(b"caf\xe9\nburns"))
    fault_ends(
        "F127",
        calm,
        lambda: admin(calm, "kill-switch", "on", *words),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, kill_switch=True) if has_db else UNTOUCHED,
        rerun=Rerun(0),
    )
    assert "caf? burns" in admin(calm, "kill-switch", "status").stdout


def test_f127_without_home_and_user_entry_it_goes_on(calm: TradingAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    calm.db().close()
    done = fault_ends(
        "F127",
        calm,
        lambda: admin(calm, "kill-switch", "on"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, kill_switch=True),
        rerun=Rerun(0),
    )
    assert "who: somebody" in done.stdout


def test_f127_on_a_full_disk_the_kill_file_counts_and_entries_are_canceled(
    queued: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Connection.transaction

    def full(self: Connection) -> AbstractContextManager[None]:
        if self.path is not None:
            raise StateDBError(f"state DB {self.path}: database or disk is full")
        return real(self)

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Connection, "transaction", full)
    monkeypatch.setattr("os.fsync", no_space)
    done = fault_ends(
        "F127",
        queued,
        lambda: switch(queued, "on", "--reason", "a storm", "--exits"),
        exit_code=8,  # the exit stays: its stop could not be kept
        last_line=begins("error[8] ", "1 exit (AAA) stay queued"),
        received=[f"DELETE {one}" for one in BUYS],
        state=UNTOUCHED,
        rerun=Rerun(
            3,
            begins("error[3] kill switch is ON since "),
            state=State(HELD, CANCELED, kill_switch=True),  # it books what was canceled
            mend=monkeypatch.undo,
            run=lambda: queued.run("poll"),
        ),
    )
    assert f"the flag was not written, {kill_file_of(queued.state_db)} counts" in done.stderr
    assert "the reason could not be written" in done.stderr
    assert open_entries(queued) == set()
    assert SALE in queued.open_ids()


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_f127_kill_as_a_pipe_or_folder_counts_as_on_and_never_hangs(calm: TradingAccount, kind: str) -> None:
    calm.db().close()
    kill = kill_file_of(calm.state_db)
    os.mkfifo(kill) if kind == "pipe" else kill.mkdir()
    asked = admin(calm, "kill-switch", "status")
    assert (asked.code, f"the {kind} KILL is there" in asked.stdout) == (3, True)
    fault_ends(
        "F80 F127",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since ", f"the {kind} KILL is there", "kill-switch off"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(3, begins("error[3] kill switch is ON since ")),
    )
    assert admin(calm, "kill-switch", "on").code == 0
    off = admin(calm, "kill-switch", "off")
    if kind == "pipe":
        assert off.code == 0
    else:
        assert off.code == 3
        assert "Remove it by hand, then again: python -m live.admin kill-switch off" in off.last_line
        assert off.last_line.endswith(f"({kill})")


@dataclass(frozen=True)
class Elsewhere:
    """An account whose state DB is to lie somewhere else."""

    exchange: Exchange
    broker: Broker
    state_db: Path


def test_f127_only_where_nothing_can_be_written_it_says_that_it_is_not_on(calm: TradingAccount) -> None:
    file = calm.folder / "file"
    file.touch()
    there = Elsewhere(calm.exchange, calm.broker, file / "state.db")
    args = ["kill-switch", "on", "--state-db", str(there.state_db), "--config", str(CONFIG)]
    fault_ends(
        "F127",
        there,
        lambda: run_command(main, args),
        exit_code=13,
        last_line=begins("error[13] kill switch NOT on"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, mend=file.unlink),
    )
    assert kill_file_of(there.state_db).exists()


def test_f121_the_notify_hook_gets_no_secret(calm: TradingAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    monkeypatch.setattr("live.notify.sending.start_child", lambda _, work: sent.append(work))
    url = "json://user:very-secret-word@127.0.0.1"
    settings = ("--set", "notify.command=page", "--set", f"notify.urls=['{url}']")
    done = admin(calm, "kill-switch", "on", "--reason", f"see {url}", *settings)
    assert done.code == 0, done.stderr
    assert len(sent) == 1
    job = Job.from_bytes(sent[0])
    assert job.state_db is None  # there is none here
    assert "very-secret-word" not in str(job.direct) + done.stdout + kill_file_of(calm.state_db).read_text()


def test_the_kill_switch_goes_on_without_keys_and_without_a_state_db(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.db"
    args = ["--state-db", str(path), "--config", str(CONFIG)]
    on = CliRunner().invoke(main, ["kill-switch", "on", "--reason", "a storm", *args])
    assert on.exit_code == 0, on.stderr
    assert (
        f"there is no state DB at {path}: the file {kill_file_of(path)} stops the runs that use that one" in on.stderr
    )
    assert "No entry and no exit goes out any more" not in on.stdout
    assert "a storm" in kill_file_of(path).read_text()
    asked = CliRunner().invoke(main, ["kill-switch", "status", *args])
    assert asked.exit_code == 3
    assert "a storm" in asked.stdout
    off = CliRunner().invoke(main, ["kill-switch", "off", *args])
    assert off.exit_code == 0, off.stderr
    assert not kill_file_of(path).exists()
    assert CliRunner().invoke(main, ["kill-switch", "status", *args]).exit_code == 0


def test_the_kill_switch_goes_on_although_the_configuration_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    args = ["--state-db", str(path), "--config", str(tmp_path / "none.yaml")]
    done = CliRunner().invoke(main, ["kill-switch", "on", "--reason", "a storm", *args])
    assert done.exit_code == 0
    assert "none.yaml" in done.stderr
    assert kill_file_of(path).exists()


@pytest.mark.parametrize("words", [["on", "--reason", "a storm"], ["off"]])
def test_the_kill_switch_takes_the_broker_flags_of_the_other_commands(tmp_path: Path, words: list[str]) -> None:
    args = ["--state-db", str(tmp_path / "state.db"), "--config", str(CONFIG), "--broker", "sim"]
    done = CliRunner().invoke(main, ["kill-switch", *words, *args, "--set", "broker.sim_file=not-there.db"])
    assert done.exit_code == 0, done.stderr


def test_with_a_state_db_the_flag_knows_why_when_and_who(holding: TradingAccount) -> None:
    assert admin(holding, "kill-switch", "on", "--reason", "a storm").code == 0
    printed = admin(holding, "kill-switch", "status", "--json")
    assert printed.code == 3
    switch = printed.json["kill_switch"]
    assert (switch["on"], switch["why"], switch["source"]) == (True, "a storm", "db")
    assert switch["who"]
    assert holding.generate("--no-report").code == 3
    assert admin(holding, "kill-switch", "off").code == 0
    assert holding.generate("--no-report").code == 0


def test_a_damaged_state_db_counts_as_on_and_the_switch_can_still_be_turned_on(calm: TradingAccount) -> None:
    calm.state_db.write_bytes(b"no database")
    assert admin(calm, "kill-switch", "status").code == 3
    assert admin(calm, "kill-switch", "on", "--reason", "broken").code == 0
    assert kill_file_of(calm.state_db).exists()
    assert calm.state_db.read_bytes() == b"no database"


@freeze_time("2026-02-03 02:00:00")
def test_the_kill_switch_tells_since_when_it_is_on_in_new_york_time(calm: TradingAccount) -> None:
    calm.trade(day(0))
    assert admin(calm, "kill-switch", "on", "--reason", "a storm", runtime=False).code == 0
    asked = admin(calm, "kill-switch", "status", runtime=False)
    assert (asked.code, "since 2026-02-02 21:00:00-05:00" in asked.stderr) == (3, True)


def test_the_kill_switch_goes_on_although_the_notify_command_cannot_be_read(calm: TradingAccount) -> None:
    done = admin(calm, "kill-switch", "on", "--reason", "a storm", "--set", "notify.command=page 'unclosed")
    assert done.code == 0
    assert "nobody was notified" in done.stderr
    assert kill_file_of(calm.state_db).exists()
