"""Step 6 (configuration) of every program: the environment is checked, then the file with its overrides is read."""

from __future__ import annotations

import os

from live.config import LiveConfig
from live.config_file import load_config
from live.run.environment import check_environment
from live.run.options import RunOptions


def read_configuration(options: RunOptions) -> LiveConfig:
    """Return what is in force for a run. Raises ConfigError (6)."""
    check_environment(os.environ)
    return load_config(options.config, options.settings)
