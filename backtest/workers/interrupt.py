"""Ctrl-C that is not lost: Python drops a KeyboardInterrupt that is raised while an object is finalized."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def noted_interrupt() -> Iterator[Callable[[], None]]:
    """Note a Ctrl-C beside raising KeyboardInterrupt; yields what raises it again when it was noted and dropped.

    Where another handler than Python's own is set, and outside the main thread, nothing is changed.
    """
    is_noted = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal is_noted
        is_noted = True
        raise KeyboardInterrupt

    def check() -> None:
        if is_noted:
            raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield check
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
