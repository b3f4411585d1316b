"""How every end of a run becomes a code and a last line (F68, F78, F81, I20)."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from backtest.errors import DriftError
from backtest.redaction import Secret
from backtest.web.clock import BrokerClock
from live.errors import InterruptedRunError, KillSwitchError, UnresolvedWorkError
from live.run.interrupt import Interrupt
from live.run.options import RunOptions
from live.run.outcome import Outcome
from live.run.program import Run, run_program
from tests.fakes import NOW, FakeClock


def fail(error: Exception) -> Callable[[Run], None]:
    def work(_run: Run) -> None:
        raise error

    return work


def test_a_run_that_meets_nothing_ends_0_with_five_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("executor", lambda run: run.console.say("hello")) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 6
    assert err == ""


def test_an_expected_error_is_its_code_and_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("executor", fail(KillSwitchError("kill switch is ON", next_step="Find out why."))) == 3
    assert capsys.readouterr().err.splitlines()[-1] == "error[3] kill switch is ON. Find out why."


def test_an_unresolved_line_ends_9_though_the_work_returned(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("executor", lambda run: run.outcome.unresolved("MTZ is open", "Run --phase poll.")) == 9
    assert capsys.readouterr().err.splitlines()[-1] == "error[9] MTZ is open. Run --phase poll."


def test_json_is_one_object_on_stdout_with_every_ending(capsys: pytest.CaptureFixture[str]) -> None:
    def work(run: Run) -> None:
        run.report["entries"] = ["MTZ"]
        run.outcome.unresolved("MTZ is open", "Look.")
        run.note("local clock off")
        run.outcome.add_problem(12, "AAPL has no stop", "Look.")

    assert run_program("executor", work, options=RunOptions(as_json=True)) == 12
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert (content["exit_code"], [ending["code"] for ending in content["endings"]]) == (12, [12, 9])
    assert (content["entries"], content["notes"]) == (["MTZ"], ["local clock off"])
    assert content["closing"]["exits"] == "none"
    assert content["error"] == {
        "code": 12,
        "message": "AAPL has no stop",
        "details": {"next_step": "Look."},
        "run_id": content["run_id"],
    }
    assert err.splitlines()[-1] == "error[12] AAPL has no stop. Look."


def test_f78_a_bug_is_1_after_one_protect_attempt_and_shows_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    attempts: list[int] = []

    def work(run: Run) -> None:
        run.redactor.add(Secret("hush-hush-123"))
        run.protect_attempt = lambda: attempts.append(1)
        raise ZeroDivisionError("hush-hush-123 \x1b[31mdivided")

    assert run_program("executor", work) == 1
    err = capsys.readouterr().err
    assert attempts == [1]
    assert err.startswith("error[1] unexpected error in executor: ZeroDivisionError: *** [31mdivided.")
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1


def test_f78_a_bug_with_a_share_left_without_a_stop_is_12() -> None:
    def work(run: Run) -> None:
        run.protect_attempt = lambda: run.outcome.add_problem(12, "AAPL has no stop", "Look.")
        raise MemoryError

    assert run_program("executor", work) == 12


def test_a_protect_attempt_that_fails_too_is_still_1() -> None:
    def work(run: Run) -> None:
        run.protect_attempt = fail(ValueError("again"))  # type: ignore[assignment]
        raise ValueError("first")

    assert run_program("executor", work) == 1


def test_with_v_the_traceback_is_shown_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    def work(run: Run) -> None:
        run.redactor.add(Secret("hush-hush-123"))
        raise ValueError("hush-hush-123")

    assert run_program("executor", work, options=RunOptions(verbose=True)) == 1
    err = capsys.readouterr().err
    assert "Traceback (most recent call last):" in err
    assert "hush-hush" not in err
    assert err.splitlines()[-1].startswith("error[1]")


def test_records_see_the_outcome_before_the_resources_close() -> None:
    order: list[str] = []

    def work(run: Run) -> None:
        run.resources.callback(lambda: order.append("closed"))
        run.at_end(lambda outcome: order.append(f"recorded {outcome.exit_code}"))
        raise KillSwitchError("on")

    assert run_program("executor", work) == 3
    assert order == ["recorded 3", "closed"]


def test_a_record_that_cannot_be_written_changes_the_code() -> None:
    class FullDisk(DriftError):
        exit_code = 13

    def record(_outcome: Outcome) -> None:
        raise FullDisk("disk full")

    assert run_program("executor", lambda run: run.at_end(record)) == 13


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_f68_a_signal_ends_the_run_orderly_with_9(number: int) -> None:
    steps: list[str] = []

    def work(run: Run) -> None:
        os.kill(os.getpid(), number)
        steps.append("a request is never torn apart")
        run.interrupt.check()
        steps.append("not reached")

    assert run_program("executor", work) == 9
    assert steps == ["a request is never torn apart"]


def test_f68_a_signal_ends_a_sleep_at_once() -> None:
    class Sleeper(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            os.kill(os.getpid(), signal.SIGTERM)
            raise AssertionError("slept on")

    def work(run: Run) -> None:
        run.interrupt.sleep(Sleeper(), 7200)

    assert run_program("executor", work) == 9


def test_f68_a_hang_up_that_comes_twice_is_not_the_second_signal() -> None:
    def work(run: Run) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
        run.interrupt.check()

    assert run_program("executor", work) == 9


def test_a_hang_up_that_is_ignored_from_the_start_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run_program("executor", lambda run: os.kill(os.getpid(), signal.SIGHUP)) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_are_handled_as_before_after_the_run() -> None:
    before = signal.getsignal(signal.SIGINT)
    run_program("executor", lambda run: None)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_asked_before_a_sleep_does_not_sleep() -> None:
    clock = FakeClock()

    def work(run: Run) -> None:
        run.interrupt.on_signal(signal.SIGTERM)
        with pytest.raises(InterruptedRunError):
            run.interrupt.sleep(clock, 5)

    assert run_program("executor", work) == 0
    assert clock.slept == []


@pytest.mark.parametrize("hours", [-25, 25])
def test_i12_i22_the_fifteen_minutes_are_counted_though_the_clock_is_set_meanwhile(hours: int) -> None:
    machine = FakeClock()
    clock = BrokerClock(machine, monotonic=lambda: (machine.now() - NOW).total_seconds())
    check = Interrupt().bounded(clock)
    clock.synchronise(NOW + timedelta(hours=hours), clock.tick())
    clock.sleep(14 * 60)
    check()
    clock.sleep(60)
    with pytest.raises(UnresolvedWorkError):
        check()


SCRIPT = """
import os, signal, sys
from live.run.program import run_program
def work(run):
    {body}
sys.exit(run_program("executor", work))
"""


def as_process(body: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(body=body)], capture_output=True, text=True, check=False, **options
    )  # type: ignore[call-overload, no-any-return]


def test_a_second_signal_ends_the_process_at_once_with_128_plus_n() -> None:
    body = "os.kill(os.getpid(), signal.SIGTERM); os.kill(os.getpid(), signal.SIGTERM); print('not reached')"
    done = as_process(body)
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "")


def test_f81_a_closed_stdout_changes_neither_code_nor_last_line() -> None:
    body = "[run.console.say('x' * 1000) for _ in range(200)]; run.outcome.unresolved('MTZ is open', 'Look.')"
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(body=body)],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (9, "error[9] MTZ is open. Look.\n")


def appended_by(body: str, day_log: Path) -> list[str]:
    """Run it as a cron line does, `>>day.log 2>&1`, and return the lines of the file."""
    script = SCRIPT.format(body=body)
    with day_log.open("a") as stream:
        subprocess.run([sys.executable, "-c", script], stdout=stream, stderr=stream, check=False)
    return day_log.read_text().splitlines()


def test_what_goes_to_one_file_stands_in_the_order_it_was_said(tmp_path: Path) -> None:
    body = (
        "run.console.say('one'); run.console.warn('two'); run.console.say('three'); print('four', file=sys.stderr); "
        "run.console.say('five'); run.outcome.unresolved('MTZ is open', 'Look.')"
    )
    lines = appended_by(body, tmp_path / "day.log")
    labels = [line.partition(":")[0] for line in lines[6:11]]
    assert lines[1:6] == ["one", "two", "three", "four", "five"]
    assert labels == ["exits", "entries", "skipped", "needs a hand", "next step"]
    assert lines[11:] == ["error[9] MTZ is open. Look."]


def test_a_killed_run_leaves_what_it_said(tmp_path: Path) -> None:
    lines = appended_by("run.console.say('one'); os.kill(os.getpid(), signal.SIGKILL)", tmp_path / "day.log")
    assert lines[1:] == ["one"]


def test_each_run_in_a_file_has_a_heading_with_its_time_and_program_and_nothing_else_has(tmp_path: Path) -> None:
    for _ in range(2):
        lines = appended_by("pass", tmp_path / "day.log")
    heading = re.compile(r"=== \d{4}-\d\d-\d\d \d\d:\d\d:\d\d New York, executor, pid \d+")
    assert [line for line in lines if line.startswith("=")] == [line for line in lines if heading.fullmatch(line)]
    assert len([line for line in lines if line.startswith("=")]) == 2
    assert "=" not in as_process("pass").stdout


def test_a_run_leaves_no_log_handler_behind() -> None:
    before = [list(logging.getLogger(name).handlers) for name in ("live", "backtest")]
    run_program("executor", lambda run: None)
    assert [list(logging.getLogger(name).handlers) for name in ("live", "backtest")] == before
