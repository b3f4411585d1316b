"""A module says what it is by a literal; finding it never imports it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.plugins import find_plugins, read_meta


@pytest.mark.parametrize(
    ("source", "meta"),
    [
        ('ADAPTER_META = {"id": "x", "name": "X"}\nraise SystemExit\n', {"id": "x", "name": "X"}),
        ('ADAPTER_META: dict = {"id": "x", "of": ["a", {"b": 2.5}]}\n', {"id": "x", "of": ["a", {"b": 2.5}]}),
        ("x = 1\n", None),
        ("def broken(:\n", None),
    ],
)
def test_a_literal_describes_a_module(source: str, meta: dict[str, object] | None, tmp_path: Path) -> None:
    path = tmp_path / "adapter.py"
    path.write_text(source)
    assert read_meta(path, "ADAPTER_META") == meta


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("ADAPTER_META = make()\n", "ADAPTER_META is no literal"),
        ('ADAPTER_META = {"name": "no id"}\n', "ADAPTER_META has no id"),
        ('ADAPTER_META = {"id": 5}\n', "ADAPTER_META has no id"),
        ("ADAPTER_META = ['x']\n", "ADAPTER_META is no dict"),
        ("x = 1\nADAPTER_META = {'id': 'x'\n", "no Python in line 2"),
    ],
)
def test_a_module_that_describes_itself_wrongly_is_told_with_its_file(source: str, error: str, tmp_path: Path) -> None:
    path = tmp_path / "adapter.py"
    path.write_text(source)
    found = find_plugins(tmp_path, "some.package", "ADAPTER_META")
    (broken,) = found.broken
    assert not found.by_id
    assert broken.place == str(path)
    assert broken.error.startswith(error)


def test_of_two_modules_with_one_id_the_second_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('META = {"id": "same"}\n')
    (tmp_path / "b.py").write_text('META = {"id": "same"}\n')
    found = find_plugins(tmp_path, "p", "META")
    assert found.by_id["same"].module == "p.a"
    assert [Path(one.place).name for one in found.broken] == ["b.py"]


def test_the_modules_of_a_folder_are_found_by_their_ids(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text('META = {"id": "first", "colour": "red"}\nraise SystemExit\n')
    (tmp_path / "two.py").write_text("x = 1\n")
    (found,) = find_plugins(tmp_path, "some.package", "META").by_id.values()
    assert (found.id, found.module, found.meta["colour"]) == ("first", "some.package.one", "red")
