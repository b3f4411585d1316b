"""`doctor`: asks everything the next runs need, one check after the other; a failure hides none of the others.

Nothing is changed and no lock is taken. The exit code is that of the first check of `CHECKS` that fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from backtest.errors import ConfigError, DriftError
from backtest.tables import Column
from live.doctor.answer import Answer, Check, NotAskedError, Status, failed, warn
from live.doctor.context import Asked, Context
from live.doctor.machine import INSTALL
from live.doctor.registry import CHECKS, Ask
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime

COLUMNS = ("", "what", Column("found"), Column("fix:", is_below=True))


def ask_everything(run: Run, options: RunOptions, runtime: Runtime | None, asked: Asked) -> None:
    """Print every check; the run ends with the code of the first that fails."""
    run.hold_notes()
    context = Context(run, options, runtime, asked)
    found = tuple(check for name, ask in CHECKS for check in _asked(name, ask, context))
    run.release_notes()
    run.report |= doctor_json(found)
    _print(run, found)
    first = next((one.answer for one in found if one.answer.status is Status.FAIL), None)
    if first is not None:
        run.outcome.add_problem(first.code, first.detail, first.fix)


def _asked(name: str, ask: Ask, context: Context) -> Iterator[Check]:
    """Yield what a check found, under its name."""
    try:
        answers = ask(context)
        for answer in (answers,) if isinstance(answers, Answer) else answers:
            yield Check(name, answer)
    except NotAskedError as missing:
        yield Check(name, warn(f"not asked: {missing}"))
    except DriftError as error:
        yield Check(name, failed(error))
    except ModuleNotFoundError as error:
        yield Check(name, failed(ConfigError(f"the package {error.name} is not installed", next_step=INSTALL)))


def doctor_json(found: Sequence[Check]) -> dict[str, object]:
    """Return the checks for `--json`; code: the exit code that a fail stands for, else null."""
    checks = [
        {
            "name": one.name,
            "status": one.answer.status,
            "detail": one.answer.detail,
            "fix": one.answer.fix,
            "code": one.answer.code or None,
        }
        for one in found
    ]
    return {"checks": checks, "counts": {status: _counts(found)[status] for status in Status}}


def count_text(found: Sequence[Check]) -> str:
    """Return how many checks found what: `31 checks: 29 ok, 2 warn, 0 fail`."""
    counts = _counts(found)
    return f"{len(found)} checks: {', '.join(f'{counts[status]} {status}' for status in Status)}"


def _counts(found: Sequence[Check]) -> Counter[Status]:
    return Counter(one.answer.status for one in found)


def _print(run: Run, found: Sequence[Check]) -> None:
    """Print the checks with what is to be done below; with -q only what is not ok."""
    rows = [(_WORDS[one.answer.status], one.name, one.answer.detail, one.answer.fix) for one in found]
    run.console.table(COLUMNS, rows)
    if run.console.verbosity < 0:
        for word, name, detail, fix in rows:
            if word != _WORDS[Status.OK]:
                run.console.warn(f"{word} {name}: {detail.rstrip('.')}." + (f" {fix}" if fix else ""))
    run.console.say(count_text(found))


_WORDS = {Status.OK: "ok", Status.WARN: "warn", Status.FAIL: "FAIL"}
