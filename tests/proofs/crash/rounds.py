"""`live.day` with its steps in this process in place of processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

from live.rounds.child import StepEnd, step_end
from live.run.interrupt import Interrupt
from tests.cli.done import Done


@contextmanager
def steps_in_this_process(run: Callable[[Sequence[str]], Done]) -> Iterator[None]:
    """Let `run` run each step of a day: its module, and the whole command line behind it."""

    def run_step(
        command: Sequence[str], environ: Mapping[str, str], interrupt: Interrupt, *, shows_messages: bool
    ) -> StepEnd:
        done = run(command)
        return step_end(done.code, done.stdout.encode(), done.stderr.encode(), is_interrupted=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("live.rounds.day.run_step", run_step)
        yield
