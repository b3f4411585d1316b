"""`python -m live`: names the programs, one line each; it starts none of them."""

from __future__ import annotations

import click

from backtest.command_line import CONTEXT, Program
from backtest.terminal import say
from live.run.options import with_version

PROGRAMS = {
    "live.signal_generator": "decides the day's entries and exits",
    "live.executor": "sends, books and protects what was decided",
    "live.day": "starts both at their times, in the foreground",
    "live.admin": "shows the book, stops all, sells by hand",
    "live.replay": "trades past sessions as the backtest does",
    "live.sim": "makes and moves the embedded exchange",
    "backtest": "simulates the strategy, reads reports",
}
"""Every program, and what it does."""
_WIDTH = max(map(len, PROGRAMS))
LINES = tuple(f"python -m {name:<{_WIDTH}}  {what}" for name, what in PROGRAMS.items())
_HELP = (
    "Name the programs.\n\n\b\n" + "\n".join(LINES) + "\n\nEach has --help; the day's usual commands are in the README."
)


@click.command("live", cls=Program, context_settings=CONTEXT, help=_HELP)
@with_version
def main() -> None:
    for line in LINES:
        say(line)
    say("Each has --help.")


if __name__ == "__main__":
    main(prog_name="python -m live")
