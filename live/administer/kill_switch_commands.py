"""The commands `kill-switch on | off | status`: options and help; the work is in `live.administer.kill_switch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from live.administer.command import common_flags, run_command
from live.run.options import RunOptions

if TYPE_CHECKING:
    from live.run.program import Run


@click.group("kill-switch")
def kill_switch() -> None:
    """Turn all buying and selling off or on; works without keys and without a state DB.

    `on` asks the broker only after the switch is on, to cancel what is queued there;
    `off` and `status` ask nobody.
    """


@kill_switch.command("on")
@click.option("--reason", default="", metavar="TEXT", help="Why; every run and `status` print it.")
@click.option("--exits", is_flag=True, help="Take queued exits back as well, and restore their stops.")
@common_flags()
@click.pass_context
def kill_switch_on(ctx: click.Context, options: RunOptions, reason: str, exits: bool) -> None:
    """Stop entries and exits at once, in running programs too; stops stay.

    The switch goes on first. Then our unfilled entries are canceled at the broker, each is
    confirmed, and what is left working is printed. Where a run is active, it cancels them,
    and this command waits for its end.

    \b
    Example: python -m live.admin kill-switch on --reason "news about AAPL"
             python -m live.admin kill-switch on --exits

    Exit codes, the switch being on with each: 0 no entry of ours is queued, 8 a cancel is
    not confirmed or the broker cannot be reached, 6 no keys and entries are queued, 12 a
    stop could not be restored. "NOT on" (13): no home is there, or neither state DB nor KILL file can be written.
    """
    from live.administer.kill_switch import not_on, switch_on

    def work(run: Run) -> None:
        switch_on(run, options, ctx.obj, reason=reason, exits=exits)

    run_command(ctx, options, "kill-switch", work, without_home=not_on)


@kill_switch.command("off")
@common_flags()
@click.pass_context
def kill_switch_off(ctx: click.Context, options: RunOptions) -> None:
    """Let the programs trade again; also removes the KILL file."""
    from live.administer.kill_switch import switch_off

    run_command(ctx, options, "kill-switch", lambda run: switch_off(run, options))


@kill_switch.command("status")
@common_flags()
@click.pass_context
def kill_switch_status(ctx: click.Context, options: RunOptions) -> None:
    """Say whether it is on, since when, why and who: exit code 3 when on, 0 when off."""
    from live.administer.kill_switch import switch_status

    run_command(ctx, options, "kill-switch", lambda run: switch_status(run, options))
