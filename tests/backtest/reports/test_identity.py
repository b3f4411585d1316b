"""The measure by which a printed name fits a listed one, threshold by threshold, and what is made of it."""

from __future__ import annotations

from datetime import date

import pytest

from backtest.reports.directory import Directory
from backtest.reports.identity import Fit, Identity, fit, identify, price_doubt
from backtest.reports.verdict import Doubt
from tests.builders import candidate, usd


def listing(name: str, *others: str) -> Directory:
    """Return a directory with AAA of this name, and others."""
    names = {"AAA": name, **{f"OTH{letter}": other for letter, other in zip("ABC", others, strict=False)}}
    return Directory(names, "0" * 64, date(2026, 1, 15))


@pytest.mark.parametrize(
    ("printed", "listed", "others", "found"),
    [
        # joined, and joined at the beginning
        ("Face Book", "Facebook Inc.", (), Fit.SAME),
        ("Facebookcom", "Face Book Com", (), Fit.SAME),
        ("JPMorgan", "JP Morgan Chase & Co.", (), Fit.SAME),
        ("JPMorgan Chase Bank", "JP Morgan Chase", (), Fit.SAME),
        ("Sea World Park", "SeaWorld Park", (), Fit.SAME),
        ("onsemi", "ON Semiconductor", (), Fit.SAME),
        ("onsem", "ON Semiconductor", (), Fit.UNLIKE),
        ("onsemi Power", "ON Semiconductor", (), Fit.UNLIKE),
        ("JPMorgan Aaa Bbb", "JP Morgan Chase Bank Xx", (), Fit.UNLIKE),  # two of four words
        ("JPMorgan Aaa Chase", "JP Morgan Chase Bank Xx", (), Fit.UNLIKE),
        # one begins the other
        ("Ciena", "Ciena Networks", (), Fit.SAME),
        ("Ciena", "Ciena Networks", ("Ciena Energy",), Fit.UNCLEAR),
        ("Molson Coors Brewing", "Molson Coors Beverage", ("Molson Mines",), Fit.SAME),
        ("Molson Mines", "Molson Coors Beverage", ("Molson Mines",), Fit.ANOTHER),
        # a word agrees with its beginning: the first one from five letters on
        ("Micro Devices", "Microsoft Devices", (), Fit.SAME),
        ("Micr Devices", "Microsoft Devices", (), Fit.UNCLEAR),
        # behind the first word an abbreviation does, from three letters on
        ("Delta Mgmt", "Delta Management", (), Fit.SAME),
        ("Delta Mgt", "Delta Management", (), Fit.SAME),
        ("Delta Mg", "Delta Management", (), Fit.UNCLEAR),
        ("Delta Tech", "Delta Technologies", (), Fit.SAME),
        ("Intl Paper", "International Paper", (), Fit.UNLIKE),
        # in part: the first word, when it is no company's besides and longer than four letters
        ("Delta Brands", "Delta Outdoor", (), Fit.UNCLEAR),
        ("Ford Brands", "Ford Outdoor", (), Fit.UNLIKE),
        ("Energy Fuels", "Energy Transfer", ("Energy Recovery",), Fit.UNLIKE),
        # in part: initials, from three letters on
        ("BNY", "Bank New York Mellon", (), Fit.UNCLEAR),
        ("BN", "Bank New York Mellon", (), Fit.UNLIKE),
        # in part: every word is one of the name, or begins one, from four letters on
        ("Schwab", "Charles Schwab", (), Fit.UNCLEAR),
        ("Schw", "Charles Schwab", (), Fit.UNCLEAR),
        ("Sch", "Charles Schwab", (), Fit.UNLIKE),
        ("Schwab", "Charles Schwab", ("Schwab Mines", "Schwab Steel"), Fit.UNLIKE),
    ],
)
def test_a_printed_name_fits_as_far_as_its_words_agree(
    printed: str, listed: str, others: tuple[str, ...], found: Fit
) -> None:
    assert fit(printed, "AAA", listing(listed, *others)) is found


CIENA = listing("Ciena Corporation", "Alcoa Corp")


def test_a_symbol_that_is_not_listed_is_in_doubt() -> None:
    assert identify("ZZZ", ["Ciena"], "Ciena", CIENA) == Identity(Doubt("identity", "ZZZ is not in the directory"))


@pytest.mark.parametrize(
    ("printed", "named", "wrong"),
    [
        (["Alcoa"], None, "Alcoa"),  # another listed company's
        (["beats estimates", "Acme Steel"], "Acme Steel", "Acme Steel"),
        (["Aa"], "Aa", "Aa"),
        (["Zz"], "Zz", "Zz"),
    ],
)
def test_a_name_of_somebody_else_is_in_doubt(printed: list[str], named: str | None, wrong: str) -> None:
    words = f'the page names it "{wrong}", the directory "Ciena Corporation"'
    assert identify("AAA", printed, named, CIENA) == Identity(Doubt("identity", words))


@pytest.mark.parametrize(
    ("printed", "named"), [(["beats estimates"], None), (["株式会社"], "株式会社"), (["[_]"], "[_]"), ([], None)]
)
def test_what_names_nobody_leaves_it_to_the_price(printed: list[str], named: str | None) -> None:
    assert identify("AAA", printed, named, CIENA) == Identity(needs_price=True)


def test_a_name_in_part_or_the_symbol_in_its_place_is_kept_for_the_price() -> None:
    assert identify("AAA", ["Corp"], None, CIENA, by_symbol=True) == Identity(needs_price=True, in_part=True)
    schwab = listing("Charles Schwab")
    assert identify("AAA", ["Schwab"], "Schwab", schwab) == Identity(needs_price=True, in_part=True)
    assert identify("AAA", ["Charles Schwab"], None, schwab) == Identity()


@pytest.mark.parametrize("ticker", ["A", "EPS"])
def test_a_symbol_that_reads_like_a_grade_or_a_label_is_not_confirmed_by_its_price(ticker: str) -> None:
    listed = Directory({ticker: "Agilent"}, "0" * 64, date(2026, 1, 15))
    words = f"{ticker} reads like a label or a grade"
    assert identify(ticker, [], None, listed) == Identity(needs_price=True, against_price=words)


@pytest.mark.parametrize(
    ("printed", "market", "words"),
    [
        (None, "100", "neither name nor price confirms it"),
        ("110", None, "no name confirms it, and there is no market price to compare its price with"),
        ("110", "100", None),  # just within 10 %
        ("110.01", "100", "no name confirms it, and its price 110.01 is far from 100.00"),
    ],
)
def test_a_price_confirms_within_its_limit(printed: str | None, market: str | None, words: str | None) -> None:
    found = price_doubt(candidate(price=printed), None if market is None else usd(market), 1_000)
    assert found == (None if words is None else Doubt("identity", words))


def test_a_doubt_names_its_place_where_it_has_one() -> None:
    assert Doubt("score", "two totals").sentence() == "score: two totals"
    assert Doubt("score", "two totals", place="line 4").sentence() == "score: two totals (line 4)"
