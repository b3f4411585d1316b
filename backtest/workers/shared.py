"""A value in a file that any number of processes map into memory: its arrays are there once, whoever reads them."""

from __future__ import annotations

import mmap
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ALIGNED = 64


@dataclass(frozen=True, slots=True)
class Shared:
    """Where a value lies. spans: begin and end of the pickled value, then of each array's bytes."""

    path: Path
    spans: tuple[tuple[int, int], ...]


def share(value: object, path: Path) -> Shared:
    """Write a value that can be pickled; the bytes of its arrays lie apart, aligned."""
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=arrays.append)
    spans = []
    with path.open("wb") as handle:
        for one in (memoryview(head), *(array.raw() for array in arrays)):
            handle.write(b"\0" * (-handle.tell() % _ALIGNED))
            begin = handle.tell()
            handle.write(one)
            spans.append((begin, handle.tell()))
    return Shared(path, tuple(spans))


def attach(shared: Shared) -> Any:
    """Return the value; its arrays are the file's pages and cannot be written."""
    handle = os.open(shared.path, os.O_RDONLY)
    try:
        pages = memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(handle)
    head, *arrays = (pages[begin:end] for begin, end in shared.spans)
    return pickle.loads(head, buffers=arrays)
