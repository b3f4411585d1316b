"""A Ctrl-C that comes at a bad moment ends a study all the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from backtest.workers.interrupt import noted_interrupt


class InterruptedAtItsEnd:
    """Gets the signal while it is finalized, where Python reports the interrupt and drops it."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # the handler runs between two of these steps
            pass


@pytest.fixture
def _pythons_own_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("_pythons_own_handler")
def test_an_interrupt_that_python_drops_is_raised_by_the_next_check() -> None:
    with noted_interrupt() as check:
        check()
        InterruptedAtItsEnd()
        with pytest.raises(KeyboardInterrupt):
            check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("_pythons_own_handler")
def test_an_interrupt_at_another_moment_is_raised_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), noted_interrupt():
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("_pythons_own_handler")
def test_a_handler_that_somebody_else_has_set_stays() -> None:
    seen: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    with noted_interrupt() as check:
        os.kill(os.getpid(), signal.SIGINT)
        check()
    assert seen == [signal.SIGINT]
