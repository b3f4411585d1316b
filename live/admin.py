"""Command line of `python -m live.admin`: commands and options; each is done by its module in `live.administer`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live.run.options import ADMIN, PATH, Command, RunOptions, with_options

if TYPE_CHECKING:
    from live.run.program import Run

SELL_DRY_RUN = "Say what would be done; send nothing, change no byte."
HELP = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "ADMIN"}


def _common_flags(*more: str, **helps: str) -> Callable[[Command], Command]:
    return with_options((*more, *ADMIN), state_db="The state database.", settings="Override a setting.", **helps)


@click.group(context_settings=HELP)
def main() -> None:
    """Look at the book, stop everything, sell by hand.

    \b
    What do I hold, and is it protected?   python -m live.admin status
    Stop all buying and selling now:       python -m live.admin kill-switch on --reason "..."
    Do state DB and broker agree?          python -m live.admin reconcile
    Sell one position, or all of them:     python -m live.admin close AAPL | flatten
    Is tomorrow morning going to work?     python -m live.admin check

    Exit codes are those of the two programs; see the README.
    """


@main.group("kill-switch")
def kill_switch() -> None:
    """Turn all buying and selling off or on; needs no keys and no state DB.

    Takes the other commands' broker flags as well, so that nothing has to be taken off a line in a hurry; no broker
    is asked.
    """


@kill_switch.command("on")
@click.option("--reason", required=True, metavar="TEXT", help="Why; every run and `status` print it.")
@_common_flags()
@click.pass_context
def kill_switch_on(ctx: click.Context, options: RunOptions, reason: str) -> None:
    """Stop entries and exits at once, in running programs too; stops stay.

    \b
    Example: python -m live.admin kill-switch on --reason "news about AAPL"
    """
    if not reason.strip():
        raise click.UsageError("--reason is empty; every run and `status` print it")
    from live.administer.kill_switch import switch_on

    _run_command(ctx, options, "kill-switch", lambda run: switch_on(run, options, reason.strip()))


@kill_switch.command("off")
@_common_flags()
@click.pass_context
def kill_switch_off(ctx: click.Context, options: RunOptions) -> None:
    """Let the programs trade again; also removes the KILL file."""
    from live.administer.kill_switch import switch_off

    _run_command(ctx, options, "kill-switch", lambda run: switch_off(run, options))


@kill_switch.command("status")
@_common_flags()
@click.pass_context
def kill_switch_status(ctx: click.Context, options: RunOptions) -> None:
    """Say whether it is on, since when, why and who: exit code 3 when on, 0 when off."""
    from live.administer.kill_switch import switch_status

    _run_command(ctx, options, "kill-switch", lambda run: switch_status(run, options))


@main.command()
@click.option("--offline", is_flag=True, help="Show what the state DB says, ask no broker.")
@_common_flags()
@click.pass_context
def status(ctx: click.Context, options: RunOptions, offline: bool) -> None:
    """Show the book with its stops, today's orders, the last runs, the kill switch and the P&L.

    Changes nothing and takes no lock. Without keys, or when the broker does not
    answer, it shows what the state DB says.
    """
    from live.administer.status import show_status

    _run_command(ctx, options, "status", lambda run: show_status(run, options, ctx.obj, offline=offline))


@main.command()
@_common_flags()
@click.pass_context
def reconcile(ctx: click.Context, options: RunOptions) -> None:
    """Compare the state DB with the broker, share by share and stop by stop.

    Changes nothing; what the next run would book by itself is reported as such. Exit
    codes: 0 they agree, 4 they differ, 12 shares without a live stop.
    """
    from live.administer.reconcile import reconcile_book

    _run_command(ctx, options, "reconcile", lambda run: reconcile_book(run, options, ctx.obj))


@main.command()
@click.argument("ticker")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_common_flags("dry_run", dry_run=SELL_DRY_RUN)
@click.pass_context
def close(ctx: click.Context, options: RunOptions, ticker: str, yes: bool) -> None:
    """Sell one position at the market: cancel its stop, wait until it is gone, sell.

    The same command again goes on where it stopped and never sells twice. An
    entry of that ticker that has not filled is canceled.

    \b
    Example: python -m live.admin close AAPL
    """
    _sell(ctx, options, "close", ticker.strip().upper(), is_sure=yes)


@main.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@_common_flags("dry_run", dry_run=SELL_DRY_RUN)
@click.pass_context
def flatten(ctx: click.Context, options: RunOptions, yes: bool) -> None:
    """Sell every position at the market and drop all of today's entries.

    Holdings that are not ours stay. To keep it flat: kill-switch on, afterwards
    (while the switch is on nothing may be sold).
    """
    _sell(ctx, options, "flatten", None, is_sure=yes)


@main.command()
@click.option("--report-file", "report_files", multiple=True, type=PATH, help="Read it as well.")
@click.option("--report-dir", type=PATH, help="Look for the trade date's reports there.")
@_common_flags("manifest", manifest="The manifest; the configuration's by default.")
@click.pass_context
def check(
    ctx: click.Context,
    options: RunOptions,
    report_files: tuple[Path, ...],
    report_dir: Path | None,
) -> None:
    """Ask everything tomorrow's runs will need, and say what is missing; changes nothing.

    \b
    Example: python -m live.admin check --report-dir reports/
    """
    from live.administer.check import check_everything

    _run_command(
        ctx,
        options,
        "check",
        lambda run: check_everything(run, options, ctx.obj, report_files=report_files, report_dir=report_dir),
    )


def _sell(ctx: click.Context, options: RunOptions, name: str, ticker: str | None, *, is_sure: bool) -> None:
    from live.administer.close import close_by_hand

    _run_command(
        ctx,
        options,
        name,
        lambda run: close_by_hand(run, options, ctx.obj, ticker=ticker, is_sure=is_sure),
        phase="close",
        has_closing_lines=True,
    )


def _run_command(
    ctx: click.Context,
    options: RunOptions,
    name: str,
    work: Callable[[Run], None],
    *,
    phase: str | None = None,
    has_closing_lines: bool = False,
) -> None:
    from live.run.program import run_program

    code = run_program(
        f"admin-{name}",
        work,
        phase=phase,
        as_json=options.as_json,
        verbosity=options.verbosity,
        has_closing_lines=has_closing_lines,
    )
    ctx.exit(code)


if __name__ == "__main__":
    main()
