"""`python -m tests.proofs mutants`: every small change of the code that can lose money, against its tests."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from tests.proofs.mutants.counts import figures_of, unneeded, violations
from tests.proofs.mutants.folder import is_done, list_mutants, prepare, run_mutmut
from tests.proofs.mutants.groups import GROUPS, modules_of
from tests.proofs.mutants.mutant import Change, Mutant, Verdict, read_mutants
from tests.proofs.mutants.reasons import SURVIVORS, read_reasons
from tests.proofs.results import make_result, report

MODULES = tuple(module for group in GROUPS for module in modules_of(group))


@click.command()
@click.option("--only", "modules", multiple=True, type=click.Choice(MODULES), metavar="FILE", help="Only this file.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="N changes of one file, drawn by the seed.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which file and which changes a sample is.")
@click.option("--resume", is_flag=True, help="Try only what was neither caught the last time nor has a reason.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: the machine's cores]")
@click.option("--keep", is_flag=True, help="Keep the figures and write docs/reliability.md.")
def command(
    modules: tuple[str, ...], sample: int | None, seed: int, resume: bool, workers: int | None, keep: bool
) -> None:
    """Change what can lose money, one small change after the other; its tests must fail.

    A change that survives needs its reason in tests/proofs/mutants/survivors.toml; one without is a violation.
    """
    if keep and (modules or sample):
        raise click.UsageError("--keep is for all changes: leave out --only and --sample")
    if sum(map(bool, (modules, sample, resume))) > 1:
        raise click.UsageError("--only, --sample and --resume exclude each other")
    if importlib.util.find_spec("mutmut") is None:
        raise click.ClickException("mutmut is not installed: python -m pip install -e '.[mutants]', or make mutants")
    started = time.monotonic()
    typed = ["python -m tests.proofs mutants", *(f"--only {module}" for module in modules)]
    if resume:
        typed.append("--resume")
    if sample:
        typed.append(f"--sample {sample} --seed {seed}")
        modules = (random.Random(seed).choice(MODULES),)
    reasons = read_reasons()
    expected = reasons if resume else None
    mutants = _try_all(_Tries(modules or MODULES, sample, seed, expected, workers or os.cpu_count() or 1))
    if not sample:
        for change in unneeded(mutants, reasons):
            click.echo(f"its reason in {SURVIVORS.name} is no longer needed: {change.line}", err=True)
    seconds = time.monotonic() - started
    found = violations(mutants, reasons)
    sys.exit(report(make_result("mutants", " ".join(typed), figures_of(mutants, reasons), found, seconds), keep=keep))


@dataclass(frozen=True, slots=True)
class _Tries:
    """What is asked for: files, and how many of their changes (None: all). expected: see `prepare`."""

    modules: Sequence[str]
    sample: int | None
    seed: int
    expected: Mapping[Change, str] | None
    workers: int


def _try_all(asked: _Tries) -> list[Mutant]:
    """Return the mutants of these modules as they were found; of a sample those that were drawn."""
    tried: list[Mutant] = []
    for group in GROUPS:
        ours = tuple(module for module in modules_of(group) if module in asked.modules)
        if not ours:
            continue
        if sys.stderr.isatty():
            click.echo(f"{group.name}: {', '.join(ours)}", err=True)
        folder = prepare(group, ours, asked.expected)
        drawn: list[str] = []
        if asked.sample:
            names = list_mutants(folder, ours)
            drawn = random.Random(asked.seed).sample(names, min(asked.sample, len(names)))
        if asked.expected is None or not is_done(folder, ours):
            done = run_mutmut(folder, drawn, asked.workers)
            if done.returncode:
                last = "\n".join(done.stdout.replace("\r", "\n").splitlines()[-40:])
                raise click.ClickException(f"mutmut ended with {done.returncode} in {folder}:\n{last}")
        found = read_mutants(folder, ours)
        tried += [mutant for mutant in found if not drawn or mutant.key in drawn]
        if any(mutant.verdict is Verdict.NOT_RUN for mutant in tried):
            break  # it was interrupted: the figures are of what was tried
    return tried
