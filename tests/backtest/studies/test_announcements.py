"""Announcements from a CSV file: what is read, and the line that is named when something does not fit."""

from __future__ import annotations

import hashlib
import math
from datetime import date
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.studies.announcements import Announcement, read_announcements

HEADER = "symbol,date,release,eps_estimate,eps\n"


def written(folder: Path, rows: str, header: str = HEADER) -> Path:
    path = folder / "announcements.csv"
    path.write_bytes((header + rows).encode())
    return path


def test_rows_are_read_in_file_order_and_other_columns_are_left_alone(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "ZED,2016-03-08,post,1.20,1.25,Q4\nBRK-B,2016-03-07,pre,-0.5,,Q4\n",
        "symbol,date,release,eps_estimate,eps,quarter\n",
    )
    read = read_announcements(path)
    first, second = read.announcements
    assert first == Announcement("ZED", date(2016, 3, 8), True, 1.20, 1.25)
    assert (second.symbol, second.is_after_close, second.eps_estimate) == ("BRK.B", False, -0.5)
    assert math.isnan(second.eps)
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("AAA,2016-03-08,pre,1,1\nAAA,2016-3-9,pre,1,1\n", "line 3: date '2016-3-9'"),
        ("AAA,2016-03-08,noon,1,1\n", "line 2: release 'noon' (expected pre, before the open of that date, or post"),
        ("AAA,2016-03-08,,1,1\n", "line 2: release ''"),
        ("AAA,2016-03-08,pre,1,nan\n", "line 2: eps 'nan' (expected a number, or nothing)"),
        ("AAA,2016-03-08,pre,1e3,1\n", "line 2: eps_estimate '1e3'"),
        ("AAA,2016-03-08,pre,1\n", "line 2: a row of another length"),
        ("AAA,2016-03-08,pre,1,1,1\n", "line 2: a row of another length"),
        (",2016-03-08,pre,1,1\n", "line 2: no symbol"),
        ("AAA,2016-03-08,pre,1,1\nAAA,2016-03-08,post,1,1\n", "line 3: AAA on 2016-03-08 stands in line 2 already"),
        ('AAA,2016-03-08,pre,1,"1\n', "line 2: unexpected end of data"),
        ("", "a header and no row"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(tmp_path: Path, rows: str, says: str) -> None:
    with pytest.raises(InputError, match="announcements") as refused:
        read_announcements(written(tmp_path, rows))
    assert says in refused.value.what
    assert refused.value.exit_code == 7


@pytest.mark.parametrize(
    ("header", "says"),
    [("symbol,date,release,eps\n", "no column eps_estimate"), ("symbol,date,release,eps,eps,eps_estimate\n", "twice")],
)
def test_the_header_must_have_every_column_once(tmp_path: Path, header: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_announcements(written(tmp_path, "", header))


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    for name, says in (("bytes.csv", "no UTF-8"), ("none.csv", "no such file")):
        with pytest.raises(InputError, match=says):
            read_announcements(tmp_path / name)


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(InputError, match=r"announcements empty in .*: not even a header"):
        read_announcements(tmp_path / "a.csv")
