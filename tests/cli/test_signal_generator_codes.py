"""Each exit code of the generator, what it says, and that nothing is half written."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from live.run.lock import db_lock_path, hold_lock
from live.run.runtime import Runtime
from live.signal_generator import main
from live.sim.faults import RequestFault, SimAnswer
from tests.cli.account import CONFIG, SESSIONS, TradingAccount, bars, day, offer
from tests.cli.done import Done
from tests.faults.ending import UNTOUCHED, Rerun, State, begins, fault_ends

AGAIN = "Run the same command again when the prices are there."


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    return TradingAccount(tmp_path, bars("AAA"), bars("BBB"), listed=["ZZZ"]).go(day(0), "09:00")


def refused(done: Done, code: int, *words: str) -> None:
    """The code, and one last line that says it with these words."""
    assert done.code == code, (done.stdout, done.stderr)
    assert done.last_line.startswith(f"error[{code}] "), done.stderr
    for word in words:
        assert word in done.last_line


def no_signal_file(calm: TradingAccount) -> None:
    assert not calm.signals.exists()


def nothing_written(calm: TradingAccount) -> None:
    no_signal_file(calm)
    with calm.look() as db:
        assert db.signal_files.latest("ema_p10", day(0)) is None


# 2


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--no-report", "--report-dir", "reports"),
        ("--no-report", "-v", "-q"),
        ("--no-report", "--trade-date", "2026-02-30"),
        ("--no-report", "--what"),
    ],
)
def test_f106_wrong_flags_are_2(calm: TradingAccount, args: tuple[str, ...]) -> None:
    fault_ends(
        "F106",
        calm,
        lambda: calm.generate(*args),
        exit_code=2,
        last_line=begins("Error: "),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), run=lambda: calm.generate("--no-report")),
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (day(-1), "over"),
        (day(0) - timedelta(days=1), "no session"),
        (day(1), "too early"),
    ],
)
def test_a_trade_date_that_cannot_be_decided_is_2_and_names_the_one_that_can(
    calm: TradingAccount, asked: date, why: str
) -> None:
    refused(calm.generate("--no-report", "--trade-date", str(asked)), 2, why, f"expected {day(0)}")


def test_the_trade_date_may_be_said_when_it_is_the_right_one(calm: TradingAccount) -> None:
    assert calm.generate("--no-report", "--trade-date", str(day(0))).code == 0


# 3


def test_a_kill_switch_that_is_on_is_3_and_nothing_is_decided(calm: TradingAccount) -> None:
    with calm.db() as db:
        db.system_config.turn_kill_switch_on("a test", "tester")
    refused(calm.generate("--no-report"), 3, "a test", "tester")
    nothing_written(calm)


def test_f80_a_kill_file_is_enough(calm: TradingAccount) -> None:
    kill = calm.folder / "KILL"
    kill.write_text("stop\n")
    fault_ends(
        "F80",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=3,
        last_line=begins("error[3] kill switch is ON since ", "live.admin kill-switch off"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=kill.unlink),
    )


# 4


def test_f58_a_position_the_broker_does_not_hold_is_4(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    calm.broker.cancel_order(
        next(order.id for order in calm.broker.list_orders(status="open") if order.ticker == "AAA")
    )
    with calm.db() as db, db.transaction():
        db.connection.write("UPDATE positions SET actual_shares = 101, target_shares = 101 WHERE ticker = 'AAA'")
    calm.go(day(1), "09:00")
    before = calm.signals.exists() and {path.name for path in calm.signals.iterdir()}
    differs = begins("error[4] state DB and broker differ: AAA: state DB has 101 shares, broker 100", "--force goes on")
    fault_ends(
        "F61",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=4,
        last_line=differs,
        received=[],
        state=State({"AAA": "101 at 100.00, stop 90.00", "BBB": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(4, differs),
    )
    assert {path.name for path in calm.signals.iterdir()} == before


def test_f59_force_freezes_the_differing_tickers_and_goes_on_with_9(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)))
    with calm.db() as db, db.transaction():
        db.connection.write("UPDATE positions SET actual_shares = 99 WHERE ticker = 'AAA'")
    report = calm.go(day(1), "09:00").report(day(1), offer("AAA", day(1)), offer("BBB", day(1)))
    differs = "AAA: state DB has 99 shares, broker 100, and no fill explains it"
    fault_ends(
        "F59",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=4,
        last_line=begins(f"error[4] state DB and broker differ: {differs}. ", "live.admin reconcile"),
        received=[],
        state=State({"AAA": "99 at 100.00, stop 90.00"}),
        rerun=Rerun(
            9,
            begins(f"error[9] frozen by --force: {differs}. Find out why: python -m live.admin reconcile"),
            run=lambda: calm.generate("--report-file", report, "--force"),
        ),
    )
    signal = calm.signal(day(1))
    assert signal["frozen"] == ["AAA"]
    assert [one["ticker"] for one in signal["entries"]] == ["BBB"]
    assert {"ticker": "AAA", "reason": "frozen", "score": 80, "why": {}} in signal["skipped"]


def test_f77_a_lost_state_db_is_4_while_the_broker_holds_what_is_ours(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)))
    away = calm.folder / "away.db"
    calm.state_db.rename(away)
    calm.go(day(1), "09:00")
    fault_ends(
        "F77",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=4,
        last_line=begins(
            "error[4] ", "state.db: the state DB is empty, but the broker has orders of ours; ", "live.admin rebuild"
        ),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({"AAA": "100 at 100.00, stop 90.00"}), mend=lambda: away.rename(calm.state_db)),
    )


# 5


def test_without_a_manifest_it_is_5_and_the_command_is_named(calm: TradingAccount) -> None:
    calm.manifest.unlink()
    refused(calm.generate("--no-report"), 5, "python -m backtest manifest")


def test_f104_a_parameter_that_differs_from_the_manifest_is_5_and_named(calm: TradingAccount) -> None:
    changed = ("--no-report", "--set", "strategy.max_positions=19")
    fault_ends(
        "F104",
        calm,
        lambda: calm.generate(*changed),
        exit_code=5,
        last_line=begins(
            "error[5] manifest mismatch in ",
            ": max_positions is 19 in force and 20 in the manifest (expected equal parameters). Make one with: ",
            "python -m backtest manifest ",
            "--set max_positions=19 --out ",
        ),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), run=lambda: calm.generate("--no-report")),
    )


# 6


def test_a_configuration_that_is_not_there_is_6(calm: TradingAccount) -> None:
    refused(calm.generate("--no-report", "--config", calm.folder / "none.yaml"), 6, "none.yaml")


def test_f105_a_misspelt_setting_is_6_with_a_suggestion(calm: TradingAccount) -> None:
    fault_ends(
        "F105",
        calm,
        lambda: calm.generate("--no-report", "--set", "strategy.max_position=3"),
        exit_code=6,
        last_line="error[6] unknown key in --set strategy: max_position (expected perhaps max_positions).",
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), run=lambda: calm.generate("--no-report", "--set", "strategy.max_positions=20")),
    )


def test_without_keys_the_real_broker_is_6_and_never_another_one(
    calm: TradingAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("APCA_API_KEY_ID", "ALPACA_API_KEY", "ALPACA_PAPER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    calm.runtime = None  # type: ignore[assignment]  # as from the shell
    done = calm.generate("--no-report", "--broker", "alpaca")
    refused(done, 6)


def test_f64_the_account_of_another_state_db_is_6(calm: TradingAccount, tmp_path: Path) -> None:
    assert calm.generate("--no-report").code == 0
    other = tmp_path / "other"
    other.mkdir()
    stranger = TradingAccount(other, bars("AAA"), cash="12345").go(day(0), "09:00")
    right, calm.runtime = calm.runtime, stranger.runtime
    fault_ends(
        "F64",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=6,
        last_line=begins("error[6] state DB ", " belongs to another account: sim ", "Use the keys of its account"),
        received=[],
        state=State({}),
        rerun=Rerun(0, mend=lambda: setattr(calm, "runtime", right)),
    )


def test_a_calendar_that_differs_from_the_brokers_is_6_and_names_the_day(calm: TradingAccount) -> None:
    wrong = type(SESSIONS)(one for one in SESSIONS.days if one != day(2))
    calm.runtime = Runtime(calm.broker, calm.prices, wrong)
    refused(calm.generate("--no-report"), 6, f"calendars differ on {day(2)}")


# 7


def test_f93_a_report_that_is_not_there_is_7(calm: TradingAccount) -> None:
    path = calm.reports / "earnings_trade_analysis_2026-02-02.html"
    fault_ends(
        "F93",
        calm,
        lambda: calm.generate("--report-file", path),
        exit_code=7,
        last_line=begins(
            "error[7] report unreadable in ",
            f"{path.name}: no such file (expected a readable file). Check the file, or run with --no-report",
        ),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=lambda: calm.report(day(0), offer("AAA", day(0)))),
    )


def test_f93_a_page_of_which_nothing_can_be_read_is_7(calm: TradingAccount) -> None:
    path = calm.report(day(0))
    path.write_bytes(b"\x00\x01\x02")
    refused(calm.generate("--report-file", path), 7)
    nothing_written(calm)


def test_f95_a_report_of_another_trade_date_is_7_and_says_whose_it_is(calm: TradingAccount) -> None:
    report = calm.report(day(2), offer("AAA", day(2)))
    fault_ends(
        "F95",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=7,
        last_line=begins(
            "error[7] report of another date in ",
            f": {day(2)}, which belongs to the trade date {day(2)} (expected one for {day(0)}, "
            "entry_mode report_open). Without a report on purpose: --no-report.",
        ),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=lambda: calm.go(day(2), "09:00")),
    )
    assert [entry["ticker"] for entry in calm.signal(day(2))["entries"]] == ["AAA"]


def test_a_folder_without_a_report_of_the_day_is_7_and_names_no_report(calm: TradingAccount) -> None:
    calm.report(day(1), offer("AAA", day(1)))
    refused(calm.generate("--report-dir", calm.reports), 7, "--no-report")


def test_a_report_folder_that_is_not_there_is_7(calm: TradingAccount) -> None:
    refused(calm.generate("--report-dir", calm.folder / "nowhere"), 7, "nowhere")


def test_f94_a_report_without_stocks_is_an_empty_day(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)))
    report = calm.go(day(1), "09:00").report(day(1))
    done = fault_ends(
        "F94",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(0),
    )
    assert "empty day" in done.stdout


def test_a_price_path_that_is_not_there_is_7(calm: TradingAccount) -> None:
    calm.runtime = Runtime(calm.broker, None, SESSIONS)
    report = calm.report(day(0), offer("AAA", day(0)))
    refused(calm.generate("--report-file", report, "--prices", calm.folder / "nothing.csv"), 7, "nothing.csv")


def test_f101_no_bar_at_all_is_7_and_writes_nothing(calm: TradingAccount) -> None:
    report = calm.report(day(0), offer("ZZZ", day(0)))
    fault_ends(
        "F101",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=7,
        last_line="error[7] prices from sim: no bar at all for any of 1 tickers (ZZZ …). "
        "Check --prices and the tickers; nothing was written.",
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=lambda: setattr(calm.prices, "series", {"ZZZ": bars("ZZZ")})),
    )


# 8


def broker_down(calm: TradingAccount, path: str = ".*") -> None:
    calm.exchange.faults.add(RequestFault("GET", path, lambda *_: SimAnswer(503, b"{}", {}), times=None))


def test_f07_a_broker_that_keeps_failing_is_8(calm: TradingAccount) -> None:
    broker_down(calm)
    fault_ends(
        "F07",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=8,
        last_line="error[8] GET /v2/account failed: HTTP 503 (expected an answer). "
        "Nothing is lost; run the same command again in a minute.",
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=lambda: (no_signal_file(calm), calm.exchange.faults.clear())),
    )


def test_f18_without_the_clock_nothing_is_decided(calm: TradingAccount) -> None:
    broker_down(calm, "/v2/clock")
    fault_ends(
        "F18",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=8,
        last_line="error[8] the broker's clock cannot be read. Run the same command again.",
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=lambda: (no_signal_file(calm), calm.exchange.faults.clear())),
    )


def test_a_bad_report_is_told_before_a_broker_that_does_not_answer(calm: TradingAccount) -> None:
    broker_down(calm)
    assert calm.generate("--report-file", calm.folder / "none.html").code == 7


def test_a_price_source_that_answers_for_nothing_is_8(calm: TradingAccount) -> None:
    calm.prices.failed = {"AAA": "timeout"}
    report = calm.report(day(0), offer("AAA", day(0)))
    fault_ends(
        "F101",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=8,
        last_line="error[8] prices of 1 tickers from sim: AAA: timeout. Run it again.",
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=calm.prices.failed.clear),
    )


# 9


def test_f100_an_exit_check_the_source_could_not_answer_is_9_and_never_hold(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    calm.go(day(1), "09:00")
    calm.prices.failed = {"AAA": "timeout"}

    def the_source_answers_again() -> None:
        assert calm.signal(day(1))["unresolved"] == ["AAA"]
        calm.prices.failed = {}

    fault_ends(
        "F100",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=9,
        last_line=f"error[9] exit check without usable prices: AAA. {AGAIN}",
        received=[],
        state=State(dict.fromkeys(("AAA", "BBB"), "100 at 100.00, stop 90.00")),
        rerun=Rerun(0, mend=the_source_answers_again),
    )
    assert calm.signal(day(1))["unresolved"] == []


def test_f100_an_exit_check_without_its_newest_bar_is_judged_on_the_bars_there_are(tmp_path: Path) -> None:
    halted = bars("AAA", without=[day(1)])
    calm = TradingAccount(tmp_path, halted, bars("BBB"))
    calm.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    calm.trade(day(1))
    calm.go(day(2), "09:00")
    fault_ends(
        "F100",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=0,
        last_line="",
        received=[],
        state=State(dict.fromkeys(("AAA", "BBB"), "100 at 100.00, stop 90.00")),
        rerun=Rerun(0),
    )
    assert calm.signal(day(2))["unresolved"] == []


def test_f100_a_session_without_a_bar_for_any_ticker_is_decided_and_9(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)))
    calm.trade(day(1))
    calm.prices.missing = {day(1)}
    report = calm.go(day(2), "09:00").report(day(2), offer("BBB", day(2)))
    unseen = f"error[9] no bar of the session {day(1)} for any ticker asked. {AGAIN}"
    fault_ends(
        "F100",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=9,
        last_line=unseen,
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(9, unseen),
    )
    assert [one["reason"] for one in calm.signal(day(2))["skipped"]] == ["stale_price"]


# 10


def test_f69_while_another_run_holds_the_lock_it_is_10(calm: TradingAccount) -> None:
    with ExitStack() as first:
        first.enter_context(hold_lock(db_lock_path(calm.state_db)))
        fault_ends(
            "F69",
            calm,
            lambda: calm.generate("--no-report"),
            exit_code=10,
            last_line=begins("error[10] another run holds the lock in "),
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(0, state=State({}), mend=first.close),
        )


def test_a_dry_run_takes_no_lock(calm: TradingAccount) -> None:
    with hold_lock(db_lock_path(calm.state_db)):
        assert calm.generate("--no-report", "--dry-run").code == 0


# 13


def test_f71_a_state_db_that_is_none_is_13_and_stays_as_it_is(calm: TradingAccount) -> None:
    calm.state_db.write_bytes(b"this is not a database, not even nearly one")
    fault_ends(
        "F71",
        calm,
        lambda: calm.generate("--no-report"),
        exit_code=13,
        last_line=begins(
            "error[13] state DB invalid in ",
            "state.db: no SQLite file (expected a state DB). ",
            "live.admin restore --list",
        ),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=calm.state_db.unlink),
    )


# the order of the refusals


def test_refusals_come_in_the_order_of_the_contract(calm: TradingAccount) -> None:
    """Everything is wrong at once; one thing after the other is mended."""
    missing = calm.folder / "none.html"
    calm.manifest.rename(calm.folder / "away.json")
    with calm.db() as db:
        db.system_config.turn_kill_switch_on("a test", "tester")
    codes = []

    def attempt(*more: str) -> None:
        codes.append(calm.generate("--report-file", missing, *more).code)

    broker_down(calm)
    with hold_lock(db_lock_path(calm.state_db)):
        attempt("--set", "strategy.nonsense=1")
        attempt()
    attempt()
    with calm.db() as db:
        db.system_config.turn_kill_switch_off("tester")
    attempt()
    (calm.folder / "away.json").rename(calm.manifest)
    attempt()
    missing = calm.report(day(0), offer("AAA", day(0)))
    attempt()
    calm.exchange.faults.clear()
    attempt()
    assert codes == [6, 10, 3, 5, 7, 8, 0]


def test_a_run_that_is_refused_leaves_a_row_with_its_code_and_reason(calm: TradingAccount) -> None:
    assert calm.generate("--no-report").code == 0
    calm.generate("--no-report", "--set", "strategy.max_positions=19")
    with calm.look() as db:
        row = db.runs.last()[0]
    assert row.exit_code == 5
    assert row.last_line is not None
    assert "max_positions" in row.last_line


# as a process


def test_the_door_answers_help_without_the_price_libraries() -> None:
    code = (
        "import sys; sys.argv = ['x', '--help']\n"
        "from live.signal_generator import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert not {'pandas', 'numpy', 'requests', 'yaml', 'bs4'} & set(sys.modules), sorted(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--report-dir" in done.stdout


def test_help_names_the_exit_codes() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    assert "Exit codes" in text
    assert CONFIG.name in text
