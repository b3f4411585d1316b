"""The market filter in the daily programs: entries stop, exits go on, and a missing value is told (F148)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.builders import put_manifest
from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.done import Done
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.paths import ROOT

TODAY = day(2)
"""The trade date that is decided; its as-of session is day 1."""


def account(folder: Path, *settings: str) -> TradingAccount:
    """Return an account that holds AAA, which is to be sold for its age, and is offered BBB."""
    given = (f"strategy.market_filter.file={folder / 'vix.csv'}", "strategy.market_filter.max=25", *settings)
    made = TradingAccount(folder, bars("AAA"), bars("BBB"), settings=("strategy.max_holding_days=1", *given))
    series(made, {-1: "20"})
    made.trade(day(0), offer("AAA", day(0)))
    made.trade(day(1))
    return made.go(TODAY, "09:00")


def series(made: TradingAccount, values: dict[int, str]) -> None:
    rows = "".join(f"{day(n)},{value}\n" for n, value in values.items())
    (made.folder / "vix.csv").write_text(f"date,value\n{rows}")


def generate(made: TradingAccount) -> Done:
    return made.generate("--report-file", made.report(TODAY, offer("BBB", TODAY)))


@pytest.fixture(scope="module")
def held_before(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    return account(tmp_path_factory.mktemp("held"))


@pytest.fixture
def held(held_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    copied = held_before.copy_to(tmp_path)
    put_manifest(copied.manifest, copied.config.strategy)  # the series lies in another folder
    return copied


def decided(made: TradingAccount, strategy: str = "ema_p10") -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Return what is sold, bought and skipped."""
    signal = made.signal(TODAY, strategy)
    schema = json.loads((ROOT / "signals" / "schema.json").read_text())
    Draft202012Validator(schema).validate(signal)
    exits, entries = ([one["ticker"] for one in signal[name]] for name in ("exits", "entries"))
    return exits, entries, [(one["ticker"], one["reason"]) for one in signal["skipped"]]


def test_up_to_max_everything_is_as_without_a_filter(held: TradingAccount) -> None:
    series(held, {1: "25"})
    assert generate(held).code == 0
    assert decided(held) == (["AAA"], ["BBB"], [])
    ref = held.signal(TODAY)["inputs"]["market_filter"]
    assert (ref["file"], ref["max"], ref["value"], len(ref["sha256"])) == (str(held.folder / "vix.csv"), "25", "25", 64)


def test_above_max_nothing_is_bought_exits_are_decided_and_both_strategies_say_so(held: TradingAccount) -> None:
    series(held, {-1: "20", 1: "31.20"})
    done = generate(held)
    assert done.code == 0, done.stderr
    for strategy in ("ema_p10", "nwl_p4"):
        assert decided(held, strategy) == (["AAA"], [], [("BBB", "filtered_market")])
    assert held.signal(TODAY)["skipped"][0]["why"] == {"market_value": "31.2", "market_max": "25"}
    assert f"is 31.2 on {day(1)}, above 25: nothing is bought" in done.stdout
    assert "skipped:      1: 1 filtered_market" in done.stdout


@pytest.mark.parametrize("content", [None, "date,value\n", "date,value\nyesterday,12\n"])
def test_f148_without_a_value_nothing_is_bought_exits_are_decided_and_it_is_9(
    held: TradingAccount, content: str | None
) -> None:
    path = held.folder / "vix.csv"
    path.unlink()
    if content is not None:
        path.write_text(content)
    missing = begins("error[9] market filter ", "nothing is bought", "run the same command again")
    done = fault_ends(
        "F148",
        held,
        lambda: generate(held),
        exit_code=9,
        last_line=missing,
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(9, missing),
    )
    assert decided(held) == (["AAA"], [], [("BBB", "filtered_market")])
    assert held.signal(TODAY)["inputs"]["market_filter"]["value"] is None
    assert "needs a hand: market filter" in done.stdout
    assert (held.signal(TODAY)["inputs"]["market_filter"]["sha256"] is None) == (content != "date,value\n")


def test_f148_the_same_command_buys_once_the_value_is_there(held: TradingAccount) -> None:
    series(held, {})
    fault_ends(
        "F148",
        held,
        lambda: generate(held),
        exit_code=9,
        last_line=begins("error[9] market filter ", "nothing is bought", "run the same command again"),
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(0, mend=lambda: series(held, {1: "12"})),
    )
    assert decided(held)[1] == ["BBB"]


def test_f148_a_missing_value_that_nobody_was_skipped_for_is_only_told(held: TradingAccount) -> None:
    series(held, {})
    done = fault_ends(
        "F148",
        held,
        lambda: held.generate("--no-report"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(0),
    )
    assert f"has no value for {day(1)}" in done.stdout
    assert decided(held) == (["AAA"], [], [])


def test_explain_and_parity_know_the_filter(held: TradingAccount) -> None:
    series(held, {-1: "20", 1: "31.2"})
    held.trade(TODAY, offer("BBB", TODAY))
    said = held.admin("explain", "BBB", str(TODAY), "--report-dir", held.reports).stdout
    words = " ".join(said.split())
    assert "not bought, filtered_market: the market filter lets nothing pass" in words
    assert "market_filter.max 25" in words
    assert "market value 31.2, market max 25" in words
    compared = held.admin("parity", "--report-dir", held.reports, "--json").json
    assert compared["differences"] == []


def test_parity_names_a_value_that_was_not_there_that_day(held: TradingAccount) -> None:
    series(held, {})
    assert generate(held).code == 9
    for phase, clock in (("place", "09:20"), ("poll", "09:31"), ("protect", "15:45")):
        held.go(TODAY, clock).execute(phase)
    held.go(TODAY, "16:05")
    series(held, {-1: "20", 1: "12"})
    (difference,) = held.admin("parity", "--report-dir", held.reports, "--json").json["differences"]
    assert (difference["ticker"], difference["cause"]) == ("BBB", "prices")


def test_doctor_reads_the_series_beforehand(held: TradingAccount) -> None:
    flags = ("--manifest", str(held.manifest), "--broker", "sim", "--json")

    def asked() -> tuple[str, str]:
        checks = {one["name"]: one for one in held.admin("doctor", *flags).json["checks"]}
        return checks["market filter"]["status"], checks["market filter"]["detail"]

    path = held.folder / "vix.csv"
    series(held, {1: "12"})
    assert asked() == ("ok", f"{path} is 12 on {day(1)}, max 25")
    series(held, {0: "12"})
    assert asked() == ("warn", f"market filter {path} has no value for {day(1)}: nothing is bought")
    path.unlink()
    status, detail = asked()
    assert (status, "no such file" in detail) == ("fail", True)
