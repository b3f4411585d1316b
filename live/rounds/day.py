"""The day: waits for each step of the timetable by the broker's clock, runs it as a process, and says how it went.

It decides nothing, opens no state DB but to count positions, and holds no lock. Each step is the command that cron
would start; a step that fails keeps none of the later ones from being run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from backtest.errors import DriftError
from backtest.text import how_many
from live.alpaca.hosts import CONFIRM_VARIABLE, CONFIRMATION
from live.broker import Account, Broker, CalendarDay
from live.clock import NEW_YORK, new_york_minute
from live.config import LiveConfig
from live.errors import BrokerUnavailableError, LockedError, UnresolvedWorkError
from live.execute.decide.schedule import CALENDAR_AHEAD
from live.rounds.child import RERUN, StepEnd, run_step
from live.rounds.commands import command_of
from live.rounds.day_clock import LONGEST_S, DayClock
from live.rounds.ending import Ending
from live.rounds.options import DayOptions
from live.rounds.round import HEADING, Missed, Round, missed_texts
from live.rounds.steps import NEXT_IS_DUE, Step, steps_of, why_missed
from live.run.account_line import account_json, account_line
from live.run.configuration import read_configuration
from live.run.interrupt import watch_waits
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import broker_of
from live.state_db.db import StateDB

STARTS, AGAIN_S = 10, 20.0
"""How often a step is started at most while another run is at work, such as one that a killed day has left, and the
seconds between."""


def run_day(run: Run, options: DayOptions, runtime: Runtime | None) -> None:
    """Run the sessions, or the rounds, that were asked for; how they ended is in `run.outcome`.

    Raises UsageError (2), ConfigError (6), BrokerUnavailableError (8) before the first step, InterruptedRunError (9).
    """
    config = read_configuration(options)
    broker = broker_of(run, config, options, runtime, None)
    run.requests = lambda: broker.requests_sent().total
    watch_waits(broker, run.interrupt.check)
    run.resources.callback(watch_waits, broker, None)
    clock = DayClock(broker, run.interrupt)
    account = broker.get_account()
    run.announce(account_line(broker, account, config.safety), is_important=broker.is_live)
    run.report["account_line"] = account_json(broker, account, config.safety)
    day = Day(run, options, config, broker, clock)
    try:
        day.work()
    finally:
        day.report()


class Day:
    """A day at work, from its first step to its end."""

    def __init__(self, run: Run, options: DayOptions, config: LiveConfig, broker: Broker, clock: DayClock) -> None:
        self._run = run
        self._options = options
        self._config = config
        self._broker = broker
        self._clock = clock
        self._calendar: Sequence[CalendarDay] = ()
        self._ending = Ending()
        self._rounds: list[Round] = []
        self._missed: list[Missed] = []
        self._round_count = 0
        self._session_count = 0

    def work(self) -> None:
        """Run step after step until what was asked for is done. Raises as `run_day`."""
        self._run.console.say(HEADING, "bold")
        for step in self._due_steps():
            self._run_step(step)

    def report(self) -> None:
        """Put what was done into the outcome and the report of the run."""
        self._ending.put_into(self._run.outcome, self._round_count)
        self._run.report |= {
            "sessions": self._session_count,
            "rounds": [one.as_json() for one in self._rounds],
            "missed": [one.as_json() for one in self._missed],
        }
        sessions, rounds = how_many(self._session_count, "session"), how_many(self._round_count, "run")
        self._run.console.say(f"{sessions}, {rounds}")

    def _due_steps(self) -> Iterator[Step]:
        """Yield each step when it is due, session after session, until it is over."""
        before: date | None = None
        while not self._is_over():
            session, following = self._next_session(before)
            before = session.day
            yield from self._due_in(session, following)

    def _is_over(self) -> bool:
        """Return whether what was asked for is done; never without --sessions and --iterations."""
        return self._session_count == self._options.sessions or self._round_count == self._options.iterations

    def _due_in(self, session: CalendarDay, following: CalendarDay | None) -> Iterator[Step]:
        """Yield the steps of one session that are not missed, and count the session when it is over."""
        steps = steps_of(
            session,
            following,
            cutoff_minutes=self._config.execution.entry_cutoff_minutes,
            protect_every=self._options.protect_every,
        )
        missed: list[Missed] = []
        rounds = self._round_count
        for index, step in enumerate(steps):
            if self._is_over():
                return
            now = self._clock.now()
            if now < step.at:
                self._tell_missed(missed)
                self._tell_waiting(step, index)
                now = self._clock.wait_until(step.at)
            why = why_missed(step, steps[index + 1 :], now)
            if why is not None:
                missed.append(Missed(step.program, step.at, why, self._round_count > 0))
                continue
            self._tell_missed(missed)
            yield step
        self._tell_missed(missed)
        self._session_count += self._round_count > rounds

    def _tell_waiting(self, step: Step, index: int) -> None:
        """Say what is waited for where that is not the next step of the same day's."""
        if index == 0 or not self._round_count:
            self._run.console.say(f"next: {step.program} at {new_york_minute(step.at)} New York", "dim")

    def _tell_missed(self, missed: list[Missed]) -> None:
        """Say what was not run. What a day at work has missed, and not by a later one of the same, is left open (9)."""
        for text in missed_texts(missed):
            self._run.console.warn(text)
        late = [one for one in missed if one.has_begun and one.why != NEXT_IS_DUE]
        for text in missed_texts(late):
            self._ending.leave_open(text)
        if self._options.as_json:
            self._missed += missed
        missed.clear()

    def _next_session(self, before: date | None) -> tuple[CalendarDay, CalendarDay | None]:
        """Return a session and the one behind it where that is known: the first that has not closed, later the one
        after `before`, over or not: what was missed of it is said.

        Before the first session a broker without an answer is the end (8), later it is asked again every minute.
        """
        while True:
            now = self._clock.now()
            today = now.astimezone(NEW_YORK).date()
            error: DriftError
            try:
                self._calendar = self._broker.get_calendar(before or today, today + CALENDAR_AHEAD)
                words = f"the broker's calendar has no session after {before or today}"
                error = UnresolvedWorkError(words, next_step=RERUN)
            except DriftError as refused:
                self._run.interrupt.check()
                error = refused
            ahead = [day for day in self._calendar if (day.close > now if before is None else day.day > before)]
            if ahead:
                return ahead[0], ahead[1] if len(ahead) > 1 else None
            if before is None or not isinstance(error, BrokerUnavailableError):
                raise error
            self._run.note(f"the broker's calendar could not be read, it is asked again every minute: {error.what}")
            self._clock.sleep(LONGEST_S)

    def _run_step(self, step: Step) -> None:
        self._run.interrupt.check()
        at = self._clock.now()
        console = self._run.console
        end = self._end_of(step)
        round_ = Round(at, step.program, end, self._account(), self._held())
        self._round_count += 1
        self._ending.add(round_)
        if self._options.as_json:
            self._rounds.append(round_)
        console.say(round_.text)
        self._tell_end(end)
        self._run.interrupt.check()

    def _end_of(self, step: Step) -> StepEnd:
        """Run a step; one that met another run at work has done nothing, so it is started again for a while."""
        command = command_of(step.program, self._options)
        for left in reversed(range(STARTS)):
            end = run_step(command, self._environ(), self._run.interrupt, shows_messages=self._options.verbose)
            if end.code != LockedError.exit_code or left == 0:
                break
            self._run.console.say(f"{step.program} met another run at work (10); again in {AGAIN_S:.0f} s", "dim")
            self._clock.sleep(AGAIN_S)
        return end

    def _tell_end(self, end: StepEnd) -> None:
        """Print what a person should know of a step beside its line."""
        console = self._run.console
        for line in end.stopped_out:
            console.headline(f"STOPPED OUT  {line}")
        if end.needs_hand is not None and (end.problem is None or end.needs_hand != end.problem.what):
            console.headline(f"needs a hand: {end.needs_hand}")
        if end.problem is not None and not self._options.verbose:
            console.warn(end.problem.line)

    def _environ(self) -> Mapping[str, str]:
        """Return the environment of a step: the words of live trading were typed, or stood in ours, for all of them."""
        return os.environ | ({CONFIRM_VARIABLE: CONFIRMATION} if self._broker.is_live else {})

    def _account(self) -> Account | None:
        try:
            return self._broker.get_account()
        except DriftError:
            return None

    def _held(self) -> int | None:
        path = self._options.state_db or self._config.paths.state_db
        if not path.exists():
            return None
        try:
            with StateDB.open_reading(path, self._broker.clock) as db:
                return len(db.positions.open_positions())
        except DriftError:
            return None
