"""Door of `python -m backtest`: the commands, their help, and the exit code."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from backtest.command_line import CONTEXT, PlainGroup, version_option, write_sections
from backtest.errors import error_line


class Known(NamedTuple):
    """A command: the question it answers, and the module that defines it under the command's name."""

    question: str
    module: str


SECTIONS: Mapping[str, Mapping[str, Known]] = {
    "Run": {
        "run": Known("What would the rules have done in these sessions?", "backtest.commands.run"),
        "metrics": Known("How good was a run, and which of its trades?", "backtest.commands.metrics"),
        "runs": Known("Which runs were made before?", "backtest.commands.runs"),
        "report": Known("How does a run look, on one page?", "backtest.commands.report"),
    },
    "Data": {
        "fetch": Known("Bring daily bars of a price source into the cache.", "backtest.commands.fetch"),
        "bars": Known("What are the bars of a stock, as traded and adjusted?", "backtest.commands.bars"),
        "quality": Known("Are the bars whole, and of more than survivors?", "backtest.commands.quality"),
    },
    "Study": {
        "sweep": Known("Which of many configurations is best, and is it luck?", "backtest.commands.sweep"),
        "walk-forward": Known("Does what was best before stay good after?", "backtest.commands.walk_forward"),
        "compare": Known("Is one run better than another, and how sure is that?", "backtest.commands.compare"),
        "stability": Known("What of a result is left when something changes?", "backtest.commands.stability"),
        "lookahead": Known("Does a decision know what came after it?", "backtest.commands.lookahead"),
        "study": Known("What drift follows earnings announcements (study events)?", "backtest.commands.study"),
    },
    "Input": {
        "scan": Known("Which symbols does a strategy propose?", "backtest.commands.scan"),
        "parse": Known("What does a report say, and is it confirmed?", "backtest.commands.parse"),
    },
    "Trade": {
        "promote": Known("Trade under the parameters of this run?", "backtest.commands.promote"),
        "manifest": Known("Write parameters down that no run stands behind.", "backtest.commands.manifest"),
    },
}
"""The commands as `--help` lists them; a module is imported when its command is asked for."""
COMMANDS = {name: known for section in SECTIONS.values() for name, known in section.items()}


class Door(PlainGroup):
    """The program: it finds its commands in their modules, and says of an unexpected end that it is a bug."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name].module), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        questions = {title: {n: k.question for n, k in section.items()} for title, section in SECTIONS.items()}
        write_sections(formatter, questions)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):  # click knows them
            raise
        except KeyboardInterrupt:
            self.end(ctx, 130, error_line(130, "interrupted", ""), "interrupted")
        except Exception as error:
            if ctx.params.get("verbose"):
                raise
            what = "unexpected " + " ".join(f"{type(error).__name__}: {error}".split())[:300]
            next_step = "This is a bug; -v before the command shows where."
            self.end(ctx, 1, error_line(1, what, next_step), what, next_step)


@click.group("backtest", cls=Door, context_settings=CONTEXT)
@click.option("-v", "--verbose", is_flag=True, help="Tracebacks for unexpected errors.")
@version_option()
def cli(verbose: bool) -> None:
    """The rules on historical bars: run them, study them, read reports, write manifests."""
    if not verbose:  # a request that failed in the end is told by the last line
        logging.getLogger("backtest.web").addHandler(logging.NullHandler())


def main() -> None:
    """Run the command line."""
    cli.main(prog_name="python -m backtest")


if __name__ == "__main__":
    main()
