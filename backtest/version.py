"""The version, read by the packaging and printed by `--version`; and the commit it stands at, where that is known."""

from __future__ import annotations

from pathlib import Path

__version__ = "0.2.0"

_CHECKOUT = Path(__file__).resolve().parents[1]


def version_text(schema: int | None = None) -> str:
    """Return `0.2.0 (commit 1a2b3c4, state DB schema 5)`, with what is known. schema: None has no state DB."""
    commit = commit_of(_CHECKOUT) or _commit_of_install()
    known = [f"commit {commit}"] if commit else []
    known += [] if schema is None else [f"state DB schema {schema}"]
    return f"{__version__} ({', '.join(known)})" if known else __version__


def commit_of(folder: Path) -> str | None:
    """Return the commit of the checkout whose top a folder is, with `-dirty` where files differ; None: it is none."""
    import os
    import subprocess

    if not (folder / ".git").exists():  # a package folder inside another project's checkout is not that project
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"}, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _commit_of_install() -> str | None:
    """Return the commit that pip was given, as it records it (PEP 610); None for a release or a local folder."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        origin = json.loads(distribution("earnings-drift").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError, OSError):
        return None
    commit = origin.get("vcs_info", {}).get("commit_id")
    return str(commit)[:12] if commit else None
