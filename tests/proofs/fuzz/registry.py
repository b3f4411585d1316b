"""Every target by its name; what asks for one imports its module alone."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache

from tests.proofs.fuzz.target import Target

MODULES: Mapping[str, tuple[str, ...]] = {
    "answers": ("answer-",),
    "refusals": ("status-",),
    "reports": ("report-", "assets-csv"),
    "tables": ("candidates-csv", "market-filter", "announcements", "symbols", "bars-", "splits-csv", "kept-"),
    "settings": ("config-yaml", "setting", "manifest", "env-file", "mcp-file", "base-url", "environment", "plugin"),
    "signals": ("signals",),
    "database": ("state-db", "backup"),
    "programs": ("flags", "executor-day"),
}
"""Module of `tests/proofs/fuzz/targets/` → how the names of its targets begin."""


def targets() -> Mapping[str, Target]:
    """Return every target by its name, in the order of their modules."""
    return {name: target for module in MODULES for name, target in _targets_of(module).items()}


def find_target(name: str) -> Target:
    """Return one by its name. Raises KeyError."""
    for module, beginnings in MODULES.items():
        if name.startswith(beginnings):
            return _targets_of(module)[name]
    raise KeyError(name)


@cache
def _targets_of(module: str) -> Mapping[str, Target]:
    found = importlib.import_module(f"tests.proofs.fuzz.targets.{module}").TARGETS
    return {target.name: target for target in found}
