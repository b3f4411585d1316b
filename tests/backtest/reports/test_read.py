"""One report as a whole: its date, its file, the cache, and which reports belong to a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.params import EntryMode
from backtest.reports import cache
from backtest.reports.find import reports_for
from backtest.reports.read import read_html, read_report
from backtest.sessions import Sessions
from tests.backtest.reports.pages import NAME, card, page


def write(folder: Path, name: str = NAME.name, content: bytes | None = None) -> Path:
    path = folder / name
    path.write_bytes(page(card()) if content is None else content)
    return path


@pytest.mark.parametrize(
    "head",
    [
        "<h1>Report</h1><p>February 17, 2026</p>",
        "<h1>Report 2026-02-17</h1>",
        "<h1>Bericht</h1><p>17. Februar 2026</p>",
        "<h1>R</h1><p>02/17/2026</p>",
        "<h1>レポート</h1><p>2026年2月17日</p>",
        "<title>Report 17 Feb 2026</title><h1>R</h1>",
        "<h1>R</h1>",
        "<h1>R</h1><p>Generated: 2026-02-16 21:00 PT</p>",
    ],
)
def test_name_and_page_agree_on_the_date(head: str) -> None:
    assert read_html(NAME, page(card(), head)).report_date == date(2026, 2, 17)


@pytest.mark.parametrize(
    "head",
    [
        "<h1>Report</h1><p>February 16, 2026</p>",
        "<h1>R</h1><p>Report Date: 2026-02-10</p>",
        "<h1>R</h1><p>Generated: 2026-01-02</p>",
    ],
)
def test_f95_a_page_of_another_date_is_refused(head: str) -> None:
    with pytest.raises(InputError, match="another date"):
        read_html(NAME, page(card(), head))


def test_f95_a_flag_for_another_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another date"):
        read_report(write(tmp_path), report_date=date(2026, 2, 18))


def test_a_page_without_a_date_is_told() -> None:
    assert any(problem.field == "report_date" for problem in read_html(NAME, page(card(), "<h1>R</h1>")).problems)


def test_a_name_without_a_date_takes_the_pages(tmp_path: Path) -> None:
    assert read_report(write(tmp_path, "report.html")).report_date == date(2026, 2, 17)
    with pytest.raises(InputError):
        read_report(write(tmp_path, "other.html", page(card(), "<h1>R</h1>")))


def test_f93_a_missing_file_and_a_folder_are_exit_7(tmp_path: Path) -> None:
    for path in (tmp_path / "earnings_trade_analysis_2026-02-17.html", tmp_path):
        with pytest.raises(InputError) as refusal:
            read_report(path)
        assert refusal.value.exit_code == 7


def test_an_unchanged_page_is_answered_from_the_cache_and_a_changed_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, store = write(tmp_path), tmp_path / "cache"
    fresh = read_report(report, cache_dir=store)
    monkeypatch.setattr("backtest.reports.html_report.read_page", None)
    assert read_report(report, cache_dir=store) == fresh
    monkeypatch.undo()
    write(tmp_path, content=page(card(score="55")))
    assert read_report(report, cache_dir=store).candidates[0].score == 55.0


def test_a_damaged_cache_entry_is_read_afresh(tmp_path: Path) -> None:
    report, store = write(tmp_path), tmp_path / "cache"
    fresh = read_report(report, cache_dir=store)
    for entry in (store / "reports").iterdir():
        entry.write_text("{")
    assert read_report(report, cache_dir=store) == fresh
    assert cache.load_reading(store, report, b"other", "") is None


WEEK = Sessions([date(2026, 2, day) for day in (12, 13, 17, 18, 19)])  # the 16th is a holiday


def test_a_monday_holiday_and_a_weekend_belong_to_the_next_session(tmp_path: Path) -> None:
    for day in ("13", "14", "16", "17", "18"):
        write(tmp_path, f"earnings_trade_analysis_2026-02-{day}.html")
    write(tmp_path, "earnings_trade_candidates_2026-02-17.json")
    write(tmp_path, "notes.html")
    found = reports_for(tmp_path, date(2026, 2, 17), EntryMode.REPORT_OPEN, WEEK)
    assert [path.stem[-2:] for path in found] == ["14", "16", "17"]
    found = reports_for(tmp_path, date(2026, 2, 17), EntryMode.NEXT_DAY_OPEN, WEEK)
    assert [path.stem[-2:] for path in found] == ["13", "14", "16"]


def test_a_report_folder_that_is_not_there_is_exit_7(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        reports_for(tmp_path / "none", date(2026, 2, 17), EntryMode.REPORT_OPEN, WEEK)
