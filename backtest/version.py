"""The version, read by the packaging and printed by `--version`."""

__version__ = "0.2.0"
