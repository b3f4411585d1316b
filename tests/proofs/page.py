"""`python -m tests.proofs page`: docs/reliability.md, made from the kept results; every figure in it is a command's."""

from __future__ import annotations

from collections.abc import Mapping

import click

from backtest.files import write_file
from tests.paths import ROOT
from tests.proofs.results import Result, read_results, shown

PAGE = ROOT / "docs" / "reliability.md"
HEAD = """# What was tried to break it

Written by the commands below from what they found (`tests/proofs/results/`), not by hand. What holds, whatever breaks,
is in [faults.md](faults.md). A commit with a `+` had changed files beside it. A command without `--keep` prints the
same and writes nothing.
"""
TITLES: Mapping[str, tuple[str, str]] = {
    "crash": (
        "Killed anywhere",
        "A busy day whose programs are killed before and after every request and every commit, then started again: the "
        "end of the day and the next morning are those of the undisturbed run, or the documented safe ones.",
    ),
    "chaos": (
        "Random histories",
        "One seed is one history of several days with faults of the network, of orders, of the account and of the "
        "machine; the invariants are asked after every event, run and history.",
    ),
    "faults": (
        "The fault matrix",
        "Every row of [faults.md](faults.md#faults) is met through a trading program; exit code, last line, what the "
        "broker received, the state DB and a safe rerun are asserted.",
    ),
    "mutants": (
        "Changed code",
        "Every small change of the code that can lose money must make a test fail, or has its reason in writing.",
    ),
    "fuzz": (
        "Fuzzed inputs",
        "Every input and every answer of the broker, changed at random: a value that keeps its contract, or the "
        "documented error in one line.",
    ),
    "soak": (
        "A year of faults",
        "250 trading days with random faults every day; each evening the state DB is the exchange's book, and what its "
        "events say.",
    ),
    "parity": (
        "Parity under trouble",
        "The programs killed, late and left out in random markets, against the simulator.",
    ),
}


@click.command()
def command() -> None:
    """Write docs/reliability.md from the kept results."""
    write_page()
    click.echo("docs/reliability.md is written")


def write_page() -> None:
    write_file(PAGE, page_text(read_results()).encode())


def page_text(results: Mapping[str, Result]) -> str:
    """Return the page: a table of all proofs, then a section each."""
    parts = [HEAD, _overview(results)]
    parts += [_section(name, result) for name, result in results.items()]
    return "\n".join(parts)


def _overview(results: Mapping[str, Result]) -> str:
    rows = ["| proof | violations | finished (UTC) | commit |", "|---|---|---|---|"]
    for name, result in results.items():
        title = TITLES[name][0]
        anchor = title.lower().replace(" ", "-")
        rows.append(f"| [{title}](#{anchor}) | {len(result.found)} | {_day(result)} | `{result.commit}` |")
    return "\n".join(rows) + "\n"


def _section(name: str, result: Result) -> str:
    title, what = TITLES[name]
    rows = [f"| {label} | {shown(value)} |" for label, value in result.figures.items()]
    rows += [f"| seconds by the clock; of the processor | {shown(result.seconds)}; {shown(result.cpu_seconds)} |"]
    rows += [f"| machine | {result.machine} |", f"| violations | {len(result.found)} |"]
    found = "".join(f"\n- {one}" for one in result.found)
    table = "\n".join(["| | |", "|---|---|", *rows])
    return f"## {title}\n\n{what}\n\n    {result.command}\n\n{table}\n" + (found + "\n" if found else "")


def _day(result: Result) -> str:
    return result.finished.replace("T", " ").partition("+")[0]
