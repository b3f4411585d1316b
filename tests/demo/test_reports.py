"""Rendered reports: what a page prints is what the candidate says, in every template."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from backtest.model import Candidate, Grade
from backtest.reports.read import read_report
from demo.reports import TEMPLATES, render_report, write_reports

DAY = date(2026, 2, 17)
CANDIDATES = [
    Candidate("QXV", DAY, Grade.A, score=88.5, price=10_255_300, gap_size=5.2, company_name="Quorvex Systems & Co"),
    Candidate("LMN.B", DAY, Grade.B, score=72.0, price=641_500, gap_size=-0.6, company_name="Lumenara Group"),
    Candidate("H", DAY, Grade.C, score=61.0, price=7_513, gap_size=4.0),
    Candidate("ZQRA", DAY, Grade.D, score=50.0, price=143_000, gap_size=None, company_name="Brixworth Labs"),
]


class Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("template", TEMPLATES)
def test_pages_are_well_formed_and_escape_what_they_print(template: str) -> None:
    page = render_report(DAY, CANDIDATES, template)
    parser = Strict()
    parser.feed(page)
    assert parser.open == []
    assert "Quorvex Systems &amp; Co" in page


@pytest.mark.parametrize("template", TEMPLATES)
def test_reading_a_page_gives_its_candidates_back(template: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, CANDIDATES, [template])[DAY]
    reading = read_report(path)
    assert reading.report_date == DAY
    assert sorted(reading.candidates, key=lambda one: one.ticker) == sorted(CANDIDATES, key=lambda one: one.ticker)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_page_without_candidates_is_a_valid_empty_day(template: str, tmp_path: Path) -> None:
    path = tmp_path / f"earnings_trade_analysis_{DAY}.html"
    path.write_text(render_report(DAY, [], template), encoding="utf-8")
    assert tuple(read_report(path).candidates) == ()


def test_reports_take_the_templates_in_turn(tmp_path: Path) -> None:
    days = [date(2026, 2, day) for day in (17, 18, 19, 20)]
    paths = write_reports(tmp_path, [Candidate("QXV", day, Grade.A, score=90.0, price=100_000) for day in days])
    pages = [paths[day].read_text(encoding="utf-8") for day in days]
    assert ["stock-card" in pages[0], "<article" in pages[1], "<table" in pages[2], "stock-card" in pages[3]] == [
        True,
        True,
        True,
        True,
    ]
