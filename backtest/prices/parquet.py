"""The columns of a Parquet file as numpy arrays, a part at a time: never the whole file twice in memory.

Values are taken through their buffers: pyarrow's own `to_numpy` imports pandas (0.2 s), and a cast that changes nothing
would import its compute functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from backtest.bars import PRICE_COLUMNS
from backtest.prices.quality import CheckedBars, check_bars

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 1 << 16
"""Rows at a time."""


@dataclass(slots=True, eq=False)
class Found:
    """What was read. codes: the place of each row's symbol in `symbols`.

    checked: the bars, None where there is an adj_close. floats: the prices beside an adj_close, that itself, and a
    volume of another type than whole numbers; a missing value is NaN. volume: whole shares, None where it is among the
    floats, or not there.
    """

    rows: int
    symbols: tuple[str, ...]
    codes: NDArray[np.int32]
    days: NDArray[np.datetime64]
    checked: CheckedBars | None = None
    floats: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    volume: NDArray[np.int64] | None = None


class ParquetColumns:
    """Reads some columns of an open file. names: ours → the file's."""

    def __init__(self, file: Any, names: Mapping[str, str]) -> None:
        self._file = file
        self._names = names
        self._places: dict[str, int] = {}

    def read(self) -> Found:
        """Return the columns. Raises ValueError, or what pyarrow raises, naming the column that cannot be read."""
        found = self._empty()
        at = 0
        for batch in self._file.iter_batches(_BATCH, columns=list(self._names.values()), use_threads=False):
            part = slice(at, at + len(batch))
            at = part.stop
            arrays = {ours: batch.column(batch.schema.get_field_index(name)) for ours, name in self._names.items()}
            if found.checked is not None:
                _check([arrays.pop(name) for name in PRICE_COLUMNS], found.checked, part)
            for name, array in arrays.items():
                self._take(name, array, found, part)
        found.symbols = tuple(self._places)
        return found

    def _empty(self) -> Found:
        import pyarrow as pa

        rows = self._file.metadata.num_rows
        found = Found(rows, (), np.zeros(rows, np.int32), np.empty(rows, "datetime64[D]"))
        floats = [name for name in self._names if name not in ("symbol", "date")]
        if "volume" in floats and self._file.schema_arrow.field(self._names["volume"]).type == pa.int64():
            found.volume = np.empty(rows, np.int64)
            floats.remove("volume")
        if "adj_close" not in floats:
            open_, high, low, close = (np.empty(rows, np.int64) for _ in PRICE_COLUMNS)
            found.checked = CheckedBars(open_, high, low, close, np.empty(rows, np.int8))
            floats = [name for name in floats if name not in PRICE_COLUMNS]
        found.floats = {name: np.empty(rows) for name in floats}
        return found

    def _take(self, name: str, array: pa.Array, found: Found, part: slice) -> None:
        if name == "symbol":
            found.codes[part] = _named(name, self._codes, array)
        elif name == "date":
            found.days[part] = _named(name, _days, array)
        elif name == "volume" and found.volume is not None:
            found.volume[part] = _named(name, _shares, array)
        else:
            found.floats[name][part] = _named(name, _floats, array)

    def _codes(self, array: pa.Array) -> NDArray[np.int32]:
        import pyarrow as pa

        encoded = array if pa.types.is_dictionary(array.type) else array.cast(pa.string()).dictionary_encode()
        if encoded.null_count:
            raise ValueError("a symbol is missing")
        names = [str(name) for name in encoded.dictionary.to_pylist()]
        places = np.array([self._places.setdefault(name, len(self._places)) for name in names], dtype=np.int32)
        indices = encoded.indices
        kind = "u" if pa.types.is_unsigned_integer(indices.type) else "i"
        values = _buffer(indices, np.dtype(f"{kind}{indices.type.bit_width // 8}"))
        return places[values] if len(names) else np.zeros(len(values), np.int32)


def _named(name: str, read: Callable[[pa.Array], NDArray[Any]], array: pa.Array) -> NDArray[Any]:
    """Read one column of a part. Raises ValueError that names the column."""
    import pyarrow as pa

    try:
        return read(array)
    except (pa.ArrowException, ValueError) as error:
        raise ValueError(f"column {name}: {error}") from error


def _check(arrays: Sequence[pa.Array], checked: CheckedBars, part: slice) -> None:
    """Put one part of the bars, checked, in its place. arrays: open, high, low, close."""
    found = check_bars(*(_named(name, _floats, array) for name, array in zip(PRICE_COLUMNS, arrays, strict=True)))
    for name in (*PRICE_COLUMNS, "reason"):
        getattr(checked, name)[part] = getattr(found, name)


def _days(array: pa.Array) -> NDArray[np.datetime64]:
    import pyarrow as pa

    whole = array if pa.types.is_date32(array.type) else array.cast(pa.date32())
    if whole.null_count:
        raise ValueError("a date is missing")
    return _buffer(whole, np.dtype(np.int32)).astype(np.int64).view("datetime64[D]")


def _shares(array: pa.Array) -> NDArray[np.int64]:
    """Return volumes as whole shares; no rule reads them, so one that is missing or negative is 0."""
    values = _buffer(array, np.dtype(np.int64))
    if array.null_count:
        values = np.where(_validity(array), values, 0)
    shares: NDArray[np.int64] = np.maximum(values, 0)
    return shares


def _floats(array: pa.Array) -> NDArray[np.float64]:
    import pyarrow as pa

    whole = array if pa.types.is_float64(array.type) else array.cast(pa.float64())
    values = _buffer(whole, np.dtype(np.float64))
    return np.where(_validity(whole), values, np.nan) if whole.null_count else values


def _buffer(array: pa.Array, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]


def _validity(array: pa.Array) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(array.buffers()[0], dtype=np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)].astype(bool)
