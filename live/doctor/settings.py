"""The configuration: whether it can be read, goes together, lies in its home and agrees with the manifest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from live.doctor.answer import Answer, ok
from live.doctor.conflicts import CONFLICTS, conflicts
from live.doctor.context import Context
from live.run.configuration import read_configuration
from live.run.outlets import hide_addresses
from live.run.startup import check_manifest
from live.run.stray import refuse_stray_state_db


def configuration(context: Context) -> Answer:
    """Read the configuration. Raises ConfigError (6)."""
    config = context.config = read_configuration(context.options)
    hide_addresses(context.run.redactor, config)
    live = ", live.enabled" if config.live.enabled else ""
    return ok(f"{config.file}, {config.config_sha256[:12]}{live}")


def settings(context: Context) -> Iterable[Answer]:
    """Ask whether the settings go together."""
    found = tuple(conflicts(context.config))
    return found or (ok(f"{len(CONFLICTS)} rules, no conflict"),)


def home(context: Context) -> Answer:
    """Ask whether runs would make their files in a folder that is meant. Raises ConfigError (6)."""
    refuse_stray_state_db(context.options, context.state_db_path)
    return ok(str(Path.cwd()))


def manifest(context: Context) -> Answer:
    """Compare with the manifest. Raises ManifestMismatchError (5), InputError (7)."""
    options = context.options
    return ok(f"agrees, {check_manifest(context.config, options.manifest, options.settings)[:12]}")
