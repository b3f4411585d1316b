"""The real pages of the developers' folder: every field as a careful person read it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backtest.params import Params
from backtest.reports.directory import Directory, load_directory
from backtest.reports.model import ReportReading
from backtest.reports.read import judge_prices, read_report
from tests.paths import SHARED

SAMPLES = SHARED / "reports" / "samples"
PAGES = sorted(SAMPLES.glob("*.html"))

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PAGES, reason="the developers' shared folder is not beside the checkout"),
]


def truth_of(page: Path) -> dict[str, dict[str, Any]]:
    rows = json.loads(page.with_suffix(".json").read_text())["candidates"]
    return {row["ticker"]: row for row in rows if not row.get("uncertain", {}).get("ticker")}


def listed_near(day: date) -> Directory:
    """The public list nearest to a report's date."""
    lists = [load_directory(path) for path in sorted((SHARED / "reports").glob("assets_*.csv"))]
    return min(lists, key=lambda one: abs((one.day or date.min) - day))


def read(page: Path) -> ReportReading:
    return read_report(page, directory=listed_near(date.fromisoformat(page.stem[-10:])))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem[-10:])
def test_every_sample_is_read_exactly(page: Path) -> None:
    truth = truth_of(page)
    found = {candidate.ticker: candidate for candidate in read(page).candidates}
    assert set(found) == set(truth)
    for ticker, row in truth.items():
        disputed = row.get("uncertain", {})
        got = {
            "grade": found[ticker].grade.value,
            "grade_source": found[ticker].grade_source.value,
            "score": found[ticker].score,
            "price": None if found[ticker].price is None else found[ticker].price / 10_000,
            "gap_size": found[ticker].gap_size,
            "company_name": found[ticker].company_name,
        }
        assert {name: value for name, value in got.items() if not disputed.get(name)} == {
            name: row[name] for name in got if not disputed.get(name)
        }


NO_NAME_AND_NO_PRICE = {"AXTI", "ATEC", "TVTX", "WDC", "AMZN", "IRTC", "ARDX", "TWLO", "NET", "RDDT"}
"""The whole page of 2025-10-31."""
NAMED_UNLIKE_THE_LIST = {
    ("2026-04-22", "WAB"),  # Wabtec, listed as Westinghouse Air Brake
    ("2026-04-22", "FMNB"),  # Farmers & Merchants Bank, listed as Farmers National Banc
    ("2026-04-30", "TDAY"),  # Tradeweek, listed as USA Today
    ("2026-04-30", "ADAM"),  # Adagio Medical, listed as Adamas Trust
}


def test_all_stocks_of_the_samples_are_confirmed_by_name_but_for_those_without_a_fitting_one() -> None:
    doubtful: set[tuple[str, str]] = set()
    for page in PAGES:
        reading = read(page)
        judged = judge_prices(reading, Params(), listed_near(reading.report_date), None)
        doubtful |= {(page.stem[-10:], one.ticker) for one in judged.candidates if one not in judged.tradable}
    assert doubtful == {*(("2025-10-31", ticker) for ticker in NO_NAME_AND_NO_PRICE), *NAMED_UNLIKE_THE_LIST}


def test_a_printed_price_confirms_what_no_name_does_unless_the_page_names_the_others() -> None:
    page = next(page for page in PAGES if "2025-10-31" in page.stem)
    reading = read(page)
    priced = replace(reading, candidates=tuple(replace(one, price=1_000_000) for one in reading.candidates))
    judged = judge_prices(priced, Params(), listed_near(reading.report_date), lambda one: 1_040_000)
    assert len(judged.tradable) == 10
    assert judge_prices(priced, Params(), listed_near(reading.report_date), lambda one: 1_060_000).tradable == ()
