"""Account binding, last complete sync and flags; the kill switch has a file of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from live.errors import AccountBindingError
from live.state_db.records import AccountBinding
from tests.live.state_db.builders import LATER, a_db


def test_i13_a_db_belongs_to_the_account_that_used_it_first() -> None:
    db = a_db()
    mine = AccountBinding("alpaca", "account-1234", is_live=False)
    db.system_config.bind_account(mine)
    db.system_config.bind_account(mine)
    assert db.system_config.bound_account() == mine
    for other in (replace(mine, account_id="account-9999"), replace(mine, is_live=True), replace(mine, broker="sim")):
        with pytest.raises(AccountBindingError, match="belongs to another account") as caught:
            db.system_config.bind_account(other)
        assert caught.value.exit_code == 6


def test_the_last_complete_sync_never_goes_back() -> None:
    db = a_db()
    db.system_config.set_last_complete_sync(LATER)
    db.system_config.set_last_complete_sync(LATER - timedelta(days=1))
    assert db.system_config.last_complete_sync() == LATER


def test_flags_are_set_and_removed() -> None:
    db = a_db()
    db.system_config.set_flag("reference_prices", "{}", "generator")
    assert db.system_config.flag("reference_prices") == "{}"
    db.system_config.set_flag("reference_prices", None, "generator")
    assert db.system_config.flag("reference_prices") is None
