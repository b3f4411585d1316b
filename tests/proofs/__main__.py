"""`python -m tests.proofs`: the proofs by name; only the one that is asked for is imported."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "crash": ("tests.proofs.crash.command", "Kill the programs of a busy day everywhere"),
    "chaos": ("tests.proofs.chaos.command", "Random histories of several days with faults of every kind"),
    "fuzz": ("tests.proofs.fuzz.command", "Every input and every broker answer, changed at random"),
    "mutants": ("tests.proofs.mutants.command", "Small changes of the code that the tests must notice"),
    "soak": ("tests.proofs.soak.command", "250 trading days with faults every day"),
    "parity": ("tests.proofs.parity.command", "The programs in trouble against the simulator"),
    "faults": ("tests.faults.command", "The rows of the fault matrix and their tests"),
    "page": ("tests.proofs.page", "Write docs/reliability.md from the kept results"),
}
"""Name → its module, which has `command`, and what it does."""


class _Proofs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        found = importlib.import_module(COMMANDS[name][0]).command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Proofs"):
            formatter.write_dl([(name, what) for name, (_, what) in COMMANDS.items()])


@click.group(cls=_Proofs)
def main() -> None:
    """Machines that look for what no list of faults names. Each ends 0 without a violation, else 1."""


if __name__ == "__main__":
    main(prog_name="python -m tests.proofs")
