"""The real pages of the developers' folder: every field as a careful person read it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from backtest.reports.read import read_html, read_report
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem[-10:])
def test_every_sample_is_read_exactly(page: Path) -> None:
    truth = truth_of(page)
    read = {candidate.ticker: candidate for candidate in read_report(page).candidates}
    assert set(read) == set(truth)
    for ticker, row in truth.items():
        disputed = row.get("uncertain", {})
        got = {
            "grade": read[ticker].grade.value,
            "grade_source": read[ticker].grade_source.value,
            "score": read[ticker].score,
            "price": None if read[ticker].price is None else read[ticker].price / 10_000,
            "gap_size": read[ticker].gap_size,
            "company_name": read[ticker].company_name,
        }
        assert {name: value for name, value in got.items() if not disputed.get(name)} == {
            name: row[name] for name in got if not disputed.get(name)
        }


def test_no_sample_gives_a_stock_that_must_not_be_traded() -> None:
    assert [p.sentence() for page in PAGES for p in read_report(page).problems if p.disqualifying] == []


@pytest.mark.slow
def test_reading_a_report_costs_less_than_five_and_a_half_times_parsing_its_html() -> None:
    """160 reports in 8 s of one core, in units of the parser's own time: it needs 9 ms a report on an idle machine."""
    import bs4

    contents = [(page, page.read_bytes()) for page in PAGES]
    read_html(*contents[0])
    started = time.process_time()
    for _, content in contents:
        bs4.BeautifulSoup(content.decode(), "html.parser")
    parsing = time.process_time() - started
    started = time.process_time()
    for page, content in contents:
        read_html(page, content)
    assert time.process_time() - started < 5.5 * parsing
