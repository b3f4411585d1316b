"""`python -m backtest quality` and `bars`: on files and on what was fetched; codes, JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from tests.backtest.commands.test_fetch import SPLIT_DAY, fetch, home, market, started
from tests.backtest.prices.hosts import Market, serve

__all__ = ["home", "market"]
pytestmark = pytest.mark.usefixtures("http")
AROUND = ("--from", "2016-03-17", "--to", "2016-03-22")


def test_clean_files_have_nothing_to_look_at_but_that_crash(home: Path) -> None:
    result = started(home, "quality", "--prices", "bars", "--symbols", "AAA,BRK.B", "--check")
    assert result.exit_code == 0, result.output
    assert "bars, 2015-01-02 to 2016-05-31: 2 symbols, 355 sessions, 710 bars" in result.output
    assert "Survivors only: 2 of 2 symbols trade to the end" in " ".join(result.output.split())
    assert "Nothing to look at." in result.output


def test_findings_end_0_and_with_check_7(home: Path) -> None:
    (home / "bars" / "splits.csv").write_text("symbol,ex_date,ratio\n", encoding="ascii")
    assert started(home, "quality", "--prices", "bars").exit_code == 0
    checked = started(home, "quality", "--prices", "bars", "--check")
    assert checked.exit_code == 7
    assert "BRK.B 2016-03-21 (2:1, " in checked.output
    assert "error[7] prices doubtful in bars: " in checked.output
    content = json.loads(started(home, "quality", "--prices", "bars", "--check", "--json").stdout)
    assert (content["exit_code"], content["error"]["code"], content["is_doubtful"]) == (7, 7, True)
    (jump,) = [one for one in content["findings"] if one["ticker"] == "BRK.B"]
    assert (jump["kind"], jump["date"]) == ("jump", "2016-03-21")


def test_what_was_fetched_is_looked_at_without_asking(home: Path, market: Market) -> None:
    host = serve("fmp", market)
    assert started(home, "quality", "--prices", "fmp").exit_code == 7
    fetch(home, "fmp")
    asked = len(host.asked)
    result = started(home, "quality", "--prices", "fmp", "--candidates", "candidates.csv", "--json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    assert (content["symbols"], content["from"], len(host.asked)) == (3, "2015-01-05", asked)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--prices", "nowhere"), 7, "no such file or folder"),
        (("--prices", "bars", "--symbols", "ZZZZ"), 7, "of the symbols asked for"),
        (("--prices", "bars", "--from", "2016-03-01", "--to", "2016-02-01"), 2, "is after"),
        (("--prices", "sim"), 6, "not possible in a backtest"),
    ],
)
def test_what_cannot_be_looked_at_is_said(arguments: tuple[str, ...], code: int, words: str, home: Path) -> None:
    result = started(home, "quality", *arguments)
    assert (result.exit_code, words in result.output) == (code, True), result.output


@pytest.mark.parametrize("source", ["bars", "alpaca", "fmp", "fmp-full", "fmp-legacy"])
def test_bars_are_printed_as_traded_and_adjusted_with_their_events(source: str, home: Path, market: Market) -> None:
    paid = Market(market.bars, market.splits, {("BRK.B", date(2016, 3, 22)): 0.5})
    if source != "bars":
        serve(source, paid)
    result = started(home, "bars", "brk-b", "--prices", source, *AROUND)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "BRK.B"
    assert "2016-03-21  split 2:1" in lines
    assert ("2016-03-22  dividend 0.5 USD" in lines) == (source != "bars")
    printed = started(home, "bars", "BRK.B", "--prices", source, *AROUND, "--csv")
    before, *_, last = csv.DictReader(io.StringIO(printed.stdout))
    traded = market.bars["BRK.B"][date(2016, 3, 17)][3]
    assert float(before["close"]) == pytest.approx(traded, abs=1e-4)
    later = market.bars["BRK.B"][SPLIT_DAY][3]
    factor = 1 if source == "bars" else 1 - 0.5 / later
    assert float(before["adj_close"]) == pytest.approx(traded / 2 * factor, abs=1e-3)
    assert last["close"] == last["adj_close"]


def test_bars_as_json_name_who_has_none(home: Path) -> None:
    result = started(home, "bars", "AAA", "ZZZZ", "--prices", "bars", *AROUND, "--json")
    content = json.loads(result.stdout)
    assert content["without_bars"] == ["ZZZZ"]
    first = content["bars"]["AAA"][0]
    assert (first["date"], first["adj_close"], first["volume"]) == ("2016-03-17", first["close"], 1000)
    assert "no bar of ZZZZ" in started(home, "bars", "AAA", "ZZZZ", "--prices", "bars", *AROUND).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("ZZZZ", "--prices", "bars", *AROUND), 7, "no bar in bars of ZZZZ"),
        (("AAA", "--prices", "bars", *AROUND, "--csv", "--json"), 2, "exclude each other"),
        (("AAA", "--prices", "bars", "--from", "2016-03-22", "--to", "2016-03-21"), 2, "is after"),
        (("A/B/C", "--prices", "bars", *AROUND), 2, "is no symbol"),
    ],
)
def test_bars_that_cannot_be_printed_are_one_line(
    arguments: tuple[str, ...], code: int, words: str, home: Path
) -> None:
    result = started(home, "bars", *arguments)
    assert (result.exit_code, words in result.output) == (code, True), result.output


def test_a_source_that_is_down_is_8_for_bars_too(home: Path, market: Market) -> None:
    serve("fmp", market).instead = (503, {}, "down")
    assert started(home, "bars", "AAA", "--prices", "fmp", *AROUND).exit_code == 8
