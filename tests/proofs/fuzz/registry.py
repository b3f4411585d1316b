"""Every target by its name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache

from tests.proofs.fuzz.target import Target

MODULES = ("answers", "refusals", "reports", "tables", "settings", "signals", "database", "programs")


@cache
def targets() -> Mapping[str, Target]:
    """Return every target by its name, in the order of their modules."""
    found = (importlib.import_module(f"tests.proofs.fuzz.targets.{name}").TARGETS for name in MODULES)
    return {target.name: target for group in found for target in group}


def find_target(name: str) -> Target:
    """Return one by its name. Raises KeyError."""
    return targets()[name]
