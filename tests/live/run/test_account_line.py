"""The first line of a run, and the box before the words of live trading."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal

import pytest
from requests.adapters import HTTPAdapter

from backtest.web.hosts import DATA_URL
from live.alpaca.client import AlpacaClient
from live.alpaca.hosts import CONFIRMATION, LIVE_URL, PAPER_URL
from live.broker import Account
from live.config import Safety
from live.run.account_line import account_json, account_line, asking_for_words, live_box
from live.state_db.records import AccountBinding
from tests.live.alpaca.test_client import KEYS

ZERO = Decimal(0)
ACCOUNT = Account("23773add-0000-0000-0000-00000000beef", "PA3KQ9", "ACTIVE", ZERO, ZERO, ZERO, ZERO, ZERO)
LIMITS = Safety(Decimal(10), Decimal(3), Decimal(20000), max_orders_per_day=60)


def test_a_live_account_is_named_with_host_and_limits() -> None:
    client = AlpacaClient(LIVE_URL, DATA_URL, KEYS, live_enabled=True)
    assert account_line(client, ACCOUNT, LIMITS) == (
        "LIVE: api.alpaca.markets, account …beef, limits: drawdown 10 %, daily loss 3 %, 20000 USD/entry, 60 orders/day"
    )


def test_a_paper_account_without_limits_says_so() -> None:
    client = AlpacaClient(PAPER_URL, DATA_URL, KEYS)
    assert account_line(client, ACCOUNT, Safety()) == "paper: paper-api.alpaca.markets, account …beef, limits: none"
    assert account_json(client, ACCOUNT, Safety(max_orders_per_day=60)) == {
        "mode": "paper",
        "host": "paper-api.alpaca.markets",
        "account": "…beef",
        "limits": {"max_orders_per_day": "60"},
    }


def test_what_this_machine_serves_is_not_called_paper() -> None:
    client = AlpacaClient("http://127.0.0.1:8765", "http://127.0.0.1:8765", KEYS)
    assert account_line(client, ACCOUNT, Safety()) == "local: 127.0.0.1:8765, account …beef, limits: none"


def test_an_exchange_in_a_file_names_no_host_it_never_talks_to() -> None:
    client = AlpacaClient(PAPER_URL, DATA_URL, KEYS, transport=HTTPAdapter())
    assert account_line(client, ACCOUNT, Safety()) == "simulated: an exchange in a file, account …beef, limits: none"


@pytest.mark.parametrize("bound", [None, AccountBinding("alpaca", ACCOUNT.id, True)])
def test_the_box_fits_into_80_columns(bound: AccountBinding | None) -> None:
    box = live_box(LIVE_URL, bound, LIMITS)
    assert {len(line) for line in box} == {78}
    assert ("…beef" in "\n".join(box)) == (bound is not None)


def test_both_sizes_of_an_entry_are_named_and_the_box_takes_a_line_more() -> None:
    both = replace(LIMITS, max_position_pct=Decimal("7.5"))
    box = live_box(LIVE_URL, None, both)
    assert {len(line) for line in box} == {78}
    words = " ".join(line.strip("| ") for line in box)
    assert "20000 USD/entry, 7.5 % of equity/entry, 60 orders/day" in words


def test_the_box_comes_before_the_words_and_what_is_typed_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert asking_for_words(None, LIMITS)(CONFIRMATION, LIVE_URL) == "yes"
    shown = capsys.readouterr().err.splitlines()
    assert shown[0].startswith("+---")
    assert "host:    api.alpaca.markets" in shown[2]
    assert shown[-1] == "Type YES I UNDERSTAND to go on: "
