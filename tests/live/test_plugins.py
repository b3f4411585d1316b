"""A module says what it is by a literal; finding it never imports it."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.plugins import find_plugins, read_meta


@pytest.mark.parametrize(
    ("source", "meta"),
    [
        ('ADAPTER_META = {"id": "x", "name": "X"}\nraise SystemExit\n', {"id": "x", "name": "X"}),
        ("ADAPTER_META = make()\n", None),
        ('ADAPTER_META = {"name": "no id"}\n', None),
        ('ADAPTER_META = {"id": 5}\n', None),
        ("x = 1\n", None),
        ("def broken(:\n", None),
    ],
)
def test_only_a_literal_with_an_id_describes_a_module(source: str, meta: dict[str, str] | None, tmp_path: Path) -> None:
    path = tmp_path / "adapter.py"
    path.write_text(source)
    assert read_meta(path, "ADAPTER_META") == meta


def test_the_modules_of_a_folder_are_found_by_their_ids(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text('META = {"id": "first", "colour": "red"}\nraise SystemExit\n')
    (tmp_path / "two.py").write_text("x = 1\n")
    (found,) = find_plugins(tmp_path, "some.package", "META").values()
    assert (found.id, found.module, found.meta["colour"]) == ("first", "some.package.one", "red")
