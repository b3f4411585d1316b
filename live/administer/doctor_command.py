"""The command that asks whether the next runs will work."""

from __future__ import annotations

import copy
from pathlib import Path

import click

from live.administer.command import common_flags, run_command
from live.run.options import PATH, RunOptions


@click.command()
@click.option("--report-file", "report_files", multiple=True, type=PATH, help="Read it as well.")
@click.option("--report-dir", type=PATH, help="Look for the trade date's reports there.")
@click.option("--send-test", is_flag=True, help="Send a test message by each way of notify, within 10 s each.")
@common_flags("manifest", manifest="The manifest; the configuration's by default.")
@click.pass_context
def doctor(
    ctx: click.Context,
    options: RunOptions,
    report_files: tuple[Path, ...],
    report_dir: Path | None,
    send_test: bool,
) -> None:
    """Ask everything tomorrow's runs will need, and say what is missing.

    Changes nothing and takes no lock. Each check is ok, warn (it works, but you should
    know) or FAIL, with what to do below it; one that fails keeps no other from being
    asked. The exit code is that of the first FAIL, in the order in which the runs would
    be refused; a warning never changes it. `check` is the same command.

    \b
    Example: python -m live.admin doctor --report-dir reports/
    """
    from live.doctor.context import Asked
    from live.doctor.doctor import ask_everything

    asked = Asked(report_files, report_dir, send_test)
    run_command(ctx, options, "doctor", lambda run: ask_everything(run, options, ctx.obj, asked))


check = copy.copy(doctor)
"""The name that the command had before; not in the list of commands."""
check.name, check.hidden = "check", True
