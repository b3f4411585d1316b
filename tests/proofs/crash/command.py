"""`python -m tests.proofs crash`: kill the programs of a busy day everywhere, start them again, compare."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable

import click

from tests.proofs.crash.commands import COMMANDS
from tests.proofs.crash.jobs import Job, Wanted, jobs_of, open_machine, try_all, try_job, workshop
from tests.proofs.crash.machine import Tried
from tests.proofs.crash.points import How, Point, read_point
from tests.proofs.dying import COMMIT, FILE, REQUEST
from tests.proofs.results import make_result, report

PROCESSES, DOUBLES, LEFT = 200, 300, 150
COMMAND = "python -m tests.proofs crash"


class PointType(click.ParamType[Point]):
    """A point as `Point.text` writes it."""

    name = "point"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Point:
        try:
            point = read_point(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if point.command not in COMMANDS:
            self.fail(f"no command {point.command} (expected one of {', '.join(COMMANDS)})", param, ctx)
        return point


@click.command()
@click.option("--seed", default=1, show_default=True, help="Chooses what is sampled.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that try points; one a core by default.")
@click.option(
    "--only",
    type=click.Choice(list(COMMANDS)),
    multiple=True,
    metavar="COMMAND",
    help=f"Kill only this one, repeatable: {', '.join(COMMANDS)}.",
)
@click.option("--point", type=PointType(), help="Try one point, as a violation names it: place:request:12:after.")
@click.option(
    "--processes",
    type=click.IntRange(min=0),
    default=PROCESSES,
    show_default=True,
    help="So many points also as processes that end by SIGKILL.",
)
@click.option(
    "--doubles",
    type=click.IntRange(min=0),
    default=DOUBLES,
    show_default=True,
    help="So many points after which the next start dies too.",
)
@click.option(
    "--left",
    type=click.IntRange(min=0),
    default=LEFT,
    show_default=True,
    help="So many points after which nobody starts the command again.",
)
@click.option("--keep", is_flag=True, help="Keep the result and write docs/reliability.md anew.")
@click.pass_context
def command(
    ctx: click.Context,
    seed: int,
    workers: int | None,
    only: tuple[str, ...],
    point: Point | None,
    processes: int,
    doubles: int,
    left: int,
    keep: bool,
) -> None:
    """Kill the programs of a busy day everywhere, and start them again.

    A day with 20 exits and 20 entries; each command dies before and after
    every request, commit and change of a file, is started again, and the rest
    of the day and the next morning must be as if nothing had happened.

    \b
    Examples:
      python -m tests.proofs crash
      python -m tests.proofs crash --only place --processes 0 --doubles 0
      python -m tests.proofs crash --point place:request:12:after
    """
    began = time.monotonic()
    names = only or tuple(COMMANDS)
    with workshop() as root:
        machine = open_machine(root, seed)
        if point is not None:
            tried = [try_job(machine, Job(point))]
            line = f"{COMMAND} --point {point.text}"
        else:
            steps = {name: machine.undisturbed(name).steps for name in names}
            jobs = jobs_of(steps, Wanted(names, seed, processes, doubles, left))
            tried = _try_all(try_all(root, jobs, seed, workers or _cores()), len(jobs))
            keep = keep and len(tried) == len(jobs)
            line = f"{COMMAND} --seed {seed}{_other_than_usual(only, processes, doubles, left)}"
    found = [line for one in tried for line in violations_of(one)]
    ctx.exit(report(make_result("crash", line, figures_of(tried), found, time.monotonic() - began), keep=keep))


def _other_than_usual(only: tuple[str, ...], processes: int, doubles: int, left: int) -> str:
    """Return the options that make it another run than the full one, as they are typed."""
    chosen = [f" --only {name}" for name in only]
    for name, given, usual in (
        ("processes", processes, PROCESSES),
        ("doubles", doubles, DOUBLES),
        ("left", left, LEFT),
    ):
        if given != usual:
            chosen.append(f" --{name} {given}")
    return "".join(chosen)


def _try_all(results: Iterable[Tried], count: int) -> list[Tried]:
    """Collect the results, and say every violation at once; at Ctrl-C what there is."""
    tried: list[Tried] = []
    try:
        for one in results:
            tried.append(one)
            for line in violations_of(one):
                click.echo(f"violation: {line}", err=True)
            if sys.stderr.isatty():
                print(f"\r{len(tried):,} of {count:,}", end="", file=sys.stderr)
    except KeyboardInterrupt:
        click.echo(f"interrupted after {len(tried):,} of {count:,} points; nothing is kept", err=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return tried


def violations_of(tried: Tried) -> list[str]:
    """Return a line for each violation, with the command that shows it again."""
    return [f"{tried.point.text}: {words} (again: {COMMAND} --point {tried.point.text})" for words in tried.found]


def figures_of(tried: Iterable[Tried]) -> dict[str, int | float | str]:
    """Return what was counted, in words."""
    all_of_them = list(tried)
    single = [one.point for one in all_of_them if one.point.how is How.HERE and len(one.point.deaths) == 1]
    kinds = Counter(one.deaths[0].kind for one in single)
    return {
        "commands killed": len({one.point.command for one in all_of_them}),
        "points tried": len(all_of_them),
        "before or after a request": kinds[REQUEST],
        "before or after a commit": kinds[COMMIT],
        "before or after a change of a file": kinds[FILE],
        "as processes ended by SIGKILL": sum(one.point.how is How.PROCESS for one in all_of_them),
        "with the next start killed too": sum(len(one.point.deaths) > 1 for one in all_of_them),
        "left to the next run of the timetable": sum(one.point.how is How.LEFT for one in all_of_them),
        "deaths": sum(one.deaths for one in all_of_them),
        "carried through to the next morning": sum(one.is_carried_through for one in all_of_them),
        "in a state carried through before": sum(not one.is_carried_through for one in all_of_them),
    }


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
