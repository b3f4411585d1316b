"""`live.day`: the runs of a day at their times, what is missed, how the day ends.

Which runs are started when is asked with steps that are only noted; the ledger of two sessions and the signals with
real processes, on an exchange in a file and on one that is served.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from backtest.params import Params
from backtest.sessions import Sessions, load_sessions
from demo.account import SimulatedAccount, open_account
from demo.market import make_market
from demo.reports import FILE_NAME, render_report, write_reports
from live.broker import Broker
from live.brokers.sim import open_exchange
from live.clock import NEW_YORK
from live.day import main as day_program
from live.parity.trading_day import Workspace
from live.rounds.child import StepEnd
from live.run.interrupt import Interrupt
from live.run.outcome import RunProblem
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from live.sim.faults import RequestFault
from live.sim.server import SimServer
from live.timetable import TIMETABLE
from tests.cli.account import TradingAccount, bars, day
from tests.cli.done import Done, run_command
from tests.fault_actions import answer, call_then, change_answer
from tests.live.sim.market import quiet_bars
from tests.paths import DEFAULT_CONFIG, ROOT

EVE = date(2025, 11, 26)
"""A Wednesday. Thursday is Thanksgiving, Friday a half day."""
FRIDAY, TUESDAY = date(2025, 11, 28), date(2025, 12, 2)
FIRST = date(2026, 3, 3)


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return load_sessions(date(2026, 6, 1))


# which runs are started when


@dataclass
class Noted:
    """A day whose steps are noted in place of being run. ends: how each step ends, 0 by default; takes: what happens
    while it is at work."""

    exchange: Exchange
    broker: Broker
    folder: Path
    steps: list[str] = field(default_factory=list)
    environs: list[Mapping[str, str]] = field(default_factory=list)
    ends: dict[str, StepEnd] = field(default_factory=dict)
    takes: dict[str, Callable[[], object]] = field(default_factory=dict)

    def run_step(
        self, command: Sequence[str], environ: Mapping[str, str], interrupt: Interrupt, *, shows_messages: bool
    ) -> StepEnd:
        step = "generator" if command[0] == "live.signal_generator" else command[command.index("--phase") + 1]
        self.steps.append(f"{self.exchange.now().astimezone(NEW_YORK):%m-%d %H:%M} {step}")
        self.environs.append(environ)
        if step in self.takes:
            self.takes.pop(step)()
        return self.ends.get(step, StepEnd(0))

    def start(self, *args: str) -> Done:
        given = ("--no-report", "--config", DEFAULT_CONFIG, "--broker", "sim", "--state-db", self.folder / "state.db")
        return run_command(day_program, [*given, *args], Runtime(self.broker))

    def go(self, session: date, clock: str) -> None:
        self.exchange.advance_to(datetime.combine(session, time.fromisoformat(clock), NEW_YORK))


@pytest.fixture
def noted(tmp_path: Path, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> Noted:
    """The evening before Thanksgiving."""
    now = datetime.combine(EVE, time(18), NEW_YORK)
    one = quiet_bars("AAA")
    exchange = Exchange.create(
        None, {"AAA": one}, splits=(), sessions=sessions, cash=Params().capital_units, now=now, params=Params()
    )
    made = Noted(exchange, open_exchange(exchange), tmp_path)
    monkeypatch.setattr("live.rounds.day.run_step", made.run_step)
    return made


def failed(code: int, what: str) -> StepEnd:
    return StepEnd(code, RunProblem(code, what, "Look."))


def test_a_closed_day_is_slept_through_and_a_half_day_is_shorter(noted: Noted) -> None:
    done = noted.start("--sessions", "2")
    assert (done.code, done.stderr) == (0, "")
    assert noted.steps == [
        "11-28 09:00 generator", "11-28 09:20 place", "11-28 09:31 poll", "11-28 12:45 protect", "11-28 13:05 protect",
        "12-01 09:00 generator", "12-01 09:20 place", "12-01 09:31 poll", "12-01 15:45 protect", "12-01 16:05 protect",
    ]  # fmt: skip
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("next: ")] == [
        "next: generator at 2025-11-28 09:00 New York",
        "next: generator at 2025-12-01 09:00 New York",
    ]
    assert lines[-1] == "2 sessions, 10 runs"


def test_a_line_a_run_has_the_accounts_money_and_fits_a_terminal(noted: Noted) -> None:
    lines = noted.start("--iterations", "1").stdout.splitlines()
    assert lines[0] == "simulated: an exchange in a file, account …" + lines[0][-18:]
    assert lines[1] == "New York          step       code          cash        equity    day's P&L  held"
    assert lines[3] == "2025-11-28 09:00  generator     0    400,000.00    400,000.00        +0.00     -"
    assert max(map(len, lines)) <= 80


def test_iterations_are_runs_and_a_day_that_stops_among_them_is_no_session(noted: Noted) -> None:
    done = noted.start("--iterations", "3", "--json")
    assert [one.split()[-1] for one in noted.steps] == ["generator", "place", "poll"]
    assert (done.json["sessions"], len(done.json["rounds"])) == (0, 3)
    noted.go(FRIDAY, "10:00")
    assert noted.start("--iterations", "3", "--json").json["sessions"] == 1


def test_further_protect_runs_lie_between_poll_and_the_close(noted: Noted) -> None:
    noted.start("--sessions", "1", "--protect-every", "60")
    assert [one.split()[1] for one in noted.steps if one.endswith("protect")] == [
        "10:31", "11:31", "12:31", "12:45", "13:05",
    ]  # fmt: skip


def test_a_day_that_begins_late_says_what_is_too_late_and_does_the_rest(noted: Noted) -> None:
    noted.go(FRIDAY, "10:15")
    done = noted.start("--sessions", "1", "--json")
    assert noted.steps == ["11-28 10:15 poll", "11-28 12:45 protect", "11-28 13:05 protect"]
    assert (done.code, done.json["sessions"]) == (0, 1)
    assert "not run: generator, place of 2025-11-28: the entry cutoff was 09:35" in done.stderr
    assert [(one["step"], one["at"], one["why"]) for one in done.json["missed"]] == [
        ("generator", "2025-11-28T14:00:00.000000Z", "the entry cutoff was 09:35"),
        ("place", "2025-11-28T14:20:00.000000Z", "the entry cutoff was 09:35"),
    ]


def test_a_day_that_begins_after_the_close_begins_with_the_next_session(noted: Noted) -> None:
    noted.go(FRIDAY, "13:02")
    noted.start("--iterations", "1")
    assert noted.steps == ["12-01 09:00 generator"]


def test_before_the_cutoff_a_late_day_does_everything_in_its_order(noted: Noted) -> None:
    noted.go(FRIDAY, "09:33")
    noted.start("--iterations", "3")
    assert noted.steps == ["11-28 09:33 generator", "11-28 09:33 place", "11-28 09:33 poll"]


def test_a_machine_that_slept_into_the_afternoon_runs_what_is_left_and_ends_9(noted: Noted) -> None:
    noted.takes["generator"] = lambda: noted.go(FRIDAY, "12:50")
    done = noted.start("--sessions", "1", "--protect-every", "60")
    assert noted.steps[1:] == ["11-28 12:50 poll", "11-28 12:50 protect", "11-28 13:05 protect"]
    assert done.code == 9
    words = "not run: place of 2025-11-28: the entry cutoff was 09:35"
    assert done.last_line == f"error[9] {words}. Nothing to do: the later runs take up what is left."
    assert "not run: 3 x protect of 2025-11-28: the next one is due already" in done.stderr


def test_a_machine_that_slept_for_days_tells_every_session_that_it_missed(noted: Noted) -> None:
    noted.takes["poll"] = lambda: noted.go(TUESDAY, "15:50")
    done = noted.start("--sessions", "2", "--json")
    assert noted.steps[3:] == ["12-02 15:50 poll", "12-02 15:50 protect", "12-02 16:05 protect"]
    assert (done.code, done.json["sessions"]) == (9, 2)
    assert [one["step"] for one in done.json["missed"] if one["at"].startswith("2025-12-01")] == [
        "generator", "place", "poll", "protect", "protect",
    ]  # fmt: skip


def test_a_run_that_fails_stops_none_of_the_later_ones(noted: Noted) -> None:
    noted.ends = {"generator": failed(7, "no report"), "place": failed(5, "no file"), "poll": failed(5, "no file")}
    done = noted.start("--sessions", "1")
    assert len(noted.steps) == 5
    assert done.code == 5
    assert done.last_line == ("error[5] 2 of 5 runs ended 5, the last: poll of 2025-11-28 09:31: no file. Look.")
    assert done.stderr.splitlines()[0] == "error[7] no report. Look."


def test_a_run_that_met_another_one_at_work_is_started_again_and_the_day_ends_0(noted: Noted) -> None:
    noted.ends = {"place": failed(10, "another run is at work")}

    def later() -> None:
        noted.takes["place"] = lambda: noted.ends.pop("place")

    noted.takes["place"] = later
    done = noted.start("--iterations", "3")
    assert (done.code, done.stderr) == (0, "")
    assert noted.steps == ["11-28 09:00 generator", "11-28 09:20 place", "11-28 09:20 place", "11-28 09:31 poll"]
    assert "place met another run at work (10); again in 20 s" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 sessions, 3 runs"


def test_a_run_that_meets_another_one_at_work_for_three_minutes_ends_10(noted: Noted) -> None:
    noted.ends = {"place": failed(10, "another run is at work")}
    done = noted.start("--iterations", "3")
    assert (done.code, len(noted.steps)) == (10, 12)
    assert done.last_line == "error[10] place of 2025-11-28 09:20: another run is at work. Look."


def test_a_broker_that_does_not_answer_leaves_dashes_and_the_day_goes_on(noted: Noted) -> None:
    def silence() -> None:
        for path in ("/v2/account", "/v2/clock"):
            noted.exchange.faults.add(RequestFault("GET", path, answer(503), times=None))

    noted.takes["generator"] = silence
    done = noted.start("--sessions", "1")
    assert len(noted.steps) == 5
    assert "2025-11-28 09:20  place         0             -             -            -     -" in done.stdout


@pytest.mark.parametrize(("known", "asked_again"), [(2, True), (5, False)])
def test_a_calendar_that_cannot_be_read_is_asked_again_where_the_next_session_is_not_known(
    noted: Noted, known: int, asked_again: bool
) -> None:
    noted.exchange.faults.add(RequestFault("GET", "/v2/calendar", change_answer(lambda rows: rows[:known])))
    noted.exchange.faults.add(RequestFault("GET", "/v2/calendar", answer(503), times=4))
    done = noted.start("--iterations", "6")
    assert (noted.steps[-1], done.code) == ("12-01 09:00 generator", 0)
    assert ("the broker's calendar could not be read, it is asked again every minute" in done.stdout) == asked_again


def test_a_calendar_that_ends_leaves_the_rest_open(noted: Noted) -> None:
    ends = change_answer(lambda rows: [row for row in rows if row["date"] <= "2025-11-28"])
    noted.exchange.faults.add(RequestFault("GET", "/v2/calendar", ends, times=None))
    done = noted.start("--sessions", "2")
    assert (len(noted.steps), done.code) == (5, 9)
    assert (
        done.last_line == "error[9] the broker's calendar has no session after 2025-11-28. Run the same command again."
    )


def test_what_a_run_says_of_stop_outs_and_of_a_hand_stands_below_its_line(noted: Noted) -> None:
    closing_lines = {"stopped_out": ["AAA 10 at 90.00"], "needs_hand": "AAA: look at it"}
    noted.ends["protect"] = StepEnd(0, None, {"run_id": "r", "closing": closing_lines})
    done = noted.start("--sessions", "1", "-q")
    assert done.stdout.splitlines() == ["STOPPED OUT  AAA 10 at 90.00", "needs a hand: AAA: look at it"] * 2


def test_json_is_one_object_with_every_run(noted: Noted) -> None:
    noted.ends["place"] = failed(8, "no answer")
    done = noted.start("--sessions", "1", "--json")
    found = json.loads(done.stdout)
    assert (found["program"], found["exit_code"], found["error"]["code"]) == ("day", 8, 8)
    assert found["account_line"]["mode"] == "simulated"
    assert found["rounds"][1] == {
        "at": "2025-11-28T14:20:00.000000Z",
        "step": "place",
        "exit_code": 8,
        "run_id": None,
        "error": {"code": 8, "message": "no answer", "details": {"next_step": "Look."}, "run_id": None},
        "cash": "400000.00",
        "equity": "400000.00",
        "day_pnl": "0.00",
        "open_positions": None,
    }


def test_the_words_of_live_trading_are_typed_once_for_all_runs(noted: Noted) -> None:
    noted.start("--iterations", "1")
    noted.broker.is_live = True
    noted.start("--iterations", "1")
    assert [one.get("EARNINGS_DRIFT_LIVE_CONFIRM") for one in noted.environs] == [None, "YES I UNDERSTAND"]


def test_a_day_of_strategies_that_scan_needs_no_word_about_reports(noted: Noted, tmp_path: Path) -> None:
    symbols = tmp_path / "symbols.txt"
    symbols.write_text("AAA\n")
    given = ["--config", DEFAULT_CONFIG, "--broker", "sim", "--state-db", tmp_path / "state.db", "--iterations", "1"]
    scans = [
        *("--set", "strategy.primary.source=sma_cross"),
        *("--set", f"strategy.primary.symbols_file={symbols}"),
    ]
    runtime = Runtime(noted.broker)
    neither = run_command(day_program, given, runtime)
    assert (neither.code, neither.last_line) == (2, "Error: give --report-dir or --no-report")
    assert run_command(day_program, [*given, *scans, "--report-dir", "reports"], runtime).code == 2
    assert noted.steps == []
    assert run_command(day_program, [*given, *scans], runtime).code == 0
    assert noted.steps == ["11-28 09:00 generator"]


def test_what_cannot_begin_begins_nothing(noted: Noted) -> None:
    both = noted.start("--sessions", "1", "--iterations", "1")
    assert (both.code, both.last_line) == (2, "Error: give --sessions or --iterations, not both")
    assert noted.start("--report-dir", "reports").last_line == "Error: give --report-dir or --no-report, not both"
    assert run_command(day_program, ["--sessions", "1"]).code == 2
    assert noted.start("--protect-every", "0").code == 2
    assert noted.start("--config", str(noted.folder / "none.yaml")).code == 6
    noted.exchange.faults.add(RequestFault("GET", "/v2/calendar", answer(503), times=None))
    assert noted.start("--sessions", "1").code == 8
    assert noted.steps == []


# real processes


def words_for(workspace: Workspace, *args: str) -> list[str]:
    """Return the command line of a day on the account of a workspace, without a broker."""
    paths = {
        "--config": workspace.config, "--manifest": workspace.manifest, "--state-db": workspace.state_db,
        "--output-dir": workspace.signals,
    }  # fmt: skip
    given = [word for flag, path in paths.items() for word in (flag, str(path))]
    unkept = [word for name in ("backups_dir", "logs", "pages_dir") for word in ("--set", f"paths.{name}=none")]
    return [sys.executable, "-m", "live.day", *given, *unkept, *args]


def environ_for(server: SimServer | None = None) -> dict[str, str]:
    """Return the environment of a day. server: its broker."""
    found = {**os.environ, "PYTHONPATH": str(ROOT)}
    if server is not None:
        found |= dict.fromkeys(("APCA_API_BASE_URL", "APCA_API_DATA_URL"), server.address)
        found |= {"APCA_API_KEY_ID": "PKTESTOFADAY", "APCA_API_SECRET_KEY": "a-secret-of-a-day"}
    return found


TABLES = ("positions", "orders", "plans", "signal_files", "equity_snapshots", "shadow_positions", "run_log")
OF_A_PROCESS = {"path", "settings", "summary", "text"}
"""Columns with paths and with what a process has of its own."""


def book_in(state_db: Path) -> dict[str, list[dict[str, object]]]:
    """Return the rows of the state DB's tables, as far as two accounts can have the same."""
    with closing(sqlite3.connect(state_db)) as db:
        db.row_factory = sqlite3.Row
        return {
            table: [
                {name: value for name, value in dict(row).items() if name not in OF_A_PROCESS}
                for row in db.execute(f"SELECT * FROM {table} ORDER BY 1")
            ]
            for table in TABLES
        }


def replayed_and_own(folder: Path, sessions: Sessions, count: int) -> tuple[SimulatedAccount, Workspace]:
    """Return an account that the replay's day has traded for so many sessions, and a copy of it as it was before.

    Every session of both has its report in `folder/reports`, the first one has candidates.
    """
    start = sessions.index(FIRST)
    market = make_market(sessions.days[start - 90 : start + 15], FIRST, seed=3)
    reports = write_reports(folder / "reports", market.candidates)
    first = sessions.index(min(reports))
    days = sessions.days[first : first + count]
    for one in {*days} - {*reports}:
        reports[one] = folder / "reports" / FILE_NAME.format(day=one)
        reports[one].write_text(render_report(one, (), "cards"), encoding="utf-8")
    made = open_account(
        folder / "replayed", folder, market.series, market.splits, sessions, days[0], listings=market.listings
    )
    of_the_exchange = replace(made.runtime, prices=None)
    replayed = replace(made, runtime=of_the_exchange, workspace=replace(made.workspace, prices=None))
    own = replayed.copy_to(folder / "own")
    for one in days:
        assert {run.exit_code for run in replayed.run_day(one, [reports[one]]).runs} == {0}
    return replayed, own


def day_of(workspace: Workspace, environ: Mapping[str, str], *args: str) -> list[dict[str, Any]]:
    """Run a day as a process, which must end 0, and return its rounds."""
    reports = str(workspace.state_db.parents[1] / "reports")
    words = words_for(workspace, "--report-dir", reports, "--json", *args)
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return list(json.loads(ran.stdout)["rounds"])


@pytest.mark.parametrize("count", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_sessions_in_a_file_leave_the_book_that_the_replays_day_leaves(
    tmp_path: Path, sessions: Sessions, count: int
) -> None:
    replayed, own = replayed_and_own(tmp_path, sessions, count)
    sim = ("--broker", "sim", "--set", f"broker.sim_file={own.sim_file}")
    last = day_of(own, environ_for(), *sim, "--sessions", str(count))[-1]
    book = book_in(own.state_db)
    assert book == book_in(replayed.workspace.state_db)
    held = sum(row["status"] == "open" for row in book["positions"])
    assert held > 1
    assert (last["equity"], last["open_positions"]) == (f"{replayed.runtime.broker.get_account().equity:.2f}", held)
    replayed.close()


@pytest.mark.slow
def test_five_sessions_at_a_served_exchange_trade_the_same_at_their_times(tmp_path: Path, sessions: Sessions) -> None:
    replayed, own = replayed_and_own(tmp_path, sessions, 5)
    assert own.sim_file is not None
    exchange = Exchange.open(own.sim_file)
    with served(exchange, speed=1_000_000) as server:
        rounds = day_of(own, environ_for(server), "--broker", "alpaca", "--sessions", "5")
    exchange.close()
    moments = [datetime.fromisoformat(one["at"]).astimezone(NEW_YORK) for one in rounds]
    starts = [(one["step"], f"{at:%H:%M}") for one, at in zip(rounds, moments, strict=True)]
    assert starts == [(step, f"{at:%H:%M}") for step, at in TIMETABLE] * 5
    names = ("ticker", "entry_date", "entry_price", "actual_shares", "stop_price", "exit_date", "exit_price", "status")
    ours, theirs = (
        sorted([str(row[name]) for name in names] for row in book_in(path)["positions"])
        for path in (own.state_db, replayed.workspace.state_db)
    )
    assert ours == theirs
    assert len(ours) > 5
    replayed.close()


@contextmanager
def served(exchange: Exchange, *faults: RequestFault, speed: float = 0) -> Iterator[SimServer]:
    """Serve an exchange, by default one whose time stands."""
    for fault in faults:
        exchange.faults.add(fault)
    server = SimServer(exchange, speed=speed)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def account(tmp_path: Path) -> TradingAccount:
    return TradingAccount(tmp_path, bars("AAA"))


@contextmanager
def started(account: TradingAccount, server: SimServer, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Start a day as a process of its own."""
    place = Workspace(DEFAULT_CONFIG, account.manifest, account.state_db, account.signals)
    words = words_for(place, "--no-report", "--broker", "alpaca", *args)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored here, it would ignore too
    try:
        process = subprocess.Popen(
            words, env=environ_for(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_between_two_runs_ends_the_day_at_once_with_9(account: TradingAccount, number: signal.Signals) -> None:
    with served(account.exchange) as server, started(account, server) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("next: generator"):
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (9, "0 sessions, 0 runs\n")
    assert err == f"error[9] the run was interrupted ({number.name}). Run the same command again.\n"


def test_a_signal_is_passed_on_to_the_run_at_work_which_ends_and_then_the_day(account: TradingAccount) -> None:
    reached = Event()
    busy = RequestFault(
        "GET", "/v2/positions", call_then(reached.set, answer(503, headers={"Retry-After": "30"})), times=None
    )
    with served(account.go(day(0), "09:00").exchange, busy) as server, started(account, server, "--json") as process:
        assert reached.wait(60)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    found = json.loads(out)
    assert (process.returncode, found["exit_code"], found["error"]["code"]) == (9, 9, 9)
    (only,) = found["rounds"]
    assert (only["step"], only["exit_code"]) == ("generator", 9)
    assert "(SIGTERM)" in only["error"]["message"]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the end of a process that is not ours is told by Linux only")
def test_a_second_signal_ends_the_day_and_the_run_at_work_at_once(account: TradingAccount) -> None:
    reached, gone_on = Event(), Event()

    def hang() -> None:
        reached.set()
        gone_on.wait(60)

    stuck = RequestFault("GET", "/v2/positions", call_then(hang), times=None)
    with served(account.go(day(0), "09:00").exchange, stuck) as server, started(account, server) as process:
        assert reached.wait(60)
        (run,) = children_of(process.pid)
        seen = os.pidfd_open(run)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        process.wait(60)
        is_over, _, _ = select.select([seen], [], [], 60)
        os.close(seen)
        gone_on.set()
    assert process.returncode in (128 + signal.SIGTERM, 128 + signal.SIGINT)  # whichever was the second to be heard
    assert is_over


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
