"""Plays one history: its days with all that goes wrong, then a quiet day that must end in order."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from live.clock import SystemClock
from live.parity.folder import scratch_folder
from live.state_db.db import StateDB
from tests.cli.account import day
from tests.proofs import events
from tests.proofs.chaos.programs import settle, start, switch_off
from tests.proofs.chaos.schedule import HOLDS, Schedule, Step
from tests.proofs.chaos.world import KEYS, World
from tests.proofs.invariants import Violation, differences, naked_shares, read_book, secret_violations


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a history. violations: their lines. codes: how many runs ended so. digest: of all requests."""

    seed: int
    violations: tuple[str, ...]
    invariants: frozenset[str]
    days: int
    runs: int
    killed: int
    events: int
    requests: int
    commits: int
    codes: tuple[tuple[int, int], ...]
    digest: str
    trace: tuple[str, ...] = ()


def play(schedule: Schedule, *, keeps_trace: bool = False) -> Played:
    """Play a history in a folder of its own, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=scratch_folder()))
    try:
        return _Play(schedule, folder / "account").run(keeps_trace=keeps_trace)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Play:
    def __init__(self, schedule: Schedule, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.schedule = schedule
        self.world = World(schedule, folder)
        self.codes: Counter[int] = Counter()
        self.runs = 0

    def run(self, *, keeps_trace: bool) -> Played:
        world = self.world
        with world.watch.installed():
            try:
                self._days()
                self._quiet_day(len(self.schedule.days))
                self._rebuild()
            except Exception as error:
                import traceback

                self._say("bug", f"{type(error).__name__}: {error}; {traceback.format_exc()[-900:]}")
            finally:
                world.mend()
        found = [*world.watch.found.values()]
        found += secret_violations(world.account.folder, world.outputs, KEYS, world.account.exchange.now())
        return Played(
            seed=self.schedule.seed,
            violations=tuple(str(one) for one in found),
            invariants=frozenset(one.invariant for one in found),
            days=len(self.schedule.days) + 1,
            runs=self.runs,
            killed=world.killed,
            events=sum(len(step.events) for one in self.schedule.days for step in one.steps),
            requests=world.watch.requests,
            commits=world.watch.commits,
            codes=tuple(sorted(self.codes.items())),
            digest=world.digest,
            trace=tuple(world.trace) if keeps_trace else (),
        )

    def _days(self) -> None:
        for number, one in enumerate(self.schedule.days):
            for step in one.steps:
                self.world.go(number, step.clock)
                self._start(step, number)

    def _start(self, step: Step, number: int, *, is_quiet: bool = False) -> int | None:
        offers = self.schedule.days[number].offers if number < len(self.schedule.days) else self.schedule.last
        self.runs += 1
        done = start(self.world, step, offers, number, is_quiet=is_quiet)
        if done is None:
            return None
        self.codes[done.code] += 1
        if done.code == 1:
            self._say("bug", f"{step.program} ended 1: {done.last_line}")
        return done.code

    # -- the end ------------------------------------------------------------------------------------------------

    def _quiet_day(self, number: int) -> None:
        """Everything works, a person has looked after what is theirs: each run must do all it has to do."""
        world = self.world
        world.go(number, "08:30")
        world.cancel_by_hand(ours=False)
        if not world.account.state_db.exists():
            return
        world.begin_run()
        switch_off(world)
        if self._has_stop_refused_for_good():
            code = self._start(Step("08:31", "protect"), number)
            if code != 12:
                self._say("end", f"protect beside a stop that is refused for good ended {code}")
            return
        self._ends("08:31", "protect", number, (0, 4, 9))
        world.begin_run()
        done = settle(world)
        if done.code not in (0, 12, 9):
            self._say("end", f"what reconcile names does not lead to agreement: {done.code} {done.last_line}")
        for clock, program in (("09:00", "generate"), ("09:02", "generate"), ("09:20", "place"), ("09:31", "poll")):
            self._ends(clock, program, number, (0,))
        self._ends("15:45", "protect", number, (0,))
        self._ends("16:05", "protect", number, (0,))
        self._in_order()

    def _has_stop_refused_for_good(self) -> bool:
        """Return whether naked shares are worth less than their stop says and are held (`on_stop_refused`, F29).

        Only a person ends that: every run says 12 until then.
        """
        book = read_book(self.world.account.state_db)
        inspect = self.world.account.exchange.inspect
        naked = inspect(lambda state: {ticker: state.mark(ticker) for ticker in naked_shares(state, book)})
        is_held = HOLDS in self.schedule.settings
        return is_held and any(mark <= book.open[ticker]["stop_price"] for ticker, mark in naked.items())

    def _ends(self, clock: str, program: str, number: int, wanted: tuple[int, ...]) -> None:
        self.world.go(number, clock)
        before = self._content(number) if clock == "09:02" else None
        code = self._start(Step(clock, program), number, is_quiet=True)
        said = self.world.outputs[-1].strip()
        if code not in wanted and not self._may_end_so(code, said):
            self._say("end", f"{program} of the quiet day ended {code}: {said}")
        elif before is not None and before != self._content(number):
            self._say("I19", "the same inputs gave another signal file")

    def _may_end_so(self, code: int | None, said: str) -> bool:
        """Return whether a run of the quiet day ended as docs/faults.md says of what lasts or is said once."""
        if code == 11:
            return "the limit is" in said  # max_orders_per_day of this history
        gone = [ticker for ticker, shapes in self.schedule.market if "x" in shapes]
        words = ("no bar of the session", "was never sent, and its session is over", "did not fill and was canceled")
        words += tuple(f"{one}: its sell is still working" for one in gone)
        return code == 9 and any(one in said for one in words)

    def _content(self, number: int) -> list[str]:
        """Return the contents' hashes of the day's signal files."""
        paths = sorted(self.world.account.signals.glob(f"trade_signals_{day(number)}_*.json"))
        return [json.loads(path.read_text())["content_sha256"] for path in paths]

    def _in_order(self) -> None:
        world = self.world
        book = read_book(world.account.state_db)
        exchange = world.account.exchange
        for ticker, words in exchange.inspect(lambda state: differences(state, book)).items():
            self._say("I4", f"at the end: {words}", ticker)
        for ticker, shares in exchange.inspect(lambda state: naked_shares(state, book)).items():
            self._say("I2", f"at the end: {shares} shares without protection", ticker)
        with StateDB.open_reading(world.account.state_db, SystemClock()) as db:
            for line in events.differences(db):
                self._say("events", line)

    def _rebuild(self) -> None:
        """I23: made anew from exchange and signal files the book has the same positions, entries and stops."""
        world = self.world
        account = world.account
        if not account.state_db.exists():
            return
        book = read_book(account.state_db)
        copied = account.copy_to(account.folder.with_name("rebuilt"))
        copied.broker.lock_folder = copied.folder  # not the user's, which other histories take at the same time
        for left in account.folder.with_name("rebuilt").glob("state.db*"):
            left.unlink()
        done = copied.admin("rebuild", "--yes", "--signals-dir", copied.signals)
        if done.code not in ((0, 4, 12) if self._has_stop_refused_for_good() else (0, 4)):
            if book.open:
                self._say("I23", f"rebuild ended {done.code}: {done.last_line}")
            return
        made = read_book(copied.state_db).open
        columns = ("actual_shares", "entry_price", "stop_price", "entry_date")
        for ticker, row in book.open.items():
            if row["position_id"] in book.hand_made:
                continue
            there = made.get(ticker)
            if there is None or any(there[name] != row[name] for name in columns):
                shown = None if there is None else [there[name] for name in columns]
                self._say("I23", f"rebuilt as {shown}, it was {[row[name] for name in columns]}", ticker)

    def _say(self, invariant: str, words: str, ticker: str = "") -> None:
        world = self.world
        world.watch.report(Violation(invariant, world.account.exchange.now(), ticker, words))
