"""The asset directory: strictly read, and the measure by which a printed name fits a listed one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from backtest.errors import InputError
from backtest.reports.directory import (
    Directory,
    Listing,
    directory_csv,
    load_directory,
    load_listings,
    parse_directory,
)
from backtest.reports.identity import Fit, fit

NAMES = {
    "AAL": "American Airlines Group Inc. Common Stock",
    "AMT": "American Tower Corporation Common Stock",
    "BAC": "Bank of America Corporation Common Stock",
    "BRK.B": "Berkshire Hathaway Inc. Class B",
    "C": "Citigroup Inc. Common Stock",
    "CHRW": "C.H. Robinson Worldwide Inc. Common Stock",
    "COKE": "Coca-Cola Consolidated Inc. Common Stock",
    "GAP": "Gap Inc. (The) Common Stock",
    "GOOGL": "Alphabet Inc. Class A Common Stock",
    "ING": "ING Group N.V. American Depositary Shares",
    "JPM": "JP Morgan Chase & Co. Common Stock",
    "KO": "Coca-Cola Company (The) Common Stock",
    "PM": "Philip Morris International Inc Common Stock",
    "TAP": "Molson Coors Beverage Company Class B Common Stock",
    "WAB": "Westinghouse Air Brake Technologies Corporation Common Stock",
}
LISTED = Directory(NAMES, "0" * 64, date(2026, 1, 15))


def write(folder: Path, text: str, name: str = "assets_2026-01-15.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list_gives_names_its_day_and_its_hash(tmp_path: Path) -> None:
    listed = load_directory(write(tmp_path, "symbol,name,exchange\nBRK/B,Berkshire,NYSE\nABR^D,Arbor,NYSE\n"))
    assert listed.names == {"BRK.B": "Berkshire"}
    assert (listed.day, len(listed.sha256)) == (date(2026, 1, 15), 64)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "symbol,name\nA,Agilent\n",
        "name,symbol,exchange\nAgilent,A,NYSE\n",
        "symbol,name,exchange\n",
        "symbol,name,exchange\nA,Agilent\n",
        "symbol,name,exchange\nA,Agilent,NYSE\nA,Alcoa,NYSE\n",
        'symbol,name,exchange\nA,"Agilent,NYSE\n',
    ],
)
def test_f124_a_list_that_is_none_is_exit_7(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as refusal:
        load_directory(write(tmp_path, text))
    assert refusal.value.exit_code == 7


def test_f124_a_huge_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.reports.directory.MAX_ROWS", 2)
    with pytest.raises(InputError, match="at most 2 rows"):
        load_directory(write(tmp_path, "symbol,name,exchange\nA,Agilent,NYSE\nB,Barnes,NYSE\n"))


def test_f124_a_missing_list_is_exit_7(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_directory(tmp_path / "none.csv")


def test_f124_an_old_list_is_told() -> None:
    assert LISTED.age_note(date(2026, 1, 22)) is None
    assert LISTED.age_note(date(2026, 1, 23)) == "the asset directory is of 2026-01-15, 8 days from 2026-01-23"
    assert "does not say" in (Directory(NAMES, "").age_note(date(2026, 1, 22)) or "")


@pytest.mark.parametrize(
    ("printed", "ticker"),
    [
        ("CITIGROUP", "C"),
        ("Citigroup, Inc.", "C"),
        ("C. H. Robinson", "CHRW"),
        ("JPMorgan Chase", "JPM"),
        ("ING Groep N.V.", "ING"),
        ("Philip Morris Intl", "PM"),
        ("Molson Coors Brewing", "TAP"),
        ("Alphabet (Google)", "GOOGL"),
        ("Gap Inc", "GAP"),
        ("Berkshire Hathaway", "BRK.B"),
        ("American Airlines", "AAL"),
    ],
)
def test_a_name_fits_without_legal_forms_and_through_abbreviations(printed: str, ticker: str) -> None:
    assert fit(printed, ticker, LISTED) is Fit.SAME


@pytest.mark.parametrize(
    ("printed", "ticker"),
    [
        ("Wabtec Corporation", "WAB"),  # a rename nobody can see in the words
        ("Bank of Montreal", "BAC"),
        ("Technology", "C"),
        ("Inc", "C"),
    ],
)
def test_a_name_that_is_unlike_does_not_fit(printed: str, ticker: str) -> None:
    assert fit(printed, ticker, LISTED) is Fit.UNLIKE


def test_a_name_that_is_exactly_another_listed_companys_does_not_fit_however_alike() -> None:
    assert fit("Coca-Cola", "COKE", LISTED) is Fit.ANOTHER
    assert fit("American Tower", "AAL", LISTED) is Fit.ANOTHER


def test_a_first_word_that_several_companies_share_confirms_none() -> None:
    assert fit("American", "AAL", LISTED) is Fit.UNCLEAR


def test_a_trade_name_that_shares_the_only_first_word_is_left_to_the_price() -> None:
    assert (
        fit("Wabash Brands", "WNC", parse_directory(b"symbol,name,exchange\nWNC,Wabash National,NYSE\n", "a.csv"))
        is Fit.UNCLEAR
    )


def test_a_listed_company_without_a_name_is_neither_like_nor_unlike_a_printed_one() -> None:
    unnamed = parse_directory(b"symbol,name,exchange\nAAA,,NYSE\nKO,Coca-Cola Company,NYSE\n", "assets.csv")
    assert fit("Aaron Anvils", "AAA", unnamed) is Fit.UNCLEAR
    assert fit("Coca-Cola", "AAA", unnamed) is Fit.ANOTHER


def test_listings_written_and_read_again_are_the_same_directory(tmp_path: Path) -> None:
    rows = (Listing("BRK.B", 'Berkshire, "B"', "NYSE"), Listing("AAL", "American Airlines", "NASDAQ"))
    path = write(tmp_path, directory_csv(rows).decode())
    assert load_listings(path) == (rows[1], rows[0])
    assert load_directory(path).names == {"AAL": "American Airlines", "BRK.B": 'Berkshire, "B"'}
    assert directory_csv(rows[::-1]) == directory_csv(rows)
