"""The parts of a study: complete or absent, read back as they were, and never another study's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtest.errors import InputError
from backtest.workers.parts import from_bytes, open_parts, to_bytes

ASKED = {"command": "sweep", "grid": {"stop_loss_pct": [5, 8]}, "fingerprint": "abc"}


def test_results_come_back_as_they_were() -> None:
    results = [{"n": 3, "x": 0.1, "nan": float("nan"), "text": "a", "list": [None, True]}, [1, [2.5]], "word"]
    again = from_bytes(to_bytes(results))
    assert repr(again) == repr(results)


def test_arrays_come_back_with_their_type_and_shape() -> None:
    for array in (np.arange(6).reshape(2, 3), np.array([0.1, np.nan]), np.array([], dtype=np.int32)):
        (again,) = from_bytes(to_bytes([{"curve": array}]))
        np.testing.assert_array_equal(again["curve"], array)
        assert again["curve"].dtype == array.dtype


@pytest.mark.parametrize("value", [(1, 2), {1: "a"}, np.float64(1.5), {"a": {2}}, np.array([object()])])
def test_what_would_come_back_as_something_else_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_bytes([value])


def test_the_same_study_finds_its_parts(tmp_path: Path) -> None:
    open_parts(tmp_path, ASKED).write(3, [1, 2])
    assert open_parts(tmp_path, dict(reversed(ASKED.items()))).read(10) == {(3, 5): [1, 2]}


def test_another_study_in_the_folder_is_refused_and_what_differs_is_named(tmp_path: Path) -> None:
    open_parts(tmp_path, ASKED).write(0, [1])
    with pytest.raises(InputError, match=r"parts of another study in .*: grid differs") as raised:
        open_parts(tmp_path, {**ASKED, "grid": {}})
    assert "--out" in raised.value.next_step
    assert "--force" in raised.value.next_step
    with pytest.raises(InputError, match="grid, fingerprint, seed differ"):
        open_parts(tmp_path, {"command": "sweep", "seed": 1})


def test_force_begins_anew(tmp_path: Path) -> None:
    open_parts(tmp_path, ASKED).write(0, [1])
    assert open_parts(tmp_path, {"command": "other"}, force=True).read(10) == {}
    assert open_parts(tmp_path, {"command": "other"}).read(10) == {}


def test_parts_of_nobody_knows_what_are_refused(tmp_path: Path) -> None:
    open_parts(tmp_path, ASKED).write(0, [1])
    (tmp_path / "parts" / "asked.json").unlink()
    with pytest.raises(InputError, match="parts of another study"):
        open_parts(tmp_path, ASKED)


def test_a_part_beyond_the_study_or_with_another_number_of_results_is_broken(tmp_path: Path) -> None:
    parts = open_parts(tmp_path, ASKED)
    parts.write(8, [1, 2, 3])
    (tmp_path / "parts" / "000000-000002.npz").write_bytes(to_bytes([1]))
    assert parts.read(10) == {}
    assert [path.name for path in parts.broken] == ["000000-000002.npz", "000008-000011.npz"]


@pytest.mark.parametrize("left", [0, 1, 40, 200])
def test_a_part_that_broke_off_is_broken_and_the_others_are_read(tmp_path: Path, left: int) -> None:
    parts = open_parts(tmp_path, ASKED)
    parts.write(0, [1])
    parts.write(3, [4, 5])
    torn = tmp_path / "parts" / "000003-000005.npz"
    torn.write_bytes(torn.read_bytes()[:left])
    assert parts.read(10) == {(0, 1): [1]}
    assert [path.name for path in parts.broken] == [torn.name]
