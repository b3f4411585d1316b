"""A benchmark from a CSV file, and what the run's money would have been worth in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.tear_sheet.benchmark import Benchmark, benchmark_curve, read_benchmark

DAYS = (date(2016, 1, 4), date(2016, 1, 5), date(2016, 1, 6))


def read(tmp_path: Path, text: str) -> Benchmark:
    path = tmp_path / "index.csv"
    path.write_text(text, encoding="utf-8")
    return read_benchmark(path)


def test_rows_may_stand_in_any_order_and_other_columns_are_left_alone(tmp_path: Path) -> None:
    found = read(tmp_path, "close,date,volume\n11,2016-01-05,1\n10,2016-01-04,2\n")
    assert (found.name, found.days, found.closes) == ("index", list(DAYS[:2]), [10.0, 11.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,price\n2016-01-04,1\n", "no column close"),
        ("date,close\n2016-01-04,1\n2016-01-04,2\n", "line 3: 2016-01-04 stands in it twice"),
        ("date,close\n2016-01-04,-1\n", "line 2: a close of -1"),
        ("date,close\n2016-01-04,nan\n", "a close of nan"),
        ("date,close\n04.01.2016,1\n", "line 2"),
        ("date,close\n2016-01-04\n", "line 2"),
        ("date,close\n", "no row"),
        ("", "no column date"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match="benchmark invalid") as raised:
        read(tmp_path, text)
    assert said in raised.value.what


def test_the_money_is_bought_in_at_the_close_before_the_first_session() -> None:
    held = Benchmark("i", [date(2016, 1, 1), *DAYS], [50.0, 100.0, 110.0, 90.0])
    curve = benchmark_curve(held, DAYS, 1000)
    assert curve is not None
    assert curve.values == (2000, 2200, 1800)


def test_without_a_close_before_it_is_cash_until_the_first_one() -> None:
    curve = benchmark_curve(Benchmark("i", [DAYS[1]], [20.0]), DAYS, 1000)
    assert curve is not None
    assert curve.values == (1000, 1000, 1000)


def test_a_session_without_a_close_keeps_the_one_before() -> None:
    curve = benchmark_curve(Benchmark("i", [DAYS[0], DAYS[2]], [10.0, 20.0]), DAYS, 1000)
    assert curve is not None
    assert curve.values == (1000, 1000, 2000)


def test_a_series_of_other_years_is_no_benchmark() -> None:
    assert benchmark_curve(Benchmark("i", [date(2015, 1, 5)], [1.0]), DAYS, 1000) is None
    assert benchmark_curve(Benchmark("i", [date(2017, 1, 5)], [1.0]), DAYS, 1000) is None
