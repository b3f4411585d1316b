"""A promotion before it is made: the run, what is in force, what differs, what the run is worth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backtest.errors import InputError, ManifestMismatchError
from backtest.files import require_place, write_file
from backtest.manifest import MAX_BYTES, Manifest, git_sha, load_manifest
from backtest.params import Params
from backtest.promotion.changes import Change, changes
from backtest.promotion.worth import Worth, worth_of
from backtest.runs.files import MANIFEST
from backtest.runs.read import StoredRun, read_run
from backtest.selection.recording import trial_of
from backtest.selection.trials import Known, TrialData, known_trials
from backtest.settings import load_params, params_to_plain, require_live_modes
from backtest.sources.resolve import resolve
from backtest.sources.settings import load_strategies_dir
from backtest.strict_json import JsonValue, read_bytes
from backtest.variant_settings import is_recorded


@dataclass(frozen=True, slots=True)
class Promotion:
    """content: the manifest's bytes as the run wrote them. place: where they go. in_force: what is there now.

    parameters, data: what differs from it. config: the configuration that was compared, None without one; settings:
    what it has to say otherwise. warnings: sentences for whoever decides.
    """

    run: StoredRun
    content: bytes
    place: Path
    in_force: Manifest | None
    parameters: tuple[Change, ...]
    data: tuple[Change, ...]
    config: Path | None
    settings: tuple[Change, ...]
    worth: Worth
    warnings: tuple[str, ...]
    is_in_force: bool

    def write(self) -> None:
        """Put the manifest into its place, complete or not at all. Raises InputError (7)."""
        write_file(self.place, self.content)


def prepare(folder: Path, place: Path, config: Path | None, trials: Path) -> Promotion:
    """Read everything that a promotion is decided by; nothing is written.

    config: the configuration that the daily programs read; None where there is none.
    Raises InputError (7) for a folder that is no run, or a run that live programs cannot follow for what it is;
    ConfigError (6) for parameters that only a simulator can follow.
    """
    run = read_run(folder)
    params = _tradable(run)
    require_place(place)
    content = read_bytes(folder / MANIFEST, what="manifest", max_bytes=MAX_BYTES)
    in_force, why_not = _in_force(place)
    data = trial_data(run)
    known = known_trials(trials, data)
    own = trial_of(params, data, run.mode, None, "", "")
    is_counted = any(one.key == own.key for one in known.trials)
    promoted = load_manifest(folder / MANIFEST)
    differing = () if config is None else changes(_in_configuration(config), promoted.parameters)
    return Promotion(
        run=run,
        content=content,
        place=place,
        in_force=in_force,
        parameters=() if in_force is None else changes(in_force.parameters, promoted.parameters),
        data=() if in_force is None else changes(in_force.data, promoted.data),
        config=config,
        settings=tuple(one for one in differing if not is_recorded(one.name)),
        worth=worth_of(run, params.capital_units, known, is_counted=is_counted),
        warnings=(
            *why_not,
            *_doubts(promoted.git_sha),
            *_same_strategies(params),
            *_other_source(differing),
            *_broken(known, trials),
        ),
        is_in_force=in_force is not None and in_force.sha256 == promoted.sha256,
    )


def trial_data(run: StoredRun) -> TrialData:
    """Return what a run worked on, as the ledger of trials names it."""
    data: Any = run.manifest["data"]
    inputs: Any = run.manifest.get("inputs", {})
    named = run.parameters.get("primary.symbols_file") or inputs.get("candidates") or inputs.get("reports")
    place = str(Path(named).resolve()) if named else ""
    return TrialData(str(data["candidates_sha256"]), place, str(data["fingerprint"]), run.first, run.last)


def _in_configuration(config: Path) -> Mapping[str, JsonValue]:
    """Return the parameters of a configuration by name. Raises ConfigError (6), InputError (7) for its sources."""
    return {**params_to_plain(resolve(load_params(config), load_strategies_dir(config)))}


def _other_source(differing: tuple[Change, ...]) -> tuple[str, ...]:
    """Return what speaks of files that are no longer those of the run, where the configuration names the same ones."""
    same = {one.name.rpartition(".")[0] for one in differing if one.name.endswith((".source", ".symbols_file"))}
    changed = [one.name for one in differing if is_recorded(one.name) and one.name.rpartition(".")[0] not in same]
    return tuple(f"{one} is no longer the run's: its file has changed since; run it again" for one in changed)


def _tradable(run: StoredRun) -> Params:
    """Return a run's parameters; refuse what the daily programs would not trade, or did not mean to."""
    if run.mode != "portfolio":
        raise InputError(
            f"run not promoted: {run.folder} was made with --mode {run.mode} (expected portfolio, which holds slots "
            "as the daily programs do)",
            next_step="Run it again with --mode portfolio.",
        )
    params = run.params()
    lacking = [name for name in params_to_plain(params) if name not in run.parameters]
    if lacking:
        raise InputError(
            f"run not promoted: {run.folder} is of an earlier version and does not name {', '.join(lacking)} "
            "(expected every parameter)",
            next_step="Run it again with this version.",
        )
    require_live_modes(params, str(run.folder / MANIFEST))
    return params


def _in_force(place: Path) -> tuple[Manifest | None, tuple[str, ...]]:
    try:
        return load_manifest(place), ()
    except ManifestMismatchError:
        return None, ()
    except InputError as error:
        return None, (f"what is in force cannot be read and would be replaced: {error.what}",)


def _doubts(made_by: str) -> tuple[str, ...]:
    if made_by == "unknown":
        return ("nobody knows which code made this run: it was no checkout of git",)
    if made_by.endswith("-dirty"):
        return (f"the run was made by changed files ({_short(made_by)}): no commit has the code behind it",)
    now = git_sha()
    if made_by != now:
        return (f"the run was made by other code ({_short(made_by)}) than this one ({_short(now)})",)
    return ()


def _same_strategies(params: Params) -> tuple[str, ...]:
    same = params.primary.strategy_id
    both = params.shadows and not params.watched
    return (f"primary and shadow are both {same}: nothing to compare with",) if both else ()


def _short(sha: str) -> str:
    return re.sub(r"^([0-9a-f]{10})[0-9a-f]{30}", r"\1", sha)


def _broken(known: Known, trials: Path) -> tuple[str, ...]:
    return (f"{known.broken} lines of {trials} are no trials and do not count",) if known.broken else ()


def config_in_use(given: Path | None) -> Path | None:
    """Return the configuration to compare with: the one that is named, else configs/default.yaml where it is there."""
    usual = Path("configs/default.yaml")
    return given if given is not None else usual if usual.is_file() else None
