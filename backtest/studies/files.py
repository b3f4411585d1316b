"""The files of a study: `results.csv` (and `.parquet`), its picture, and `study.json` with what was asked and found."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from backtest.errors import InputError
from backtest.manifest import data_content, git_sha
from backtest.runs.files import MANIFEST, STUDY, cell, json_bytes, publish, require_folder
from backtest.settings import params_to_plain
from backtest.workers.parts import Parts, open_parts

if TYPE_CHECKING:
    from backtest.params import Params
    from backtest.runs.inputs import Inputs

RESULTS, PARQUET = "results.csv", "results.parquet"

Cell: TypeAlias = str | int | float | date | None
"""None: no value, an empty cell. Money is text."""


@dataclass(frozen=True, slots=True)
class StudyFiles:
    """What a study leaves. found: for study.json, with `asked`. pictures, tables: by file name."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    found: Mapping[str, object]
    pictures: Mapping[str, bytes]
    tables: Mapping[str, bytes] = field(default_factory=dict)


def asked_of(study: str, inputs: Inputs, params: Params, **settings: object) -> dict[str, object]:
    """Return what the results of a study depend on, as plain JSON values. settings: of the study itself."""
    return {
        "study": study,
        "data": data_content(inputs.data),
        "parameters": params_to_plain(params),
        **settings,
        "git_sha": git_sha(),
    }


def require_place(out: Path, asked: Mapping[str, object], *, force: bool = False) -> None:
    """Refuse a folder that cannot be written, or that holds a run or another study; force takes any.

    asked: everything that the results depend on, as plain JSON values. Raises InputError (7).
    """
    require_folder(out)
    if force:
        return
    found = next((out / name for name in (MANIFEST, STUDY) if (out / name).exists()), None)
    if found is None or (found.name == STUDY and _asked(found) == json.loads(json.dumps(asked))):
        return
    raise InputError(
        f"output not written in {out}: {found.name} there is of something else (expected an empty folder, or one of "
        "the same study)",
        next_step="Name another --out, or write over it with --force.",
    )


def parts_in(out: Path | None, asked: Mapping[str, object], *, force: bool) -> Parts | None:
    """Return where a study keeps its finished parts; None without a folder. Raises what `require_place` raises."""
    if out is None:
        return None
    require_place(out, asked, force=force)
    return open_parts(out, asked, force=force)


def write_study(out: Path, files: StudyFiles) -> tuple[Path, ...]:
    """Write a study's files, together or not at all; return the paths of the pictures. Raises InputError (7)."""
    contents = {RESULTS: csv_bytes(files.columns, files.rows)}
    parquet = _parquet(files.columns, files.rows)
    if parquet is not None:
        contents[PARQUET] = parquet
    publish(out, {**contents, **files.tables, **files.pictures, STUDY: json_bytes(files.found)})
    return tuple(out / name for name in files.pictures)


def places_of(out: Path | None, picture: Path | None) -> dict[str, str | None]:
    """Return folder and picture of a study as its JSON names them; None without --out."""
    return {"out": None if out is None else str(out), "picture": None if picture is None else str(picture)}


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as CSV; foreign text is quoted as `runs.files.cell` says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_written(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8")


def _written(value: Cell) -> str:
    if value is None:
        return ""
    return cell(value) if isinstance(value, str) and not _is_number(value) else str(value)


def _is_number(text: str) -> bool:
    """Return whether a text is plain money, which no program takes for a formula."""
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def _parquet(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes | None:
    """Return the rows as Parquet; None without the extra `parquet`, or where there is no row to tell the types by."""
    try:
        import pyarrow as pa  # late: an extra, and slow to import
        import pyarrow.parquet as pq
    except ImportError:
        return None
    if not rows:
        return None
    table = pa.table({name: pa.array([row[i] for row in rows]) for i, name in enumerate(columns)})
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def _asked(path: Path) -> object:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found.get("asked") if isinstance(found, dict) else None
