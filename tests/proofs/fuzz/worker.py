"""One process that fuzzes one target: `python -m tests.proofs.fuzz.worker TARGET ENGINE SECONDS SEED FOLDER`.

A process of its own, because a case may hang it or take all its memory. The programs are imported late: coverage is
counted in what is imported while `atheris` looks.
"""

from __future__ import annotations

import logging
import random
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.proofs.fuzz.session import Session

MOST_BYTES = 200_000
HANG_SECONDS = 600
MEMORY_MB = 3_000
PROGRAMS = ("backtest", "live")


def main(name: str, engine: str, seconds: str, seed: str, folder: str) -> None:
    """Fuzz until the time is over; what was found lies in `folder`."""
    logging.disable(logging.CRITICAL)
    fuzz = {"atheris": _with_atheris, "hypothesis": _with_hypothesis}[engine]
    fuzz(name, int(seconds), int(seed), Path(folder))


def _session(name: str, folder: Path) -> Session:
    import live.run.lock
    from tests.proofs.fuzz.registry import find_target
    from tests.proofs.fuzz.session import Session

    live.run.lock.user_home = lambda: folder  # the account's lock of each process is its own
    session = Session(find_target(name), folder)
    for case in session.target.seeds():  # what is imported late is imported here
        session.one(case)
    return session


def _with_atheris(name: str, seconds: int, seed: int, folder: Path) -> None:
    import atheris

    looking: AbstractContextManager[object] = atheris.instrument_imports(include=list(PROGRAMS))
    with looking:
        session = _session(name, folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, case in enumerate(session.target.seeds()):
        (corpus / str(number)).write_bytes(case)
    options = {
        "max_total_time": seconds, "seed": seed, "max_len": MOST_BYTES, "len_control": 0, "timeout": HANG_SECONDS,
        "rss_limit_mb": MEMORY_MB, "artifact_prefix": f"{folder}/died-", "print_final_stats": 1,
    }  # fmt: skip
    arguments = ["fuzz", *(f"-{option}={value}" for option, value in options.items()), str(corpus)]

    def mutate(case: bytes, most: int, number: int) -> bytes:
        rng = random.Random(number)
        changed = atheris.Mutate(case, most) if rng.random() < 0.2 else session.target.mutate(case, rng)
        return bytes(changed[:most])

    atheris.Setup(arguments, session.one, custom_mutator=mutate)
    atheris.Fuzz()


def _with_hypothesis(name: str, seconds: int, seed: int, folder: Path) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    from tests.proofs.fuzz.cases import cases

    _limit_memory()
    session = _session(name, folder)
    end = time.monotonic() + seconds
    batch = 0
    while time.monotonic() < end:

        @seeded(seed * 1_000_000 + batch)
        @settings(
            max_examples=200, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(cases(session.target))
        def run(case: bytes) -> None:
            if time.monotonic() < end:
                session.one(case)

        checked: Callable[[], None] = run
        checked()
        batch += 1
    session.write()


def _limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB * 2**20, MEMORY_MB * 2**20))


if __name__ == "__main__":
    main(*sys.argv[1:])
