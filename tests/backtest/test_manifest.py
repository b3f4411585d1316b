"""The manifest: every parameter compared, by construction."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backtest.errors import InputError, ManifestMismatchError
from backtest.manifest import (
    DataUsed,
    RunFacts,
    check_manifest,
    differences,
    git_sha,
    load_manifest,
    write_manifest,
)
from backtest.params import Params
from backtest.settings import params_to_plain
from tests.builders import put_manifest

NAMES = sorted(params_to_plain(Params()))
OTHER = {
    "stop_mode": "close",
    "stop_fill": "stop_price",
    "size_on": "entry_open",
    "entry_mode": "next_day_open",
    "min_grade": "C",
    "primary.trailing_stop": "none",
    "shadow.trailing_stop": "none",
}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "run_manifest.json"
    put_manifest(path, Params())
    return path


def edit(path: Path, **changes: Any) -> None:
    content = json.loads(path.read_text(encoding="ascii"))
    for name, value in changes.items():
        content["parameters"][name] = value
    path.write_text(json.dumps(content), encoding="ascii")


def changed(value: object, name: str) -> object:
    if name in OTHER:
        return OTHER[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "77" if value is None else str(value) + "1"


def test_a_fresh_manifest_matches_its_parameters_and_says_that_no_run_backs_it(manifest: Path) -> None:
    found = check_manifest(manifest, Params())
    assert not found.backed_by_run
    assert "no backtest run" in json.loads(manifest.read_text(encoding="ascii"))["note"]


@pytest.mark.parametrize("name", NAMES)
def test_f104_a_parameter_that_differs_is_named(manifest: Path, name: str) -> None:
    edit(manifest, **{name: changed(params_to_plain(Params())[name], name)})
    with pytest.raises(ManifestMismatchError) as caught:
        check_manifest(manifest, Params())
    assert caught.value.exit_code == 5
    assert f"{name} is" in caught.value.line()
    assert "python -m backtest manifest" in caught.value.line()


@pytest.mark.parametrize("name", NAMES)
def test_f104_a_missing_parameter_is_named(manifest: Path, name: str) -> None:
    content = json.loads(manifest.read_text(encoding="ascii"))
    del content["parameters"][name]
    manifest.write_text(json.dumps(content), encoding="ascii")
    assert differences(load_manifest(manifest), Params())[0].startswith(f"{name} is")


def test_a_manifest_may_lack_what_came_later_only_as_a_whole(manifest: Path) -> None:
    later = frozenset({"accept", "report_json"})
    content = json.loads(manifest.read_text(encoding="ascii"))
    del content["parameters"]["accept"]
    manifest.write_text(json.dumps(content), encoding="ascii")
    assert len(differences(load_manifest(manifest), Params(), later)) == 1
    del content["parameters"]["report_json"]
    manifest.write_text(json.dumps(content), encoding="ascii")
    assert differences(load_manifest(manifest), Params(), later) == ()
    assert len(differences(load_manifest(manifest), replace(Params(), max_positions=3), later)) == 1
    assert len(differences(load_manifest(manifest), Params())) == 2


def test_an_extra_parameter_is_named(manifest: Path) -> None:
    edit(manifest, leverage=2)
    assert differences(load_manifest(manifest), Params()) == ("leverage is unknown",)


@pytest.mark.parametrize(("name", "other"), [("rotation", 1), ("max_positions", "20"), ("position_size", 10000)])
def test_the_same_value_of_another_type_is_a_difference(manifest: Path, name: str, other: object) -> None:
    edit(manifest, **{name: other})
    assert len(differences(load_manifest(manifest), Params())) == 1


def test_parameters_in_force_that_changed_are_told_both_ways(manifest: Path) -> None:
    found = differences(load_manifest(manifest), replace(Params(), rotation=False, max_holding_days=30))
    assert "max_holding_days is 30 in force and none in the manifest" in found
    assert "rotation is false in force and true in the manifest" in found


def test_a_missing_manifest_is_a_mismatch_not_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestMismatchError, match="no such file"):
        check_manifest(tmp_path / "none.json", Params())


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"a": 1, "a": 2}', b'{"parameters": {}}', b'{"manifest_version": NaN}'],
)
def test_an_unreadable_manifest_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        check_manifest(path, Params())
    assert caught.value.exit_code == 7


def test_a_manifest_of_another_version_is_refused(manifest: Path) -> None:
    content = json.loads(manifest.read_text(encoding="ascii"))
    manifest.write_text(json.dumps({**content, "manifest_version": 2}), encoding="ascii")
    with pytest.raises(InputError, match="version 2"):
        load_manifest(manifest)


def test_a_run_leaves_its_facts_in_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    data = DataUsed("folder", "f" * 64, date(2016, 1, 4), date(2016, 12, 30), 12, "c" * 64)
    write_manifest(path, Params(), RunFacts(data, {"trades": 3}, {"account": {"sharpe": 0.5}}))
    content = json.loads(path.read_text(encoding="ascii"))
    assert check_manifest(path, Params()).backed_by_run
    assert content["data"]["from"] == "2016-01-04"
    assert content["counts"] == {"trades": 3}


def test_a_manifest_records_feed_and_adjustment_and_one_of_before_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    data = DataUsed(
        "alpaca", "f" * 64, date(2016, 1, 4), date(2016, 12, 30), 12, "c" * 64, feed="iex", adjustment="splits_by_date"
    )
    write_manifest(path, Params(), RunFacts(data))
    content = json.loads(path.read_text(encoding="ascii"))
    assert [content["data"][name] for name in ("source", "feed", "adjustment")] == ["alpaca", "iex", "splits_by_date"]
    assert content["manifest_version"] == 1
    for name in ("feed", "adjustment"):
        del content["data"][name]
    path.write_text(json.dumps(content), encoding="ascii")
    assert check_manifest(path, Params()).backed_by_run


def test_a_manifest_is_written_for_its_owner_only_and_leaves_no_temporary_file(manifest: Path) -> None:
    assert manifest.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in manifest.parent.iterdir()] == ["run_manifest.json"]


def test_a_manifest_replaces_a_link_instead_of_writing_through_it(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious", encoding="ascii")
    link = tmp_path / "m.json"
    link.symlink_to(target)
    write_manifest(link, Params())
    assert target.read_text(encoding="ascii") == "precious"
    assert not link.is_symlink()


@pytest.mark.parametrize("answer", ["", "exit 1", "exec sleep 60"])
def test_the_commit_is_unknown_where_git_does_not_say_it(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if answer:
        (tmp_path / "git").write_text(f"#!/bin/sh\n{answer}\n", encoding="ascii")
        (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin" if answer else str(tmp_path))
    monkeypatch.setattr("backtest.manifest.GIT_S", 0.05 if "sleep" in answer else 10)
    assert git_sha() == "unknown"
