"""Cases that are kept for ever, a folder a target, each named by what it once found; the suite replays them."""

from __future__ import annotations

from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def kept_cases(name: str) -> list[Path]:
    """Return the kept cases of a target, by name."""
    folder = CORPUS / name
    return sorted(folder.iterdir()) if folder.is_dir() else []
