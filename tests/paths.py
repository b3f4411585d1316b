"""Where the tests find the checkout and, beside it, the developers' data."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
DEFAULT_CONFIG = ROOT / "configs" / "default.yaml"
SHARED = ROOT.parent / "shared"
"""Not shipped: a test that needs it is marked `shared` and skipped without it."""
