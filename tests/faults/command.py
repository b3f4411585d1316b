"""`python -m tests.proofs faults`: which rows of docs/faults.md are met through a program, and by which tests."""

from __future__ import annotations

import sys
import time

import click

from backtest.files import write_file
from tests.faults.calls import all_calls
from tests.faults.table import PAGE, by_fault, lacking, read_rows, with_tests
from tests.proofs.results import make_result, report


@click.command()
@click.option("--write", is_flag=True, help="Write the tests' column of docs/faults.md from the calls.")
@click.option("--keep", is_flag=True, help="Keep the result and write docs/reliability.md.")
def command(write: bool, keep: bool) -> None:
    """Count the rows of the fault matrix that a test asserts whole; a row without one is a violation."""
    started = time.perf_counter()
    page = PAGE.read_text(encoding="utf-8")
    rows, calls = read_rows(page), by_fault(all_calls())
    if write:
        write_file(PAGE, with_tests(page, calls).encode())
        click.echo("docs/faults.md is written")
    found = lacking(rows, calls)
    covered = [row for row in rows if row.fault in calls]
    figures = {
        "rows": len(rows),
        "rows met through a program": len(covered),
        "endings asserted": len(all_calls()),
        "tests": len({call.name for call in all_calls()}),
    }
    seconds = time.perf_counter() - started
    sys.exit(report(make_result("faults", "python -m tests.proofs faults", figures, found, seconds), keep=keep))
