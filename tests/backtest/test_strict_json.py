"""Strict JSON: what two readers could understand differently is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.strict_json import loads, read_bytes, require_keys


def test_whole_numbers_are_int_and_all_others_decimal() -> None:
    assert loads(b'{"a": 1, "b": 1.50, "c": [true, null, "x"]}', where="x") == {
        "a": 1,
        "b": Decimal("1.50"),
        "c": [True, None, "x"],
    }


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    assert loads('{"x": "' + "[" * 500 + '\\"{"}', where="x") == {"x": "[" * 500 + '"{'}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1,]",
        b'"abc',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[1e-999]",
        b"9" * 5000,
        b"[1." + b"1" * 60 + b"]",
        b'{"a": 1, "a": 2}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"\xff",
        b'"\\ud800"',
        b'["\\udc00x"]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{'a': 1}",
        b"{} {}",
        b"\x00",
        b'"\n"',
    ],
)
def test_anything_unclear_is_one_line_of_exit_7(content: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        loads(content, where="file.json", what="twin")
    assert "twin invalid in file.json" in refusal.value.line()
    assert "\n" not in refusal.value.line()
    assert refusal.value.exit_code == 7


def test_a_surrogate_pair_is_text() -> None:
    assert loads('"\\ud83d\\ude00"', where="x") == "😀"


def test_too_big_is_refused_before_parsing() -> None:
    with pytest.raises(InputError, match="more than 10 bytes"):
        loads(b'{"a": "0123456789"}', where="x", max_bytes=10)


def test_missing_and_unknown_keys_are_named() -> None:
    with pytest.raises(InputError, match="b missing"):
        require_keys({"a": 1}, ("a", "b"), where="x", what="twin")
    with pytest.raises(InputError, match="unknown key 'c'"):
        require_keys({"a": 1, "c": 2}, ("a",), where="x", what="twin")
    with pytest.raises(InputError, match="expected an object"):
        require_keys([], ("a",), where="x", what="twin")


def test_a_missing_file_and_a_folder_are_exit_7(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError):
            read_bytes(path, what="twin")
