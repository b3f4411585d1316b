"""Tables of a terminal: numbers stand right and whole, the width is kept, and nothing is left out."""

from __future__ import annotations

import re

import pytest

from backtest.tables import Column, columns_of, table_lines

COLUMNS = (
    Column("ticker"), Column("shares", rank=2), Column("price"), Column("P&L", is_signed=True),
    Column("company", rank=1), Column("reason"),
)  # fmt: skip
ROWS = (
    ("AAPL", "40", "1,250.10", "-1,234.50", "Apple Inc.", "the week closed below its moving average"),
    ("BRK.B", "3", "9.99", "+12.00", "Berkshire Hathaway Inc. Class B", "stop loss"),
)


def test_numbers_stand_right_and_words_left() -> None:
    lines = table_lines((Column("ticker"), Column("P&L")), [("AAPL", "-1,234.50"), ("BRK.B", "12.00")])
    assert lines == ["ticker        P&L", "AAPL    -1,234.50", "BRK.B       12.00"]


def test_a_dash_stands_for_a_number_that_is_not_known() -> None:
    lines = table_lines((Column("P&L"),), [("-1,234.50",), ("\u2013",), ("",)])
    assert lines[2] == "        \u2013"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_every_line_keeps_the_width_and_every_value_is_whole(width: int) -> None:
    lines = table_lines(COLUMNS, ROWS, width=width)
    assert max(columns_of(line) for line in lines) <= width
    words = re.split(r"[\s;]+", " ".join(lines))
    for row in ROWS:
        for cell in row:
            assert set(cell.split()) <= set(words)


def test_the_least_important_column_goes_below_its_row_with_its_name() -> None:
    columns = (Column("ticker"), Column("company", rank=1), Column("score", rank=2), Column("P&L"))
    row = ("AAPL", "a company whose name is long", "88", "-1,234.50")
    assert table_lines(columns, [row], width=53) == [
        "ticker  company                             P&L",
        "AAPL    a company whose name is long  -1,234.50",
        "    score 88",
    ]
    assert table_lines(columns, [row], width=40) == [
        "ticker        P&L",
        "AAPL    -1,234.50",
        "    company a company whose name is long",
        "    score 88",
    ]


def test_an_empty_value_leaves_no_line_below() -> None:
    lines = table_lines((Column("ticker"), Column("said", rank=1)), [("AAPL", "x" * 50), ("MTZ", "")], width=40)
    assert lines[-1] == "MTZ"


def test_a_lesser_column_in_which_nothing_is_known_is_not_shown() -> None:
    columns = (Column("ticker"), Column("indicator", rank=2), Column("MAE %", rank=1))
    assert table_lines(columns, [("AAPL", "-", "-2.0"), ("MTZ", "", "-")]) == [
        "ticker  MAE %",
        "AAPL     -2.0",
        "MTZ         -",
    ]


@pytest.mark.parametrize("width", [None, 60])
def test_a_column_may_always_stand_below_its_row(width: int | None) -> None:
    columns = (Column("what"), Column("found"), Column("fix:", is_below=True))
    lines = table_lines(columns, [("lock", "free", ""), ("disk", "full", "Make room.")], width=width)
    assert lines == ["what  found", "lock  free", "disk  full", "    fix: Make room."]


def test_a_text_wraps_at_its_blanks() -> None:
    lines = table_lines((Column("P&L"), Column("why")), [("-1,234.50", "news about its chairman today")], width=40)
    assert lines == ["      P&L  why", "-1,234.50  news about its chairman today"]
    lines = table_lines((Column("P&L"), Column("why")), [("-1,234.50", "news about its chairman of today")], width=40)
    assert lines == ["      P&L  why", "-1,234.50  news about its chairman of", "           today"]


def test_losses_and_gains_are_coloured_and_the_total_is_set_off() -> None:
    lines = table_lines(
        (Column("P&L", is_signed=True),),
        [("-5.00",), ("+3.00",), ("-",)],
        total=("-2.00",),
        paint=lambda text, style: f"<{style}>{text}</>",
    )
    assert lines == ["<bold>  P&L</>", "<red>-5.00</>", "<green>+3.00</>", "    -", "<bold>-2.00</>"]


def test_a_chinese_name_takes_two_columns_a_character() -> None:
    lines = table_lines((Column("company"), Column("P&L")), [("株式", "1.00"), ("Sony", "22.00")])
    assert [columns_of(line) for line in lines[1:]] == [14, 14]
