"""What people see of three shadows beside the executed strategy, and of one whose configuration has gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.account import CONFIG, TradingAccount, bars, day
from tests.cli.three_shadows import configuration, trade_three

IDS = ["nwl_p4", "only_a", "tight"]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    return trade_three(tmp_path_factory.mktemp("three"))


@contextmanager
def configured(account: TradingAccount, path: Path) -> Iterator[TradingAccount]:
    before, account.config_path = account.config_path, path
    yield account
    account.config_path = before


def rows(text: str, *first: str) -> dict[str, list[str]]:
    """Return the words of the lines that begin with these, by their first word."""
    lines = (line.split() for line in text.splitlines())
    return {words[0]: words[1:] for words in lines if words and words[0] in first}


def test_status_says_which_strategy_sends_orders_and_what_each_shadow_holds(three: TradingAccount) -> None:
    done = three.admin("status")
    assert done.code == 0, done.stderr
    assert rows(done.stdout, "ema_p10", *IDS) == {
        "ema_p10": ["EXECUTED:", "sends", "orders", "3", "0", "0.00"],
        "nwl_p4": ["shadow:", "only", "watched", "3", "0", "0.00", str(day(4))],
        "only_a": ["shadow:", "only", "watched", "1", "0", "0.00", str(day(4))],
        "tight": ["shadow:", "only", "watched", "1", "1", "-846.00", str(day(4))],
    }


def test_status_json_has_every_strategy_and_the_key_of_the_only_shadow(three: TradingAccount) -> None:
    found = three.admin("status", "--json").json
    assert [(one["strategy"], one["role"]) for one in found["strategies"]] == [
        ("ema_p10", "executed"),
        *((one, "shadow") for one in IDS),
    ]
    tight = found["strategies"][3]
    assert (tight["open_positions"], tight["closed_positions"], tight["closed_pnl"]) == (1, 1, "-846.00")
    assert tight["played_through"] == str(day(4))
    assert found["pnl"]["shadow_closed_ever"] == "0.00"


def test_a_book_whose_shadow_has_left_the_configuration_is_still_told(three: TradingAccount) -> None:
    with configured(three, CONFIG):
        status, doctor = three.admin("status"), three.admin("doctor", "--json")
    assert rows(status.stdout, "tight") == {
        "tight": ["shadow", "before,", "book", "kept", "1", "1", "-846.00", "2026-02-06"]
    }
    (check,) = [one for one in doctor.json["checks"] if one["name"] == "shadows"]
    assert check["detail"] == f"nwl_p4 played through {day(4)}; kept, not configured any more: only_a, tight"


def test_a_shadow_without_a_book_yet_has_no_numbers(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"), config_path=configuration(tmp_path))
    status, doctor = account.admin("status"), account.admin("doctor", "--json")
    assert rows(status.stdout, "tight") == {
        "tight": ["shadow:", "only", "watched,", "not", "begun", "yet", "-", "-", "-"]
    }
    assert account.admin("status", "--json").json["strategies"][1]["closed_pnl"] is None
    (check,) = [one for one in doctor.json["checks"] if one["name"] == "shadows"]
    assert check["detail"] == "nwl_p4, only_a, tight: no book yet, begins with the next signal generator"


def test_without_a_shadow_status_names_the_executed_strategy_alone(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"), config_path=configuration(tmp_path, "  shadow: none\n"))
    found = account.admin("status", "--json").json
    assert [one["strategy"] for one in found["strategies"]] == ["ema_p10"]
    assert found["pnl"]["shadow_closed_ever"] is None
    assert account.admin("shadows").stdout.startswith("there is no state DB")


def test_a_shadow_that_is_the_executed_strategy_keeps_no_book(tmp_path: Path) -> None:
    same = "  shadow:\n    trailing_stop: weekly_ema\n    period: 10\n"
    account = TradingAccount(tmp_path, bars("AAA"), config_path=configuration(tmp_path, same))
    assert "shadow: the executed one, no book" in account.admin("status").stdout
    (check,) = [one for one in account.admin("doctor", "--json").json["checks"] if one["name"] == "shadows"]
    assert check["detail"] == "ema_p10 is the executed strategy itself and keeps no book"
