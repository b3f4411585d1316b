"""The programs by their modules, and what their command lines have in common; nothing heavy is imported."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

import click

from tests.paths import DEFAULT_CONFIG
from tests.proofs.crash.script import SETTINGS

GENERATOR, EXECUTOR, ADMIN, DAY = "live.signal_generator", "live.executor", "live.admin", "live.day"


def program_of(module: str) -> click.Command:
    """Return the command that `python -m module` starts."""
    found = importlib.import_module(module).main
    assert isinstance(found, click.Command)
    return found


def command_line(folder: Path, words: Sequence[str]) -> list[str]:
    """Return the words behind `python -m`. words: module, then what this command has of its own."""
    module, *own = words
    common = ["--home", str(folder), "--config", str(DEFAULT_CONFIG), "--state-db", "state.db"]
    if module != ADMIN:
        common += ["--manifest", "run_manifest.json"]
    if module in (GENERATOR, DAY):
        common += ["--output-dir", "signals"]
    for setting in SETTINGS:
        common += ["--set", setting]
    return [module, *own, *common]
