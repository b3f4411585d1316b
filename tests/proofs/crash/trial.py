"""One copy of the account at work: it is watched, dies, is opened again, goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from live.config_file import load_config
from live.state_db.db import StateDB
from tests.cli.done import Done
from tests.paths import DEFAULT_CONFIG
from tests.proofs import events
from tests.proofs.crash.account import Account
from tests.proofs.crash.commands import Command, Step, Words
from tests.proofs.crash.points import How, Point
from tests.proofs.crash.processes import run_and_die
from tests.proofs.crash.programs import DAY
from tests.proofs.crash.rounds import steps_in_this_process
from tests.proofs.crash.safe_ends import is_safe
from tests.proofs.crash.script import SETTINGS
from tests.proofs.dying import Killed, Steps, dying
from tests.proofs.invariants import naked_shares, read_book
from tests.proofs.watching import Limits, Watch

LIMITS = Limits.of(load_config(DEFAULT_CONFIG, SETTINGS))


class Trial:
    """An account in a folder of its own. found: what did not hold at a request, a commit, or at the end of a run."""

    def __init__(self, folder: Path) -> None:
        self.found: list[str] = []
        self._open(folder)

    def _open(self, folder: Path) -> None:
        self.account = Account(folder)
        self._watch = Watch(self.account.exchange, self.account.state_db, LIMITS)

    def close(self) -> None:
        self.account.exchange.close()

    def run(self, words: Words) -> Done:
        """Run a command to its end; of a day each step is watched."""
        start = partial(self.account.run, words)
        with self._at_work():
            return start() if words[0] == DAY else self._watched(words, start)

    def _watched(self, words: Sequence[str], start: Callable[[], Done]) -> Done:
        done = self._watch.run(" ".join(words), start, is_quiet=False)
        self._note(words[0])
        return done

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        def run_step(line: Sequence[str]) -> Done:
            return self._watched(line, lambda: self.account.run_line(line))

        with self._watch.installed(), steps_in_this_process(run_step):
            yield

    def go_on(self, steps: Iterable[Step]) -> None:
        """Run the rest of the day."""
        for step in steps:
            if step.unless_after is None or self.account.exchange.now() < step.unless_after:
                self.account.go(step.at)
                self.run(step.words)

    def naked(self) -> frozenset[str]:
        """Return the tickers of which shares of ours have no protection."""
        book = read_book(self.account.state_db)
        return frozenset(self.account.exchange.inspect(lambda state: naked_shares(state, book)))

    def told_otherwise(self) -> list[str]:
        """Return where the events of the state DB tell another book than its tables."""
        with StateDB.open_reading(self.account.state_db, self.account.broker.clock) as db:
            return events.differences(db)

    def die(self, command: Command, point: Point) -> int:
        """Start the command and let it die at each death in turn; return how often it did."""
        count = 0
        for death in point.deaths:
            steps = Steps(death)
            if point.how is How.PROCESS and not count:
                self.close()
                steps.has_died = run_and_die(self.account.folder, command.words, death)
            else:
                self._die(command.words, steps)
                self.close()
            self._open(self.account.folder)
            count += steps.has_died
        return count

    def _die(self, words: Words, steps: Steps) -> None:
        try:
            with self._at_work(), dying(steps, self.account.exchange):
                self.account.run(words)
        except Killed:
            pass
        self._note(words[0])

    def _note(self, program: str) -> None:
        self.found += [str(one) for one in self._watch.found.values() if not is_safe(program, one)]
        self._watch.found.clear()


@contextmanager
def open_trial(folder: Path, command: Command) -> Iterator[Trial]:
    """Open a copy of an account at the time of a command; it is removed at the end."""
    trial = Trial(folder)
    try:
        trial.account.go(command.at)
        yield trial
    finally:
        trial.close()
        shutil.rmtree(folder)
