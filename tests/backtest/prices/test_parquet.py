"""Parquet files as other programs write them: other types, several dictionaries, missing cells."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtest.errors import PriceDataError
from backtest.prices.columns import read_columns
from backtest.prices.folder import FolderPrices
from backtest.prices.quality import CheckedBars

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

DAYS = [date(2026, 2, 11), date(2026, 2, 12)]
ROWS: dict[str, Any] = {
    "symbol": ["AAA", "AAA", "BBB", "BBB"],
    "date": [*DAYS, *DAYS],
    "open": [10.0, 11.0, 20.0, 21.0],
    "high": [10.5, 11.5, 20.5, 21.5],
    "low": [9.5, 10.5, 19.5, 20.5],
    "close": [10.25, 11.25, 20.25, 21.25],
    "volume": [100, 200, 300, 400],
}


def written(folder: Path, rows: dict[str, Any], **kinds: Any) -> Path:
    table = pa.table({name: pa.array(values, kinds.get(name)) for name, values in rows.items()})
    parquet.write_table(table, folder / "bars.parquet", row_group_size=2)
    return folder / "bars.parquet"


def test_other_types_of_the_same_values_are_the_same_bars(tmp_path: Path) -> None:
    plain = FolderPrices(written(tmp_path, ROWS)).fetch(["AAA", "BBB"], *DAYS)
    stamps = {**ROWS, "date": [datetime(one.year, one.month, one.day) for one in ROWS["date"]]}  # noqa: DTZ001
    kinds = {
        "symbol": pa.dictionary(pa.int8(), pa.string()),
        "open": pa.decimal128(10, 2),
        "volume": pa.float64(),
        "date": pa.timestamp("us"),
    }
    from decimal import Decimal

    stamps["open"] = [Decimal(str(one)) for one in ROWS["open"]]
    (tmp_path / "other").mkdir()
    other = FolderPrices(written(tmp_path / "other", stamps, **kinds)).fetch(["AAA", "BBB"], *DAYS)
    assert other.fingerprint == plain.fingerprint
    assert plain.series["BBB"].volume.tolist() == [300, 400]


def test_rows_in_any_order_are_sorted(tmp_path: Path) -> None:
    turned = {name: values[::-1] for name, values in ROWS.items()}
    found = read_columns(written(tmp_path, turned))
    assert found.tickers == ("AAA", "BBB")
    assert isinstance(found.prices, CheckedBars)
    assert found.prices.open.tolist() == [100_000, 110_000, 200_000, 210_000]
    assert found.volume.tolist() == ROWS["volume"]


def test_a_missing_volume_is_none_traded_and_a_missing_price_no_price(tmp_path: Path) -> None:
    rows = {**ROWS, "volume": [100, None, 300, -5], "close": [10.25, None, 20.25, 21.25]}
    found = read_columns(written(tmp_path, rows))
    assert found.volume.tolist() == [100, 0, 300, 0]
    assert isinstance(found.prices, CheckedBars)
    assert found.prices.accepted.tolist() == [True, False, True, True]


def test_beside_an_adj_close_prices_stay_as_they_are_written(tmp_path: Path) -> None:
    found = read_columns(written(tmp_path, {**ROWS, "adj_close": [5.0, 5.5, 20.25, None]}))
    assert not isinstance(found.prices, CheckedBars)
    assert found.prices[3].tolist() == ROWS["close"]
    assert found.adj_close is not None
    assert np.isnan(found.adj_close).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("date", [None, *DAYS, DAYS[0]], "column date: a date is missing"),
        ("symbol", [None, "AAA", "BBB", "BBB"], "column symbol: a symbol is missing"),
        ("close", ["x", "1", "2", "3"], "column close"),
    ],
)
def test_what_cannot_be_read_names_its_column(tmp_path: Path, name: str, values: list[Any], said: str) -> None:
    with pytest.raises(PriceDataError, match=said):
        read_columns(written(tmp_path, {**ROWS, name: values}))
