"""Files that are complete or absent, and what they do not take the place of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.files import require_place, write_file


def test_a_file_is_replaced_and_so_is_a_link_to_one(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept", tmp_path / "link"
    kept.write_bytes(b"kept")
    link.symlink_to(kept)
    write_file(link, b"new")
    assert (link.read_bytes(), kept.read_bytes()) == (b"new", b"kept")


def test_a_pipe_or_a_link_to_one_is_never_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for place in (pipe, link):
        for attempt in (lambda place=place: write_file(place, b"x"), lambda place=place: require_place(place)):
            with pytest.raises(InputError, match="a device or a pipe"):
                attempt()
    assert pipe.is_fifo()
    assert link.is_symlink()
