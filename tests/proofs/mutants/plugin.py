"""The pytest plugin of the mutants' tests: what makes a run of tests quick, repeatable, and leaves nothing behind."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, settings


def pytest_configure(config: pytest.Config) -> None:
    """Examples are the same in every run, and a failing one is not made smaller; folders are the process's own."""
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", settings.get_profile("untimed"), phases=phases, derandomize=True)
    settings.load_profile("mutants")
    config.option.basetemp = Path(tempfile.mkdtemp(prefix="mutant-"))


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.option.basetemp, ignore_errors=True)
