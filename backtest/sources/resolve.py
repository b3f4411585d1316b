"""Completes the candidate sources of parameters: defaults filled in, version and symbols recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backtest.errors import ConfigError, InputError
from backtest.params import REPORTS, CandidateSource, Params, Variant
from backtest.plugin_parameters import read_values
from backtest.sources.registry import find_strategy
from backtest.sources.symbols_file import read_symbols_file


def resolve(params: Params, folder: Path | None) -> Params:
    """Return parameters whose sources are complete, so that manifest and configuration hash cover them.

    folder: `strategies.dir`. Reads nothing when every strategy takes the reports. Raises ConfigError (6) for a source
    that is not known or a parameter out of its range, InputError (7) for a strategy or symbols file that is unusable.
    """
    return _each(params, folder, must_read=True)


def resolve_readable(params: Params, folder: Path | None) -> Params:
    """Return the same, but a source whose file or symbols are not there stays without its version or symbols' hash.

    For programs that must go on without proposing anything; no manifest agrees with such a source. Raises ConfigError
    (6) for a parameter that the source refuses.
    """
    return _each(params, folder, must_read=False)


def has_scan(params: Params) -> bool:
    """Return whether any strategy of the parameters takes its candidates from a scan."""
    return any(_scans(one) for one in (params.primary, *params.shadows))


def _each(params: Params, folder: Path | None, *, must_read: bool) -> Params:
    if not has_scan(params):
        return params
    primary, *shadows = (_resolved(one, folder, must_read) for one in (params.primary, *params.shadows))
    return replace(params, primary=primary, shadows=tuple(shadows))


def _scans(variant: Variant) -> bool:
    return variant.source is not None and variant.source.id != REPORTS


def _resolved(variant: Variant, folder: Path | None, must_read: bool) -> Variant:
    if variant.source is None or not _scans(variant):
        return variant
    return replace(variant, source=complete(variant.source, folder, must_read=must_read))


def complete(source: CandidateSource, folder: Path | None, *, must_read: bool = True) -> CandidateSource:
    """Return one source with every parameter, its version, the hash of its symbols file. Raises as `resolve`."""
    source = replace(source, version=None, symbols_sha256=None, folder=None if folder is None else str(folder))
    try:
        strategy = find_strategy(source.id, folder)
    except (ConfigError, InputError):
        if must_read:
            raise
        return source
    values = read_values(strategy.parameters, dict(source.parameters), f"source_parameters of {source.id}")
    try:
        source = replace(source, parameters=values, version=strategy.recorded_version)
        if source.symbols_file is None:
            return source
        return replace(source, symbols_sha256=read_symbols_file(source.symbols_file).sha256)
    except InputError:
        if must_read:
            raise
        return source
