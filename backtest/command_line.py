"""What the command line of every program has in common: how it ends before, or without, a run of its own.

Where `--json` was given an error is one JSON object on stdout, usage errors too; what a person reads goes to stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from time import strptime
from typing import Any, TypeVar

import click

from backtest.errors import DriftError, UsageError
from backtest.files import private_files
from backtest.terminal import for_terminal, has_reader, let_go, put, say

CONTEXT = {"help_option_names": ["-h", "--help"]}
"""click's settings of every program."""
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; messages go to stderr.")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_AS_JSON = "backtest.command_line.as_json"


def version_option(schema: Callable[[], int] | None = None) -> Callable[[Decorated], Decorated]:
    """Add `--version` to a program. schema: of the state DB it works with."""

    def say(ctx: click.Context, _param: click.Parameter, is_asked: bool) -> None:
        if is_asked and not ctx.resilient_parsing:
            from backtest.version import version_text  # late: only this asks

            put(f"earnings-drift {ctx.command.name} {version_text(schema and schema())}")
            ctx.exit()

    return click.option(
        "--version", is_flag=True, expose_value=False, is_eager=True, callback=say, help="Show the version and exit."
    )


class SessionDate(click.ParamType[date]):
    """A date YYYY-MM-DD."""

    name = "date"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date(*strptime(value, "%Y-%m-%d")[:3])
        except ValueError:
            self.fail(f"{value!r} is no date (expected YYYY-MM-DD)", param, ctx)


def error_json(code: int, what: str, next_step: str, run_id: str | None) -> dict[str, object]:
    """Return what decided an exit code, in the form that scripts read."""
    return {"code": code, "message": what, "details": {"next_step": next_step}, "run_id": run_id}


def write_sections(formatter: click.HelpFormatter, sections: Mapping[str, Mapping[str, str]]) -> None:
    """List the commands of a program by section, each with the question it answers; sections without one are left out.

    sections: title → name → question.
    """
    width = max(len(name) for section in sections.values() for name in section)
    for title, section in sections.items():
        if section:
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), words) for name, words in section.items()])


class Program(click.Command):
    """The command of a program. Its name is the program's, as `--json` and the log say it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        as_json = "--json" in args
        with self._telling_usage(as_json, None):
            ctx = super().make_context(info_name, args, parent, **extra)
        ctx.meta[_AS_JSON] = as_json
        return ctx

    def invoke(self, ctx: click.Context) -> Any:
        with self._telling_usage(ctx.meta[_AS_JSON], ctx):
            return super().invoke(ctx)

    def tell(self, ctx: click.Context | None, code: int, what: str, next_step: str) -> None:
        """Print the one JSON object of a program that ends before it has a run, or has none."""
        endings = [{"code": code, "what": what, "next_step": next_step}]
        error = error_json(code, what, next_step, None)
        with suppress(OSError):  # nobody can read it; the exit code stays what it is
            put(json.dumps(self._envelope(ctx) | {"exit_code": code, "endings": endings, "error": error}))

    def _envelope(self, ctx: click.Context | None) -> dict[str, object]:
        """Return what every object has that a program without a run prints, here of one that ended 0."""
        command = ctx.invoked_subcommand if ctx is not None else None
        program = self.name if command is None else f"{self.name}-{command}"
        return {"program": program, "run_id": None, "exit_code": 0, "endings": [], "notes": [], "error": None}

    @contextmanager
    def _telling_usage(self, as_json: bool, ctx: click.Context | None) -> Iterator[None]:
        """Print a usage error as JSON where that is wanted; click prints its words and exits 2.

        A help that nobody reads to its end is no error.
        """
        try:
            yield
        except BrokenPipeError:
            if has_reader(sys.stdout):
                raise  # of another pipe
            let_go(sys.stdout)
            raise click.exceptions.Exit(0) from None
        except click.UsageError as error:
            words = error.format_message()
            if as_json:
                path = error.ctx.command_path if error.ctx is not None else ""
                self.tell(ctx, UsageError.exit_code, words, f"{path} --help".strip())
            if (fit := for_terminal(words)) != words:
                raise click.UsageError(fit, error.ctx) from None
            raise


class ProgramGroup(Program, click.Group):
    """A program of several commands."""


class PlainGroup(ProgramGroup):
    """A program whose commands are no runs: every expected end becomes its line on stderr and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with private_files():
                return super().invoke(ctx)
        except DriftError as error:
            self.end(ctx, error.exit_code, error.line(), error.what, error.next_step)

    def print_result(self, ctx: click.Context, content: Mapping[str, object]) -> None:
        """Print what a command found, as the one JSON object of `--json`."""
        put(json.dumps({**self._envelope(ctx), **content}, default=str))

    def end(self, ctx: click.Context, code: int, line: str, what: str, next_step: str = "") -> None:
        """Print how the program ends, and exit with its code."""
        if ctx.meta[_AS_JSON]:
            self.tell(ctx, code, what, next_step)
        say(line, err=True)
        ctx.exit(code)


def print_result(content: Mapping[str, object]) -> None:
    """Print what the running command of a `PlainGroup` found, see there."""
    ctx = click.get_current_context().find_root()
    assert isinstance(ctx.command, PlainGroup)
    ctx.command.print_result(ctx, content)
