"""Numbers as pages print them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backtest.reports.dates import dates_in
from backtest.reports.text import Unit, clean, tokens_in, uses_decimal_comma


def read(text: str, *, comma: bool = False) -> list[tuple[Unit, Decimal]]:
    return [(token.unit, token.value) for token in tokens_in(clean(text), comma)]


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("$1,088", Unit.MONEY, "1088"),
        ("$1,025.53", Unit.MONEY, "1025.53"),
        ("1.088,50 $", Unit.MONEY, "1088.50"),
        ("1\u202f088,50\u00a0$", Unit.MONEY, "1088.50"),
        ("1'088.50 USD", Unit.MONEY, "1088.50"),
        ("USD 140.20", Unit.MONEY, "140.20"),
        ("US$140.20", Unit.MONEY, "140.20"),
        ("-$0.35", Unit.MONEY, "-0.35"),
        ("€140", Unit.FOREIGN_MONEY, "140"),
        ("$9.21B", Unit.AMOUNT, "9.21"),
        ("+26.87%", Unit.PERCENT, "26.87"),
        ("\u22120.6 %", Unit.PERCENT, "-0.6"),
        ("–0,6 %", Unit.PERCENT, "-0.6"),
        ("＋5.2％", Unit.PERCENT, "5.2"),
        ("88 pts", Unit.POINTS, "88"),
        ("91点", Unit.POINTS, "91"),
        ("85,5 Punkte", Unit.POINTS, "85.5"),
        ("3/5", Unit.RATIO, "3"),
        ("85.7 / 100", Unit.RATIO, "85.7"),
        ("30 out of 100", Unit.RATIO, "30"),
        ("91 von 100", Unit.RATIO, "91"),
        ("100点満点中91点", Unit.RATIO, "91"),
        ("70.5/100", Unit.RATIO, "70.5"),
        ("2.88x", Unit.MULTIPLE, "0"),
        ("2-5%", Unit.RANGE, "0"),
        ("70%+", Unit.RANGE, "0"),
        ("<$12", Unit.RANGE, "0"),
        ("24.02.2026", Unit.DATE, "0"),
        ("February 4, 2026", Unit.DATE, "0"),
        ("09:30 AM", Unit.DATE, "0"),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, unit: Unit, value: str) -> None:
    assert read(text) == [(unit, Decimal(value))]


@pytest.mark.parametrize(
    "text", ["1e3", "$1e3", "140.20.30", "MA200", "20D trend", "Q3", "5-element", "N/A", "–", "NaN"]
)
def test_what_is_no_clear_number_is_none(text: str) -> None:
    assert read(text) == []


def test_a_spaced_dash_separates_and_is_no_minus() -> None:
    assert read("AEO - $17.28") == [(Unit.MONEY, Decimal("17.28"))]


def test_a_number_never_takes_its_currency_from_the_next_cell() -> None:
    found = [(token.unit, token.value) for token in tokens_in("69\x1f$6.74")]
    assert found == [(Unit.NUMBER, Decimal(69)), (Unit.MONEY, Decimal("6.74"))]


def test_only_a_page_with_decimal_commas_reads_points_as_thousands() -> None:
    assert uses_decimal_comma("Kurs 12,50 $ Punkte 85,5")
    assert not uses_decimal_comma("Price $1,088.50 score 85.5")
    assert read("7.654 $", comma=True) == [(Unit.MONEY, Decimal(7654))]
    assert read("7.654 $") == [(Unit.MONEY, Decimal("7.654"))]


@pytest.mark.parametrize(
    "text",
    [
        "February 24, 2026",
        "24 février 2026",
        "24. Februar 2026",
        "24 de febrero de 2026",
        "2026年2月24日",
        "2026-02-24 09:02",
        "24.02.2026",
        "02/24/2026",
    ],
)
def test_dates_of_many_languages(text: str) -> None:
    assert [days for days in dates_in(text) if any(day.isoformat() == "2026-02-24" for day in days)]


@pytest.mark.parametrize("text", ["Aprıl 3, 2026", "ſeptember 3, 2026"])
def test_a_month_with_a_letter_of_another_alphabet_is_no_month(text: str) -> None:
    assert dates_in(text) == []
