"""Local bars: long files and one file a ticker, CSV and Parquet, splits, and one clear line for what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from backtest.errors import PriceDataError
from backtest.model import Split
from backtest.prices.folder import FolderPrices, open_folder
from tests.paths import SHARED

HEADER = "symbol,date,open,high,low,close,volume\n"
LONG = HEADER + (
    "BBB,2026-02-12,20,21,19,20.5,100\n"
    "AAA,2026-02-13,11,12,10,11.5,100\n"
    "AAA,2026-02-12,10,11,9,10.25,100\n"
    "AAA,2026-02-17,12,13,11,12.5,100\n"
)
ALL = (date(2026, 1, 1), date(2026, 12, 31))


def written(folder: Path, name: str = "bars.csv", text: str = LONG) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def as_parquet(folder: Path, text: str = LONG) -> Path:
    import pyarrow.csv
    import pyarrow.parquet

    table = pyarrow.csv.read_csv(written(folder, "source.txt", text))
    path = folder / "bars.parquet"
    pyarrow.parquet.write_table(table, path, row_group_size=2)
    return path


def test_a_long_csv_is_read_in_any_row_order(tmp_path: Path) -> None:
    data = FolderPrices(written(tmp_path)).fetch(["AAA", "BBB", "ZZZ"], *ALL)
    assert sorted(data.series) == ["AAA", "BBB"]
    assert data.series["AAA"].days.tolist() == [date(2026, 2, 12), date(2026, 2, 13), date(2026, 2, 17)]
    assert data.series["AAA"].close.tolist() == [102_500, 115_000, 125_000]
    assert data.failed == {}


def test_csv_and_parquet_of_the_same_bars_have_the_same_fingerprint(tmp_path: Path) -> None:
    one = FolderPrices(written(tmp_path)).fetch(["AAA", "BBB"], *ALL)
    two = FolderPrices(as_parquet(tmp_path)).fetch(["AAA", "BBB"], *ALL)
    assert one.fingerprint == two.fingerprint


def test_parquet_with_empty_cells_refuses_those_bars(tmp_path: Path) -> None:
    text = HEADER + "AAA,2026-02-12,10,11,9,10,100\nAAA,2026-02-13,,12,10,11.5,\n"
    data = FolderPrices(as_parquet(tmp_path, text)).fetch(["AAA"], *ALL)
    assert data.series["AAA"].days.tolist() == [date(2026, 2, 12)]
    assert [(bar.day, bar.why) for bar in data.refused] == [(date(2026, 2, 13), "a price is not a finite number")]


def test_only_the_range_asked_comes_back(tmp_path: Path) -> None:
    data = FolderPrices(written(tmp_path)).fetch(["AAA", "BBB"], date(2026, 2, 13), date(2026, 2, 16))
    assert {ticker: series.days.tolist() for ticker, series in data.series.items()} == {"AAA": [date(2026, 2, 13)]}


def test_a_range_has_the_same_fingerprint_whatever_was_asked_before(tmp_path: Path) -> None:
    prices = FolderPrices(written(tmp_path))
    prices.fetch(["AAA", "BBB"], *ALL)
    again = prices.fetch(["AAA"], date(2026, 2, 13), date(2026, 2, 17))
    fresh = FolderPrices(written(tmp_path)).fetch(["AAA"], date(2026, 2, 13), date(2026, 2, 17))
    assert again.fingerprint == fresh.fingerprint


def test_a_folder_of_one_file_a_ticker_needs_no_symbol_column(tmp_path: Path) -> None:
    written(tmp_path, "AAA.csv", "Date,Open,High,Low,Close,Volume\n2026-02-12,10,11,9,10,1\n")
    written(tmp_path, "BRK-B.csv", "Date,Open,High,Low,Close,Volume\n2026-02-12,400,410,390,400,1\n")
    prices = open_folder(tmp_path)
    assert prices.tickers() == ("AAA", "BRK.B")
    assert prices.fetch(["BRK.B"], *ALL).series["BRK.B"].close.tolist() == [4_000_000]
    assert prices.span() == (date(2026, 2, 12), date(2026, 2, 12))


def test_files_of_a_folder_that_are_no_bar_files_are_left_alone(tmp_path: Path) -> None:
    written(tmp_path)
    written(tmp_path, "candidates.csv", "report_date,ticker,grade\n2026-02-12,AAA,A\n")
    written(tmp_path, "README.md", "# bars")
    assert open_folder(tmp_path).tickers() == ("AAA", "BBB")


def test_splits_beside_the_bars_come_with_the_answer_also_after_the_range(tmp_path: Path) -> None:
    written(tmp_path)
    written(
        tmp_path,
        "splits.csv",
        "symbol,date,ratio\nAAA,2026-02-13,4\nBBB,2026-02-13,1/10\nAAA,2025-01-02,2\nAAA,2026-03-02,3:2\n",
    )
    data = open_folder(tmp_path).fetch(["AAA"], date(2026, 2, 1), date(2026, 2, 17))
    assert data.splits == (
        Split("AAA", date(2026, 2, 13), Fraction(4)),
        Split("AAA", date(2026, 3, 2), Fraction(3, 2)),
    )


@pytest.mark.parametrize(("before", "factors"), [("9.9", [0.99, 1.0]), ("4.95", [0.99, 1.0])])
def test_a_split_is_never_in_the_adjustment_factor(tmp_path: Path, before: str, factors: list[float]) -> None:
    header = "symbol,date,open,high,low,close,volume,adj_close\n"
    rows = f"AAA,2026-02-12,10,11,9,10,1,{before}\nAAA,2026-02-13,5,5,5,5,1,5\n"
    written(tmp_path, "bars.csv", header + rows)
    written(tmp_path, "splits.csv", "symbol,ex_date,ratio\nAAA,2026-02-13,2\n")
    assert open_folder(tmp_path).fetch(["AAA"], *ALL).series["AAA"].adj_factor.tolist() == pytest.approx(factors)


def test_the_adjustment_factor_does_not_depend_on_the_range_asked(tmp_path: Path) -> None:
    header = "symbol,date,open,high,low,close,volume,adj_close\n"
    rows = "AAA,2026-02-12,10,11,9,10,1,9.7\nAAA,2026-02-13,10,11,9,10,1,9.9\nAAA,2026-02-17,10,11,9,10,1,10\n"
    prices = open_folder(written(tmp_path, "bars.csv", header + rows))
    whole = prices.fetch(["AAA"], *ALL).series["AAA"].adj_factor
    part = prices.fetch(["AAA"], date(2026, 2, 1), date(2026, 2, 13)).series["AAA"].adj_factor
    assert part.tolist() == whole[:2].tolist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol,date,open,high,close,volume\nAAA,2026-02-12,1,1,1,1\n", "column low is missing"),
        ("", "column symbol, date, open, high, low, close is missing"),
        (HEADER + "AAA,2026-02-12,10,11,9,ten,1\n", "line 2, column close is 'ten' (expected a number)"),
        (HEADER + "AAA,12/02/2026,10,11,9,10,1\n", "line 2, column date is '12/02/2026' (expected YYYY-MM-DD)"),
        (HEADER + "AAA,2026-02-30,10,11,9,10,1\n", "line 2, column date is '2026-02-30'"),
        (HEADER + "AAA,2026-02-12,10,11,9,10\n", "line 2 has 6 cells (expected 7)"),
        (LONG + "AAA,2026-02-13,11,12,10,11.5,100\n", "AAA has two rows for 2026-02-13"),
        (LONG + "aaa,2026-02-13,11,12,10,11.5,100\n", "AAA has two rows for 2026-02-13"),
    ],
)
def test_a_bad_csv_is_refused_in_one_line_with_code_7(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PriceDataError) as caught:
        FolderPrices(written(tmp_path, text=text)).fetch(["AAA"], *ALL)
    assert said in caught.value.line()
    assert caught.value.exit_code == 7
    assert "\n" not in caught.value.line()


@pytest.mark.parametrize(
    ("row", "said"),
    [("AAA,2026-02-13,0\n", "line 2 is no split"), ("AAA,someday,2\n", "line 2"), ("AAA,2026-02-13\n", "line 2")],
)
def test_a_bad_splits_file_is_refused(tmp_path: Path, row: str, said: str) -> None:
    written(tmp_path)
    written(tmp_path, "splits.csv", "symbol,date,ratio\n" + row)
    with pytest.raises(PriceDataError, match=said):
        open_folder(tmp_path).fetch(["AAA"], *ALL)


def test_what_is_no_price_file_at_all_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "bars.parquet"
    broken.write_bytes(b"PAR1 but not really")
    binary = tmp_path / "bars.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    empty = tmp_path / "empty"
    empty.mkdir()
    for path in (tmp_path / "nowhere", broken, binary, empty):
        with pytest.raises(PriceDataError):
            FolderPrices(path).fetch(["AAA"], *ALL)


def test_a_parquet_file_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    path = as_parquet(tmp_path, "symbol,date,open,high,close\nAAA,2026-02-12,1,1,1\n")
    with pytest.raises(PriceDataError, match="column low is missing"):
        FolderPrices(path).fetch(["AAA"], *ALL)


def test_reading_parquet_imports_no_pandas(tmp_path: Path) -> None:
    as_parquet(tmp_path)
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from backtest.prices.folder import FolderPrices\n"
        f"FolderPrices(Path({str(tmp_path / 'bars.parquet')!r})).fetch(['AAA'], date(2026, 1, 1), date(2026, 12, 31))\n"
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


DEV_PRICES = SHARED / "data" / "us_daily_2010_2017_dev.parquet"


@pytest.mark.shared
@pytest.mark.skipif(not DEV_PRICES.exists(), reason="the developers' shared data is not beside the checkout")
def test_eight_years_of_688_symbols_are_read_with_their_few_bad_bars_told() -> None:
    prices = FolderPrices(DEV_PRICES)
    data = prices.fetch(prices.tickers(), date(2010, 1, 1), date(2017, 12, 31))
    assert len(data.series) == 688
    assert sum(len(series) for series in data.series.values()) + len(data.refused) == 1_374_334
    assert 0 < len(data.refused) < 500


def test_a_folder_without_bars_names_the_files_that_are_none(tmp_path: Path) -> None:
    written(tmp_path, text=LONG.replace("close", "klose"))
    with pytest.raises(PriceDataError, match=r"no bar file found, bars\.csv without the columns date and close"):
        FolderPrices(tmp_path).tickers()


def test_a_folder_that_may_not_be_read_ends_7(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    monkeypatch.setattr(
        "os.access", lambda place, mode: place != tmp_path or mode == os.F_OK
    )  # root may read every folder
    with pytest.raises(PriceDataError, match="the folder may not be read"):
        FolderPrices(tmp_path).tickers()
