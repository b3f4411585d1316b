"""How one run of a program ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner


@dataclass(frozen=True)
class Done:
    """Exit code and what was printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def last_line(self) -> str:
        lines = self.stderr.strip().splitlines()
        return lines[-1] if lines else ""

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.stdout))


def run_command(
    program: click.Command, args: Sequence[str | Path], obj: object = None, typed: str | None = None
) -> Done:
    """Start a program as the shell would, but for `obj`, an open broker. typed: what a person at a terminal answers."""
    with pytest.MonkeyPatch.context() as patch:
        if typed:
            patch.setattr("backtest.terminal.has_terminal", lambda: True)
        result = CliRunner().invoke(program, [str(one) for one in args], obj=obj, input=typed, catch_exceptions=False)
    return Done(result.exit_code, result.stdout, result.stderr)
