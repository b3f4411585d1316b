"""A run is never written over another one, unless that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backtest.errors import InputError
from backtest.manifest import DataUsed, data_content
from backtest.params import Params
from backtest.runs.files import MANIFEST, STUDY
from backtest.runs.read import RunRecord, read_record
from backtest.settings import params_to_plain
from backtest.typed_settings import say

_SHOWN = 4


def require_own_place(out: Path, params: Params, data: DataUsed, mode: str) -> None:
    """Refuse a folder that holds another run, a study, or a manifest that no run stands behind. Raises InputError (7).

    params, data, mode: of the run to be written; the same run may be written again.
    """
    if not (out / MANIFEST).exists():
        if (out / STUDY).exists():
            raise _refused(out, "there is a study")
        return
    try:
        found = read_record(out)
    except InputError:
        raise _refused(out, "its run_manifest.json is not of a whole run") from None
    differing = _differing(found, params_to_plain(params), data_content(data), mode)
    if differing:
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        raise _refused(out, f"there is another run, with {', '.join(differing[:_SHOWN])}{more}")


def _refused(out: Path, why: str) -> InputError:
    return InputError(
        f"run not written in {out}: {why} (expected an empty folder, or the same run)",
        next_step="Name another folder with --out, or write over it with --force.",
    )


def _differing(found: RunRecord, ours: Mapping[str, Any], own: Mapping[str, Any], mode: str) -> list[str]:
    there = found.parameters
    names = [name for name in {**ours, **there} if there.get(name, ...) != ours.get(name, ...)]
    differing = [f"{name} {_said(there, name)} instead of {_said(ours, name)}" for name in names]
    if found.mode != mode:
        differing.append(f"mode {found.mode}")
    data = found.manifest["data"]
    if (data["from"], data["to"]) != (own["from"], own["to"]):
        differing.append(f"sessions {data['from']} to {data['to']}")
    if data.get("fingerprint") != own["fingerprint"]:
        differing.append("other prices")
    if any(data.get(name) != own.get(name) for name in ("candidates_sha256", "assets_sha256")):
        differing.append("other candidates")
    if data.get("market_filter_sha256") != own.get("market_filter_sha256"):
        differing.append("another series of the market filter")
    return differing


def _said(parameters: Mapping[str, Any], name: str) -> str:
    value = parameters.get(name, "nothing")
    return value if isinstance(value, str) else say(value)
