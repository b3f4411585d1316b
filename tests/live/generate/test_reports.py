"""Which reports belong to a trade date, and which were missed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.model import Candidate
from backtest.params import EntryMode, Params
from backtest.reports.model import ReportReading
from backtest.reports.verdict import Verdict
from live.generate.options import GeneratorOptions
from live.generate.reports import DayReports, ReportReader, missed_reports, read_given, reports_of_day
from tests.builders import AS_OF, CALENDAR, FRIDAY, MONDAY, D, candidate, usd


def reading(day: date, *candidates: Candidate, **changes: object) -> ReportReading:
    file = Path(f"earnings_trade_analysis_{day}.html")
    return ReportReading(file, day, candidates, (), "a" * 64, **changes)  # type: ignore[arg-type]


def of_day(*readings: ReportReading, folder: Path | None = None, mode: EntryMode = EntryMode.REPORT_OPEN) -> DayReports:
    reader = ReportReader(Params(entry_mode=mode))
    return reports_of_day(GeneratorOptions(report_dir=folder), readings, reader, D, CALENDAR)


def test_a_report_of_the_trade_date_offers_its_candidates() -> None:
    reports = of_day(reading(D, candidate("NVDA"), candidate("AMD")))
    assert [one.ticker for one in reports.candidates] == ["NVDA", "AMD"]
    assert [ref.file for ref in reports.refs] == ["earnings_trade_analysis_2016-03-09.html"]


def test_several_reports_of_one_session_come_in_the_order_of_their_dates() -> None:
    saturday, sunday = date(2016, 3, 5), date(2016, 3, 6)
    readings = (reading(sunday, candidate("B")), reading(saturday, candidate("A")))
    reports = reports_of_day(GeneratorOptions(), readings, ReportReader(Params()), MONDAY, CALENDAR)
    assert [one.ticker for one in reports.candidates] == ["A", "B"]


def test_the_entry_mode_decides_which_session_a_report_belongs_to() -> None:
    assert of_day(reading(AS_OF, candidate("NVDA")), mode=EntryMode.NEXT_DAY_OPEN).candidates
    with pytest.raises(InputError, match="belongs to the trade date 2016-03-10"):
        of_day(reading(D), mode=EntryMode.NEXT_DAY_OPEN)


@pytest.mark.parametrize("day", [AS_OF, date(2030, 1, 1)])
def test_a_given_report_of_another_date_is_refused(day: date) -> None:
    with pytest.raises(InputError, match=r"report of another date .*expected one for 2016-03-09"):
        of_day(reading(day))


def test_the_json_beside_a_report_is_an_input_too() -> None:
    twin = reading(D, twin=Path("earnings_trade_candidates_2016-03-09.json"), twin_sha256="b" * 64)
    assert [ref.sha256[0] for ref in of_day(twin).refs] == ["a", "b"]


def test_an_empty_report_is_an_empty_day_that_is_noted() -> None:
    assert "no qualifying stocks, an empty day" in of_day(reading(D)).notes[0]


def test_a_folder_without_a_report_of_the_day_names_the_flag_for_days_without(tmp_path: Path) -> None:
    (tmp_path / "earnings_trade_analysis_2016-03-08.html").touch()
    with pytest.raises(InputError, match="no report for 2016-03-09") as raised:
        of_day(folder=tmp_path)
    assert "--no-report" in raised.value.next_step


def test_a_folder_that_cannot_be_listed_is_refused_before_the_trade_date_is_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="report folder unreadable"):
        read_given(GeneratorOptions(report_dir=tmp_path / "none"), ReportReader(Params()))


def test_a_stock_that_no_name_confirms_is_judged_by_its_price() -> None:
    page = reading(
        D, candidate("NEAR", price="100"), candidate("FAR", price="110"), needs_price={"NEAR": "", "FAR": ""}
    )
    judged = of_day(page).judged_by_price(Params(), lambda one: usd("101"))
    # without a directory the price alone confirms
    assert [one.verdict for one in judged.candidates] == [Verdict.CONFIRMED, Verdict.DOUBTFUL]
    assert "its price 110.00 is far from 101.00" in judged.notes[0]


def test_without_a_run_before_or_a_session_between_nothing_was_missed() -> None:
    for last in (None, AS_OF, D):
        assert missed_reports(None, last, D, EntryMode.REPORT_OPEN, CALENDAR) == ()


def test_sessions_without_a_run_and_their_reports_are_reported(tmp_path: Path) -> None:
    for day in ("2016-03-04", "2016-03-07", "2016-03-09"):
        (tmp_path / f"earnings_trade_analysis_{day}.html").touch()
    notes = missed_reports(tmp_path, FRIDAY, D, EntryMode.REPORT_OPEN, CALENDAR)
    assert notes[0].startswith("no run on 2 sessions (2016-03-07 to 2016-03-08)")
    assert [note.split(":")[0] for note in notes[1:]] == ["missed report earnings_trade_analysis_2016-03-07.html"]
